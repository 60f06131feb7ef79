"""A clock that only moves when something is due."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class VirtualClock:
    """Time in milliseconds, and what is to happen when. Two things due at once happen in the order they were planned."""

    now: int = 0
    _due: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _planned: int = 0

    def at(self, when: int, act: Callable[[], None]) -> None:
        """Plan ``act`` for ``when``; in the past means next."""
        heapq.heappush(self._due, (max(when, self.now), self._planned, act))
        self._planned += 1

    def after(self, delay: int, act: Callable[[], None]) -> None:
        """Plan ``act`` for ``delay`` from now."""
        self.at(self.now + delay, act)

    def step(self) -> bool:
        """Move to what is due next and do it; ``False`` when nothing is left."""
        if not self._due:
            return False
        self.now, _, act = heapq.heappop(self._due)
        act()
        return True
