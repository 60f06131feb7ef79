"""Attacks on the ballots and their count."""

from __future__ import annotations

import pytest

from probatum.consensus.ballot import Ballot
from probatum.consensus.outcome import Coverage, FragmentVerdict, Outcome
from probatum.consensus.request import Request
from probatum.consensus.verdict import Verdict
from probatum.frozen import replace
from probatum.signing.dsse import Envelope, sign
from probatum.testing.committee import votes_for
from tests.unit.verify.attacked import (
    GOOD,
    HERE,
    OTHER_BUNDLE,
    OUTCOME,
    R1,
    REQUEST,
    R,
    S,
    check,
    refused,
    resigned,
)


def revoted(name: str, *verdicts: Verdict | None, request: Request = REQUEST) -> Envelope:
    votes = votes_for(request, HERE.epoch, name, [*verdicts, None])
    return sign(Ballot(request.opening, name, votes, 1).encode(), [HERE.keys[name]])


B0, B1, B2, B3 = GOOD.ballots
FORGED = sign(revoted("v3", R, R, R).payload, [HERE.keys["v0"]])
BALLOTS: dict[str, tuple[tuple[Envelope, ...], int, str]] = {
    "all-missing": ((), 8, "no validator cast a ballot"),
    "one-missing": ((B0, B1, B2), 8, "another coverage or ballot root"),
    "one-twice": ((B0, B1, B2, B3, B3), 7, "in the epoch's order, one a validator"),
    "one-instead-of-another": ((B0, B1, B2, B2), 7, "in the epoch's order, one a validator"),
    "out-of-order": ((B1, B0, B2, B3), 7, "in the epoch's order"),
    "of-another-round": (OTHER_BUNDLE.ballots, 7, "another network, epoch, round"),
    "one-of-another-round": ((B0, B1, B2, OTHER_BUNDLE.ballots[3]), 7, "another network, epoch, round"),
    "forged": ((B0, B1, B2, FORGED), 7, "unknown key"),
    "changed-and-signed-again": ((B0, B1, B2, revoted("v3", R, R, R)), 8, "another coverage or ballot root"),
    "changed-so-that-the-verdict-falls": (
        (B0, B1, revoted("v2", R, R, S), revoted("v3", R, R, S)),
        8,
        "the ballots give UNDECIDED for fragment 0, signed is SUPPORTED",
    ),
}


@pytest.mark.parametrize("name", BALLOTS)
def test_ballots(name: str) -> None:
    ballots, step, reason = BALLOTS[name]
    refused(check(replace(GOOD, ballots=ballots)), step, reason)


def flipped() -> Outcome:
    """The refuted claim is called supported, and the coverage says so too."""
    coverage = OUTCOME.coverage
    spans = R1.end - R1.start
    return replace(
        OUTCOME,
        verdicts=(*([FragmentVerdict.SUPPORTED] * 3), FragmentVerdict.NOT_CHECKABLE),
        coverage=replace(coverage, certified=coverage.certified + spans, failed=0),
    )


def test_verdict_flipped_and_signed_by_too_few() -> None:
    refused(check(resigned(flipped(), "v0", "v1")), 4, "signed by 2 of 4 stake")


def test_verdict_flipped_under_the_old_signatures() -> None:
    statement = replace(GOOD.statement, payload=flipped().encode())
    refused(check(replace(GOOD, statement=statement)), 4, "does not verify")


def test_verdict_flipped_and_signed_by_all() -> None:
    """Even all signatures do not make ballots say what they do not."""
    refused(check(resigned(flipped())), 8, "the ballots give REFUTED for fragment 1, signed is SUPPORTED")


COVERAGES: dict[str, Coverage] = {
    "certified-overstated": replace(OUTCOME.coverage, certified=OUTCOME.coverage.certified + 1, failed=OUTCOME.coverage.failed - 1),
    "failed-hidden": replace(OUTCOME.coverage, not_checkable=OUTCOME.coverage.not_checkable + OUTCOME.coverage.failed, failed=0),
}


@pytest.mark.parametrize("name", COVERAGES)
def test_coverage_lied_about_by_all(name: str) -> None:
    refused(check(resigned(replace(OUTCOME, coverage=COVERAGES[name]))), 8, "another coverage")


def test_ballot_count_lied_about_by_all() -> None:
    refused(check(resigned(replace(OUTCOME, ballot_count=5))), 8, "another coverage or ballot root")
