"""What is to happen in a simulation: stakes, conduct, weather, crashes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from probatum.testing.network import Weather


class Conduct(StrEnum):
    """How a validator behaves. All but the honest sign whatever outcome they are shown, except those that say nothing."""

    HONEST = "honest"
    SILENT = "silent"
    LAZY = "lazy"  # abstains on everything
    LIE = "lie"  # votes against what it finds
    COPY = "copy"  # waits for someone's ballot and says the same; where ballots are hidden, copies a commitment
    EQUIVOCATE = "equivocate"  # two different ballots
    FORGE = "forge"  # signatures that do not verify
    ASSENT = "assent"  # votes like the honest, signs every outcome


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens in one simulation, apart from chance."""

    seed: int
    stakes: tuple[int, ...] = (1, 1, 1, 1)
    claims: int = 2
    conduct: Mapping[int, Conduct] = field(default_factory=dict)
    two_faced: bool = False
    commit: bool = False
    draw: int | None = None
    weather: Weather = field(default_factory=Weather)
    crash: float = 0.0
    crash_until: int = 0
    coordinator_crashes: tuple[int, ...] = ()
    doubt: float = 0.1

    @property
    def dishonest(self) -> int:
        """Stake of the validators that are not honest."""
        return sum(self.stakes[i] for i, how in self.conduct.items() if how is not Conduct.HONEST)

    @classmethod
    def chance(cls, seed: int, *, dishonest: bool = True, coordinator_fails: bool = True) -> Scenario:
        """A scenario drawn from a seed; dishonest stake stays at or below one third."""
        random = Random(seed)  # noqa: S311 - a seeded simulation, no secrets
        stakes = tuple(random.choice((1, 1, 1, 2, 3)) for _ in range(random.randint(3, 7)))
        conduct: dict[int, Conduct] = {}
        bad = [how for how in Conduct if how is not Conduct.HONEST]
        for i in random.sample(range(len(stakes)), len(stakes)) if dishonest else ():
            if 3 * (sum(stakes[j] for j in conduct) + stakes[i]) <= sum(stakes):
                conduct[i] = random.choice(bad)
        nodes = [*(f"v{i}" for i in range(len(stakes))), "coordinator"]
        weather = Weather(
            delay=random.choice((20, 300, 2_000)),
            drop=random.choice((0.0, 0.1, 0.5)),
            double=random.choice((0.0, 0.3)),
            islands=frozenset(random.sample(nodes, random.randint(0, len(nodes) // 2))),
            calm_at=random.choice((0, 1_500)) if not coordinator_fails else random.choice((0, 1_500, 8_000, 30_000)),
        )
        crashes = tuple(sorted(random.randint(0, 10_000) for _ in range(random.choice((0, 0, 1, 2))))) if coordinator_fails else ()
        return cls(
            seed,
            stakes,
            claims=random.randint(1, 3),
            conduct=conduct,
            two_faced=coordinator_fails and random.random() < 0.4,
            commit=random.random() < 0.3,
            draw=random.choice((None, None, 3)),
            weather=weather,
            crash=random.choice((0.0, 0.2)),
            crash_until=random.choice((1_500, 20_000)) if coordinator_fails else 1_500,
            coordinator_crashes=crashes,
        )
