"""The coordinator on the event loop: texts grow, claims are judged meanwhile, and the certificate follows the last token at once.

Splitting and retrieval run on a few threads, models on one thread each, and everything that touches the ledger on a single thread.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from probatum.consensus.outcome import AGAINST, Status
from probatum.coordinator.certify import Certification, Tools, job_of
from probatum.coordinator.growing import GrowingText
from probatum.coordinator.judging import Answered, Judges
from probatum.coordinator.network import Network
from probatum.coordinator.once import decide_once, decided
from probatum.coordinator.preparation import Prepared, Search
from probatum.coordinator.report import report, withdrawn
from probatum.coordinator.verification import Event, Evidence, Result
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError, ProbatumError
from probatum.gateway import history
from probatum.gateway.ports import Settling
from probatum.ledger.records import Settlement, State
from probatum.validators.protocol import Validator

PREPARERS: Final = 2  # threads that split and search
SETTLED: Final = "settled"  # the kind of the last event
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Material:
    """What a text is judged against: searchable, kept in the content store, and named by digests."""

    search: Search
    digests: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """What every verification shares.

    Attributes:
        network: the embedded network; its ledger is used on the ``rounds`` thread only.
        judges: the validators' queues.
        tools: splitter and clocks; models come from ``judges``.
        gather: reads and keeps evidence; runs on a thread of ``prepare``, raises EvidenceRefused.
        journal: where generations are settled.
        early: whether claims are judged before the text is whole.
    """

    network: Network
    judges: Judges
    tools: Tools
    gather: Callable[[Evidence], Material]
    journal: Settling
    prepare: Executor
    rounds: Executor
    early: bool = True

    async def settle(self, generation: str, certification: Certification) -> Result:
        """Record what became of a generation; only then does anyone hear of it."""
        return await self.record(generation, _result(certification, self))

    async def record(self, generation: str, result: Result) -> Result:
        """:meth:`settle` for a result that is made."""
        await self.journal.settle(generation, result.settlement)
        return result


class LiveVerifier:
    """Implements ``gateway.ports.Verifier`` over an embedded network.

    Args:
        network: opened, with its newest epoch.
        tools: models, splitter and clocks.
        gather: reads the evidence of a request and makes it searchable.
        journal: the propagation ledger.
        early: ``False`` judges only whole texts.
    """

    def __init__(
        self, network: Network, tools: Tools, gather: Callable[[Evidence], Material], journal: Settling, *, early: bool = True
    ) -> None:
        judges = Judges([member.id for member in network.epoch.members], tools.load)
        prepare, rounds = ThreadPoolExecutor(PREPARERS, "prepare"), ThreadPoolExecutor(1, "rounds")
        self._desk = Desk(network, judges, tools, gather, journal, prepare, rounds, early)
        self._running: set[asyncio.Task[None]] = set()

    @property
    def epoch(self) -> Digest:
        """Digest of the epoch in force."""
        return self._desk.network.epoch.digest

    async def open(self) -> None:
        """Load every model; those that cannot be loaded stay silent in rounds."""
        await asyncio.wait([asyncio.wrap_future(loading) for loading in self._desk.judges.open()])

    def silent(self) -> dict[str, str]:
        """Validators whose model is not loaded, and why; they give no votes."""
        silent: dict[str, str] = {}
        for member in self._desk.network.epoch.members:
            try:
                self._desk.judges.model(member.id)
            except Exception as error:
                silent[member.id] = str(error)
        return silent

    async def start(self, generation: str, evidence: Evidence) -> LiveVerification:
        """See ``gateway.ports.Verifier``."""
        material = await on(self._desk.prepare, self._desk.gather, evidence)
        verification = LiveVerification(self._desk, generation, material)
        task = asyncio.create_task(verification.run(), name=verification.id)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return verification

    async def recover(self, generation: str) -> Result | None:
        """See ``gateway.ports.Recovering``."""
        result = await on(self._desk.rounds, _decided_before, self._desk, generation)
        return None if result is None else await self._desk.record(generation, result)

    async def close(self) -> None:
        """Let verifications end whose text is whole; give up the others. Call it when no more text can come."""
        while self._running:
            await asyncio.wait(self._running)
        self._desk.judges.close()
        self._desk.prepare.shutdown(wait=False)
        self._desk.rounds.shutdown()


async def on(executor: Executor, call: Callable[..., _T], *arguments: object) -> _T:
    """Run a blocking call on an executor's thread."""
    return await asyncio.get_running_loop().run_in_executor(executor, partial(call, *arguments))


class Events:
    """What happened so far, for any number of readers who may come late; the last event is ``settled``."""

    def __init__(self) -> None:
        self._all: list[Event] = []
        self._more = asyncio.Event()

    def add(self, kind: str, data: Mapping[str, Any]) -> None:
        """Append one, on the event loop; nothing follows ``settled``."""
        if not self._ended:
            self._all.append(Event(len(self._all) + 1, kind, data))
            self._more.set()
            self._more = asyncio.Event()

    async def after(self, number: int) -> AsyncIterator[Event]:
        """Those numbered above ``number``, and those to come; ends after ``settled``."""
        while True:
            more = self._more
            for event in self._all[number:]:
                yield event
                number = event.number
            if number >= len(self._all) and self._ended:
                return
            await more.wait()

    @property
    def _ended(self) -> bool:
        return bool(self._all) and self._all[-1].kind == SETTLED


