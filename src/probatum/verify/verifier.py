"""The numbered verification steps (docs/spec/verification.md). Each passes, fails with a reason, or is skipped with a reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NoReturn

from probatum.consensus.assignment import Assignment
from probatum.consensus.ballot import VerifiedBallot, verify_ballots
from probatum.consensus.epoch import Epoch, check_chain, supermajority
from probatum.consensus.fragment import ClaimRecord, check_boundaries, check_spans, record_bytes, uncovered_bytes
from probatum.consensus.outcome import CERTIFICATE, FragmentVerdict, Outcome, ballot_order, decide
from probatum.consensus.request import assignments
from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import ConsensusError, LogError, ProbatumError
from probatum.frozen import Value, lazy
from probatum.signing.dsse import Signers, signers_by_id
from probatum.tlog.checkpoint import Log, SignedCheckpoint
from probatum.tlog.leaf import leaf_of
from probatum.tlog.note import NoteKey
from probatum.verify.bundle import AnyBundle, Bundle, ProofBundle
from probatum.verify.trust import Trust

if TYPE_CHECKING:
    from probatum.evidence.readers import Source


class Standing(StrEnum):
    """How a step ended."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    SKIP = "skip"


_PASS, _FAIL, _SKIP = Standing  # looking a member up takes time in Python 3.11


class Check(Value, frozen=True):
    """One step: its number and title as the specification has them, how it ended, and what was found."""

    number: int
    title: str
    standing: Standing
    detail: str


class VerifiedClaim(Value, frozen=True):
    """A claim of a verified bundle. ``cert_hash`` is set only if the claim survived."""

    record: ClaimRecord
    verdict: FragmentVerdict
    cert_hash: Digest | None


class VerifiedBundle(Value, frozen=True, dict=True):
    """A bundle all of whose steps passed. Only :func:`verify` makes one.

    Attributes:
        record_hash: hash of the statement, certificate or rejection.
        cert_hash: the same if the statement is a certificate, else ``None``.
        outcome: what was decided.
        epoch: the epoch that decided, led to from the trusted genesis.
        signer_ids: validators that signed, in the epoch's order; ``non_signer_ids`` those that did not.
        records: the records of the claims shown; one in a proof bundle, all in a whole one.
        ballots: the verified ballots; empty in a proof bundle, which shows none.
        log_size: size of the tree that holds the statement.
        log_index: its leaf.
    """

    record_hash: Digest
    outcome: Outcome
    epoch: Epoch
    signer_ids: tuple[str, ...]
    non_signer_ids: tuple[str, ...]
    records: tuple[ClaimRecord, ...]
    ballots: tuple[VerifiedBallot, ...]
    log_index: int
    log_size: int

    @property
    def cert_hash(self) -> Digest | None:
        """The certificate's hash; ``None`` for a rejection."""
        return self.record_hash if self.outcome.kind == CERTIFICATE else None

    @lazy
    def claims(self) -> tuple[VerifiedClaim, ...]:
        """The claims shown, each with what became of it."""
        digest, survived = self.record_hash, FragmentVerdict.SUPPORTED
        found = [(record, self.outcome.verdicts[record.index]) for record in self.records]
        return tuple([VerifiedClaim(record, said, digest if said is survived else None) for record, said in found])


class Checked(Value, frozen=True):
    """Numbered steps with how each ended. It has no truth value: ask what was verified."""

    checks: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        """The steps that failed."""
        return tuple(check for check in self.checks if check.standing is Standing.FAIL)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} has no truth value; ask whether .verified is None")


class Verification(Checked, frozen=True):
    """Every step with its end, and the verified bundle if none failed."""

    verified: VerifiedBundle | None


TITLES: Final = (
    "trust anchor",
    "epoch chain",
    "statement",
    "quorum of signatures",
    "fragments",
    "evidence",
    "ballots",
    "tally",
    "transparency log",
    "output bytes",
    "sources",
)


class _Skipped(Exception):
    """A step that cannot be done with what was given."""


