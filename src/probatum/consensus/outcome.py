"""The outcome of a round, and the certificate or rejection that states it (protocol section 5, steps 5 and 6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from probatum.consensus.assignment import Assignment
from probatum.consensus.ballot import VerifiedBallot
from probatum.consensus.epoch import Epoch
from probatum.consensus.fragment import MAX_FRAGMENTS, ClaimRecord, FragmentRecord
from probatum.consensus.opening import Opening, OpeningForm
from probatum.consensus.tally import SILENT, Decided, FragmentTally, Panel
from probatum.consensus.verdict import Verdict
from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Positive, Size
from probatum.errors import ConsensusError
from probatum.frozen import Value, lazy
from probatum.signing.statement import StatementFormat

CERTIFICATE: Final = "certificate"
REJECTION: Final = "rejection"


class FragmentVerdict(StrEnum):
    """What a round found of a fragment."""

    SUPPORTED = "SUPPORTED"
    REFUTED = "REFUTED"
    INSUFFICIENT = "INSUFFICIENT"
    UNDECIDED = "UNDECIDED"
    NOT_CHECKABLE = "NOT_CHECKABLE"

    __hash__ = str.__hash__  # Enum's own is Python code; verdicts are looked up for every fragment


_SUPPORTED, _REFUTED, _INSUFFICIENT, _UNDECIDED, _NOT_CHECKABLE = FragmentVerdict  # looking a member up takes time in Python 3.11
AGAINST: Final = frozenset({_REFUTED, _INSUFFICIENT})
"""A claim was decided against."""

_LETTERS: Final = {"S": _SUPPORTED, "R": _REFUTED, "I": _INSUFFICIENT, "U": _UNDECIDED, "-": _NOT_CHECKABLE}
_FOUND: Final = {verdict: FragmentVerdict(verdict.value) for verdict in Verdict}
_LETTER_OF: Final = {verdict: letter for letter, verdict in _LETTERS.items()}


class Status(StrEnum):
    """What became of an output, as shown to users. The last two never come out of a finished round."""

    CERTIFIED = "certified"  # every checkable claim survived
    PARTIALLY_CERTIFIED = "partially_certified"
    REJECTED = "rejected"  # nothing survived, and a claim was decided against
    UNDECIDED = "undecided"  # nothing survived, and nothing was decided
    EXPIRED = "expired"
    NOTHING_TO_CHECK = "nothing_to_check"


class Scope(StrEnum):
    """How much of the output the statement certifies."""

    COMPLETE = "complete"  # every checkable fragment survived, and nothing was left uncovered
    PARTIAL = "partial"  # some survived; only they carry the cert_hash
    NONE = "none"  # nothing survived: a rejection


class Coverage(Form, frozen=True):
    """Bytes of the output by what became of them. The four parts add up to ``total``."""

    certified: Size
    failed: Size
    not_checkable: Size
    total: Size
    uncovered: Size


class Ballots(Form, frozen=True):
    """How many ballots were counted, and the root over them."""

    count: Positive
    root: Digest


class OutcomeForm(Form, frozen=True):
    """A certificate or a rejection. One letter a fragment keeps it small enough for a log entry."""

    ballots: Ballots
    coverage: Coverage
    opening: OpeningForm
    scope: str
    verdicts: Annotated[str, Meta(min_length=1, max_length=MAX_FRAGMENTS)]


_FORMAT: Final = StatementFormat(OutcomeForm, [CERTIFICATE, REJECTION], "output")


class Outcome(Value, frozen=True, dict=True):
    """One round's result, the same for everyone who counts the same ballots."""

    opening: Opening
    verdicts: tuple[FragmentVerdict, ...]
    coverage: Coverage
    ballot_root: Digest
    ballot_count: int

    @lazy
    def scope(self) -> Scope:
        """Complete, partial or none."""
        if _SUPPORTED not in self.verdicts:
            return Scope.NONE
        whole = self.coverage.uncovered == 0 and set(self.verdicts) <= {_SUPPORTED, _NOT_CHECKABLE}
        return Scope.COMPLETE if whole else Scope.PARTIAL

    @property
    def status(self) -> Status:
        """The outcome in a word."""
        if self.scope is Scope.NONE:
            return Status.REJECTED if AGAINST & set(self.verdicts) else Status.UNDECIDED
        return Status.CERTIFIED if self.scope is Scope.COMPLETE else Status.PARTIALLY_CERTIFIED

    @property
    def kind(self) -> str:
        """``certificate`` when at least one fragment survived, else ``rejection``."""
        return REJECTION if self.scope is Scope.NONE else CERTIFICATE

    def encode(self) -> bytes:
        """The canonical payload that a supermajority signs."""
        letters = "".join([_LETTER_OF[verdict] for verdict in self.verdicts])
        ballots = Ballots(self.ballot_count, self.ballot_root)
        form = OutcomeForm(ballots, self.coverage, self.opening.form, self.scope, letters)
        return _FORMAT.encode(self.kind, self.opening.output, form)

    @classmethod
    def decode(cls, payload: bytes) -> Outcome:
        """Read a certificate's or rejection's payload.

        Raises:
            CanonicalError: the bytes are not canonical.
            ConsensusError: another kind of statement, a wrong field, or a scope or kind that the verdicts do not give.
        """
        kind, output, f = _FORMAT.decode(payload)
        opening, coverage = Opening.of(f.opening, Digest.fromhex(output)), f.coverage
        try:
            verdicts = tuple([_LETTERS[letter] for letter in f.verdicts])
        except KeyError as letter:
            raise ConsensusError(
                f"{kind}.verdicts: expected one of the letters S, R, I, U, - for each fragment, got {letter}"
            ) from None
        if len(verdicts) != opening.count or coverage.total != opening.output_bytes:
            raise ConsensusError(
                f"{kind}: verdicts or coverage do not fit {opening.count} fragments of {opening.output_bytes} bytes"
            )
        if coverage.certified + coverage.failed + coverage.not_checkable + coverage.uncovered != coverage.total:
            raise ConsensusError(f"{kind}.coverage: the parts do not add up to {coverage.total} bytes")
        outcome = cls(opening, verdicts, coverage, f.ballots.root, f.ballots.count)
        if kind != outcome.kind or f.scope != outcome.scope:
            raise ConsensusError(f"{kind}: says scope {f.scope!r:.20}; its verdicts give a {outcome.kind} of scope {outcome.scope}")
        return outcome


