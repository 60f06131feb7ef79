"""Whose texts a statement or an output belongs to."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Connection, or_, select

from probatum.encoding.digest import Digest
from probatum.ledger.propagation.generations import Standing, standing
from probatum.ledger.propagation.schema import generations

MOST: Final = 100


def of_record(connection: Connection, record: Digest) -> tuple[Standing, ...]:
    """The generations that a statement is about, the newest first; at most 100."""
    return _select(connection, or_(generations.c.record_hash == record, generations.c.cert_hash == record))


def of_output(connection: Connection, output: Digest) -> tuple[Standing, ...]:
    """The generations with exactly this text, the newest first; at most 100."""
    return _select(connection, generations.c.output == output)


def _select(connection: Connection, wanted: ColumnElement[bool]) -> tuple[Standing, ...]:
    query = select(generations).where(wanted).order_by(generations.c.started_at.desc(), generations.c.id).limit(MOST)
    return tuple(standing(row) for row in connection.execute(query))
