"""How often keys were used on which day, over restarts and processes. Working state, not in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, select, text

from probatum.ledger.propagation.schema import key_uses

_ADD: Final = text(
    "INSERT INTO key_uses (key, day, count) VALUES (:key, :day, :count) "
    "ON CONFLICT (key, day) DO UPDATE SET count = key_uses.count + excluded.count"
)


def add(connection: Connection, counts: Mapping[tuple[str, int], int]) -> None:
    """Add uses by (key id, days since 1970). Needs a transaction of ``Database.work`` or of a unit."""
    if counts:
        connection.execute(_ADD, [{"key": key, "day": day, "count": count} for (key, day), count in counts.items()])


def on(connection: Connection, day: int) -> dict[str, int]:
    """How often each key was used on a day."""
    rows = connection.execute(select(key_uses.c.key, key_uses.c.count).where(key_uses.c.day == day))
    return {key: int(count) for key, count in rows}
