"""The revocation: a supermajority of an epoch's stake withdraws one certificate (docs/spec/revocation.md)."""

from __future__ import annotations

from typing import Final

from probatum.consensus.epoch import NAME, Epoch
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.errors import ConsensusError
from probatum.frozen import frozen
from probatum.signing.statement import Statement

KIND: Final = "revocation"
SUBJECT: Final = "certificate"
MAX_REASON: Final = 1000  # characters


@frozen
class Revocation:
    """What is withdrawn, by which epoch, and why.

    Attributes:
        certificate: the ``cert_hash`` that is withdrawn; the statement's subject.
        network: the network's name.
        epoch: number of the epoch that signs.
        epoch_digest: its digest.
        reason: for people; 1 to 1000 characters, not only white space.
        successor: ``record_hash`` of the statement that stands in its place, where the same text was judged again.
    """

    certificate: Digest
    network: str
    epoch: int
    epoch_digest: Digest
    reason: str
    successor: Digest | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ConsensusError("a revocation needs a reason: those who received the text are told it")
        if len(self.reason) > MAX_REASON:
            raise ConsensusError(f"the reason has {len(self.reason)} characters; at most {MAX_REASON} are allowed")
        if self.successor == self.certificate:
            raise ConsensusError("a certificate cannot stand in its own place")

    def encode(self) -> bytes:
        """The canonical payload that a supermajority signs."""
        predicate: dict[str, Json] = {
            "epoch": {"digest": str(self.epoch_digest), "number": self.epoch},
            "network": self.network,
            "reason": self.reason,
            "successor": None if self.successor is None else str(self.successor),
        }
        return Statement(KIND, SUBJECT, self.certificate, predicate).encode()

    @classmethod
    def decode(cls, payload: bytes) -> Revocation:
        """Read a revocation's payload.

        Raises:
            CanonicalError: the bytes are not canonical.
            ConsensusError: another kind of statement, another kind of subject, or a wrong field.
        """
        statement = Statement.decode(payload)
        if (statement.kind, statement.subject_name) != (KIND, SUBJECT):
            raise ConsensusError(
                f"expected a revocation of a certificate, got a {statement.kind} of {statement.subject_name!r:.40}"
            )
        f = Fields(statement.predicate, "epoch network reason successor", KIND, ConsensusError)
        epoch = Fields(f.value["epoch"], "digest number", f"{KIND}.epoch", ConsensusError)
        return cls(
            certificate=statement.subject,
            network=f.match("network", NAME, "a lower-case name"),
            epoch=epoch.integer("number"),
            epoch_digest=epoch.digest("digest"),
            reason=f.text("reason", MAX_REASON),
            successor=f.optional("successor", f.digest),
        )

    def check_epoch(self, epoch: Epoch) -> None:
        """Raise ConsensusError unless this revocation is ``epoch``'s."""
        if (self.network, self.epoch, self.epoch_digest) != (epoch.network, epoch.number, epoch.digest):
            raise ConsensusError(
                f"the revocation is of epoch {self.epoch} ({str(self.epoch_digest)[:19]}…) of {self.network}, "
                f"this is epoch {epoch.number} ({str(epoch.digest)[:19]}…) of {epoch.network}"
            )
