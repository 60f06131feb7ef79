"""A propagation ledger in memory, for handlers under test."""

from __future__ import annotations

from dataclasses import dataclass, field

from probatum.gateway.ports import CachedAnswer, CacheKey, Naming
from probatum.ledger.records import Generation, Release, Settlement


@dataclass(slots=True)
class MemoryJournal:
    """Keeps what it is told; implements ``gateway.ports.Journal``."""

    generations: dict[str, Generation] = field(default_factory=dict)
    texts: dict[str, tuple[str, bool]] = field(default_factory=dict)
    settled: dict[str, Settlement] = field(default_factory=dict)
    releases: list[Release] = field(default_factory=list)
    answers: dict[CacheKey, CachedAnswer] = field(default_factory=dict)

    async def begin(self, generation: Generation, release: Release | None = None) -> None:
        self.generations[generation.id] = generation
        if release is not None:
            self.releases.append(release)

    async def finish(self, generation: str, text: str, *, complete: bool, at: int, naming: Naming | None = None) -> None:
        self.texts[generation] = (text, complete)

    async def settle(self, generation: str, settlement: Settlement) -> None:
        self.settled[generation] = settlement

    async def release(self, release: Release) -> None:
        self.releases.append(release)

    async def keep(self, key: CacheKey, generation: str, response: bytes) -> None:
        self.answers[key] = CachedAnswer(generation, response, self.settled[generation])

    async def cached(self, key: CacheKey) -> CachedAnswer | None:
        return self.answers.get(key)
