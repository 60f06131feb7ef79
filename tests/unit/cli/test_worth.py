"""How a committee's rule and worth read."""

from __future__ import annotations

from probatum.cli.worth import NOT_MEASURED, rule_lines, worth_line
from probatum.consensus.calibration import Calibration, Expected
from probatum.consensus.epoch import Policy, Threshold
from probatum.encoding.digest import Digest
from probatum.testing.committee import committee


def stated(*measured: Expected) -> Calibration:
    return Calibration(measured, "weights/committee.json", Digest.of(b"x"))


def test_a_range_over_the_sets_with_what_it_means() -> None:
    epoch = committee(
        4,
        calibration=stated(
            Expected(precision=9000, recall=4000, rows=10, set="a"), Expected(precision=9512, recall=5000, rows=20, set="b")
        ),
    ).epoch
    assert worth_line(epoch) == "expected precision of SUPPORTED: 90.0 % to 95.1 % on 2 labelled sets, both classes weighted alike"
    lines = rule_lines(epoch)
    assert "  b: precision 95.1 %, recall 50.0 %, 20 claims" in lines
    assert lines[-1].endswith(f"source weights/committee.json, {Digest.of(b'x')}")


def test_one_set_and_none_certified_and_never_measured() -> None:
    assert "90.0 % on 1 labelled set," in worth_line(
        committee(4, calibration=stated(Expected(precision=9000, recall=4000, rows=10, set="a"))).epoch
    )
    assert worth_line(committee(4, calibration=stated(Expected(precision=None, recall=0, rows=10, set="a"))).epoch).endswith(
        "certified nothing"
    )
    assert worth_line(committee(4).epoch) == NOT_MEASURED
    assert rule_lines(committee(4).epoch)[-1] == NOT_MEASURED


def test_thresholds_are_shown_and_a_sets_name_cannot_steer_the_terminal() -> None:
    policy = Policy(thresholds=(Threshold("v1", 6200, 7000, 4200),))
    lines = rule_lines(
        committee(4, policy=policy, calibration=stated(Expected(precision=1, recall=1, rows=1, set="\x1b[2Jx"))).epoch
    )
    assert "  v1 abstains from supported under 62.0 %, refuted under 70.0 %, insufficient under 42.0 %" in lines
    assert not any("\x1b" in line for line in lines)
