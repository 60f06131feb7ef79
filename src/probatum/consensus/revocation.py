"""The revocation: a supermajority of an epoch's stake withdraws one certificate (docs/spec/revocation.md)."""

from __future__ import annotations

from typing import Final

from probatum.consensus.epoch import Epoch
from probatum.consensus.opening import EpochRef
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Name
from probatum.errors import ConsensusError
from probatum.frozen import Value
from probatum.signing.statement import StatementFormat

KIND: Final = "revocation"
SUBJECT: Final = "certificate"
MAX_REASON: Final = 1000  # characters


class RevocationForm(Form, frozen=True):
    """A revocation as it is signed; the certificate is the statement's subject."""

    epoch: EpochRef
    network: Name
    reason: str  # its bounds are the same for whoever makes one: Revocation has them
    successor: Digest | None


_FORMAT: Final = StatementFormat(RevocationForm, [KIND], SUBJECT)


class Revocation(Value, frozen=True):
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
        epoch = EpochRef(self.epoch_digest, self.epoch)
        return _FORMAT.encode(KIND, self.certificate, RevocationForm(epoch, self.network, self.reason, self.successor))

    @classmethod
    def decode(cls, payload: bytes) -> Revocation:
        """Read a revocation's payload.

        Raises:
            CanonicalError: the bytes are not canonical.
            ConsensusError: another kind of statement, another kind of subject, or a wrong field.
        """
        _, subject, f = _FORMAT.decode(payload)
        return cls(
            certificate=Digest.fromhex(subject),
            network=f.network,
            epoch=f.epoch.number,
            epoch_digest=f.epoch.digest,
            reason=f.reason,
            successor=f.successor,
        )

    def check_epoch(self, epoch: Epoch) -> None:
        """Raise ConsensusError unless this revocation is ``epoch``'s."""
        if (self.network, self.epoch, self.epoch_digest) != (epoch.network, epoch.number, epoch.digest):
            raise ConsensusError(
                f"the revocation is of epoch {self.epoch} ({str(self.epoch_digest)[:19]}…) of {self.network}, "
                f"this is epoch {epoch.number} ({str(epoch.digest)[:19]}…) of {epoch.network}"
            )
