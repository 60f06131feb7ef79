"""Outcomes: what ballots give, and the one way to write it."""

from __future__ import annotations

import itertools

import pytest

from probatum.consensus.ballot import VerifiedBallot, verify_ballot
from probatum.consensus.outcome import FragmentVerdict, Outcome, Scope, Status, decide
from probatum.consensus.participant import Participant
from probatum.consensus.verdict import Verdict
from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.errors import CanonicalError, ConsensusError
from probatum.testing.committee import MemoryLocks, committee, scripted_request, votes_for

HERE = committee(4)
REQUEST = scripted_request(HERE.epoch, 3, asides=1)
ASSIGNED = REQUEST.assigned(HERE.epoch)
LETTERS = {"S": Verdict.SUPPORTED, "R": Verdict.REFUTED, "I": Verdict.INSUFFICIENT, "A": None}


def ballots(*said: str) -> list[VerifiedBallot]:
    """Ballots of v0, v1 ... each by letters, one a claim."""
    made = []
    for i, letters in enumerate(said):
        voter = Participant(f"v{i}", HERE.keys[f"v{i}"], HERE.epoch, MemoryLocks())
        votes = votes_for(REQUEST, HERE.epoch, voter.id, [*(LETTERS[letter] for letter in letters), None])
        made.append(verify_ballot(voter.cast(REQUEST, votes, 5), REQUEST.opening, HERE.epoch, ASSIGNED))
    return made


def outcome(*said: str, uncovered: int = 0) -> Outcome:
    return decide(REQUEST.opening, HERE.epoch, REQUEST.records, ASSIGNED, ballots(*said), uncovered)


TABLE = """
    v0   v1   v2   v3     found   status                 scope      kind
    SSS  SSS  SSS  SSS    SSS-    certified              complete   certificate
    SSS  SSS  SSS  RRR    SSS-    certified              complete   certificate
    SSS  SSS  SSS         SSS-    certified              complete   certificate
    SSS  SSS              UUU-    undecided              none       rejection
    SSR  SSR  SSR  SSR    SSR-    partially_certified    partial    certificate
    SSI  SSI  SSI  SSI    SSI-    partially_certified    partial    certificate
    SSS  SSR  SSI  SSA    SSU-    partially_certified    partial    certificate
    RRR  RRR  RRR  RRR    RRR-    rejected               none       rejection
    SIA  SIR  AIS  RII    UIU-    rejected               none       rejection
    SSS  RRR  III  AAA    UUU-    undecided              none       rejection
    AAA  AAA  AAA  AAA    UUU-    undecided              none       rejection
    AAA                   UUU-    undecided              none       rejection
"""


@pytest.mark.parametrize("row", [line.strip() for line in TABLE.strip().splitlines()[1:]])
def test_row(row: str) -> None:
    *said, found, status, scope, kind = row.split()
    got = outcome(*said)
    letters = "".join("-" if one is FragmentVerdict.NOT_CHECKABLE else one[0] for one in got.verdicts)
    assert (letters, str(got.status), str(got.scope), got.kind) == (found, status, scope, kind)
    assert Outcome.decode(got.encode()) == got


def test_no_ballot_gives_no_outcome() -> None:
    with pytest.raises(ConsensusError, match="no validator cast a ballot"):
        outcome()


def test_the_order_of_arrival_changes_nothing() -> None:
    cast = ballots("SSS", "SSR", "SIS", "RSS")
    found = {
        decide(REQUEST.opening, HERE.epoch, REQUEST.records, ASSIGNED, order, 0).encode() for order in itertools.permutations(cast)
    }
    assert len(found) == 1


def test_another_set_of_ballots_is_another_outcome_even_with_the_same_verdicts() -> None:
    assert outcome("SSS", "SSS", "SSS").verdicts == outcome("SSS", "SSS", "SSS", "SSS").verdicts
    assert outcome("SSS", "SSS", "SSS").encode() != outcome("SSS", "SSS", "SSS", "SSS").encode()


def test_text_that_nobody_looked_at_makes_the_scope_partial() -> None:
    assert outcome("SSS", "SSS", "SSS", uncovered=1).scope is Scope.PARTIAL
    assert outcome("SSS", "SSS", "SSS", uncovered=1).status is Status.PARTIALLY_CERTIFIED


def test_coverage_adds_up() -> None:
    coverage = outcome("SRS", "SRS", "SRS").coverage
    spans = [record.end - record.start for record in REQUEST.records]
    assert (coverage.certified, coverage.failed, coverage.uncovered) == (spans[0] + spans[2], spans[1], 0)
    assert coverage.certified + coverage.failed + coverage.not_checkable == coverage.total == len(REQUEST.output)


GOOD = outcome("SSR", "SSR", "SSR").encode()


def edit(path: str, value: Json) -> bytes:
    body = canonical.decode(GOOD)
    at: Json = body
    *way, last = path.split("/")
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]  # type: ignore[index,call-overload]
    at[last] = value  # type: ignore[index,call-overload]
    return canonical.encode(body)


EDITED: dict[str, tuple[str, Json, str]] = {
    "scope-overstated": ("predicate/scope", "complete", "its verdicts give"),
    "scope-unknown": ("predicate/scope", "total", "its verdicts give"),
    "scope-null": ("predicate/scope", None, r"certificate\.scope"),
    "rejection-called-certificate": ("predicate/verdicts", "RRR-", "its verdicts give a rejection"),
    "certificate-called-rejection": ("predicateType", "https://probatum.dev/rejection/v1", "its verdicts give a certificate"),
    "a-verdict-too-few": ("predicate/verdicts", "SSR", "do not fit 4 fragments"),
    "a-verdict-too-many": ("predicate/verdicts", "SSR-S", "do not fit 4 fragments"),
    "verdict-of-a-ballot": ("predicate/verdicts", "SSA-", "letters"),
    "verdicts-empty": ("predicate/verdicts", "", r"certificate\.verdicts"),
    "verdicts-newline": ("predicate/verdicts", "SSR-\n", "letters"),
    "coverage-does-not-add-up": ("predicate/coverage/certified", 1, "do not add up"),
    "coverage-of-another-length": ("predicate/opening/output_bytes", 7, "do not fit"),
    "coverage-negative": ("predicate/coverage/uncovered", -1, "coverage.uncovered"),
    "no-ballots": ("predicate/ballots/count", 0, "ballots.count"),
    "count-of-fragments-zero": ("predicate/opening/fragments/count", 0, "fragments.count"),
    "round-id-upper-case": ("predicate/opening/round", "AB" * 16, "opening.round"),
    "round-id-long": ("predicate/opening/round", "ab" * 17, "opening.round"),
    "unknown-field": ("predicate/expires", 1, "unknown field 'expires'"),
    "subject-of-another-name": ("subject/0/name", "input", "not of output"),
    "kind-of-ballot": ("predicateType", "https://probatum.dev/ballot/v1", "got a ballot"),
    "kind-unknown": ("predicateType", "https://probatum.dev/certified/v1", "got a certified"),
}


@pytest.mark.parametrize("name", EDITED)
def test_edited(name: str) -> None:
    path, value, reason = EDITED[name]
    with pytest.raises(ConsensusError, match=reason):
        Outcome.decode(edit(path, value))


def test_payload_that_is_not_canonical() -> None:
    with pytest.raises(CanonicalError):
        Outcome.decode(GOOD.replace(b'"scope":', b'"scope": '))
