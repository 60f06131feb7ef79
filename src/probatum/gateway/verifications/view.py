"""A verification as its tenant sees it: what runs here, and what the ledger says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from probatum.coordinator.report import withdrawn
from probatum.encoding.digest import Digest
from probatum.gateway.journal import LedgerJournal
from probatum.gateway.parts import Directory
from probatum.gateway.timing import Timing, ended
from probatum.gateway.verifications.register import Entry, Register
from probatum.ledger.propagation import generations, submissions
from probatum.ledger.propagation.generations import Standing
from probatum.ledger.records import State

POLL_MS: Final = 500  # how often the ledger is asked about what another process runs
LONG_MS: Final = 3_600_000  # a text that came with a response and was not settled by then never will be
_OPEN: Final = frozenset({State.GENERATING, State.PROVISIONAL})
_WITHDRAWN: Final = frozenset({State.REVOKED, State.SUPERSEDED})


@dataclass(frozen=True, slots=True)
class View:
    """One verification, at one moment.

    Attributes:
        id: ``ver_`` and 32 hex digits.
        standing: of the text, as the ledger has it.
        entry: where it runs or ran, if that is here and was the end of it.
        closed: whether nothing more will be done for it although the text stays provisional.
        withdrawn: why its certificate was revoked or superseded, if it was.
    """

    id: str
    standing: Standing
    entry: Entry | None
    closed: bool = False
    withdrawn: str | None = None

    @property
    def generation(self) -> str:
        """Id of the text's generation."""
        return self.standing.generation.id

    @property
    def state(self) -> State:
        """Of the text, now."""
        return self.standing.state

    @property
    def cert_hash(self) -> Digest | None:
        """Of the certificate in force."""
        return self.standing.cert_hash if self.state is State.CERTIFIED else None

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in _OPEN or self.closed or (self.entry is not None and self.entry.result is not None)

    @property
    def reason(self) -> str | None:
        """Why there is no certificate, where no statement about the text says so."""
        if self.withdrawn is not None:
            return self.withdrawn
        if self.entry is not None and self.entry.result is not None:
            return self.entry.result.reason
        return "it ended without a decision; hand the text in again" if self.closed and self.state in _OPEN else None

    def end(self) -> dict[str, Any]:
        """The data of the event ``settled``."""
        return {
            "state": str(self.state),
            "cert_hash": _text(self.cert_hash),
            "record_hash": _text(self.standing.record_hash),
            "reason": self.reason,
        }

    def to_json(self, base: str) -> dict[str, Any]:
        """All but the report; ``base`` is put before paths."""
        url, record = f"{base}/v1/verifications/{self.id}", self.standing.record_hash
        return {
            "id": self.id,
            "object": "verification",
            "generation": self.generation,
            **self.end(),
            "output": None if self.standing.output is None else self.standing.output.hex(),
            "settled_at": self.standing.settled_at,
            "url": url,
            "events_url": f"{url}/events",
            "certificate_url": None if record is None else f"{base}/v1/certificates/{record}",
        }


class Viewer:
    """Finds verifications.

    Args:
        ledger: the propagation ledger.
        register: what runs here.
        directory: names of generations that came with a response.
        recount: the report that belongs to a statement.
        timing: clock and waiting.
    """

    def __init__(
        self,
        ledger: LedgerJournal,
        register: Register,
        directory: Directory,
        recount: Callable[[Digest], Awaitable[Mapping[str, Any] | None]],
        timing: Timing,
    ) -> None:
        self._ledger, self._register, self._directory = ledger, register, directory
        self._recount, self._timing = recount, timing

    async def find(self, tenant: str, name: str) -> View | None:
        """A tenant's verification; None where the tenant has none of that name."""
        entry = self._register.find(name)
        closed, generation = False, None if entry is None else entry.generation
        if entry is None and (submitted := await self._ledger.read(partial(submissions.find, job=name))) is not None:
            closed, generation = submitted.ended_at is not None, submitted.standing.generation.id
        named = None if generation is not None else await self._directory.standing(tenant, name)
        if named is not None and named.verification == name:
            closed, generation = self._timing.now() - named.at > LONG_MS, named.generation
        if generation is None:
            return None
        standing, withdrawn = await self._ledger.read(partial(_standing, generation=generation))
        if standing is None or standing.generation.tenant != tenant:
            return None
        return View(name, standing, None if _outrun(entry, standing) else entry, closed, withdrawn)

    async def wait(self, tenant: str, view: View, limit_ms: int) -> View:
        """The same verification once nothing more will happen, or when the time is over."""
        deadline = self._timing.now() + limit_ms
        while not view.over and (left := deadline - self._timing.now()) > 0:
            if view.entry is None:
                await self._timing.sleep(min(left, POLL_MS))
            else:
                end = asyncio.ensure_future(view.entry.verification.result())
                await self._timing.within(end, left)
                await ended(end)
            view = await self.find(tenant, view.id) or view
        return view

    async def report(self, view: View) -> Mapping[str, Any] | None:
        """The report of ``probatum verify --json``: what the round gave, or the same recounted from its bundle."""
        found = await self._found(view)
        return withdrawn(found) if found is not None and view.state in _WITHDRAWN else found

    async def _found(self, view: View) -> Mapping[str, Any] | None:
        if view.entry is not None and view.entry.result is not None and view.entry.result.report is not None:
            return view.entry.result.report
        return None if view.standing.record_hash is None else await self._recount(view.standing.record_hash)


def _outrun(entry: Entry | None, standing: Standing) -> bool:
    """Whether the text was settled after the attempt that ran here had failed: what is remembered of it is not the end."""
    failed = entry is not None and entry.result is not None and entry.result.settlement.state in _OPEN
    return failed and standing.state not in _OPEN


def _standing(connection: Connection, generation: str) -> tuple[Standing | None, str | None]:
    """Where a text stands, and why its certificate was withdrawn, if it was."""
    standing = generations.find(connection, generation)
    if standing is None or standing.record_hash is None or standing.state not in _WITHDRAWN:
        return standing, None
    return standing, generations.revoked(connection, standing.record_hash)


def _text(digest: Digest | None) -> str | None:
    return None if digest is None else str(digest)
