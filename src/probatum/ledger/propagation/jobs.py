"""Verifications that are still to be done, so that a restart finds them, and no two processes do one at a time.

That a job was added and that it ended is in the journal. Who runs it at the moment is working state, which says nothing about any
text.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.propagation.schema import jobs
from probatum.ledger.propagation.unit import Unit


@dataclass(frozen=True, slots=True)
class Job:
    """A verification to be done.

    Attributes:
        id: ``ver_`` and 32 hex digits.
        generation: whose text.
        evidence: where the evidence lies; any JSON.
        attempts: how often it was leased, this time included.
    """

    id: str
    generation: str
    evidence: Json
    attempts: int


def add(unit: Unit, job: str, generation: str, evidence: Json, at: int) -> None:
    """Keep a verification that is to be done. The same again changes nothing.

    Raises:
        LedgerError: another job has this id.
    """
    data = canonical.encode(evidence)
    held = unit.connection.execute(select(jobs.c.generation, jobs.c.evidence).where(jobs.c.id == job)).first()
    if held is not None:
        if (held.generation, bytes(held.evidence)) != (generation, data):
            raise LedgerError(f"the verification {job} is there already, for other material")
        return
    values = {"id": job, "generation": generation, "evidence": data, "created_at": at, "leased_until": 0, "attempts": 0}
    unit.connection.execute(jobs.insert(), values)
    unit.append("job_added", at, {"evidence": str(Digest.of(data)), "generation": generation, "job": job})


def add_held(unit: Unit, job: str, generation: str, evidence: Json, *, owner: str, until: int, at: int) -> None:
    """:func:`add`, and ``owner`` has it until ``until`` (ms since 1970)."""
    add(unit, job, generation, evidence, at)
    unit.connection.execute(update(jobs).where(jobs.c.id == job), {"owner": owner, "leased_until": until})


def lease(connection: Connection, owner: str, *, now: int, until: int, limit: int = 1) -> tuple[Job, ...]:
    """Take open jobs that nobody holds, the oldest first; until ``until`` (ms since 1970) nobody else gets them.

    Needs a transaction of ``Database.work``: on SQLite it is the only writer, on PostgreSQL rows that another process is just
    taking are passed over (``FOR UPDATE SKIP LOCKED``).
    """
    free = select(jobs).where(jobs.c.ended_at.is_(None), jobs.c.leased_until <= now)
    query = free.order_by(jobs.c.created_at, jobs.c.id).limit(limit).with_for_update(skip_locked=True)
    taken = tuple(
        Job(row.id, row.generation, canonical.decode(bytes(row.evidence)), row.attempts + 1) for row in connection.execute(query)
    )
    if taken:
        mine = update(jobs).where(jobs.c.id.in_([job.id for job in taken]))
        connection.execute(mine.values(owner=owner, leased_until=until, attempts=jobs.c.attempts + 1))
    return taken


def renew(connection: Connection, owner: str, job: str, *, until: int) -> bool:
    """Keep a job longer; ``False`` if it ended or somebody else holds it: then stop working on it."""
    mine = (jobs.c.id == job) & (jobs.c.owner == owner) & jobs.c.ended_at.is_(None)
    return connection.execute(update(jobs).where(mine), {"leased_until": until}).rowcount == 1


def release_all(connection: Connection, owner: str) -> int:
    """Give back what ``owner`` holds, as when it shuts down; how many."""
    mine = (jobs.c.owner == owner) & jobs.c.ended_at.is_(None)
    return connection.execute(update(jobs).where(mine), {"owner": None, "leased_until": 0}).rowcount


def end(unit: Unit, job: str, at: int) -> None:
    """A job is done; ending it again changes nothing.

    Raises:
        LedgerError: there is no such job.
    """
    row = unit.connection.execute(select(jobs.c.ended_at).where(jobs.c.id == job)).first()
    if row is None:
        raise LedgerError(f"there is no verification {job}")
    if row.ended_at is None:
        unit.connection.execute(update(jobs).where(jobs.c.id == job), {"ended_at": at})
        unit.append("job_ended", at, {"job": job})