def measure_coverage(
    records: Sequence[FragmentRecord], verdicts: Sequence[FragmentVerdict], total: int, uncovered: int
) -> Coverage:
    """Bytes by what became of them; ``uncovered`` is what :func:`fragment.uncovered_bytes` counts."""
    certified = claims = 0
    for record, verdict in zip(records, verdicts, strict=True):
        if type(record) is ClaimRecord:
            claims += record.end - record.start
            if verdict is _SUPPORTED:
                certified += record.end - record.start
    return Coverage(
        certified=certified,
        failed=claims - certified,
        not_checkable=total - claims - uncovered,
        total=total,
        uncovered=uncovered,
    )


def tally_all(
    epoch: Epoch,
    records: Sequence[FragmentRecord],
    assigned: Assignment,
    ballots: Iterable[VerifiedBallot],
    *,
    closed: bool,
) -> tuple[FragmentTally | None, ...]:
    """The tally of every fragment; ``None`` for one that is not checkable."""
    spoken = {ballot.member.id: ballot for ballot in ballots}
    result: list[FragmentTally | None] = [None] * len(records)
    for members, indexes in assigned.groups:
        panel = Panel.of(members)
        rows = [_row(spoken.get(member.id), indexes) for member in members]
        known: dict[tuple[str, ...], FragmentTally] = {}  # most fragments are voted on alike
        for index, said in zip(indexes, zip(*rows, strict=True), strict=True):
            if said not in known:
                known[said] = panel.tally(said, epoch.policy.min_families, closed=closed)
            result[index] = known[said]
    return tuple(result)


def _row(ballot: VerifiedBallot | None, indexes: list[int]) -> Sequence[str]:
    """What a ballot says of each of these fragments."""
    if ballot is None:
        return SILENT * len(indexes)
    if ballot.fragments == indexes:
        return ballot.letters
    said = dict(zip(ballot.fragments, ballot.letters, strict=True))
    return [said.get(index, SILENT) for index in indexes]


def ballot_order(epoch: Epoch, ballots: Iterable[VerifiedBallot]) -> tuple[VerifiedBallot, ...]:
    """Ballots in the epoch's order of members, whatever the order of arrival."""
    by_id = {ballot.member.id: ballot for ballot in ballots}
    return tuple([by_id[member.id] for member in epoch.members if member.id in by_id])


def decide(
    opening: Opening,
    epoch: Epoch,
    records: Sequence[FragmentRecord],
    assigned: Assignment,
    ballots: Iterable[VerifiedBallot],
    uncovered: int,
) -> Outcome:
    """The outcome that these ballots give; a pure function, so that every validator can recompute it.

    Raises:
        ConsensusError: there is no ballot at all.
    """
    ordered = ballot_order(epoch, ballots)
    if not ordered:
        raise ConsensusError("no validator cast a ballot; there is no outcome")
    tallies = tally_all(epoch, records, assigned, ordered, closed=True)
    verdicts = tuple(
        [_NOT_CHECKABLE if one is None else _FOUND[one.verdict] if type(one) is Decided else _UNDECIDED for one in tallies]
    )
    return Outcome(
        opening=opening,
        verdicts=verdicts,
        coverage=measure_coverage(records, verdicts, opening.output_bytes, uncovered),
        ballot_root=ballot_root(ordered),
        ballot_count=len(ordered),
    )


def ballot_root(ordered: Iterable[VerifiedBallot]) -> Digest:
    """Root of the RFC 6962 tree over the ballots' signed bytes, in the epoch's order."""
    return merkle.root([ballot.envelope.leaf for ballot in ordered])
