"""The figures of ``probatum bench judgement`` against cases counted by hand, and the command on a small file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from probatum.consensus.verdict import Verdict
from probatum.errors import InputError
from probatum.measuring import metrics
from probatum.measuring.judgement import Answers, Truth, ask, figures, together
from probatum.measuring.rows import Label, read_rows
from probatum.testing.committee import ScriptedValidator, committee

LINES = """{"evidence":"A is B.","claim":"A is B.","label":"supported","set":"x"}
{"evidence":"A is B.","claim":"A is C.","label":"contradicted","set":"x"}

{"evidence":"A is B.","claim":"D is E.","label":"not_supported","source":"y/part"}
"""


def test_metrics_by_hand() -> None:
    said, true = np.array([True, True, False, False]), np.array([True, False, True, False])
    assert metrics.balanced_accuracy(said, true) == 0.5
    assert metrics.precision(said, true) == metrics.recall(said, true) == 0.5
    assert metrics.auc(np.array([0.9, 0.8, 0.4, 0.1]), true) == 0.75
    assert metrics.auc(np.array([0.5, 0.5]), np.array([True, False])) == 0.5
    assert metrics.error_correlation(said, said) == pytest.approx(1)
    assert metrics.effective_votes(np.eye(4)) == 4
    assert metrics.effective_votes(np.ones((4, 4))) == 1
    assert metrics.calibration_error(np.array([0.95, 0.95]), np.array([True, False])) == pytest.approx(0.45)


def test_nothing_to_count_is_none_not_zero() -> None:
    none = np.array([], dtype=bool)
    assert metrics.balanced_accuracy(np.array([True]), np.array([True])) is None
    assert metrics.precision(np.array([False]), np.array([True])) is None
    assert metrics.auc(np.array([0.5]), np.array([True])) is None
    assert metrics.calibration_error(np.array([]), none) is None


def test_rows_and_answers(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(LINES)
    rows = read_rows(path)
    assert [(row.label, row.set) for row in rows] == [(Label.SUPPORTED, "x"), (Label.CONTRADICTED, "x"), (Label.NOT_SUPPORTED, "y")]
    here = committee(4)
    script = {"A is C.": Verdict.REFUTED, "D is E.": None}
    answers = {m.id: ask(ScriptedValidator(m.model, script), rows) for m in here.epoch.members}
    found = figures(together(answers, here.epoch.members, 3), Truth.of(rows), undecided="undecided")
    assert (found["balanced_accuracy"], found["precision_refuted"], found["undecided"]) == (1.0, 1.0, pytest.approx(1 / 3))


def test_two_of_four_decide_nothing() -> None:
    here, n = committee(4), np.array([0.9])
    votes = [Verdict.SUPPORTED, Verdict.SUPPORTED, Verdict.REFUTED, None]
    answers = {m.id: Answers((vote,), n, n, 1.0) for m, vote in zip(here.epoch.members, votes, strict=True)}
    assert together(answers, here.epoch.members, 2).verdicts == (None,)


@pytest.mark.parametrize(
    "text", ["", "not json\n", '{"evidence":"a","claim":"b","label":"maybe"}\n', '{"evidence":1,"claim":"b","label":"supported"}\n']
)
def test_bad_rows_are_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=r"line 1|holds no rows"):
        read_rows(path)
