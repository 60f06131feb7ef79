"""Every verification of this process by its id, so that whoever knows the id can follow it, wherever the text came from."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from probatum.coordinator.verification import Event, Evidence, Result
from probatum.encoding.digest import Digest
from probatum.gateway.ports import Recovering, Verification
from probatum.ledger.records import State


@dataclass(slots=True)
class Entry:
    """A verification that runs or ran here.

    Attributes:
        generation: id of the text's generation.
        verification: its events and its end.
        run: tells its events from those of an earlier run, before a restart.
        result: once it ended.
    """

    generation: str
    verification: Verification
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class Over:
    """A verification that ended, as it can still be followed: without its text and its evidence, which take room."""

    id: str
    state: State
    past: tuple[Event, ...]
    end: Result

    def feed(self, text: str) -> None:
        """Nothing more is taken."""

    def finish(self) -> None:
        """It has ended."""

    def abandon(self, reason: str) -> None:
        """It has ended."""

    async def events(self, after: int = 0) -> AsyncIterator[Event]:
        """Those numbered above ``after``."""
        for event in self.past[after:]:
            yield event

    async def result(self) -> Result:
        """What came out."""
        return self.end


class Register:
    """Implements ``gateway.ports.Verifier`` around another one, and remembers what it starts. Used on one event loop.

    Args:
        verifier: does the work.
        kept: how many verifications that ended can still be followed from memory.
    """

    def __init__(self, verifier: Recovering, *, kept: int = 512) -> None:
        self._verifier, self._kept = verifier, kept
        self._entries: dict[str, Entry] = {}
        self._over: deque[str] = deque()
        self._watching: set[asyncio.Task[None]] = set()

    @property
    def epoch(self) -> Digest:
        """Digest of the epoch in force."""
        return self._verifier.epoch

    async def start(self, generation: str, evidence: Evidence) -> Verification:
        """See ``gateway.ports.Verifier``."""
        entry = await self.begin(generation, evidence)
        self.enter(entry.verification.id, entry)
        return entry.verification

    async def begin(self, generation: str, evidence: Evidence) -> Entry:
        """Start one that nobody finds yet; raises as :meth:`start`."""
        return Entry(generation, await self._verifier.start(generation, evidence))

    async def recover(self, generation: str) -> Result | None:
        """See ``gateway.ports.Recovering``."""
        return await self._verifier.recover(generation)

    def enter(self, name: str, entry: Entry) -> None:
        """Have it found by this name from now on."""
        self._entries[name] = entry
        task = asyncio.create_task(self._watch(name, entry))
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)

    def find(self, name: str) -> Entry | None:
        """A verification that runs, or ended not long ago."""
        return self._entries.get(name)

    async def _watch(self, name: str, entry: Entry) -> None:
        ran = entry.verification
        try:
            result = await ran.result()
        except Exception:  # it broke down: whoever waits for it hears why, and nobody who comes later finds it
            self._entries.pop(name, None)
            return
        past = tuple([event async for event in ran.events()])
        entry.verification, entry.result = Over(ran.id, ran.state, past, result), result
        self._over.append(name)
        while len(self._over) > self._kept:
            self._entries.pop(self._over.popleft(), None)