class LiveVerification:
    """Implements ``gateway.ports.Verification``. Made by :class:`LiveVerifier`."""

    def __init__(self, desk: Desk, generation: str, material: Material) -> None:
        self.id = f"ver_{secrets.token_hex(16)}"
        self.state = State.GENERATING
        self._desk = desk
        self._generation = generation
        self._material = material
        self._events = Events()
        self._loop = asyncio.get_running_loop()
        self._result: asyncio.Future[Result] = self._loop.create_future()
        self._growing = GrowingText(material.search, desk.judges, desk.tools.splitter, self._tell, early=desk.early)
        self._parts: list[str] = []
        self._ended: str | None = None  # "" when whole, else why it was abandoned
        self._wake = asyncio.Event()

    def feed(self, text: str) -> None:
        """See ``gateway.ports.Verification``."""
        if self._ended is None and text:
            self._parts.append(text)
            self._wake.set()

    def finish(self) -> None:
        """See ``gateway.ports.Verification``."""
        self._end("", State.PROVISIONAL)

    def abandon(self, reason: str) -> None:
        """See ``gateway.ports.Verification``."""
        self._end(reason or "the text broke off", State.INCOMPLETE)

    def events(self, after: int = 0) -> AsyncIterator[Event]:
        """See ``gateway.ports.Verification``."""
        return self._events.after(after)

    async def result(self) -> Result:
        """See ``gateway.ports.Verification``."""
        return await asyncio.shield(self._result)

    async def run(self) -> None:
        """From the first word to the settlement; the verifier's task."""
        try:
            await self._follow()
            result = self._broken() if self._ended else await self._certify()
        except ProbatumError as error:
            result = self._unsettled(str(error), again=type(error) is LedgerError)  # its kinds say what will not change
        except Exception as error:  # a fault of ours must not leave readers waiting
            result = self._unsettled(f"the verification failed ({type(error).__name__}: {error})")
        self.state = result.settlement.state
        self._events.add(SETTLED, _settled(result))
        self._result.set_result(result)

    def _end(self, reason: str, state: State) -> None:
        if self._ended is None:
            self._ended, self.state = reason, state
            self._wake.set()

    def _tell(self, kind: str, data: Mapping[str, Any]) -> None:
        self._loop.call_soon_threadsafe(self._events.add, kind, data)

    async def _follow(self) -> None:
        """Hand over what has come, until the text ends."""
        while self._ended is None or self._parts:
            await self._wake.wait()
            self._wake.clear()
            if text := "".join(self._parts):
                self._parts.clear()
                await on(self._desk.prepare, self._growing.grow, text)

    async def _certify(self) -> Result:
        if self._growing.blank:
            nothing = Settlement(State.NOTHING_TO_CHECK, None, None, self._now)
            return await self._desk.record(self._generation, Result(nothing, None, "there is no text"))
        output, prepared = await on(self._desk.prepare, self._growing.finish)
        await self._answers(prepared.claims)
        certification = await on(self._desk.rounds, self._round, output, prepared)
        result = await self._desk.settle(self._generation, certification)
        assert result.report is not None
        for kind, data in history.decided(result.report, _settled(result)):
            self._events.add(kind, data)
        return result

    async def _answers(self, claims: int) -> None:
        """Wait until every validator has answered every question, at most as long as a round's ballots may take."""
        waiting = [asyncio.wrap_future(answer) for asked in self._growing.asked.values() for answer in asked.answers.values()]
        if waiting:
            done, _ = await asyncio.wait(waiting, timeout=self._desk.network.epoch.policy.time_to_vote(claims) / 1000)
            for answer in done:
                answer.exception()  # seen: in the round it silences its validator

    def _round(self, output: bytes, prepared: Prepared) -> Certification:
        network, asked = self._desk.network, self._growing.asked

        def load(name: str) -> Validator:
            return Answered(self._desk.judges.model(name), {question: one.answers[name] for question, one in asked.items()})

        tools = Tools(load, self._desk.tools.embedder, self._desk.tools.splitter, self._desk.tools.clocks)
        return decide_once(network, self._generation, output, prepared, job_of(network, output, self._material.digests), tools)

    def _broken(self) -> Result:
        self._growing.give_up()
        return Result(Settlement(State.INCOMPLETE, None, None, self._now), None, self._ended)

    def _unsettled(self, reason: str, *, again: bool = False) -> Result:
        return Result(Settlement(State.PROVISIONAL, None, None, self._now), None, reason, again)

    @property
    def _now(self) -> int:
        return self._desk.tools.clocks.now()


def _result(certification: Certification, desk: Desk) -> Result:
    verified, status = certification.verified, certification.status
    record = None if verified is None else verified.record_hash
    cert = (
        record if status is Status.CERTIFIED else None
    )  # of the whole text; what survived of a partial one says so claim by claim
    against = 0 if verified is None else sum(verdict in AGAINST for verdict in verified.outcome.verdicts)
    settlement = Settlement(State(status), record, cert, desk.tools.clocks.now(), against)
    return Result(settlement, report(certification, desk.network.epoch))


def _decided_before(desk: Desk, generation: str) -> Result | None:
    """What was published before a crash; it may have been revoked since."""
    certification = decided(desk.network, generation)
    if certification is None:
        return None
    result = _result(certification, desk)
    record = result.settlement.record_hash
    if record is None or desk.network.ledger.revocation(record) is None:
        return result
    gone = Settlement(State.REVOKED, record, None, result.settlement.at)
    return Result(gone, result.report and withdrawn(result.report), "the certificate was revoked")


def _settled(result: Result) -> dict[str, Any]:
    settlement = result.settlement
    return {
        "state": str(settlement.state),
        "cert_hash": None if settlement.cert_hash is None else str(settlement.cert_hash),
        "record_hash": None if settlement.record_hash is None else str(settlement.record_hash),
        "reason": result.reason,
    }
