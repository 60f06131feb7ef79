"""A generation's life: it begins, its text becomes whole or breaks off, it is settled, and perhaps revoked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.propagation import recalls, states, texts
from probatum.ledger.propagation.schema import answers, generations, revocations
from probatum.ledger.propagation.texts import Text
from probatum.ledger.propagation.unit import Unit
from probatum.ledger.records import RECALLED, Generation, Settlement, State

_ONE: Final = select(generations).where(generations.c.id == bindparam("generation"))  # made once, as every answer asks this
_SIBLINGS: Final = select(func.coalesce(func.max(generations.c.sibling), 0)).where(
    generations.c.tenant == bindparam("tenant"), generations.c.request == bindparam("request")
)
_INSERT: Final = generations.insert()
_UPDATE: Final = update(generations).where(generations.c.id == bindparam("generation"))


@dataclass(frozen=True, slots=True)
class Standing:
    """A generation as it stands.

    Attributes:
        generation: what was begun.
        sibling: its number among the generations of the same request, from 1.
        state: now.
        output: digest of its text; ``None`` while it is generated.
        record_hash: of the statement about it.
        cert_hash: of its certificate; stays when that is revoked.
        certified_at: ms since 1970.
        settled_at: when it came into ``state``, if a settlement brought that.
    """

    generation: Generation
    sibling: int
    state: State
    output: Digest | None
    record_hash: Digest | None
    cert_hash: Digest | None
    certified_at: int | None
    settled_at: int | None


def begin(unit: Unit, generation: Generation) -> int:
    """A generation starts.

    Returns:
        Its sibling number: how many generations of this request the tenant has, this one included.

    Raises:
        LedgerError: the id is taken.
    """
    if find(unit.connection, generation.id) is not None:
        raise LedgerError(f"{generation.id} has begun already; every generation needs an id of its own")
    same = {"tenant": generation.tenant, "request": generation.request}
    sibling = int(unit.connection.execute(_SIBLINGS, same).scalar_one()) + 1
    row = {**_values(generation), "sibling": sibling, "state": State.GENERATING}
    unit.connection.execute(_INSERT, row)
    unit.append("begun", generation.started_at, _begun(generation, sibling))
    return sibling


def finish(unit: Unit, generation: str, text: Text, *, complete: bool, at: int) -> None:
    """The text is whole (``provisional``), or it broke off (``incomplete``): who received it must be told.

    Raises:
        LedgerError: there is no such generation, or it has finished already.
    """
    row, state = _row(unit, generation), State.PROVISIONAL if complete else State.INCOMPLETE
    states.check_move(generation, row.state, state)
    _set(unit, generation, {"state": state, "output": text.digest, "finished_at": at})
    seq = unit.append("finished", at, {"generation": generation, "output": str(text.digest), "state": str(state)})
    texts.keep(unit.connection, row.tenant, generation, text, seq)
    if state in RECALLED:
        recalls.make_due(unit, row.tenant, generation, state, at)


def settle(unit: Unit, generation: str, settlement: Settlement) -> None:
    """What became of a generation. Cached answers go if it is not certified; recalls are due if it says so. Once is enough:
    the same settlement again changes nothing.

    Raises:
        LedgerError: the state cannot follow, the hashes do not fit it, or the certificate has been revoked.
    """
    row = _row(unit, generation)
    if _same(row, settlement):
        return
    states.check_settlement(settlement)
    states.check_move(generation, row.state, settlement.state)
    _check_not_revoked(unit, settlement.record_hash if settlement.state in states.CERTIFIED else None)
    values: dict[str, object] = {"state": settlement.state, "settled_at": settlement.at}
    values |= {"record_hash": settlement.record_hash} if settlement.record_hash else {}
    if settlement.cert_hash is not None:
        values |= {"cert_hash": settlement.cert_hash, "certified_at": settlement.at}
    _set(unit, generation, values)
    _purge(unit, generation, settlement.state)
    unit.append("settled", settlement.at, _settled(generation, settlement))
    if settlement.recalled:
        recalls.make_due(unit, row.tenant, generation, settlement.state, settlement.at)


def revoke(
    unit: Unit, cert_hash: Digest, reason: str, at: int, *, elsewhere: bool = False, state: State = State.REVOKED
) -> tuple[str, ...]:
    """Withdraw a certificate: whatever it certified is ``revoked`` from now on, and nothing is certified by it again.

    Args:
        unit: the transaction.
        cert_hash: of the certificate.
        reason: those who received the text are told it.
        at: ms since 1970.
        elsewhere: the certificate is known to exist though no generation here has it.
        state: ``SUPERSEDED`` if another statement about the same text stands in its place.

    Returns:
        The generations that were revoked; none if the certificate's generations were revoked or superseded before.

    Raises:
        LedgerError: no reason is given, the certificate was revoked before, or no generation has it.
    """
    if not reason.strip():
        raise LedgerError("a revocation needs a reason: those who received the text are told it")
    _check_not_revoked(unit, cert_hash)
    partial = (generations.c.record_hash == cert_hash) & (generations.c.state == State.PARTIALLY_CERTIFIED)
    held = select(generations.c.id, generations.c.state).where((generations.c.cert_hash == cert_hash) | partial)
    rows = unit.connection.execute(held.order_by(generations.c.id)).all()
    if not rows and not elsewhere:
        raise LedgerError(f"no generation has the certificate {cert_hash}; nothing was revoked")
    unit.connection.execute(revocations.insert(), {"cert_hash": cert_hash, "reason": reason, "at": at})
    unit.append("revoked", at, {"cert_hash": str(cert_hash), "reason": reason})
    found = tuple(row.id for row in rows if row.state in states.CERTIFIED)
    for generation in found:
        settle(unit, generation, Settlement(state, None, None, at))
    return found


def withdraw(unit: Unit, cert_hash: Digest, reason: str, at: int, *, state: State = State.REVOKED) -> tuple[str, ...]:
    """:func:`revoke` for a revocation that is signed and logged: nothing happens if it is recorded here already.

    Returns:
        The generations that were revoked now.
    """
    if revoked(unit.connection, cert_hash) is not None:
        return ()
    return revoke(unit, cert_hash, reason, at, elsewhere=True, state=state)


def find(connection: Connection, generation: str) -> Standing | None:
    """A generation as it stands, by id."""
    row = connection.execute(_ONE, {"generation": generation}).first()
    return None if row is None else standing(row)


def unfinished(connection: Connection) -> tuple[Standing, ...]:
    """Generations whose text is still coming, or was when a process ended."""
    rows = connection.execute(select(generations).where(generations.c.state == State.GENERATING).order_by(generations.c.started_at))
    return tuple(standing(row) for row in rows)


def revoked(connection: Connection, cert_hash: Digest) -> str | None:
    """Why a certificate was revoked; ``None`` if it was not."""
    return connection.execute(select(revocations.c.reason).where(revocations.c.cert_hash == cert_hash)).scalar()


def standing(row: Row[Any]) -> Standing:
    """A row of ``generations``."""
    made = Generation(row.id, row.tenant, row.request, row.model, row.started_at)
    return Standing(made, row.sibling, row.state, row.output, row.record_hash, row.cert_hash, row.certified_at, row.settled_at)


def _values(generation: Generation) -> dict[str, object]:
    return {name: getattr(generation, name) for name in ("id", "tenant", "request", "model", "started_at")}


def _begun(generation: Generation, sibling: int) -> dict[str, Json]:
    return {
        "generation": generation.id,
        "model": generation.model,
        "request": str(generation.request),
        "sibling": sibling,
        "tenant": generation.tenant,
    }


def _settled(generation: str, settlement: Settlement) -> dict[str, Json]:
    return {
        "cert_hash": _text(settlement.cert_hash),
        "generation": generation,
        "record_hash": _text(settlement.record_hash),
        "state": str(settlement.state),
    }


def _text(digest: Digest | None) -> str | None:
    return None if digest is None else str(digest)


def _row(unit: Unit, generation: str) -> Row[Any]:
    row = unit.connection.execute(_ONE, {"generation": generation}).first()
    if row is None:
        raise LedgerError(f"there is no generation {generation}")
    return row


def _set(unit: Unit, generation: str, values: Mapping[str, object]) -> None:
    unit.connection.execute(_UPDATE, {**values, "generation": generation})


def _purge(unit: Unit, generation: str, state: State) -> None:
    if state is not State.CERTIFIED:
        unit.connection.execute(delete(answers).where(answers.c.generation == generation))


def _same(row: Row[Any], settlement: Settlement) -> bool:
    """Whether the generation is settled like this already, as after a restart that settles again."""
    hashes = ((settlement.record_hash, row.record_hash), (settlement.cert_hash, row.cert_hash))
    return bool(row.state is settlement.state and all(new in (None, held) for new, held in hashes))


def _check_not_revoked(unit: Unit, cert_hash: Digest | None) -> None:
    reason = None if cert_hash is None else revoked(unit.connection, cert_hash)
    if reason is not None:
        raise LedgerError(f"the certificate {cert_hash} was revoked: {reason}")
