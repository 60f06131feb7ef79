"""Verifications of texts that were handed in: on disk before they are acknowledged, taken up again, told to who wants to know."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from probatum.coordinator.verification import Evidence
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError, ProbatumError
from probatum.evidence.content_store import ContentStore
from probatum.gateway.errors import SERVER, HttpRefusal
from probatum.gateway.journal import LedgerJournal
from probatum.gateway.timing import Timing, ended
from probatum.gateway.verifications import material as kept
from probatum.gateway.verifications.material import Hook, Material
from probatum.gateway.verifications.register import Entry, Register
from probatum.gateway.webhooks.delivery import Deliverer, Message
from probatum.gateway.webhooks.endpoints import Endpoints
from probatum.ledger.propagation import generations, jobs, submissions, texts
from probatum.ledger.propagation.generations import Standing
from probatum.ledger.propagation.jobs import Job
from probatum.ledger.propagation.submissions import Submission, Submitted
from probatum.ledger.propagation.texts import Text
from probatum.ledger.propagation.unit import Unit
from probatum.ledger.records import Channel, Generation, Release, State

MAX_ATTEMPTS: Final = 5  # a text that ended the process so often is not taken up again
SETTLED: Final = "verification.settled"
_AT_ONCE: Final = 64  # taken up in one go
_SOON_MS: Final = 1000  # the pause when there may be more
_LOG: Final = logging.getLogger("probatum.gateway")


@dataclass(frozen=True, slots=True)
class Names:
    """What a text that is handed in will be called."""

    job: str
    generation: str


@dataclass(frozen=True, slots=True)
class Handed:
    """A text that is handed in.

    Attributes:
        tenant: whose.
        text: exactly what is to be certified.
        evidence: what it is judged against.
        hook: who wants to know.
        receiver: who has the text.
    """

    tenant: str
    text: str
    evidence: Evidence
    hook: Hook | None = None
    receiver: str | None = None


class Runner:
    """Runs verifications from their acknowledgement to the last notice. Used on one event loop.

    Args:
        ledger: the propagation ledger.
        register: starts them.
        store: keeps their evidence.
        endpoints, deliverer: bring notices out.
        timing: clock and waiting.
        owner: names this process among those that share the ledger.
        base: put before paths in notices.
        lease_ms: how long a verification stays ours without a sign of life.
        most: verifications of texts handed in that may run at one time.
    """

    def __init__(
        self,
        ledger: LedgerJournal,
        register: Register,
        store: ContentStore,
        endpoints: Endpoints,
        deliverer: Deliverer,
        timing: Timing,
        *,
        owner: str,
        base: str = "",
        lease_ms: int = 60_000,
        most: int = 2000,
    ) -> None:
        self.ledger, self.register, self.store, self.endpoints = ledger, register, store, endpoints
        self._deliverer, self.timing, self._owner, self._base, self._lease = deliverer, timing, owner, base, lease_ms
        self._most = most
        self._running: dict[str, asyncio.Task[None]] = {}

    async def submit(self, names: Names, handed: Handed) -> Submitted | None:
        """Start a verification; when this returns it is on disk.

        Returns:
            ``None``; or, if one of this id is there already, that one, and nothing was started.

        Raises:
            HttpRefusal: 503 ``overloaded``: as many run as may.
            EvidenceRefused: the evidence cannot be used; nothing was recorded.
            LedgerError: it could not be recorded; nothing will be certified.
        """
        if self.running >= self._most:
            message = f"{self.running} verifications are running, no more may be; hand it in again in a moment"
            raise HttpRefusal(503, "overloaded", message, SERVER, headers={"retry-after": "1"})
        now = self.timing.now()
        material = kept.named(handed.evidence, handed.hook, handed.receiver)
        text = await asyncio.to_thread(Text.of, handed.text)
        entry = await self.register.begin(names.generation, handed.evidence)
        try:
            await kept.keep(self.store, handed.evidence)
            generation = Generation(names.generation, handed.tenant, text.digest, "", now)
            submission = Submission(names.job, generation, text, material.to_json(), _holders(names, handed, now))
            add = partial(submissions.submit, submission=submission, owner=self._owner, until=now + self._lease)
            before = await self.ledger.write(add)
        except BaseException:
            entry.verification.abandon("it could not be recorded")
            raise
        if before is not None:
            entry.verification.abandon("it was handed in before")
            return before
        self._finish(names.job, entry, handed.text)
        self._spawn(names.job, self._follow(names.job, material, entry))
        return None

    async def adopt(self, job: str, evidence: Evidence) -> None:
        """Make durable a verification that the register has started, and whose text is still to come.

        Raises:
            LedgerError: it could not be recorded.
        """
        entry, material, now = self.register.find(job), kept.named(evidence), self.timing.now()
        assert entry is not None
        await kept.keep(self.store, evidence)
        kept_as = partial(jobs.add_held, job=job, generation=entry.generation, evidence=material.to_json())
        await self.ledger.write(partial(kept_as, owner=self._owner, until=now + self._lease, at=now))
        self._spawn(job, self._follow(job, material, entry))

    @property
    def running(self) -> int:
        """How many verifications are ours now, those included whose notice is being sent."""
        return len(self._running)

    async def find(self, job: str) -> Submitted | None:
        """A text that was handed in, as the ledger has it."""
        return await self.ledger.read(partial(submissions.find, job=job))

    async def run(self) -> None:
        """Keep what is ours, and take up what nobody holds; until cancelled."""
        while True:
            taken = 0
            try:
                await self._renew()
                taken = await self._take_up()
            except LedgerError as error:
                _LOG.error("verifications cannot be taken up: %s", error)
            await self.timing.sleep(_SOON_MS if taken == _AT_ONCE else self._lease // 3)

    async def close(self) -> None:
        """Stop; what has not ended is taken up by the next process."""
        for task in list(self._running.values()):
            await ended(task)
        await self.ledger.write(lambda unit: jobs.release_all(unit.connection, self._owner))

    async def _renew(self) -> None:
        until = self.timing.now() + self._lease
        for job in list(self._running):
            ours = await self.ledger.write(partial(_renew, owner=self._owner, job=job, until=until))
            if not ours and (task := self._running.get(job)) is not None:
                await ended(task)

    async def _take_up(self) -> int:
        now = self.timing.now()
        found = await self.ledger.write(partial(_lease, owner=self._owner, now=now, until=now + self._lease))
        for job in found:
            if job.id not in self._running:
                self._spawn(job.id, self._resume(job.id, job.attempts))
        return len(found)

    async def _resume(self, job: str, attempts: int) -> None:
        found = await self.find(job)
        assert found is not None
        material, generation = Material.from_json(found.material), found.standing.generation.id
        if found.standing.state is State.GENERATING:  # whoever had the text come gave no sign of life for a whole lease
            await self.ledger.finish(generation, "", complete=False, at=self.timing.now())
            await self._told(job, material, generation, "the gateway that the text came through ended before it was whole")
        elif found.standing.state is not State.PROVISIONAL:
            await self._conclude(job, material, found.standing)
        elif attempts > MAX_ATTEMPTS:
            await self._conclude(job, material, found.standing, f"it was begun {attempts - 1} times and never ended")
        else:
            await self._again(job, material, found.standing)

    async def _again(self, job: str, material: Material, standing: Standing) -> None:
        generation = standing.generation.id
        if await self.register.recover(generation) is not None:  # a crash came between the statement and the settlement
            await self._told(job, material, generation)
            return
        try:
            evidence = await kept.load(self.store, material)
            text = await self.ledger.read(partial(texts.provisional_text, generation=generation))
            assert text is not None
            entry = await self.register.begin(generation, evidence)
        except ProbatumError as error:
            await self._conclude(job, material, standing, str(error))
            return
        self._finish(job, entry, text)
        await self._follow(job, material, entry)

    def _finish(self, job: str, entry: Entry, text: str) -> None:
        self.register.enter(job, entry)
        entry.verification.feed(text)
        entry.verification.finish()

    async def _follow(self, job: str, material: Material, entry: Entry) -> None:
        result = await entry.verification.result()
        if result.again:  # a ledger was full, locked or away: the lease runs out, and whoever is there then goes on
            _LOG.error("%s is taken up again when its lease has run out: %s", job, result.reason)
            return
        await self._told(job, material, entry.generation, result.reason)

    async def _told(self, job: str, material: Material, generation: str, reason: str | None = None) -> None:
        standing = await self.ledger.read(partial(generations.find, generation=generation))
        assert standing is not None
        await self._conclude(job, material, standing, reason)

    async def _conclude(self, job: str, material: Material, standing: Standing, reason: str | None = None) -> None:
        """Tell who wants to know, then close the books."""
        if material.hook is not None:
            endpoint = self.endpoints.endpoint(standing.generation.tenant, material.hook.url, material.hook.secret)
            outcome = await self._deliverer.deliver(self._message(job, standing, reason), endpoint, self._lease // 3)
            if isinstance(outcome, int):  # nobody holds it until then, and whoever takes it up goes on
                await self.ledger.write(partial(_renew, owner=self._owner, job=job, until=outcome))
                return
            _LOG.info("the notice that %s ended: %s", job, outcome)
        await self.ledger.write(partial(jobs.end, job=job, at=self.timing.now()))

    def _message(self, job: str, standing: Standing, reason: str | None) -> Message:
        at = standing.settled_at or standing.generation.started_at
        cert = standing.cert_hash if standing.state is State.CERTIFIED else None
        data = {
            "id": job,
            "generation": standing.generation.id,
            "state": str(standing.state),
            "cert_hash": _text(cert),
            "record_hash": _text(standing.record_hash),
            "reason": reason,
            "url": f"{self._base}/v1/verifications/{job}",
        }
        return Message(f"msg_{job.removeprefix('ver_')}", SETTLED, at, data)

    def _spawn(self, job: str, work: Coroutine[Any, Any, None]) -> None:
        task = self._running[job] = asyncio.create_task(self._guard(job, work), name=job)
        task.add_done_callback(lambda _: self._running.pop(job, None))

    async def _guard(self, job: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # a fault of one must not end the others; its lease runs out, and it is taken up again
            known = isinstance(error, ProbatumError)
            _LOG.error("%s is taken up again later: %s", job, error, exc_info=None if known else error)


def _holders(names: Names, handed: Handed, at: int) -> tuple[Release, ...]:
    if handed.receiver is None:
        return ()
    callback = None if handed.hook is None else handed.hook.url
    return (Release(names.generation, Channel.FORWARD, handed.receiver, State.PROVISIONAL, None, at, callback),)


def _lease(unit: Unit, owner: str, now: int, until: int) -> tuple[Job, ...]:
    return jobs.lease(unit.connection, owner, now=now, until=until, limit=_AT_ONCE)


def _renew(unit: Unit, owner: str, job: str, until: int) -> bool:
    return jobs.renew(unit.connection, owner, job, until=until)


def _text(digest: Digest | None) -> str | None:
    return None if digest is None else str(digest)
