"""What an epoch states of its committee's worth, and the thresholds that its ballots are held to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probatum.consensus.ballot import Ballot, Vote, verify_ballot
from probatum.consensus.calibration import Calibration, Expected, basis_points
from probatum.consensus.epoch import Epoch, Policy, Threshold
from probatum.consensus.verdict import Verdict, letter_of
from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.errors import ConsensusError
from probatum.frozen import replace
from probatum.signing.dsse import sign
from probatum.testing.committee import committee, scripted_request

GOOD = Calibration(
    (Expected(precision=9000, recall=4000, rows=10, set="a"), Expected(precision=None, recall=0, rows=20, set="b")),
    "weights/committee.json",
    Digest.of(b"x"),
)


def test_it_survives_the_epoch_and_changes_its_digest() -> None:
    plain, stated = committee(4), committee(4, calibration=GOOD)
    assert Epoch.decode(stated.epoch.payload).calibration == GOOD
    assert plain.epoch.calibration is None
    assert plain.epoch.digest != stated.epoch.digest


def test_the_range_is_over_the_sets_where_something_was_certified() -> None:
    assert GOOD.range == (9000, 9000)
    assert replace(GOOD, measured=(Expected(precision=None, recall=0, rows=20, set="b"),)).range is None


@settings(deadline=None)
@given(st.floats(0, 1))
def test_basis_points_are_within_half_a_point(share: float) -> None:
    assert abs(basis_points(share) / 10_000 - share) <= 0.00005 + 1e-12


@pytest.mark.parametrize("share", [-0.01, 1.01, float("nan")])
def test_no_basis_points_for_what_is_no_share(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        basis_points(share)


def measured(**changes: Json) -> Json:
    return {"precision": 9000, "recall": 4000, "rows": 10, "set": "a", **changes}


WRONG: dict[str, tuple[dict[str, Json], str]] = {
    "no-set": ({"measured": []}, r"calibration\.measured"),
    "set-twice": ({"measured": [measured(), measured()]}, "each once"),
    "sets-out-of-order": ({"measured": [measured(set="b"), measured(set="a")]}, "in order"),
    "precision-over-one": ({"measured": [measured(precision=10_001)]}, "precision"),
    "precision-a-float": ({"measured": [measured(precision="0.9")]}, "precision"),
    "recall-of-nothing": ({"measured": [measured(precision=None)]}, "something was certified"),
    "no-rows": ({"measured": [measured(rows=0)]}, "rows"),
    "nameless-set": ({"measured": [measured(set="")]}, r"calibration\.measured\[0\]\.set"),
    "no-source": ({"source": None}, "source"),
    "nameless-source": ({"source": {"digest": str(Digest.of(b"")), "name": ""}}, r"calibration\.source\.name"),
    "unknown-field": ({"note": "x"}, "unknown field"),
}


def decode_with(path: str, value: Json) -> Epoch:
    """An epoch whose statement holds this ``value``."""
    body: Any = canonical.decode(committee(4).epoch.payload)
    at = body["predicate"]
    *way, last = path.split(".")
    for key in way:
        at = at[key]
    at[last] = value
    return Epoch.decode(canonical.encode(body))


@pytest.mark.parametrize("name", WRONG)
def test_refused(name: str) -> None:
    changes, reason = WRONG[name]
    with pytest.raises(ConsensusError, match=reason):
        decode_with("calibration", {**GOOD.form.to_json(), **changes})


@pytest.mark.parametrize(
    "thresholds",
    [
        [],
        {"v0": {"refuted": 1, "supported": 1}},
        {"v0": {"insufficient": 1, "refuted": 1, "supported": True}},
        {"v0": {"insufficient": 1, "refuted": -1, "supported": 1}},
    ],
)
def test_thresholds_of_another_form_are_refused(thresholds: Json) -> None:
    with pytest.raises(ConsensusError, match=r"epoch\.policy\.thresholds"):
        decode_with("policy.thresholds", thresholds)


@pytest.mark.parametrize("wrong", ["v0", "v2", "v3"])
@pytest.mark.parametrize(("value", "expected"), [(10_001, "`int` <= 10000, got 10001"), ("1", "`int`, got `str`")])
def test_a_wrong_threshold_is_named_with_its_validator(wrong: str, value: Json, expected: str) -> None:
    thresholds = {f"v{at}": {"insufficient": at, "refuted": 1, "supported": 1} for at in range(4)}
    with pytest.raises(ConsensusError) as raised:
        decode_with("policy.thresholds", {**thresholds, wrong: {**thresholds[wrong], "refuted": value}})
    assert str(raised.value) == f"epoch.policy.thresholds[{wrong!r}].refuted: expected {expected}"


def test_of_two_wrong_thresholds_the_first_is_named() -> None:
    with pytest.raises(ConsensusError, match=r"thresholds\['v1'\]: missing field 'supported'"):
        decode_with("policy.thresholds", {f"v{at}": {"insufficient": 1, "refuted": 1} for at in (1, 2)})


def test_an_epoch_from_before_calibrations_is_refused_by_name() -> None:
    body = canonical.decode(committee(4).epoch.payload)
    assert isinstance(body, dict)
    assert isinstance(body["predicate"], dict)
    del body["predicate"]["calibration"]
    with pytest.raises(ConsensusError, match="missing field 'calibration'"):
        Epoch.decode(canonical.encode(body))


HELD = committee(4, policy=Policy(thresholds=(Threshold("v0", 6000, 7000, 4000),)))


@pytest.mark.parametrize(
    ("who", "verdict", "confidence", "taken"),
    [
        ("v0", Verdict.SUPPORTED, 6000, True),
        ("v0", Verdict.SUPPORTED, 5999, False),
        ("v0", Verdict.REFUTED, 6999, False),
        ("v0", Verdict.INSUFFICIENT, 4000, True),
        ("v0", None, 0, True),
        ("v1", Verdict.SUPPORTED, 1, True),
    ],
)
def test_a_vote_less_sure_than_the_policy_asks_is_refused(who: str, verdict: Verdict | None, confidence: int, taken: bool) -> None:
    request = scripted_request(HELD.epoch, 1)
    ballot = sign(Ballot(request.opening, who, (Vote(0, verdict, confidence, ""),), 1).encode(), [HELD.keys[who]])
    if taken:
        assert verify_ballot(ballot, request.opening, HELD.epoch, request.assigned(HELD.epoch)).letters == letter_of(verdict)
    else:
        with pytest.raises(ConsensusError, match="the policy asks for"):
            verify_ballot(ballot, request.opening, HELD.epoch, request.assigned(HELD.epoch))
