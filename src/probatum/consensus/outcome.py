"""The outcome of a round, and the certificate or rejection that states it (protocol section 5, steps 5 and 6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, cast

from probatum.consensus.ballot import VerifiedBallot
from probatum.consensus.epoch import Epoch, Member
from probatum.consensus.fragment import ClaimRecord, FragmentRecord
from probatum.consensus.opening import Opening
from probatum.consensus.tally import Decided, FragmentTally, tally_verdicts
from probatum.consensus.verdict import Verdict
from probatum.encoding import merkle
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.errors import ConsensusError
from probatum.frozen import field, frozen
from probatum.signing.statement import Statement

CERTIFICATE: Final = "certificate"
REJECTION: Final = "rejection"
_VERDICTS: Final = re.compile(r"[SRIU-]+")


class FragmentVerdict(StrEnum):
    """What a round found of a fragment."""

    SUPPORTED = "SUPPORTED"
    REFUTED = "REFUTED"
    INSUFFICIENT = "INSUFFICIENT"
    UNDECIDED = "UNDECIDED"
    NOT_CHECKABLE = "NOT_CHECKABLE"


_LETTERS: Final = {
    "S": FragmentVerdict.SUPPORTED,
    "R": FragmentVerdict.REFUTED,
    "I": FragmentVerdict.INSUFFICIENT,
    "U": FragmentVerdict.UNDECIDED,
    "-": FragmentVerdict.NOT_CHECKABLE,
}  # one letter a fragment keeps a certificate small enough for a log entry
_FOUND: Final = {verdict: FragmentVerdict(verdict.value) for verdict in Verdict}
_NO_VOTE: Final = cast("Verdict", "no vote")
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


@frozen
class Coverage:
    """Bytes of the output by what became of them. The four parts add up to ``total``."""

    total: int
    certified: int
    failed: int
    not_checkable: int
    uncovered: int

    def to_json(self) -> dict[str, Json]:
        """The coverage as it stands in an outcome."""
        return {
            "certified": self.certified,
            "failed": self.failed,
            "not_checkable": self.not_checkable,
            "total": self.total,
            "uncovered": self.uncovered,
        }

    @classmethod
    def from_json(cls, value: Json, where: str) -> Coverage:
        """Read a coverage; raises ConsensusError when the parts do not add up."""
        f = Fields(value, "certified failed not_checkable total uncovered", where, ConsensusError)
        got = cls(*(f.integer(key) for key in ("total", "certified", "failed", "not_checkable", "uncovered")))
        if got.certified + got.failed + got.not_checkable + got.uncovered != got.total:
            raise ConsensusError(f"{where}: the parts do not add up to {got.total} bytes")
        return got


@frozen
class Outcome:
    """One round's result, the same for everyone who counts the same ballots."""

    opening: Opening
    verdicts: tuple[FragmentVerdict, ...]
    coverage: Coverage
    ballot_root: Digest
    ballot_count: int
    _scope: Scope | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def scope(self) -> Scope:
        """Complete, partial or none."""
        made = self._scope
        if made is None:
            object.__setattr__(self, "_scope", made := self._find_scope())
        return made

    def _find_scope(self) -> Scope:
        if FragmentVerdict.SUPPORTED not in self.verdicts:
            return Scope.NONE
        whole = self.coverage.uncovered == 0 and set(self.verdicts) <= {FragmentVerdict.SUPPORTED, FragmentVerdict.NOT_CHECKABLE}
        return Scope.COMPLETE if whole else Scope.PARTIAL

    @property
    def status(self) -> Status:
        """The outcome in a word."""
        if self.scope is Scope.NONE:
            against = {FragmentVerdict.REFUTED, FragmentVerdict.INSUFFICIENT} & set(self.verdicts)
            return Status.REJECTED if against else Status.UNDECIDED
        return Status.CERTIFIED if self.scope is Scope.COMPLETE else Status.PARTIALLY_CERTIFIED

    @property
    def kind(self) -> str:
        """``certificate`` when at least one fragment survived, else ``rejection``."""
        return REJECTION if self.scope is Scope.NONE else CERTIFICATE

    def encode(self) -> bytes:
        """The canonical payload that a supermajority signs."""
        predicate: dict[str, Json] = {
            "ballots": {"count": self.ballot_count, "root": str(self.ballot_root)},
            "coverage": self.coverage.to_json(),
            "opening": self.opening.to_json(),
            "scope": str(self.scope),
            "verdicts": "".join(_LETTER_OF[verdict] for verdict in self.verdicts),
        }
        return Statement(self.kind, "output", self.opening.output, predicate).encode()

    @classmethod
    def decode(cls, payload: bytes) -> Outcome:
        """Read a certificate's or rejection's payload.

        Raises:
            ConsensusError: another kind of statement, a wrong field, or a scope or kind that the verdicts do not give.
        """
        statement = Statement.decode(payload)
        if statement.kind not in (CERTIFICATE, REJECTION) or statement.subject_name != "output":
            raise ConsensusError(f"expected a certificate or a rejection, got a {statement.kind}")
        f = Fields(statement.predicate, "ballots coverage opening scope verdicts", statement.kind, ConsensusError)
        ballots = Fields(f.value["ballots"], "count root", f"{statement.kind}.ballots", ConsensusError)
        opening = Opening.from_json(f.value["opening"], statement.subject, f"{statement.kind}.opening")
        letters = f.match("verdicts", _VERDICTS, "one of the letters S, R, I, U, - for each fragment")
        verdicts = tuple([_LETTERS[letter] for letter in letters])
        outcome = cls(
            opening,
            verdicts,
            Coverage.from_json(f.value["coverage"], "coverage"),
            ballots.digest("root"),
            ballots.integer("count", 1),
        )
        if len(verdicts) != opening.count or outcome.coverage.total != opening.output_bytes:
            raise ConsensusError(
                f"{statement.kind}: verdicts or coverage do not fit {opening.count} fragments of {opening.output_bytes} bytes"
            )
        if (statement.kind, f.value["scope"]) != (outcome.kind, str(outcome.scope)):
            raise ConsensusError(
                f"{statement.kind}: says scope {f.value['scope']!r:.20}; "
                f"its verdicts give a {outcome.kind} of scope {outcome.scope}"
            )
        return outcome


