"""The figures against cases counted by hand, and properties that hold for all of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probatum.measuring import metrics
from probatum.measuring.metrics import Bools, Floats

SAID, TRUE = np.array([True, True, False, False]), np.array([True, False, True, False])
SCORES = st.lists(st.tuples(st.integers(0, 9).map(lambda n: n / 9), st.booleans()), min_size=1, max_size=40)


def arrays(rows: list[tuple[float, bool]]) -> tuple[Floats, Bools]:
    return np.array([score for score, _ in rows], float), np.array([true for _, true in rows], bool)


def test_by_hand() -> None:
    assert metrics.balanced_accuracy(SAID, TRUE) == 0.5
    assert metrics.precision(SAID, TRUE) == metrics.recall(SAID, TRUE) == 0.5
    assert metrics.auc(np.array([0.9, 0.8, 0.4, 0.1]), TRUE) == 0.75
    assert metrics.auc(np.array([0.5, 0.5]), np.array([True, False])) == 0.5
    assert metrics.error_correlation(SAID, SAID) == pytest.approx(1)
    assert metrics.effective_votes(np.eye(4)) == 4
    assert metrics.effective_votes(np.ones((4, 4))) == 1
    assert metrics.calibration_error(np.array([0.95, 0.95]), np.array([True, False])) == pytest.approx(0.45)
    assert metrics.mean([1.0, None, 2.0]) == 1.5


def test_balanced_precision_does_not_see_the_mix() -> None:
    said = np.array([True, True, False, True] + [False] * 6)
    true = np.array([True, True, True, False] + [False] * 6)
    twice = np.concatenate([said, said[true]]), np.concatenate([true, true[true]])
    assert metrics.precision(said, true) == pytest.approx(2 / 3)
    assert metrics.balanced_precision(said, true) == pytest.approx((2 / 3) / (2 / 3 + 1 / 7))
    assert metrics.balanced_precision(*twice) == pytest.approx(metrics.balanced_precision(said, true))


def test_nothing_to_count_is_none_not_zero() -> None:
    none, one = np.array([], bool), np.array([True])
    assert metrics.balanced_accuracy(one, one) is None
    assert metrics.precision(~one, one) is None
    assert metrics.balanced_precision(~SAID & SAID, TRUE) is None
    assert metrics.auc(np.array([0.5]), one) is None
    assert metrics.calibration_error(np.array([]), none) is None
    assert metrics.at_recall(np.array([0.5]), ~one, 0.4) is None
    assert metrics.most_recall(np.array([0.5]), one, 0.9) is None
    assert metrics.interval(~one, one) is None
    assert metrics.mean([None]) is None


def test_rows_of_one_score_are_said_together() -> None:
    score, true = np.array([0.9, 0.9, 0.1]), np.array([True, False, True])
    assert metrics.at_recall(score, true, 0.4) is not None
    assert list(metrics.at_recall(score, true, 0.4)) == [True, True, False]  # type: ignore[arg-type]
    assert metrics.most_recall(score, true, 0.9) is None, "the true claim cannot be had without the false one"


def test_the_most_recall_at_a_precision() -> None:
    score, true = np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([True, True, False, True, False])
    assert metrics.most_recall(score, true, 0.95) == pytest.approx((2 / 3, 0.4, 1.0))
    assert metrics.most_recall(score, true, 0.6) == pytest.approx((1.0, 0.8, 1 / 1.5))


@settings(deadline=None)
@given(SCORES, st.floats(0.05, 1))
def test_at_recall_reaches_it_with_the_fewest_rows(rows: list[tuple[float, bool]], wanted: float) -> None:
    score, true = arrays(rows)
    chosen = metrics.at_recall(score, true, wanted)
    if chosen is None:
        assert not true.any()
        return
    assert (metrics.recall(chosen, true) or 0) >= wanted - 1e-9
    higher = score > score[chosen].min()
    assert (metrics.recall(higher, true) or 0) < wanted


@settings(deadline=None)
@given(SCORES)
def test_the_curve_ends_with_everything_and_its_auc_ignores_monotone_maps(rows: list[tuple[float, bool]]) -> None:
    score, true = arrays(rows)
    last = metrics.risk_coverage(score, true)[-1]
    assert last["coverage"] == 1
    assert last["precision"] == pytest.approx(float(true.mean()))
    assert metrics.auc(score, true) == metrics.auc(score**3 + 1, true)


def test_the_interval_holds_the_figure_and_narrows_with_rows() -> None:
    few = metrics.interval(np.tile(SAID, 10), np.tile(TRUE, 10))
    many = metrics.interval(np.tile(SAID, 1000), np.tile(TRUE, 1000))
    assert few is not None
    assert many is not None
    assert few[0] < many[0] < 0.5 < many[1] < few[1]
    assert metrics.interval(SAID, SAID) == pytest.approx((0.3424, 1.0), abs=1e-4), "two of two right prove little"
