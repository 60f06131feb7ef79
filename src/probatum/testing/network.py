"""A network that delays, drops, doubles, reorders and parts, all from one seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from probatum.testing.clock import VirtualClock


@dataclass(frozen=True, slots=True)
class Weather:
    """What the network does until ``calm_at`` (ms); from then on every message arrives once within ``calm_delay``.

    Attributes:
        delay: greatest delay of a message in ms; delays are drawn evenly, which reorders.
        drop: share of messages lost, 0 to 1.
        double: share of messages that arrive twice.
        islands: nodes that nobody reaches and that reach nobody.
    """

    delay: int = 50
    drop: float = 0.0
    double: float = 0.0
    islands: frozenset[str] = frozenset()
    calm_at: int = 0
    calm_delay: int = 50


@dataclass(slots=True)
class FaultyNetwork:
    """Carries acts from node to node. Whether the receiver is up when one arrives is the receiver's affair."""

    clock: VirtualClock
    random: Random
    weather: Weather = field(default_factory=Weather)

    def send(self, sender: str, receiver: str, act: Callable[[], None]) -> None:
        """Let ``act`` happen at the receiver: later, perhaps twice, perhaps never."""
        calm = self.clock.now >= self.weather.calm_at
        if not calm and (sender in self.weather.islands) != (receiver in self.weather.islands):
            return
        if not calm and self.random.random() < self.weather.drop:
            return
        copies = 2 if not calm and self.random.random() < self.weather.double else 1
        for _ in range(copies):
            self.clock.after(self.random.randint(0, self.weather.calm_delay if calm else self.weather.delay), act)
