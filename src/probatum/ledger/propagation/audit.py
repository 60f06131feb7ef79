"""Whether the ledger is what was written: the journal's chain, and the tables that people are shown against the journal."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select

from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.errors import LedgerError
from probatum.ledger.propagation.chain import Head, check_chain, stream
from probatum.ledger.propagation.releases import body_of, release_of
from probatum.ledger.propagation.schema import generations, journal, releases
from probatum.ledger.records import State

_SHOWN: Final = ("request", "model", "tenant", "sibling", "state", "output", "record_hash", "cert_hash")


def check(connection: Connection, remembered: Head | None = None) -> Head:
    """Recompute the chain, and from its entries every release and every generation as it must stand now.

    Args:
        connection: a reading transaction.
        remembered: a head seen earlier, which the chain must still contain.

    Returns:
        The head now.

    Raises:
        LedgerError: says which entry, release or generation is not what was written.
    """
    head = check_chain(connection, remembered)
    _check_releases(connection)
    _check_generations(connection)
    return head


def _check_releases(connection: Connection) -> None:
    kept = select(releases.c.seq).where(releases.c.seq == journal.c.seq).exists()
    gone = select(journal.c.seq).where(journal.c.kind == "released", ~kept).order_by(journal.c.seq).limit(1)
    missing = connection.execute(gone).scalar()
    if missing is not None:
        raise LedgerError(f"the release of entry {missing} is missing from its table; restore the database from a copy")
    both = select(releases, journal.c.kind, journal.c.body, journal.c.at.label("entered_at")).join(journal).order_by(releases.c.seq)
    with stream(connection, both) as rows:
        for row in rows:
            release = release_of(row)
            if (row.kind, row.entered_at, bytes(row.body)) != ("released", release.at, canonical.encode(body_of(release))):
                raise LedgerError(f"the release {row.seq} is not what the journal says; restore the database from a copy")


def _check_generations(connection: Connection) -> None:
    told = _told(connection)
    with stream(connection, select(generations)) as rows:
        for row in rows:
            if told.pop(row.id, None) != {name: _plain(getattr(row, name)) for name in _SHOWN}:
                raise LedgerError(f"{row.id} does not stand as the journal says; restore the database from a copy")
    if told:
        raise LedgerError(f"{min(told)} is in the journal and missing from its table; restore the database from a copy")


def _told(connection: Connection) -> dict[str, dict[str, Json]]:
    """Every generation as the journal has it: the columns in ``_SHOWN``."""
    told: dict[str, dict[str, Json]] = {}
    entries = select(journal).where(journal.c.kind.in_(("begun", "finished", "settled"))).order_by(journal.c.seq)
    with stream(connection, entries) as rows:
        for row in rows:
            body = canonical.decode(bytes(row.body))
            assert isinstance(body, dict)  # check_chain has read it
            _apply(told.setdefault(str(body["generation"]), dict.fromkeys(_SHOWN)), row.kind, body)
    return told


def _apply(held: dict[str, Json], kind: str, body: dict[str, Json]) -> None:
    """What an entry says of a generation. A settlement without hashes leaves those of the one before."""
    said = {name: value for name, value in body.items() if name in _SHOWN}
    held |= {name: value for name, value in said.items() if kind != "settled" or value is not None}
    if kind == "begun":
        held["state"] = str(State.GENERATING)


def _plain(value: object) -> Json:
    return value if isinstance(value, int) or value is None else str(value)
