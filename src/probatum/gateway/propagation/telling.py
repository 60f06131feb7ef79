"""What a receiver is told of a recall: which text, why, and which of its claims were decided against. Never the text itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection

from probatum.consensus.fragment import fragment_id
from probatum.consensus.outcome import AGAINST, Outcome
from probatum.coordinator.report import FRAGMENT_STATUS
from probatum.encoding.digest import Digest
from probatum.gateway.withdrawal import withdrawal
from probatum.ledger.propagation import generations
from probatum.ledger.propagation.recalls import Recall
from probatum.ledger.reading import LedgerReader
from probatum.ledger.records import State
from probatum.verify.bundle import Bundle, decode_bundle

PREFIX: Final = "rec_"
_DECIDED: Final = frozenset({State.REJECTED, State.PARTIALLY_CERTIFIED})
"""States that come of claims being decided against by the text's own statement."""


@dataclass(frozen=True, slots=True)
class Fallen:
    """A claim that was decided against: its fragment, where it stands in the text (UTF-8 bytes), and how it was decided."""

    id: Digest
    start: int
    end: int
    status: str

    def to_json(self) -> dict[str, Any]:
        """As notices have it."""
        return {"id": str(self.id), "start": self.start, "end": self.end, "status": self.status}


@dataclass(frozen=True, slots=True)
class Told:
    """A recall as its receiver is told of it.

    Attributes:
        recall: what is due.
        output: SHA-256 of the text.
        record_hash: of the statement about it, if there is one.
        cert_hash: of the certificate that it had as a whole.
        reason: in a sentence, if there is more to say than the state.
        fragments: the claims that were decided against.
        successor: the statement that stands in the certificate's place, if the text was judged again.
    """

    recall: Recall
    output: Digest | None
    record_hash: Digest | None
    cert_hash: Digest | None
    reason: str | None
    fragments: tuple[Fallen, ...] = ()
    successor: Digest | None = None

    def to_json(self, base: str) -> dict[str, Any]:
        """As feeds and notices have it; ``base`` is put before paths."""
        recall, id_ = self.recall, PREFIX + self.recall.token
        return {
            "id": id_,
            "seq": recall.seq,
            "generation": recall.generation,
            "receiver": recall.receiver,
            "state": str(recall.state),
            "output": None if self.output is None else self.output.hex(),
            "record_hash": None if self.record_hash is None else str(self.record_hash),
            "cert_hash": None if self.cert_hash is None else str(self.cert_hash),
            "reason": self.reason,
            "fragments": [one.to_json() for one in self.fragments],
            "successor": None if self.successor is None else str(self.successor),
            "due_at": recall.due_at,
            "acknowledged_at": recall.acknowledged_at,
            "acknowledge_url": f"{base}/v1/recalls/{id_}/acknowledge",
        }


@dataclass(frozen=True, slots=True)
class Telling:
    """Finds what there is to say of recalls.

    Attributes:
        against: the claims that a statement, by its hash, decided against; blocks.
        successor: the statement that stands in the place of a certificate, by its hash; blocks.
    """

    against: Callable[[Digest], tuple[Fallen, ...]]
    successor: Callable[[Digest], Digest | None]

    def tell(self, connection: Connection, recall: Recall) -> Told:
        """What there is to say of a recall; blocks."""
        standing = generations.find(connection, recall.generation)
        if standing is None:
            return Told(recall, None, None, None, None)
        record, cert = standing.record_hash, standing.cert_hash
        named = cert or record  # what is certified in part has no cert_hash of its own
        successor = self.successor(named) if named is not None and recall.state is State.SUPERSEDED else None
        deciding = record if recall.state in _DECIDED else successor
        fallen = () if deciding is None else self.against(deciding)
        reason = None if named is None else generations.revoked(connection, named)
        if fallen and recall.state is State.PARTIALLY_CERTIFIED:
            reason = f"claims that were decided against: {len(fallen)}; the fragments say which"
        return Told(recall, standing.output, record, cert, reason, fallen, successor)


def telling(reader: LedgerReader) -> Telling:
    """Over the network's ledger."""
    return Telling(partial(decided_against, reader), partial(_successor, reader))


def _successor(reader: LedgerReader, record: Digest) -> Digest | None:
    said = withdrawal(reader, record)
    return None if said is None else said.successor


def decided_against(reader: LedgerReader, record: Digest) -> tuple[Fallen, ...]:
    """The claims that a published statement decided against; none if there is no such statement."""
    statement = reader.statement(record)
    bundle = None if statement is None else decode_bundle(statement.bundle)
    if not isinstance(bundle, Bundle):
        return ()
    verdicts = Outcome.decode(bundle.statement.payload).verdicts
    return tuple(
        Fallen(fragment_id(fragment), fragment.start, fragment.end, FRAGMENT_STATUS[verdict])
        for fragment, verdict in zip(bundle.records, verdicts, strict=True)
        if verdict in AGAINST
    )
