"""Telling everyone who received a text that it does not stand any more, until they acknowledge."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select, update

from probatum.encoding.canonical import Json
from probatum.errors import LedgerError
from probatum.ledger.propagation.schema import recalls, releases
from probatum.ledger.propagation.unit import Unit
from probatum.ledger.records import State


@dataclass(frozen=True, slots=True)
class Recall:
    """One receiver has to be told of one generation.

    Attributes:
        seq: number of the journal's entry; recalls are fed in this order.
        tenant: whose generation it is.
        generation: id.
        receiver: as the releases name them.
        callback: address to notify, if the receiver gave one.
        state: that the generation came into.
        due_at: since when, ms since 1970.
        token: proves that whoever acknowledges was told.
        attempts: how often notifying was tried.
        attempted_at: when last.
        acknowledged_at: when the receiver confirmed.
    """

    seq: int
    tenant: str
    generation: str
    receiver: str
    callback: str | None
    state: State
    due_at: int
    token: str
    attempts: int
    attempted_at: int | None
    acknowledged_at: int | None


def make_due(unit: Unit, tenant: str, generation: str, state: State, at: int, *, only: str | None = None) -> None:
    """A recall for every receiver of the generation that has none for this state; or for ``only`` this one.

    Who got a text that said that it is certified in part has nothing more to be told when it is.
    """
    told = select(recalls.c.receiver).where(recalls.c.generation == generation, recalls.c.state == state)
    query = select(releases.c.receiver, releases.c.callback).where(
        releases.c.generation == generation, releases.c.receiver.not_in(told)
    )
    if state is State.PARTIALLY_CERTIFIED:
        query = query.where(releases.c.state != state)
    if only is not None:
        query = query.where(releases.c.receiver == only)
    receivers: dict[str, str | None] = {}
    for receiver, callback in unit.connection.execute(query.order_by(releases.c.seq)):
        receivers[receiver] = callback or receivers.get(receiver)  # the address given last
    for receiver, callback in receivers.items():
        _add(unit, Recall(0, tenant, generation, receiver, callback, state, at, secrets.token_hex(16), 0, None, None))


def due(connection: Connection, *, tried_before: int, limit: int = 100) -> tuple[Recall, ...]:
    """Recalls nobody has acknowledged and that were not tried at or after ``tried_before`` (ms since 1970), the oldest first."""
    waiting = recalls.c.attempted_at.is_(None) | (recalls.c.attempted_at < tried_before)
    return _read(connection, recalls.c.acknowledged_at.is_(None) & waiting, limit)


def feed(connection: Connection, tenant: str, *, after: int, receiver: str | None = None, limit: int = 100) -> tuple[Recall, ...]:
    """A tenant's recalls with numbers above ``after``, acknowledged ones included; all receivers', or one's."""
    wanted = (recalls.c.tenant == tenant) & (recalls.c.seq > after)
    return _read(connection, wanted if receiver is None else wanted & (recalls.c.receiver == receiver), limit)


def of(connection: Connection, generations: Iterable[str]) -> dict[str, tuple[Recall, ...]]:
    """All recalls by generation, in the order in which they came due."""
    found: dict[str, tuple[Recall, ...]] = {}
    for one in _read(connection, recalls.c.generation.in_(list(generations)), None):
        found[one.generation] = (*found.get(one.generation, ()), one)
    return found


def mark_attempt(unit: Unit, seq: int, at: int, result: str) -> None:
    """Notifying was tried; ``result`` says what came of it, for the journal."""
    recall = _one(unit.connection, recalls.c.seq == seq, f"there is no recall {seq}")
    values = {"attempts": recall.attempts + 1, "attempted_at": at}
    unit.connection.execute(update(recalls).where(recalls.c.seq == seq), values)
    unit.append("recall_attempted", at, {"recall": seq, "result": result})


def acknowledge(unit: Unit, token: str, at: int) -> Recall:
    """The receiver confirms; doing it again changes nothing.

    Raises:
        LedgerError: no recall has this token.
    """
    recall = _one(unit.connection, recalls.c.token == token, "no recall has this token; it stands in the notification")
    if recall.acknowledged_at is not None:
        return recall
    unit.connection.execute(update(recalls).where(recalls.c.seq == recall.seq), {"acknowledged_at": at})
    unit.append("recall_acknowledged", at, {"recall": recall.seq})
    return _one(unit.connection, recalls.c.seq == recall.seq, "")


def _add(unit: Unit, recall: Recall) -> None:
    body: dict[str, Json] = {"generation": recall.generation, "receiver": recall.receiver, "state": str(recall.state)}
    seq = unit.append("recalled", recall.due_at, body)
    unit.connection.execute(recalls.insert(), {**{name: getattr(recall, name) for name in Recall.__slots__}, "seq": seq})


def _read(connection: Connection, wanted: ColumnElement[bool], limit: int | None) -> tuple[Recall, ...]:
    rows = connection.execute(select(recalls).where(wanted).order_by(recalls.c.seq).limit(limit))
    return tuple(_recall(row) for row in rows)


def _one(connection: Connection, wanted: ColumnElement[bool], otherwise: str) -> Recall:
    row = connection.execute(select(recalls).where(wanted)).first()
    if row is None:
        raise LedgerError(otherwise)
    return _recall(row)


def _recall(row: Row[Any]) -> Recall:
    return Recall(**row._mapping)
