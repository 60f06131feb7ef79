"""Attacks on fragments and evidence."""

from __future__ import annotations

import pytest

from probatum.consensus.ballot import Ballot
from probatum.consensus.fragment import fragment_root
from probatum.consensus.outcome import FragmentVerdict
from probatum.encoding import merkle
from probatum.evidence.readers import read_source
from probatum.evidence.record import EvidenceRecord
from probatum.frozen import replace
from probatum.signing.dsse import sign
from probatum.testing.committee import votes_for
from probatum.verify import Bundle, Standing, verify
from tests.unit.verify.attacked import (
    GOOD,
    HERE,
    OTHER_BUNDLE,
    OUTCOME,
    R0,
    R1,
    R2,
    R3,
    REQUEST,
    R,
    S,
    check,
    rebuilt,
    refused,
)

FRAGMENTS: dict[str, tuple[Bundle, str]] = {
    "swapped": (replace(GOOD, records=(R1, R0, R2, R3)), "do not hash to the root"),
    "reordered": (replace(GOOD, records=(R3, R2, R1, R0)), "do not hash to the root"),
    "swapped-and-renumbered": (replace(GOOD, records=(replace(R1, index=0), replace(R0, index=1), R2, R3)), "do not hash"),
    "truncated": (replace(GOOD, records=(R0, R1, R2)), "do not hash to the root"),
    "none": (replace(GOOD, records=()), "do not hash to the root"),
    "one-added": (replace(GOOD, records=(*GOOD.records, replace(R3, index=4))), "do not hash to the root"),
    "one-twice": (replace(GOOD, records=(R0, R0, R1, R2, R3)), "do not hash to the root"),
    "claim-text-edited": (replace(GOOD, records=(replace(R0, claim=R0.claim + " not"), R1, R2, R3)), "do not hash"),  # type: ignore[union-attr]
    "span-moved": (replace(GOOD, records=(replace(R0, end=R0.end - 1), R1, R2, R3)), "do not hash to the root"),
    "salt-edited": (replace(GOOD, records=(replace(R0, salt="00" * 16), R1, R2, R3)), "do not hash to the root"),
    "of-another-round": (replace(GOOD, records=OTHER_BUNDLE.records), "do not hash to the root"),
}


@pytest.mark.parametrize("name", FRAGMENTS)
def test_fragments(name: str) -> None:
    bundle, reason = FRAGMENTS[name]
    refused(check(bundle), 5, reason)


def with_records(*records: object, claims: str = "SRS-") -> Bundle:
    """A bundle in which everyone signed a bad list of records, so that only the verifier's own rules can refuse it."""
    opening = replace(REQUEST.opening, root=fragment_root(records), count=len(records))  # type: ignore[arg-type]
    request = replace(REQUEST, opening=opening, records=tuple(records))  # type: ignore[arg-type]
    ballots = []
    for member in HERE.epoch.members:
        votes = votes_for(request, HERE.epoch, member.id, [S, R, S, None])
        ballots.append(sign(Ballot(opening, member.id, votes, 1).encode(), [HERE.keys[member.id]]))
    verdicts = tuple(
        {"S": FragmentVerdict.SUPPORTED, "R": FragmentVerdict.REFUTED, "-": FragmentVerdict.NOT_CHECKABLE}[c] for c in claims
    )
    root = merkle.root([merkle.leaf_hash(ballot.signed_bytes) for ballot in ballots])
    return rebuilt(request, replace(OUTCOME, opening=opening, verdicts=verdicts, ballot_root=root), tuple(ballots))


SPANS: dict[str, tuple[Bundle, str]] = {
    "overlapping": (with_records(R0, replace(R1, start=R0.end - 1), R2, R3), "overlapping"),
    "empty": (with_records(replace(R0, end=R0.start), R1, R2, R3), "empty"),
    "reversed": (with_records(replace(R0, start=5, end=2), R1, R2, R3), "empty"),
    "outside-the-output": (with_records(R0, R1, R2, replace(R3, end=len(REQUEST.output) + 1)), "outside"),
    "index-out-of-place": (with_records(R0, replace(R1, index=2), R2, R3), "says that its index is 2"),
}


@pytest.mark.parametrize("name", SPANS)
def test_spans_that_everyone_signed(name: str) -> None:
    bundle, reason = SPANS[name]
    refused(check(bundle), 5, reason)


(EVIDENCE,) = GOOD.evidence.values()
EXCHANGED = EvidenceRecord((replace(EVIDENCE.passages[0], source="other.txt"),))
EVIDENCES: dict[str, tuple[dict[str, EvidenceRecord], str]] = {
    "missing": ({}, "the evidence record of fragment 0 is missing or was changed"),
    "swapped-after-voting": ({str(EXCHANGED.hash): EXCHANGED}, "is missing or was changed"),
    "one-too-many": ({str(EVIDENCE.hash): EVIDENCE, str(EXCHANGED.hash): EXCHANGED}, "belongs to no claim"),
    "of-another-round": (dict(OTHER_BUNDLE.evidence), "is missing or was changed"),
}


@pytest.mark.parametrize("name", EVIDENCES)
def test_evidence(name: str) -> None:
    evidence, reason = EVIDENCES[name]
    refused(check(replace(GOOD, evidence=evidence)), 6, reason)


FACTS = b"Claims 0 to 3 of text 0 hold."
SOURCES: dict[str, tuple[bytes, str]] = {
    "edited": (FACTS.replace(b"hold", b"fold"), "other content"),
    "longer": (FACTS + b" Or not.", "other content"),
    "another": (b"Something else entirely.", "other content"),
}


def test_the_sources_stand_where_the_record_says() -> None:
    result = verify(GOOD, HERE.trust, sources=[read_source("facts.txt", FACTS)])
    assert result.verified is not None
    assert result.checks[10].standing is Standing.PASS


@pytest.mark.parametrize("name", SOURCES)
def test_sources(name: str) -> None:
    data, reason = SOURCES[name]
    refused(verify(GOOD, HERE.trust, sources=[read_source("facts.txt", data)]), 11, reason)


def test_no_sources_at_all() -> None:
    refused(verify(GOOD, HERE.trust, sources=[]), 11, "facts.txt")


def test_a_passage_that_its_source_does_not_hold() -> None:
    """The validators were handed a text that is not in the document it is said to come from."""
    passage = replace(EVIDENCE.passages[0], text="Claims 0 to 9 of text 0 hold.")
    lie = EvidenceRecord((passage,))
    records = [replace(r, evidence=str(lie.hash)) if r.index < 3 else r for r in GOOD.records]
    bundle = replace(with_records(*records), evidence={str(lie.hash): lie})
    assert check(bundle).verified is not None, "nothing but the source can show it"
    refused(verify(bundle, HERE.trust, sources=[read_source("facts.txt", FACTS)]), 11, "are not the text that the record says")
