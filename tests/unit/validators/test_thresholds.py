"""The committee's rule as it is searched for, on made-up distributions."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[3] / "training"))
import committee

FAMILIES = ("a", "b", "c", "d")
EQUAL = committee.Rule(FAMILIES, (1, 1, 1, 1), 3)


def made() -> tuple[np.ndarray, committee.Known]:
    """Four members of equal skill whose errors are independent; half of the questions true, the others contradicted."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 2000) * 2
    support = np.clip(np.where(labels == 0, 0.7, 0.3) + rng.normal(0, 0.2, (4, 2000)), 0.01, 0.98)
    p = np.stack([support, np.full_like(support, 0.01), 0.99 - support], 2)
    return p, committee.Known(labels, np.ones(2000), [np.flatnonzero(labels != 0)])


def test_thresholds_keep_the_bounds_and_are_lower_than_a_careful_common_one() -> None:
    p, known = made()
    chosen = committee.search(p, known, EQUAL)
    decided = EQUAL.decide(committee.votes_of(p, chosen))
    true, everything = known.labels == 0, np.ones(2000, bool)
    hit, slip = known.rates(decided == 0, true, everything)
    assert hit >= committee.SUPPORTED_PRECISION * (hit + slip)
    assert committee.worst_kind(decided == 0, known) <= committee.HARD_FALSE
    careful = np.array([[0.8, 0.42, 0.8]] * 4)
    assert hit > known.rates(EQUAL.decide(committee.votes_of(p, careful)) == 0, true, everything)[0]
    hit, slip = known.rates(decided == 2, known.labels == 2, everything)
    assert hit >= committee.REFUTED_PRECISION * (hit + slip)


def test_votes_decide_by_number_and_by_families() -> None:
    votes = np.array([[0, 0, 2], [0, 0, 2], [0, 3, 2], [3, 0, 0]])
    assert EQUAL.decide(votes).tolist() == [0, 0, 2]
    assert committee.Rule(("a", "a", "b", "b"), (1, 1, 1, 1), 3).decide(votes).tolist() == [committee.NO_VERDICT] * 3


def test_votes_and_scores_weigh_by_stake() -> None:
    rule = committee.Rule(FAMILIES, (3, 2, 2, 2), 3)
    votes = np.array([[0, 3], [0, 2], [3, 2], [0, 2]])
    assert rule.decide(votes).tolist() == [0, committee.NO_VERDICT]
    odds = 99 ** (3 / 9) * 9 ** (-6 / 9)  # one that is certain counts as 99 %
    found = rule.score(np.array([[[1.0, 0, 0]], [[0.1, 0, 0]], [[0.1, 0, 0]], [[0.1, 0, 0]]]))
    assert found == pytest.approx([odds / (1 + odds)])


def test_the_threshold_of_a_score_parts_the_classes() -> None:
    labels = np.array([0, 0, 0, 2, 2, 1])
    threshold, accuracy = committee.best_threshold(
        np.array([0.9, 0.8, 0.7, 0.4, 0.2, 0.1]), committee.Known(labels, np.ones(6), [])
    )
    assert accuracy == 1.0
    assert 0.4 < threshold <= 0.7
