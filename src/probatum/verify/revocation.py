"""The revocation file, and the numbered steps that check it offline (docs/spec/revocation.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, NoReturn

from probatum.consensus.epoch import Epoch, check_chain, supermajority
from probatum.consensus.revocation import KIND, Revocation
from probatum.encoding import canonical, merkle
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Reader, write
from probatum.errors import BundleError, CanonicalError, ConsensusError, LogError, ProbatumError
from probatum.frozen import Value
from probatum.signing.dsse import Envelope, Signers, signers_by_id
from probatum.tlog.checkpoint import Log, SignedCheckpoint
from probatum.tlog.leaf import leaf_of
from probatum.tlog.note import NoteKey
from probatum.verify.bundle import Epochs, LogProof
from probatum.verify.trust import Trust
from probatum.verify.verifier import Check, Checked, Standing, VerifiedBundle

FORMAT: Final = "probatum-revocation/v1"
MAX_BYTES: Final = 64 * 1024 * 1024
TITLES: Final = ("trust anchor", "epoch chain", "statement", "quorum of signatures", "transparency log", "certificate")


class RevocationFile(Form, frozen=True):
    """A revocation with what proves it, received and not yet verified."""

    statement: Envelope
    epochs: Epochs
    log: LogProof
    format: Literal["probatum-revocation/v1"] = FORMAT

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


class _Run:
    """The steps in progress: each method is one step, reads what earlier ones left, and returns what it found."""

    epoch: Epoch
    revocation: Revocation
    who: Signers

    def __init__(self, file: RevocationFile, trust: Trust | None, certificate: VerifiedBundle | None) -> None:
        self.file, self.trust, self.certificate = file, trust, certificate

    def step_1_trust(self) -> str:
        if self.trust is None:
            raise ConsensusError("no trust anchor given; pass the network's trust file")
        return f"{self.trust.network}, genesis {str(self.trust.genesis)[:19]}…"

    def step_2_epochs(self) -> str:
        assert self.trust is not None
        chain = check_chain(self.file.epochs, self.trust.genesis)
        self.epoch = chain[-1].epoch
        if self.epoch.network != self.trust.network:
            raise ConsensusError(f"the chain is of network {self.epoch.network}, trusted is {self.trust.network}")
        return f"{len(chain)} from genesis to epoch {self.epoch.number}, stake {self.epoch.stake}"

    def step_3_statement(self) -> str:
        self.revocation = Revocation.decode(self.file.statement.payload)
        self.revocation.check_epoch(self.epoch)
        return f"revocation {str(self.file.statement.digest)[:19]}… of {str(self.revocation.certificate)[:19]}…"

    def step_4_quorum(self) -> str:
        self.who = signers_by_id(self.file.statement, self.epoch.keys)
        if self.who.problems:
            raise ConsensusError("; ".join(self.who.problems))
        stake = self.epoch.stake_of(self.who.keys)
        if not supermajority(stake, self.epoch.stake):
            raise ConsensusError(f"signed by {stake} of {self.epoch.stake} stake; more than two thirds is needed")
        return f"{len(self.who.keys)} of {len(self.epoch.members)} validators signed: {stake} of {self.epoch.stake} stake"

    def step_5_log(self) -> str:
        proof = self.file.log
        signed = SignedCheckpoint.parse(proof.checkpoint.encode())
        if len(signed.note.signatures) != 1:
            raise LogError("the checkpoint carries a signature line that nobody vouches for; a revocation's has the log's alone")
        origin = self.epoch.log.origin
        checkpoint = signed.verify(Log(origin, NoteKey(origin, self.epoch.log.key))).checkpoint
        leaf = leaf_of(KIND, self.file.statement.signed_bytes)
        merkle.verify_inclusion(leaf, proof.index, checkpoint.size, proof.proof, checkpoint.root)
        return f"leaf {proof.index} of {checkpoint.size} under a checkpoint signed by {checkpoint.origin}"

    def step_6_certificate(self) -> str | None:
        if self.certificate is None:
            return None
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
        signed = tuple(member.id for member in self.epoch.members if member.key in self.who.keys)
        return VerifiedRevocation(self.file.statement.digest, self.revocation, self.epoch, signed, self.file.log.index)


def verify_revocation(file: RevocationFile, trust: Trust | None, *, certificate: VerifiedBundle | None = None) -> RevocationCheck:
    """Check a revocation, step by step; after a failure the rest is skipped, and nothing is verified.

    Args:
        file: what :func:`decode_revocation` read.
        trust: the pinned genesis; without one nothing verifies.
        certificate: the verified bundle that it is said to withdraw.
    """
    run = _Run(file, trust, certificate)
    steps: tuple[Callable[[], str | None], ...] = (
        run.step_1_trust,
        run.step_2_epochs,
        run.step_3_statement,
        run.step_4_quorum,
        run.step_5_log,
        run.step_6_certificate,
    )
    checks: list[Check] = []
    failed: int | None = None
    for number, (title, step) in enumerate(zip(TITLES, steps, strict=True), start=1):
        check = Check(number, title, Standing.SKIP, f"needs step {failed}, which failed") if failed else _do(number, title, step)
        failed = number if check.standing is Standing.FAIL else failed
        checks.append(check)
    return RevocationCheck(tuple(checks), None if failed else run.result())


def _do(number: int, title: str, step: Callable[[], str | None]) -> Check:
    try:
        found = step()
    except ProbatumError as error:
        return Check(number, title, Standing.FAIL, str(error))
    if found is None:
        return Check(number, title, Standing.SKIP, "not asked; give the bundle to prove that it is the one withdrawn")
    return Check(number, title, Standing.PASS, found)