class _Run:
    """The steps in progress: each method is one step, reads what earlier ones left, and returns what it found."""

    epoch: Epoch
    outcome: Outcome
    who: Signers

    def __init__(self, bundle: AnyBundle, trust: Trust | None, output: bytes | None, sources: Sequence[Source] | None) -> None:
        self.bundle, self.trust, self.output, self.sources = bundle, trust, output, sources
        self.assigned = Assignment(())
        self.ballots: tuple[VerifiedBallot, ...] = ()
        self.claims = _claims(bundle)
        self.log_size = 0

    def step_1_trust(self) -> str:
        if self.trust is None:
            raise ConsensusError("no trust anchor given; pass the network's trust file")
        return f"{self.trust.network}, genesis {str(self.trust.genesis)[:19]}…"

    def step_2_epochs(self) -> str:
        assert self.trust is not None
        chain = check_chain(self.bundle.epochs, self.trust.genesis)
        self.epoch = chain[-1].epoch
        if self.epoch.network != self.trust.network:
            raise ConsensusError(f"the chain is of network {self.epoch.network}, trusted is {self.trust.network}")
        size = len(self.epoch.members)
        return f"{len(chain)} from genesis to epoch {self.epoch.number}, {size} validators, stake {self.epoch.stake}"

    def step_3_statement(self) -> str:
        self.outcome = Outcome.decode(self.bundle.statement.payload)
        self.outcome.opening.check_epoch(self.epoch)
        short, round_id = str(self.bundle.statement.digest)[:19], self.outcome.opening.round_id[:8]
        return f"{self.outcome.kind} {short}… of scope {self.outcome.scope}, round {round_id}…"

    def step_4_quorum(self) -> str:
        self.who = signers_by_id(self.bundle.statement, self.epoch.keys)
        if self.who.problems:
            raise ConsensusError("; ".join(self.who.problems))
        stake = self.epoch.stake_of(self.who.keys)
        if not supermajority(stake, self.epoch.stake):
            raise ConsensusError(f"signed by {stake} of {self.epoch.stake} stake; more than two thirds is needed")
        return f"{len(self.who.keys)} of {len(self.epoch.members)} validators signed: {stake} of {self.epoch.stake} stake"

    def step_5_fragments(self) -> str:
        opening = self.outcome.opening
        if isinstance(self.bundle, ProofBundle):
            record = self.bundle.record
            merkle.verify_inclusion(
                merkle.leaf_hash(record_bytes(record)), record.index, opening.count, self.bundle.path, opening.root
            )
            if not record.start < record.end <= opening.output_bytes:
                raise ConsensusError(
                    f"fragment {record.index} spans {record.start} to {record.end} of {opening.output_bytes} bytes"
                )
            if self.outcome.verdicts[record.index] is not FragmentVerdict.SUPPORTED:
                raise ConsensusError(f"fragment {record.index} did not survive: {self.outcome.verdicts[record.index]}")
            return f"fragment {record.index} of {opening.count} is under the certified root, and survived"
        records = self.bundle.records
        if len(records) != opening.count or merkle.root_of(self.bundle.leaves) != opening.root:
            raise ConsensusError("the fragment records do not hash to the root that was signed: edited, swapped, added or removed")
        check_spans(records, opening.output_bytes)
        return f"all {opening.count} records are under the certified root"

    def step_6_evidence(self) -> str:
        claims = self.claims
        needed = {record.evidence for record in claims}
        if missing := [record.index for record in claims if record.evidence not in self.bundle.evidence]:
            raise ConsensusError(f"the evidence record of fragment {missing[0]} is missing or was changed")
        if self.bundle.evidence.keys() - needed:
            raise ConsensusError("an evidence record belongs to no claim")
        return f"{len(needed)} records and their passages hash to what the {len(claims)} claims bind"

    def step_7_ballots(self) -> str:
        if isinstance(self.bundle, ProofBundle):
            raise _Skipped("a proof shows no ballots; the signers attest that they rechecked them")
        opening = self.outcome.opening
        self.assigned = assignments(opening, self.bundle.records, self.epoch)
        self.ballots = verify_ballots(self.bundle.ballots, opening, self.epoch, self.assigned)
        if ballot_order(self.epoch, self.ballots) != self.ballots:
            raise ConsensusError("ballots must be in the epoch's order, one a validator")
        return f"{len(self.ballots)} ballots, each signed by its validator for this round"

    def step_8_tally(self) -> str:
        if isinstance(self.bundle, ProofBundle):
            raise _Skipped("a proof shows no ballots to count")
        opening, uncovered = self.outcome.opening, self.outcome.coverage.uncovered
        counted = decide(opening, self.epoch, self.bundle.records, self.assigned, self.ballots, uncovered)
        if counted != self.outcome:
            raise ConsensusError(f"the ballots give {_difference(counted, self.outcome)}")
        return "recounting the ballots gives every verdict, the coverage and the scope as signed"

    def step_9_log(self) -> str:
        proof = self.bundle.log
        signed = SignedCheckpoint.parse(proof.checkpoint.encode())
        if len(signed.note.signatures) != 1:
            raise LogError("the checkpoint carries a signature line that nobody vouches for; a bundle's has the log's alone")
        origin = self.epoch.log.origin
        checkpoint = signed.verify(Log(origin, NoteKey(origin, self.epoch.log.key))).checkpoint
        leaf = leaf_of(self.outcome.kind, self.bundle.statement.signed_bytes)
        merkle.verify_inclusion(leaf, proof.index, checkpoint.size, proof.proof, checkpoint.root)
        self.log_size = checkpoint.size
        return f"leaf {proof.index} of {checkpoint.size} under a checkpoint signed by {checkpoint.origin}"

    def step_10_output(self) -> str:
        if self.output is None:
            raise _Skipped("not asked; give the output to prove that its bytes are the certified ones")
        opening = self.outcome.opening
        if Digest.of(self.output) != opening.output:
            raise ConsensusError(
                f"the file has {Digest.of(self.output)}, judged was {opening.output} of {opening.output_bytes} bytes"
            )
        if isinstance(self.bundle, Bundle):
            check_boundaries(self.bundle.records, self.output)
            uncovered = uncovered_bytes(((record.start, record.end) for record in self.bundle.records), self.output)
            if uncovered != self.outcome.coverage.uncovered:
                raise ConsensusError(
                    f"{uncovered} bytes are covered by no fragment, the statement says {self.outcome.coverage.uncovered}"
                )
        return f"exactly the {opening.output_bytes} bytes that were judged"

    def step_11_sources(self) -> str:
        if self.sources is None:
            raise _Skipped("not asked; give the source documents to prove where the passages are")
        from probatum.evidence.check import check_passage

        passages = [passage for record in self.bundle.evidence.values() for passage in record.passages]
        for passage in passages:
            if problem := check_passage(passage, self.sources):
                raise ConsensusError(f"{passage.source}, bytes {passage.start} to {passage.end}: {problem}")
        return f"all {len(passages)} passages stand where the record says"

    def result(self) -> VerifiedBundle:
        members, signed = self.epoch.members, self.who.keys
        return VerifiedBundle(
            record_hash=self.bundle.statement.digest,
            outcome=self.outcome,
            epoch=self.epoch,
            signer_ids=tuple([member.id for member in members if member.key in signed]),
            non_signer_ids=tuple([member.id for member in members if member.key not in signed]),
            records=self.claims,
            ballots=self.ballots,
            log_index=self.bundle.log.index,
            log_size=self.log_size,
        )


