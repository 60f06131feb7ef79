"""Who received which text, how, and in which state it was then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select

from probatum.encoding.canonical import Json
from probatum.errors import LedgerError
from probatum.ledger.propagation import recalls
from probatum.ledger.propagation.schema import generations, releases
from probatum.ledger.propagation.states import CERTIFIED
from probatum.ledger.propagation.unit import Unit
from probatum.ledger.records import RECALLED, Release, State

_GENERATION: Final = select(generations.c.tenant, generations.c.state, generations.c.record_hash, generations.c.cert_hash).where(
    generations.c.id == bindparam("id")
)
_ONCE_PARTIAL: Final = frozenset({State.PARTIALLY_CERTIFIED, State.REVOKED, State.SUPERSEDED})
_INSERT: Final = releases.insert()  # made once: releases are what is written most


@dataclass(frozen=True, slots=True)
class Recorded:
    """A release, and the number of its entry in the journal."""

    seq: int
    release: Release


def record(unit: Unit, release: Release) -> int:
    """Record a release. A text that has been recalled is recalled from this receiver too; and so is one that was certified in part
    while it went out as something else: which claims were decided against, the statement says.

    Returns:
        The number of the journal's entry.

    Raises:
        LedgerError: there is no such generation, no receiver is named, or the release claims a certificate that the generation
            never had.
    """
    row = unit.connection.execute(_GENERATION, {"id": release.generation}).first()
    if row is None:
        raise LedgerError(f"there is no generation {release.generation} to release")
    if not release.receiver.strip():
        raise LedgerError(f"the release of {release.generation} names no receiver; nobody could be told of a recall")
    if not _was_so(row, release):
        raise LedgerError(f"{release.generation} was released as {release.state} with {release.cert_hash}, which it never was")
    seq = unit.append("released", release.at, body_of(release))
    unit.connection.execute(_INSERT, _values(seq, release))
    if row.state in RECALLED or State.PARTIALLY_CERTIFIED is row.state is not release.state:
        recalls.make_due(unit, row.tenant, release.generation, row.state, release.at, only=release.receiver)
    return seq


def _was_so(row: Row[*tuple[Any, ...]], release: Release) -> bool:
    """Whether the generation has, or once had, the certificate that the release claims."""
    if release.state is State.PARTIALLY_CERTIFIED and release.cert_hash is None:
        return row.state in _ONCE_PARTIAL and row.record_hash is not None and row.cert_hash is None
    claims_it = release.state in CERTIFIED or release.cert_hash is not None
    return not claims_it or (row.cert_hash is not None and release.cert_hash in (None, row.cert_hash))


def of(connection: Connection, generations: Iterable[str]) -> dict[str, tuple[Recorded, ...]]:
    """Releases by generation, in the order of time; at the same ms in the order in which they were recorded."""
    query = select(releases).where(releases.c.generation.in_(list(generations))).order_by(releases.c.at, releases.c.seq)
    found: dict[str, tuple[Recorded, ...]] = {}
    for row in connection.execute(query):
        one = release_of(row)
        found[one.generation] = (*found.get(one.generation, ()), Recorded(row.seq, one))
    return found


def release_of(row: Row[Any]) -> Release:
    """A row of ``releases``."""
    return Release(row.generation, row.channel, row.receiver, row.state, row.cert_hash, row.at, row.callback)


def body_of(release: Release) -> dict[str, Json]:
    """What the journal says of a release."""
    return {
        "callback": release.callback,
        "cert_hash": None if release.cert_hash is None else str(release.cert_hash),
        "channel": str(release.channel),
        "generation": release.generation,
        "receiver": release.receiver,
        "state": str(release.state),
    }


def _values(seq: int, release: Release) -> dict[str, object]:
    return {
        "seq": seq,
        "generation": release.generation,
        "channel": release.channel,
        "receiver": release.receiver,
        "state": release.state,
        "cert_hash": release.cert_hash,
        "at": release.at,
        "callback": release.callback,
    }
