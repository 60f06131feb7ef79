"""In which response a generation went out, so that it is found by what clients know of it. Working state, not in the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, func, select

from probatum.errors import LedgerError
from probatum.ledger.propagation.generations import Standing, standing
from probatum.ledger.propagation.schema import generations, jobs, responses
from probatum.ledger.propagation.unit import Unit

_KNOWN: Final = (  # made once, as every answer asks this
    select(responses.c.name)
    .select_from(generations)
    .join(responses, isouter=True)
    .where(generations.c.id == bindparam("generation"))
)
_INSERT: Final = responses.insert()


@dataclass(frozen=True, slots=True)
class Named:
    """A generation that was found by name, and the verification of its text, if there is one."""

    standing: Standing
    verification: str | None


def remember(unit: Unit, generation: str, name: str, verification: str | None) -> None:
    """Keep the id of a generation's response. Doing it again changes nothing.

    Raises:
        LedgerError: there is no such generation.
    """
    row = unit.connection.execute(_KNOWN, {"generation": generation}).first()
    if row is None:
        raise LedgerError(f"there is no generation {generation}")
    if row.name is None:
        unit.connection.execute(_INSERT, {"generation": generation, "name": name, "verification": verification})


def find(connection: Connection, tenant: str, name: str) -> Named | None:
    """The tenant's generation with this id, or with this verification, or its newest that went out in a response with this id."""
    named = (generations.c.id == name) | (responses.c.name == name) | (responses.c.verification == name)
    query = (
        select(generations, func.coalesce(responses.c.verification, jobs.c.id).label("verification"))
        .join(responses, responses.c.generation == generations.c.id, isouter=True)
        .join(jobs, jobs.c.generation == generations.c.id, isouter=True)
        .where(generations.c.tenant == tenant, named)
        .order_by(generations.c.started_at.desc(), generations.c.sibling.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else Named(standing(row), row.verification)
