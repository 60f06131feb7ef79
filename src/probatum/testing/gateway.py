"""Fakes of what stands behind the gateway: a journal in memory and a verifier that follows a script."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from probatum.coordinator.verification import Event, Evidence, Result
from probatum.encoding.digest import Digest
from probatum.errors import EvidenceRefused, LedgerError
from probatum.gateway.parts import Standing
from probatum.gateway.ports import CachedAnswer, CacheKey, Naming
from probatum.ledger.records import Generation, Release, Settlement, State

EPOCH: Final = Digest.of(b"an epoch")


class MemoryJournal:
    """Implements ``gateway.ports.Journal`` and ``gateway.parts.Directory``. What was done stands in the attributes.

    Attributes:
        failing: names of methods that fail, as if the disk were full.
        slow_ms: how long each write takes.
        calls: names of the methods called, in order, with the generation each was about.
    """

    def __init__(self, *, slow_ms: int = 0) -> None:
        self.failing: set[str] = set()
        self.slow_ms = slow_ms
        self.calls: list[tuple[str, str]] = []
        self.generations: dict[str, Generation] = {}
        self.texts: dict[str, tuple[str, bool]] = {}  # text, and whether it is complete
        self.settlements: dict[str, Settlement] = {}
        self.releases: list[Release] = []
        self.kept: dict[CacheKey, CachedAnswer] = {}
        self._named: dict[str, tuple[str, str | None]] = {}

    async def _write(self, what: str, generation: str) -> None:
        if self.slow_ms:
            await asyncio.sleep(self.slow_ms / 1000)
        if what in self.failing:
            raise LedgerError("database or disk is full")
        self.calls.append((what, generation))

    async def begin(self, generation: Generation, release: Release | None = None) -> None:
        """See ``Journal``."""
        await self._write("begin", generation.id)
        self.generations[generation.id] = generation
        if release is not None:
            self.releases.append(release)

    async def finish(self, generation: str, text: str, *, complete: bool, at: int, naming: Naming | None = None) -> None:
        """See ``Journal``."""
        await self._write("finish", generation)
        self.texts[generation] = text, complete
        if naming is not None:
            self._named[naming.response] = self._named[generation] = generation, naming.verification

    async def settle(self, generation: str, settlement: Settlement) -> None:
        """See ``Journal``."""
        await self._write("settle", generation)
        self.settlements[generation] = settlement

    async def release(self, release: Release) -> None:
        """See ``Journal``."""
        await self._write("release", release.generation)
        self.releases.append(release)

    async def keep(self, key: CacheKey, generation: str, response: bytes) -> None:
        """See ``Journal``."""
        await self._write("keep", generation)
        if self.settlements[generation].state is not State.CERTIFIED:
            raise LedgerError(f"{generation} is not certified")
        self.kept[key] = CachedAnswer(generation, response, self.settlements[generation])

    async def cached(self, key: CacheKey) -> CachedAnswer | None:
        """See ``Journal``."""
        return self.kept.get(key)

    async def standing(self, tenant: str, name: str) -> Standing | None:
        """See ``Directory``."""
        generation, verification = self._named.get(name, (name, None))
        record = self.generations.get(generation)
        if record is None or record.tenant != tenant:
            return None
        at, settled = record.started_at, self.settlements.get(generation)
        if settled is not None:
            return Standing(generation, settled.state, settled.record_hash, settled.cert_hash, verification, at)
        return Standing(generation, self._unsettled(generation), None, None, verification, at)

    def _unsettled(self, generation: str) -> State:
        if generation not in self.texts:
            return State.GENERATING
        return State.PROVISIONAL if self.texts[generation][1] else State.INCOMPLETE


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scripted verifier says of a text: the state it ends in, after how long, and why."""

    state: State = State.CERTIFIED
    after_ms: int = 0
    reason: str | None = None


@dataclass(slots=True)
class ScriptedVerifier:
    """Implements ``gateway.ports.Verifier``: one fragment per sentence, decided when the next begins.

    Attributes:
        verdict: what becomes of a text; a function of it.
        journal: where it settles generations, if anywhere.
        refuse: name of a source that cannot be used.
        fail: whether verifications break down instead of ending.
        started: the evidence of every verification, by generation.
    """

    verdict: Callable[[str], Verdict] = lambda text: Verdict()
    journal: MemoryJournal | None = None
    refuse: str | None = None
    fail: bool = False
    started: dict[str, Evidence] = field(default_factory=dict)
    epoch: Digest = EPOCH

    async def start(self, generation: str, evidence: Evidence) -> ScriptedVerification:
        """See ``Verifier``."""
        if self.refuse in dict(evidence.sources):
            raise EvidenceRefused(f"{self.refuse}: nothing readable in it")
        self.started[generation] = evidence
        return ScriptedVerification(self, generation)


class ScriptedVerification:
    """Implements ``gateway.ports.Verification``."""

    def __init__(self, verifier: ScriptedVerifier, generation: str) -> None:
        self.id = f"ver_{secrets.token_hex(16)}"
        self.state = State.GENERATING
        self.text = ""
        self.abandoned: str | None = None
        self._verifier, self._generation = verifier, generation
        self._events: list[Event] = []
        self._more = asyncio.Event()
        self._result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._decided = 0
        self._task: asyncio.Task[None] | None = None

    def feed(self, text: str) -> None:
        """See ``Verification``."""
        self.text += text
        while (end := self.text.find(". ", self._decided)) >= 0:
            self._fragment(end + 1)

    def _fragment(self, end: int) -> None:
        start, self._decided = self._decided, end + 1
        span = {"start": start, "end": end, "status": "certified", "cert_hash": None}
        self._add("fragment_decided", {"id": str(Digest.of(self.text[start:end].encode()))} | span)

    def _add(self, kind: str, data: dict[str, Any]) -> None:
        self._events.append(Event(len(self._events) + 1, kind, data))
        self._more.set()
        self._more = asyncio.Event()

    def finish(self) -> None:
        """See ``Verification``."""
        self._task = asyncio.create_task(self._settle())

    def abandon(self, reason: str) -> None:
        """See ``Verification``."""
        self.abandoned = reason
        self._end(Result(Settlement(State.INCOMPLETE, None, None, 0), None, reason))

    async def _settle(self) -> None:
        verdict = self._verifier.verdict(self.text)
        await asyncio.sleep(verdict.after_ms / 1000)
        if self._verifier.fail:
            self._result.set_exception(RuntimeError("the verifier broke down"))
            self._add("settled", {})
            return
        if self._decided < len(self.text):
            self._fragment(len(self.text))
        settlement = self._settlement(verdict.state)
        if self._verifier.journal is not None:
            await self._verifier.journal.settle(self._generation, settlement)
        self._end(Result(settlement, {"status": str(verdict.state)}, verdict.reason))

    def _settlement(self, state: State) -> Settlement:
        record = Digest.of(self.text.encode())
        certified = state is State.CERTIFIED
        return Settlement(state, record if certified or state is State.REJECTED else None, record if certified else None, 1)

    def _end(self, result: Result) -> None:
        self.state = result.settlement.state
        self._result.set_result(result)
        self._add("settled", {})

    async def events(self, after: int = 0) -> AsyncIterator[Event]:
        """See ``Verification``."""
        while True:
            more = self._more
            for event in self._events[after:]:
                yield event
                after = event.number
                if event.kind == "settled":
                    return
            await more.wait()

    async def result(self) -> Result:
        """See ``Verification``."""
        return await asyncio.shield(self._result)
