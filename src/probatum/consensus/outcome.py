"""The outcome of a round, and the certificate or rejection that states it (protocol section 5, steps 5 and 6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import repeat
from typing import Final

from probatum.consensus.ballot import VerifiedBallot
from probatum.consensus.epoch import Epoch, Member
from probatum.consensus.fragment import ClaimRecord, FragmentRecord
from probatum.consensus.opening import Opening
from probatum.consensus.tally import SILENT, Decided, FragmentTally, Said, tally_said
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

    __hash__ = str.__hash__  # Enum's own is Python code; verdicts are looked up for every fragment


AGAINST: Final = frozenset({FragmentVerdict.REFUTED, FragmentVerdict.INSUFFICIENT})
"""A claim was decided against."""

_LETTERS: Final = {
    "S": FragmentVerdict.SUPPORTED,
    "R": FragmentVerdict.REFUTED,
    "I": FragmentVerdict.INSUFFICIENT,
    "U": FragmentVerdict.UNDECIDED,
    "-": FragmentVerdict.NOT_CHECKABLE,
}  # one letter a fragment keeps a certificate small enough for a log entry
_FOUND: Final = {verdict: FragmentVerdict(verdict.value) for verdict in Verdict}
_NOTHING: Final[Mapping[int, Verdict | None]] = {}
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
            return Status.REJECTED if AGAINST & set(self.verdicts) else Status.UNDECIDED
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
        return Statement(self.kind, "output", self.opening.output, predicate).encode_parts()

    @classmethod
    def decode(cls, payload: bytes) -> Outcome:
        """Read a certificate's or rejection's payload.

        Raises:
            ConsensusError: another kind of statement, a wrong field, or a scope or kind that the verdicts do not give.
        """
        statement = Statement.decode_parts(payload)
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
    spoken: dict[str, Mapping[int, Verdict | None]] = {ballot.member.id: ballot.verdicts for ballot in ballots}
    result: list[FragmentTally | None] = [None] * len(records)
    for members, indexes in _by_assigned(records, assigned):
        rows = [[*map(spoken.get(member.id, _NOTHING).get, indexes, repeat(SILENT))] for member in members]
        known: dict[tuple[Said, ...], FragmentTally] = {}  # most fragments are voted on alike
        for index, said in zip(indexes, zip(*rows, strict=True), strict=True):
            if said not in known:
                known[said] = tally_said(members, said, epoch.policy.min_families, closed=closed)
            result[index] = known[said]
    return tuple(result)


def _by_assigned(
    records: Sequence[FragmentRecord], assigned: Sequence[Sequence[Member]]
) -> Iterable[tuple[Sequence[Member], list[int]]]:
    """The claims' indexes by who is assigned to them: all in one where all judge all."""
    groups: dict[int, tuple[Sequence[Member], list[int]]] = {}
    for index, record in enumerate(records):
        if type(record) is ClaimRecord:
            members = assigned[index]
            if id(members) not in groups:
                groups[id(members)] = members, []
            groups[id(members)][1].append(index)
    return groups.values()


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