def verify(
    bundle: AnyBundle, trust: Trust | None, *, output: bytes | None = None, sources: Sequence[Source] | None = None
) -> Verification:
    """Check a bundle, step by step.

    Steps 1 to 4 and 9 build on one another; after a failure the steps that need it are skipped, and the result is not verified.

    Args:
        bundle: what :func:`decode_bundle` read.
        trust: the pinned genesis; without one nothing verifies.
        output: the output's bytes, to prove that they are the ones judged.
        sources: source documents, to prove that the passages stand where the record says.
    """
    run = _Run(bundle, trust, output, sources)
    checks: list[Check] = []
    failed: int | None = None
    for number, title, step in _STEPS:
        if failed:
            checks.append(Check(number, title, _SKIP, f"needs step {failed}, which failed"))
            continue
        try:
            checks.append(Check(number, title, _PASS, step(run)))
        except _Skipped as why:
            checks.append(Check(number, title, _SKIP, str(why)))
        except ProbatumError as error:
            checks.append(Check(number, title, _FAIL, str(error)))
            failed = number
    return Verification(tuple(checks), None if failed else run.result())


_METHODS: Final = sorted((name for name in vars(_Run) if name.startswith("step_")), key=lambda name: int(name.split("_")[1]))
_STEPS: Final[Sequence[tuple[int, str, Callable[[_Run], str]]]] = [
    (number, title, getattr(_Run, name)) for number, (title, name) in enumerate(zip(TITLES, _METHODS, strict=True), start=1)
]


def _claims(bundle: AnyBundle) -> tuple[ClaimRecord, ...]:
    if isinstance(bundle, ProofBundle):
        return (bundle.record,)
    return tuple([record for record in bundle.records if type(record) is ClaimRecord])


def _difference(counted: Outcome, signed: Outcome) -> str:
    for index, (one, other) in enumerate(zip(counted.verdicts, signed.verdicts, strict=True)):
        if one is not other:
            return f"{one} for fragment {index}, signed is {other}"
    return "another coverage or ballot root than the one signed"
