"""The revocation file, and the numbered steps that check it offline (docs/spec/revocation.md)."""

from __future__ import annotations

from typing import Final, Literal, NoReturn

from probatum.consensus.epoch import Epoch
from probatum.consensus.revocation import KIND, Revocation
from probatum.encoding import canonical
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Reader, write
from probatum.errors import BundleError, CanonicalError, ConsensusError, ProbatumError
from probatum.frozen import Value
from probatum.signing.dsse import Envelope
from probatum.verify.bundle import Epochs, LogProof
from probatum.verify.steps import EPOCH_CHAIN, QUORUM, TRUST_ANCHOR, Checked, Skipped, StatementRun, Steps, take
from probatum.verify.trust import Trust
from probatum.verify.verifier import VerifiedBundle

FORMAT: Final = "probatum-revocation/v1"
MAX_BYTES: Final = 64 * 1024 * 1024


class RevocationFile(Form, frozen=True, kw_only=True):
    """A revocation with what proves it, received and not yet verified."""

    epochs: Epochs
    format: Literal["probatum-revocation/v1"] = FORMAT
    log: LogProof
    statement: Envelope

    @property
    def certificate(self) -> Digest | None:
        """The certificate that it says it withdraws; ``None`` if that cannot be read."""
        try:
            return Revocation.decode(self.statement.payload).certificate
        except ProbatumError:
            return None

    def encode(self) -> bytes:
        """The canonical bytes of the file."""
        return write(self)


_read: Final = Reader(RevocationFile, KIND, BundleError, max_bytes=MAX_BYTES)


class VerifiedRevocation(Value, frozen=True):
    """A revocation all of whose steps passed. Only :func:`verify_revocation` makes one.

    Attributes:
        hash: of the statement.
        revocation: what it says.
        epoch: the epoch that signed, led to from the trusted genesis.
        signer_ids: validators that signed, in the epoch's order.
        log_index: the statement's leaf.
    """

    hash: Digest
    revocation: Revocation
    epoch: Epoch
    signer_ids: tuple[str, ...]
    log_index: int


class RevocationCheck(Checked, frozen=True):
    """Every step with its end, and the verified revocation if none failed."""

    verified: VerifiedRevocation | None


def decode_revocation(data: bytes) -> RevocationFile:
    """Read a revocation file's bytes; nothing in it is verified yet.

    Raises:
        BundleError: the bytes are not one canonical revocation file.
    """
    try:
        return _read(data)
    except (BundleError, CanonicalError) as error:
        found = error
    _explain(data, found)


def _explain(data: bytes, found: BundleError | CanonicalError) -> NoReturn:
    """Say what is wrong with bytes that are no revocation file: first with the whole, then what was ``found`` in it."""
    try:
        value = canonical.decode(data, max_bytes=MAX_BYTES)
    except CanonicalError as error:
        raise BundleError(f"the revocation cannot be read: {error}; fetch it again") from None
    form = value.get("format") if isinstance(value, dict) else None
    if form != FORMAT:
        raise BundleError(f"not a revocation: 'format' is {form!r:.40}, expected {FORMAT}")
    raise BundleError(f"the revocation cannot be read: {found}; fetch it again")


class _Run(StatementRun):
    """The steps of a revocation in progress."""

    revocation: Revocation

    def __init__(self, file: RevocationFile, trust: Trust | None, certificate: VerifiedBundle | None) -> None:
        super().__init__(file, trust)
        self.certificate = certificate

    def statement(self) -> str:
        self.revocation = Revocation.decode(self.file.statement.payload)
        self.revocation.check_epoch(self.epoch)
        return f"revocation {str(self.file.statement.digest)[:19]}… of {str(self.revocation.certificate)[:19]}…"

    def log(self) -> str:
        return self.logged(KIND)

    def withdrawn(self) -> str:
        if self.certificate is None:
            raise Skipped("not asked; give the bundle to prove that it is the one withdrawn")
        held = self.certificate.cert_hash
        if held != self.revocation.certificate:
            raise ConsensusError(f"it withdraws {self.revocation.certificate}, the bundle is {self.certificate.record_hash}")
        if self.epoch.number < self.certificate.epoch.number:
            raise ConsensusError(
                f"epoch {self.epoch.number} signed, the certificate is of epoch {self.certificate.epoch.number}: "
                "an earlier set cannot withdraw it"
            )
        return f"it withdraws this certificate, of epoch {self.certificate.epoch.number}"

    def result(self) -> VerifiedRevocation:
        file = self.file
        return VerifiedRevocation(file.statement.digest, self.revocation, self.epoch, self.signer_ids(), file.log.index)


_STEPS: Final[Steps[_Run]] = (
    TRUST_ANCHOR,
    EPOCH_CHAIN,
    ("statement", _Run.statement),
    QUORUM,
    ("transparency log", _Run.log),
    ("certificate", _Run.withdrawn),
)


def verify_revocation(file: RevocationFile, trust: Trust | None, *, certificate: VerifiedBundle | None = None) -> RevocationCheck:
    """Check a revocation, step by step; after a failure the rest is skipped, and nothing is verified.

    Args:
        file: what :func:`decode_revocation` read.
        trust: the pinned genesis; without one nothing verifies.
        certificate: the verified bundle that it is said to withdraw.
    """
    run = _Run(file, trust, certificate)
    checks, sound = take(_STEPS, run)
    return RevocationCheck(checks, run.result() if sound else None)
