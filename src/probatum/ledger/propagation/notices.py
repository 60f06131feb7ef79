"""Which recalls are to be sent to an address now, and by whom, when several processes share the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

from sqlalchemy import Connection, case, func, select, update

from probatum.ledger.propagation.recalls import Recall
from probatum.ledger.propagation.schema import recalls
from probatum.ledger.propagation.unit import Unit

CLAIMED_MS: Final = 60_000  # a first attempt that was begun and not recorded is begun again after so long
_COLUMNS: Final = tuple(recalls.c[field.name] for field in fields(Recall))


def due(connection: Connection, delays: Sequence[int], *, now: int, limit: int = 100) -> tuple[Recall, ...]:
    """Recalls with an address that nobody acknowledged and whose next attempt is due, the oldest first.

    Args:
        connection: a reading transaction.
        delays: ms before each attempt, counted from the one before; after the last one the feed alone is left.
        now: ms since 1970.
        limit: how many at most.
    """
    wait = case(dict(enumerate((CLAIMED_MS, *delays[1:]))), value=recalls.c.attempts, else_=0)
    time = recalls.c.attempted_at.is_(None) | (recalls.c.attempted_at + wait <= now)
    wanted = recalls.c.callback.is_not(None) & recalls.c.acknowledged_at.is_(None) & (recalls.c.attempts < len(delays)) & time
    rows = connection.execute(select(*_COLUMNS).where(wanted).order_by(recalls.c.seq).limit(limit))
    return tuple(Recall(*row) for row in rows)


def newest(connection: Connection) -> int:
    """The number of the newest recall of all; 0 if there is none."""
    return int(connection.execute(select(func.coalesce(func.max(recalls.c.seq), 0))).scalar_one())


def find(connection: Connection, token: str) -> Recall | None:
    """A recall by its token."""
    row = connection.execute(select(*_COLUMNS).where(recalls.c.token == token)).first()
    return None if row is None else Recall(*row)


def claim(unit: Unit, recall: Recall, now: int) -> bool:
    """Begin an attempt; ``False`` if somebody else did, or the recall was acknowledged meanwhile. Working state, not journaled."""
    same = (recalls.c.seq == recall.seq) & (recalls.c.attempts == recall.attempts) & recalls.c.acknowledged_at.is_(None)
    before = recalls.c.attempted_at
    same &= before.is_(None) if recall.attempted_at is None else before == recall.attempted_at
    return unit.connection.execute(update(recalls).where(same), {"attempted_at": now}).rowcount == 1


def stop(unit: Unit, recall: Recall, attempts: int) -> None:
    """Send no more to this address; the recall stays in the feed. ``attempts``: how many there can be at most."""
    unit.connection.execute(update(recalls).where(recalls.c.seq == recall.seq), {"attempts": attempts})
