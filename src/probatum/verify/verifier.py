"""The numbered verification steps (docs/spec/verification.md). Each passes, fails with a reason, or is skipped with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from probatum.consensus.assignment import Assignment
from probatum.consensus.ballot import VerifiedBallot, verify_ballots
from probatum.consensus.epoch import Epoch
from probatum.consensus.fragment import ClaimRecord, check_boundaries, check_spans, record_bytes, uncovered_bytes
from probatum.consensus.outcome import CERTIFICATE, FragmentVerdict, Outcome, ballot_order, decide
from probatum.consensus.request import assignments
from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import ConsensusError
from probatum.frozen import Value, lazy
from probatum.verify.bundle import AnyBundle, Bundle, ProofBundle
from probatum.verify.steps import EPOCH_CHAIN, QUORUM, TRUST_ANCHOR, Checked, Skipped, StatementRun, Steps, take
from probatum.verify.trust import Trust

if TYPE_CHECKING:
    from probatum.evidence.readers import Source


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


class Verification(Checked, frozen=True):
    """Every step with its end, and the verified bundle if none failed."""

    verified: VerifiedBundle | None


class _Run(StatementRun):
    """The steps of a bundle in progress."""

    outcome: Outcome

    def __init__(self, bundle: AnyBundle, trust: Trust | None, output: bytes | None, sources: Sequence[Source] | None) -> None:
        super().__init__(bundle, trust)
        self.bundle, self.output, self.sources = bundle, output, sources
        self.assigned = Assignment(())
        self.ballots: tuple[VerifiedBallot, ...] = ()
        self.claims = _claims(bundle)

    def statement(self) -> str:
        self.outcome = Outcome.decode(self.bundle.statement.payload)
        self.outcome.opening.check_epoch(self.epoch)
        short, round_id = str(self.bundle.statement.digest)[:19], self.outcome.opening.round_id[:8]
        return f"{self.outcome.kind} {short}… of scope {self.outcome.scope}, round {round_id}…"

    def fragments(self) -> str:
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

    def evidence(self) -> str:
        claims = self.claims
        needed = {record.evidence for record in claims}
        if missing := [record.index for record in claims if record.evidence not in self.bundle.evidence]:
            raise ConsensusError(f"the evidence record of fragment {missing[0]} is missing or was changed")
        if self.bundle.evidence.keys() - needed:
            raise ConsensusError("an evidence record belongs to no claim")
        return f"{len(needed)} records and their passages hash to what the {len(claims)} claims bind"

    def ballots_cast(self) -> str:
        if isinstance(self.bundle, ProofBundle):
            raise Skipped("a proof shows no ballots; the signers attest that they rechecked them")
        opening = self.outcome.opening
        self.assigned = assignments(opening, self.bundle.records, self.epoch)
        self.ballots = verify_ballots(self.bundle.ballots, opening, self.epoch, self.assigned)
        if ballot_order(self.epoch, self.ballots) != self.ballots:
            raise ConsensusError("ballots must be in the epoch's order, one a validator")
        return f"{len(self.ballots)} ballots, each signed by its validator for this round"

    def tally(self) -> str:
        if isinstance(self.bundle, ProofBundle):
            raise Skipped("a proof shows no ballots to count")
        opening, uncovered = self.outcome.opening, self.outcome.coverage.uncovered
        counted = decide(opening, self.epoch, self.bundle.records, self.assigned, self.ballots, uncovered)
        if counted != self.outcome:
            raise ConsensusError(f"the ballots give {_difference(counted, self.outcome)}")
        return "recounting the ballots gives every verdict, the coverage and the scope as signed"

    def log(self) -> str:
        return self.logged(self.outcome.kind)

    def output_bytes(self) -> str:
        if self.output is None:
            raise Skipped("not asked; give the output to prove that its bytes are the certified ones")
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

    def passages(self) -> str:
        if self.sources is None:
            raise Skipped("not asked; give the source documents to prove where the passages are")
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
            signer_ids=self.signer_ids(),
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
    checks, sound = take(_STEPS, run)
    return Verification(checks, run.result() if sound else None)


_STEPS: Final[Steps[_Run]] = (
    TRUST_ANCHOR,
    EPOCH_CHAIN,
    ("statement", _Run.statement),
    QUORUM,
    ("fragments", _Run.fragments),
    ("evidence", _Run.evidence),
    ("ballots", _Run.ballots_cast),
    ("tally", _Run.tally),
    ("transparency log", _Run.log),
    ("output bytes", _Run.output_bytes),
    ("sources", _Run.passages),
)
TITLES: Final = tuple(title for title, _ in _STEPS)


def _claims(bundle: AnyBundle) -> tuple[ClaimRecord, ...]:
    if isinstance(bundle, ProofBundle):
        return (bundle.record,)
    return tuple([record for record in bundle.records if type(record) is ClaimRecord])


def _difference(counted: Outcome, signed: Outcome) -> str:
    for index, (one, other) in enumerate(zip(counted.verdicts, signed.verdicts, strict=True)):
        if one is not other:
            return f"{one} for fragment {index}, signed is {other}"
    return "another coverage or ballot root than the one signed"
