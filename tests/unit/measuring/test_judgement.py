"""One voter's figures, the committee under the tally that certifies, and errors that go together."""

from __future__ import annotations

import numpy as np
import pytest

from probatum.consensus.verdict import Verdict
from probatum.measuring.answers import Answers, ask
from probatum.measuring.floor import overlap
from probatum.measuring.judgement import Truth, correlation, figures, precision_at, together
from probatum.measuring.rows import Label, Row
from probatum.testing.committee import ScriptedValidator, committee
from probatum.validators.protocol import Question

S, R, I = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INSUFFICIENT  # noqa: E741
LABELS = (Label.SUPPORTED, Label.SUPPORTED, Label.CONTRADICTED, Label.UNSUPPORTED, Label.NOT_SUPPORTED)
ROWS = tuple(Row(Question(f"claim {i}", "", ("text",)), label, "x") for i, label in enumerate(LABELS))
TRUTH = Truth.of(ROWS)


def answers(verdicts: tuple[Verdict | None, ...], support: list[float]) -> Answers:
    return Answers(verdicts, np.array(support), 1.0)


ONE = answers((S, None, R, S, None), [0.9, 0.6, 0.1, 0.7, float("nan")])


def test_the_threshold_and_the_votes_are_two_things() -> None:
    found = figures(ONE, TRUTH, threshold=0.5, votes="voted", silent="abstained")
    assert found["balanced_accuracy"] == pytest.approx((2 / 2 + 2 / 3) / 2)
    assert found["balanced_accuracy_voted"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert (found["precision_supported"], found["recall_supported"], found["coverage_supported"]) == (0.5, 0.5, 0.4)
    assert found["false_supported"] == pytest.approx(1 / 3)
    assert found["abstained"] == 0.4


def test_a_higher_threshold_moves_only_what_it_is_about() -> None:
    low = figures(ONE, TRUTH, threshold=0.5, votes="certified", silent="undecided")
    high = figures(ONE, TRUTH, threshold=0.65, votes="certified", silent="undecided")
    assert {key for key in low if low[key] != high[key]} == {"balanced_accuracy"}


def test_silence_is_no_support() -> None:
    silent = answers((None,) * 5, [float("nan")] * 5)
    found = figures(silent, TRUTH, threshold=0.5, votes="voted", silent="abstained")
    assert (found["balanced_accuracy"], found["balanced_accuracy_voted"], found["auc"]) == (0.5, 0.5, 0.5)
    assert (found["precision_supported"], found["recall_supported"]) == (None, 0)


def test_refutations_count_only_where_the_label_can_tell() -> None:
    found = figures(answers((R, I, R, I, R), [0.1] * 5), TRUTH, threshold=0.5, votes="voted", silent="abstained")
    assert (found["precision_refuted"], found["recall_refuted"]) == (0.5, 1.0)


def test_precision_at_the_recall_of_another() -> None:
    assert precision_at(ONE, TRUTH, 0.5) == 1.0
    assert precision_at(ONE, TRUTH, 1.0) == pytest.approx(1 / (1 + 1 / 3))
    assert precision_at(ONE, TRUTH, 0.0) is None
    assert precision_at(ONE, TRUTH, None) is None


def test_two_of_four_decide_nothing_and_three_do() -> None:
    here = committee(4)
    said = [(S, S), (S, S), (R, S), (None, None)]
    voters = {m.id: answers(votes, [0.8, 0.8]) for m, votes in zip(here.epoch.members, said, strict=True)}
    assert together(voters, here.epoch.members, 2).verdicts == (None, S)
    assert together(voters, here.epoch.members, 4).verdicts == (None, None), "four families must agree, and three do"


def test_the_committees_probability_pools_those_that_have_one() -> None:
    here = committee(4)
    support = [[0.9, np.nan], [0.5, np.nan], [np.nan, np.nan], [0.7, np.nan]]
    voters = {m.id: answers((S, None), each) for m, each in zip(here.epoch.members, support, strict=True)}
    found = together(voters, here.epoch.members, 2)
    odds = (9 * 1 * 7 / 3) ** (1 / 3)
    assert found.support[0] == pytest.approx(odds / (1 + odds))
    assert np.isnan(found.support[1])
    assert found.score[1] == 0
    assert (found.seconds, found.peak_bytes) == (4.0, None)


def test_votes_and_probabilities_weigh_by_stake() -> None:
    here = committee(4, stakes=(3, 2, 2, 2))
    said = [(None, S), (S, S), (S, S), (S, None)]
    support = [[0.1, 0.9], [0.9, 0.9], [0.9, 0.9], [0.9, 0.1]]
    voters = {m.id: answers(votes, each) for m, votes, each in zip(here.epoch.members, said, support, strict=True)}
    found = together(voters, here.epoch.members, 3)
    assert found.verdicts == (None, S), "six of nine are no supermajority, seven are"
    odds = [9 ** ((6 - 3) / 9), 9 ** ((7 - 2) / 9)]
    assert found.support == pytest.approx([one / (1 + one) for one in odds])


def test_a_confidence_alone_becomes_a_probability() -> None:
    model = committee(1).epoch.members[0].model
    script = {"claim 0": S, "claim 1": R, "claim 2": None}
    found = ask(ScriptedValidator(model, script, I), [row.question for row in ROWS])
    assert found.score == pytest.approx([0.99, 0.005, 0.0, 0.005, 0.005])
    assert found.verdicts == (S, R, None, I, I)


def test_every_pair_is_compared_with_independence() -> None:
    same = answers((S, S, S, S, R), [0.9, 0.9, 0.9, 0.9, 0.1])
    other = answers((R, S, R, R, R), [0.1, 0.9, 0.1, 0.1, 0.1])
    found = correlation({"a": same, "b": same, "c": other}, TRUTH)
    pairs = {tuple(pair["validators"]): pair for pair in found["pairs"]}  # type: ignore[attr-defined]
    assert set(pairs) == {("a", "b"), ("a", "c"), ("b", "c")}
    assert pairs["a", "b"]["phi"] == pytest.approx(1)
    assert pairs["a", "b"]["err_together"] == pytest.approx(0.4)
    assert pairs["a", "b"]["if_independent"] == pytest.approx(0.16)
    assert pairs["a", "b"]["false_together"] == pytest.approx(2 / 3)
    assert pairs["a", "c"]["false_together"] == 0
    assert 1 <= found["effective_votes"] <= 3  # type: ignore[operator]


def test_the_floor_is_the_share_of_rare_words_found() -> None:
    evidence = ("The red ship sank.",)
    rows = [Row(Question(text, "", evidence), Label.SUPPORTED, "x") for text in ("The red ship sank.", "A green plane flew.", "")]
    assert list(overlap(rows)) == [1.0, 0.0, 0.0]
