"""Certified answers, to be given again. A row alone is worth nothing: every read asks the generation's state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, bindparam, select

from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.propagation.schema import answers, generations
from probatum.ledger.propagation.unit import Unit
from probatum.ledger.records import Settlement, State

_UNDER: Final = and_(*(answers.c[name] == bindparam(name) for name in ("tenant", "request", "epoch")))
_KEPT: Final = select(answers.c.generation).where(_UNDER)
_SETTLED: Final = tuple(generations.c[name] for name in ("record_hash", "cert_hash", "settled_at"))
_CERTIFIED: Final = (  # made once: every request asks this
    select(answers.c.generation, answers.c.response, *_SETTLED)
    .join(generations)
    .where(_UNDER, generations.c.state == State.CERTIFIED, generations.c.cert_hash.is_not(None))
)


@dataclass(frozen=True, slots=True)
class Key:
    """What an answer is kept under: whose, what was asked, and the epoch under which it was judged."""

    tenant: str
    request: Digest
    epoch: Digest


@dataclass(frozen=True, slots=True)
class Answer:
    """A certified answer: its generation, the response as it was given, and the settlement."""

    generation: str
    response: bytes
    settlement: Settlement


def keep(unit: Unit, key: Key, generation: str, response: bytes, at: int) -> None:
    """Keep a certified answer. One that is there already stays: the same question gets the same answer.

    Raises:
        LedgerError: the generation is not certified at this moment, or it answers another tenant or request.
    """
    held = select(generations.c.tenant, generations.c.request, generations.c.state)
    row = unit.connection.execute(held.where(generations.c.id == generation)).first()
    if row is None or row.state is not State.CERTIFIED:
        state = "unknown" if row is None else row.state
        raise LedgerError(f"{generation} is {state}; only a certified answer is cached")
    if (row.tenant, row.request) != (key.tenant, key.request):
        raise LedgerError(f"{generation} is an answer to another request; it is not cached under this one")
    if unit.connection.execute(_KEPT, _values(key)).first() is not None:
        return
    body: dict[str, Json] = {"epoch": str(key.epoch), "generation": generation, "response": str(Digest.of(response))}
    unit.append("cached", at, body)
    unit.connection.execute(answers.insert(), {**_values(key), "generation": generation, "response": response})


def find(connection: Connection, key: Key) -> Answer | None:
    """The answer kept under ``key``, if its generation is certified now."""
    row = connection.execute(_CERTIFIED, _values(key)).first()
    if row is None:
        return None
    settlement = Settlement(State.CERTIFIED, row.record_hash, row.cert_hash, row.settled_at)
    return Answer(row.generation, bytes(row.response), settlement)


def _values(key: Key) -> dict[str, object]:
    return {"tenant": key.tenant, "request": key.request, "epoch": key.epoch}
