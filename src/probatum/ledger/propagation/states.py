"""Which state may follow which. An incomplete text never becomes certified, and nothing comes back from revocation."""

from __future__ import annotations

from typing import Final

from probatum.errors import LedgerError
from probatum.ledger.records import Settlement, State

CERTIFIED: Final = frozenset({State.CERTIFIED, State.PARTIALLY_CERTIFIED})
"""States that a certificate stands behind."""

_DECIDED: Final = CERTIFIED | {State.REJECTED, State.UNDECIDED, State.EXPIRED, State.NOTHING_TO_CHECK}
_NOTHING: Final = frozenset[State]()

FOLLOWS: Final = {
    State.GENERATING: frozenset({State.PROVISIONAL, State.INCOMPLETE}),
    State.PROVISIONAL: _DECIDED | {State.SUPERSEDED, State.REVOKED},  # revoked between its statement and its settlement
    State.CERTIFIED: frozenset({State.REVOKED, State.SUPERSEDED}),
    State.PARTIALLY_CERTIFIED: frozenset({State.REVOKED, State.SUPERSEDED}),
    State.UNDECIDED: CERTIFIED | {State.REJECTED, State.EXPIRED, State.SUPERSEDED},  # another round, a larger committee
    State.EXPIRED: CERTIFIED | {State.REJECTED, State.UNDECIDED, State.SUPERSEDED},
    State.REJECTED: frozenset({State.SUPERSEDED}),
    State.NOTHING_TO_CHECK: frozenset({State.SUPERSEDED}),
    State.INCOMPLETE: _NOTHING,
    State.REVOKED: _NOTHING,
    State.SUPERSEDED: _NOTHING,
}


def check_move(generation: str, before: State, after: State) -> None:
    """Raises LedgerError unless ``after`` may follow ``before``."""
    if after not in FOLLOWS[before]:
        allowed = ", ".join(sorted(FOLLOWS[before])) or "nothing"
        raise LedgerError(f"{generation} is {before} and cannot become {after}; {before} is followed by {allowed}")


def check_settlement(settlement: Settlement) -> None:
    """Raises LedgerError for hashes that do not fit the state: only a text that is certified as a whole has a ``cert_hash``.

    Of one that is certified in part, claims have it; the text has the statement's ``record_hash``.
    """
    state, record, cert = settlement.state, settlement.record_hash, settlement.cert_hash
    if state in (State.GENERATING, State.PROVISIONAL, State.INCOMPLETE):
        raise LedgerError(f"{state} is no settlement: it comes of beginning and finishing a generation")
    if state is State.CERTIFIED and (cert is None or cert != record):
        raise LedgerError(f"a {state} text needs a cert_hash, and the record_hash is the same hash")
    if state is State.PARTIALLY_CERTIFIED and record is None:
        raise LedgerError(f"a {state} text needs a record_hash: it is the cert_hash of the claims that survived")
    if state is not State.CERTIFIED and cert is not None:
        raise LedgerError(f"a {state} text has no cert_hash, but {cert} was given")
