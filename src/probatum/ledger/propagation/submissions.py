"""Texts that are handed in to be verified: recorded as a whole, or not at all, before anyone is told that they were accepted."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.ledger.propagation import generations, jobs, releases
from probatum.ledger.propagation.generations import Standing
from probatum.ledger.propagation.schema import jobs as table
from probatum.ledger.propagation.texts import Text
from probatum.ledger.propagation.unit import Unit
from probatum.ledger.records import Generation, Release


@dataclass(frozen=True, slots=True)
class Submission:
    """A text that is handed in.

    Attributes:
        job: ``ver_`` and 32 hex digits.
        generation: the text's entry; its ``started_at`` is when the text came.
        text: prepared outside of the transaction.
        material: what it is judged against and who wants to know; any JSON.
        holders: who has the text already, as releases.
    """

    job: str
    generation: Generation
    text: Text
    material: Json
    holders: tuple[Release, ...] = ()


@dataclass(frozen=True, slots=True)
class Submitted:
    """A verification as the ledger has it.

    Attributes:
        job: its id.
        material: see :class:`Submission`.
        standing: of the text.
        ended_at: when everything was done for it, the notice included; ms since 1970.
    """

    job: str
    material: Json
    standing: Standing
    ended_at: int | None


def submit(unit: Unit, submission: Submission, *, owner: str, until: int) -> Submitted | None:
    """Record a text and that it is to be verified; ``owner`` holds the verification until ``until`` (ms since 1970).

    Returns:
        ``None``; or, if there is a verification with this id already, that one, and nothing was recorded.
    """
    if (held := find(unit.connection, submission.job)) is not None:
        return held
    generation, at = submission.generation, submission.generation.started_at
    generations.begin(unit, generation)
    generations.finish(unit, generation.id, submission.text, complete=True, at=at)
    for release in submission.holders:
        releases.record(unit, release)
    jobs.add_held(unit, submission.job, generation.id, submission.material, owner=owner, until=until, at=at)
    return None


def find(connection: Connection, job: str) -> Submitted | None:
    """A verification by its id."""
    row = connection.execute(select(table).where(table.c.id == job)).first()
    standing = None if row is None else generations.find(connection, row.generation)
    if row is None or standing is None:
        return None
    return Submitted(row.id, canonical.decode(bytes(row.evidence)), standing, row.ended_at)
