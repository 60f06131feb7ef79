"""The journal's chain: every entry's hash covers the entry and, through the hash before it, all that was ever written.

Format: docs/spec/propagation.md. Whoever keeps a :class:`Head` notices later if anything up to it was changed, dropped or moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, CursorResult, Row, Select, select

from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.errors import CanonicalError, LedgerError
from probatum.ledger.propagation.schema import journal

_DOMAIN: Final = b"probatum.dev/journal/v1\n"
_INSERT: Final = journal.insert()
_NEWEST: Final = select(journal.c.seq, journal.c.hash).order_by(journal.c.seq.desc()).limit(1)
_BATCH: Final = 1000  # rows held in memory while checking


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry: its number and hash."""

    seq: int
    hash: Digest


START: Final = Head(0, Digest(bytes(32)))


def entry(seq: int, at: int, kind: str, body: bytes) -> bytes:
    """The bytes of an entry: one canonical JSON object, whose ``body`` is canonical already."""
    return b'{"at":%d,"body":%b,"kind":%b,"seq":%d}' % (at, body, canonical.quote(kind).encode(), seq)


def extend(before: Digest, data: bytes) -> Digest:
    """The hash of the entry ``data`` that follows the entry with hash ``before``."""
    return Digest(sha256(_DOMAIN + before + data).digest())


def read_head(connection: Connection) -> Head:
    """The newest entry as it stands in the table."""
    row = connection.execute(_NEWEST).first()
    return START if row is None else Head(row.seq, row.hash)


def append(connection: Connection, before: Head, kind: str, at: int, body: dict[str, Json]) -> Head:
    """Write the entry after ``before``; the new head. The caller holds the journal."""
    seq, data = before.seq + 1, canonical.encode(body)
    head = Head(seq, extend(before.hash, entry(seq, at, kind, data)))
    connection.execute(_INSERT, {"seq": seq, "at": at, "kind": kind, "body": data, "hash": head.hash})
    return head


def check_chain(connection: Connection, remembered: Head | None = None) -> Head:
    """Recompute the whole chain.

    Args:
        connection: a reading transaction.
        remembered: a head seen earlier, which the chain must still contain.

    Returns:
        The head now.

    Raises:
        LedgerError: an entry is missing, was edited or stands elsewhere, or the chain does not contain ``remembered``.
    """
    head = START
    with stream(connection, select(journal).order_by(journal.c.seq)) as rows:
        for row in rows:
            head = _follow(head, row)
            if remembered is not None and remembered.seq == row.seq and remembered != head:
                raise LedgerError(f"the journal was rewritten: entry {row.seq} had the hash {remembered.hash}, now {head.hash}")
    if remembered is not None and remembered.seq > head.seq:
        raise LedgerError(f"the journal was cut: it had {remembered.seq} entries, now {head.seq}")
    return head


def stream(connection: Connection, query: Select[Any]) -> CursorResult[Any]:
    """The rows of a long answer, a few at a time; to be used in a ``with``, which frees the database's side of it."""
    return connection.execute(query, execution_options={"yield_per": _BATCH})


def _follow(head: Head, row: Row[Any]) -> Head:
    """The head after the entry ``row``, which must come next and be what its hash says."""
    if row.seq != head.seq + 1:
        raise LedgerError(f"the journal's entry {head.seq + 1} is missing; restore the database from a copy")
    body = bytes(row.body)
    try:
        canonical.decode(body)
    except CanonicalError as error:
        raise LedgerError(f"the journal's entry {row.seq} holds no canonical JSON: {error}") from None
    after = Head(row.seq, extend(head.hash, entry(row.seq, row.at, row.kind, body)))
    if after.hash != row.hash:
        raise LedgerError(f"the journal's entry {row.seq} was edited or moved; restore the database from a copy")
    return after
