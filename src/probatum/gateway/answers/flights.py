"""One generation at a time for one question: whoever asks the same while it is being answered joins."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from probatum.gateway.answers.generation import Ask, Generation
from probatum.gateway.answers.making import Making
from probatum.gateway.errors import SERVER, HttpRefusal, shutting_down
from probatum.gateway.parts import Parts
from probatum.gateway.ports import CacheKey
from probatum.ledger.records import Channel, Release

Key: TypeAlias = tuple[CacheKey, bool, bool]
Releasing: TypeAlias = Callable[[Generation], Release]


@dataclass(frozen=True, slots=True)
class Boarded:
    """The generation that answers a question.

    Attributes:
        generation: the one.
        cached: whether it was certified before.
        released: whether the release to whoever asked is recorded with its beginning.
    """

    generation: Generation
    cached: bool = False
    released: bool = False


class Flights:
    """The generations that are being made or judged. Used on one event loop.

    Args:
        parts: the ports; ``limits.generations`` is the most at one time.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._joinable: dict[Key, Generation] = {}
        self._named: dict[str, Generation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def board(self, ask: Ask, releasing: Releasing | None = None, *, fresh: bool = False) -> Boarded:
        """The generation that answers ``ask``: one that is under way, or certified before, or a new one.

        Args:
            ask: the question.
            releasing: makes the release that is recorded with the beginning, if the generation is a new one.
            fresh: always a new one.

        Raises:
            HttpRefusal: 503 where too many are under way, or the gateway stops.
        """
        if fresh:
            return self._launch(ask, releasing)
        if (running := self._running(ask)) is not None:
            return Boarded(running)
        if ask.unjudged is None and (cached := await self._parts.journal.cached(ask.key)) is not None:
            return Boarded(Generation.replay(ask, cached), cached=True)
        running = self._running(ask)
        return self._launch(ask, releasing) if running is None else Boarded(running)

    def _running(self, ask: Ask) -> Generation | None:
        running = self._joinable.get(_key(ask))
        return running if running is not None and running.failure is None else None

    def find(self, tenant: str, name: str) -> Generation | None:
        """One that is under way, by its id or its response's."""
        found = self._named.get(name) or next((g for g in self._named.values() if g.transcript.id == name), None)
        return found if found is not None and found.record.tenant == tenant else None

    def _launch(self, ask: Ask, releasing: Releasing | None) -> Boarded:
        if self._stopping:
            raise shutting_down("the gateway is stopping; ask again in a moment", begun=False)
        if len(self._tasks) >= self._parts.limits.generations:
            message = f"{len(self._tasks)} answers are being made, no more may be; ask again in a moment"
            raise HttpRefusal(503, "overloaded", message, SERVER, headers={"retry-after": "1"})
        generation = Generation.new(ask, self._parts.clock())
        self._joinable[_key(ask)] = self._named[generation.id] = generation
        release = None if releasing is None else releasing(generation)
        task = asyncio.create_task(self._fly(ask, generation, release), name=generation.id)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return Boarded(generation, released=release is not None)

    async def _fly(self, ask: Ask, generation: Generation, release: Release | None) -> None:
        try:
            await Making(self._parts, ask, generation, release).run()
        finally:
            del self._named[generation.id]
            if self._joinable.get(_key(ask)) is generation:
                del self._joinable[_key(ask)]

    async def drain(self) -> None:
        """Take no more, and let those under way end within ``limits.shutdown_ms``; what is not whole then stays incomplete."""
        self._stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._parts.limits.shutdown_ms / 1000)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _key(ask: Ask) -> Key:
    return ask.key, ask.stream, ask.usage


def channel(ask: Ask, *, cached: bool) -> Channel:
    """How an answer to ``ask`` leaves."""
    return Channel.CACHE_HIT if cached else Channel.STREAM if ask.stream else Channel.FETCH
