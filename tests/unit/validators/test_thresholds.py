"""Thresholds chosen for the committee, on made-up votes. Skipped where the training libraries are not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parents[3] / "training"))
calibrate = pytest.importorskip("calibrate")


def test_joint_thresholds_are_lower_than_each_alone_needs_and_keep_the_bounds() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 2, 2000)
    support = np.clip(np.where(labels == 0, 0.7, 0.35) + rng.normal(0, 0.2, (4, 2000)), 0.01, 0.98)
    p = np.stack([support, 1 - support - 0.01, np.full_like(support, 0.01)], 2)
    known = calibrate.Answers(labels, np.ones(2000), [np.flatnonzero(labels != 0)])
    chosen = calibrate.joint_thresholds(p, known)
    precision, recall, worst = calibrate.committee(p, known, chosen)
    assert precision >= calibrate.COMMITTEE_PRECISION
    assert worst <= calibrate.COMMITTEE_HARD_FALSE
    assert recall > calibrate.committee(p, known, np.full(4, 0.8))[1]
    assert (chosen >= calibrate.LOWEST).all()