def measure_coverage(
    records: Sequence[FragmentRecord], verdicts: Sequence[FragmentVerdict], total: int, uncovered: int
) -> Coverage:
    """Bytes by what became of them; ``uncovered`` is what :func:`fragment.uncovered_bytes` counts."""
    certified = sum([r.end - r.start for r, v in zip(records, verdicts, strict=True) if v is FragmentVerdict.SUPPORTED])
    claims = sum([r.end - r.start for r in records if type(r) is ClaimRecord])
    return Coverage(total, certified, claims - certified, total - claims - uncovered, uncovered)


def tally_all(
    epoch: Epoch,
    records: Sequence[FragmentRecord],
    assigned: Sequence[Sequence[Member]],
    ballots: Iterable[VerifiedBallot],
    *,
    closed: bool,
) -> tuple[FragmentTally | None, ...]:
    """The tally of every fragment; ``None`` for one that is not checkable."""
    held = list(ballots)
    names = [ballot.member.id for ballot in held]
    claims = [index for index, record in enumerate(records) if type(record) is ClaimRecord]
    voices = [ballot.verdicts for ballot in held]
    known: dict[tuple[int, tuple[object, ...]], FragmentTally] = {}  # most fragments are voted on alike
    result: list[FragmentTally | None] = [None] * len(records)
    for index in claims:
        said = tuple([verdicts.get(index, _NO_VOTE) for verdicts in voices])
        members = assigned[index]
        found = known.get((id(members), said))
        if found is None:
            said_by = {name: verdict for name, verdict in zip(names, said, strict=True) if verdict is not _NO_VOTE}
            found = known[id(members), said] = tally_verdicts(members, said_by, epoch.policy.min_families, closed=closed)
        result[index] = found
    return tuple(result)


def ballot_order(epoch: Epoch, ballots: Iterable[VerifiedBallot]) -> tuple[VerifiedBallot, ...]:
    """Ballots in the epoch's order of members, whatever the order of arrival."""
    by_id = {ballot.member.id: ballot for ballot in ballots}
    return tuple(by_id[member.id] for member in epoch.members if member.id in by_id)


def decide(
    opening: Opening,
    epoch: Epoch,
    records: Sequence[FragmentRecord],
    assigned: Sequence[Sequence[Member]],
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
    verdicts = tuple([_found(one) for one in tally_all(epoch, records, assigned, ordered, closed=True)])
    return Outcome(
        opening=opening,
        verdicts=verdicts,
        coverage=measure_coverage(records, verdicts, opening.output_bytes, uncovered),
        ballot_root=ballot_root(ordered),
        ballot_count=len(ordered),
    )


def _found(one: FragmentTally | None) -> FragmentVerdict:
    if one is None:
        return FragmentVerdict.NOT_CHECKABLE
    return _FOUND[one.verdict] if isinstance(one, Decided) else FragmentVerdict.UNDECIDED


def ballot_root(ordered: Iterable[VerifiedBallot]) -> Digest:
    """Root of the RFC 6962 tree over the ballots' signed bytes, in the epoch's order."""
    return merkle.root([ballot.envelope.leaf for ballot in ordered])
