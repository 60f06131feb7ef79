"""Windows, combination, thresholds and containment of failures, with scripted scorers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from probatum.consensus.model import ModelDescriptor
from probatum.consensus.verdict import Verdict
from probatum.encoding.digest import Digest
from probatum.validators.combine import FEATURES, ORDER, Calibration, Floats, choose, combine, deciding, turned, views
from probatum.validators.endings import stops_short
from probatum.validators.judge import WindowedValidator
from probatum.validators.protocol import Abstention, Judgement, Question
from probatum.validators.reasons import not_sure
from probatum.validators.windows import JOINT_WORDS, MAX_PASSAGES, MAX_SENTENCES, PASSAGE_WORDS, Window, best_of_each, cut

PLAIN = Calibration(  # the three views count alike, coverage not at all
    1.0, tuple(tuple((j < 9 and i == j % 3) / 3 for j in range(FEATURES)) for i in range(3)), (0.0, 0.0, 0.0), (0.6, 0.4, 0.4)
)
DESCRIPTOR = ModelDescriptor("scripted", "scripted", "scripted", ("none",), Digest.of(b"scripted"))


class Scripted:
    """Supports what occurs word for word, refutes what the evidence denies with NOT, knows nothing else; fails on claims with
    'explode'.
    """

    def __init__(self) -> None:
        self.calls: list[int] = []

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        self.calls.append(len(pairs))
        out = np.zeros((len(pairs), 3), np.float32)
        for i, (evidence, claim) in enumerate(pairs):
            if "explode" in claim:
                raise RuntimeError("broken input")
            said = claim.rstrip(".")
            out[i, 2 if "NOT " + said in evidence else 0 if said in evidence else 1] = 4.0
            if "nan" in claim.split():
                out[i] = np.nan
        return out


def judge(*questions: Question) -> list[Judgement | Abstention]:
    return list(WindowedValidator(DESCRIPTOR, Scripted(), PLAIN).judge(questions))


def test_each_verdict_and_order() -> None:
    passages = ("The tower is tall. It is old.", "NOT the bridge is long. So they say.")
    answers = judge(
        Question("The tower is tall.", "", passages),
        Question("Snow fell in May.", "", passages),
        Question("the bridge is long.", "", passages),
    )
    assert [a.verdict for a in answers if isinstance(a, Judgement)] == [Verdict.SUPPORTED, Verdict.INSUFFICIENT, Verdict.REFUTED]


def test_bad_questions_abstain_and_the_others_are_judged() -> None:
    good = Question("The tower is tall.", "", ("The tower is tall.",))
    answers = judge(
        good,
        Question("please explode now", "", ("Some text here.",)),
        Question("", "", ("Text.",)),
        Question("1234 %%", "", ("Text.",)),
        Question("A claim without evidence.", "", ()),
        Question("A claim with blank evidence.", "", ("  \n ",)),
        Question("word " * 500, "", ("Text.",)),
        Question("this has nan scores", "", ("Text.",)),
        good,
    )
    kinds = [isinstance(a, Judgement) for a in answers]
    assert kinds == [True, False, False, False, False, False, False, False, True]
    reasons = [a.reason for a in answers if isinstance(a, Abstention)]
    assert "RuntimeError" in reasons[0]
    assert "no words" in reasons[1]
    assert "no evidence" in reasons[3]
    assert "longer" in reasons[5]


@pytest.mark.parametrize("claim", ["Is the tower tall?", "Have you seen the tower?", "What height has the tower?"])
def test_a_question_states_nothing(claim: str) -> None:
    (answer,) = judge(Question(claim, "", ("The tower is tall.",)))
    assert isinstance(answer, Abstention)
    assert "question" in answer.reason


def test_did_you_know_is_a_statement() -> None:
    (answer,) = judge(Question("Did you know that the tower is tall?", "", ("The tower is tall.",)))
    assert isinstance(answer, Judgement)


def test_answers_are_lazy() -> None:
    scorer = Scripted()
    answers = WindowedValidator(DESCRIPTOR, scorer, PLAIN).judge([Question("The tower is tall.", "", ("The tower is tall.",))] * 40)
    next(answers)
    assert len(scorer.calls) == 1


def test_low_confidence_abstains_with_reason() -> None:
    class Unsure:
        def logits(self, pairs: Sequence[tuple[str, str]]) -> Floats:
            return np.tile(np.log(np.array([0.55, 0.15, 0.30], np.float32)), (len(pairs), 1))

    (answer,) = WindowedValidator(DESCRIPTOR, Unsure(), PLAIN).judge([Question("The tower is tall.", "", ("It is.",))])
    assert isinstance(answer, Abstention)
    assert "not sure enough" in answer.reason


@pytest.mark.parametrize("verdict", list(Verdict))
def test_what_stops_in_the_middle_of_a_sentence_is_neither_supported_nor_refuted(verdict: Verdict) -> None:
    class Sure:
        def logits(self, pairs: Sequence[tuple[str, str]]) -> Floats:
            return np.tile(np.where(np.array(ORDER) == verdict, 4.0, 0.0).astype(np.float32), (len(pairs), 1))

    passages = ("The tower is tall because of the bells in the top.",)
    questions = [Question(f"The tower is tall because of the{end}", "", passages) for end in (" bells.", "")]
    whole, cut_off = WindowedValidator(DESCRIPTOR, Sure(), PLAIN).judge(questions)
    assert isinstance(whole, Judgement)
    assert whole.verdict is verdict
    if verdict is Verdict.INSUFFICIENT:
        assert isinstance(cut_off, Judgement)
        assert cut_off.verdict is verdict
    else:
        assert cut_off == Abstention("the claim stops in the middle of a sentence", cut_off.distribution)
        assert cut_off.distribution is not None


@pytest.mark.parametrize(
    "claim",
    [
        "It was founded in",
        "It makes pumps for the",
        "The **drug is safe for**",
        "The bridge is a,",
        "It makes pumps for the.",
        "The probe left for Jupiter and...",
        "She was by then one of a.”",
    ],
)
def test_stops_short(claim: str) -> None:
    assert stops_short(claim)


@pytest.mark.parametrize(
    "claim",
    [
        "It was founded in 1975.",
        "The house that she lived in.",  # a closing mark ends it
        "Answer: Germany",
        "Strom fällt an",  # German for "current arises"
        "Vitamin A",
        "The deficit is one of vitamin a.",
        "Der Strom fällt in der Leitung an.",
        "the",
        "",
    ],
)
def test_does_not_stop_short(claim: str) -> None:
    assert not stops_short(claim)


@pytest.mark.parametrize(
    ("probability", "said"), [(0.55, "supported at 55%, needs 65%"), (0.6488, "supported at 64.9%, needs 65.0%")]
)
def test_two_figures_that_read_the_same_get_a_decimal(probability: float, said: str) -> None:
    assert not_sure(Verdict.SUPPORTED, probability, 0.65) == f"not sure enough: {said}"


def test_what_is_called_missing_is_in_none_of_the_passages() -> None:
    passages = ("The tower is tall and made of iron.", "Nobody knows the architect.")
    (answer,) = judge(Question("The architect of the iron tower was Ann Lee.", "", passages))
    assert isinstance(answer, Judgement)
    assert answer.verdict is Verdict.INSUFFICIENT
    assert answer.reason == "the passages together do not mention Ann, Lee"
    (answer,) = judge(Question("The architect of the iron tower was Ann Lee.", "", passages[:1]))
    assert isinstance(answer, Judgement)
    assert answer.reason == "passage 1 does not mention architect, Ann, Lee"


def test_the_surer_view_decides() -> None:
    windows = [Window("a", 0, "passage"), Window("b", 0, "sentence")]
    logits = np.array([[5.0, 0.0, 0.0], [0.0, 0.0, 3.0]], np.float32)
    assert int(np.argmax(combine(windows, logits, PLAIN))) == 0
    logits = np.array([[0.0, 0.0, 5.0], [3.0, 0.0, 0.0]], np.float32)
    probabilities = combine(windows, logits, PLAIN)
    assert int(np.argmax(probabilities)) == 2
    assert deciding(windows, logits, PLAIN, 2) == 0
    assert deciding(windows, logits, PLAIN, 0) == 1
    assert abs(float(probabilities.sum()) - 1.0) < 1e-5


def test_what_a_distribution_is_enough_for() -> None:
    least = (0.6, 0.4, 0.35)
    assert choose((0.7, 0.2, 0.1), least) == 0
    assert choose((0.5, 0.2, 0.3), least) is None
    assert choose((0.3, 0.5, 0.2), least) == 1
    assert choose((0.1, 0.5, 0.4), least) == 2  # a contradiction need not be the most probable
    assert choose((0.45, 0.15, 0.40), least) is None  # but more probable than support


def test_talk_around_a_claim_does_not_change_the_answer() -> None:
    passages = ("The tower is tall. It is old.",)
    plain, wrapped = judge(
        Question("The tower is tall.", "", passages), Question("Oh wow! I think that The tower is tall, right?", "", passages)
    )
    assert plain == wrapped


def test_windows_are_bounded_and_joint_holds_both_halves() -> None:
    first = "Anna Berg founded the Northlight Observatory in 1921. " + "The hills around it are green. " * 12
    second = "The observatory moved to Tromsø in 1950. " + "The sea is near. " * 12
    windows = cut(
        "The Northlight Observatory, founded by Anna Berg in 1921, moved to Tromsø in 1950.",
        (first, second, "Nothing of note happened.", "More text."),
    )
    assert sum(w.kind == "passage" for w in windows) <= MAX_PASSAGES
    assert sum(w.kind == "sentence" for w in windows) <= MAX_SENTENCES
    joint = [w for w in windows if w.kind == "joint"]
    assert len(joint) == 1
    assert "1921" in joint[0].text
    assert "1950" in joint[0].text
    assert len(joint[0].text.split()) <= JOINT_WORDS


def test_a_model_reads_the_passage_and_the_sentence_that_cover_most() -> None:
    passages = (
        "The bridge is old. The tower was built in 1889 of iron. Many people visit it.",
        "The river is wide. Boats pass under the bridge.",
        "The tower was painted brown. It is 330 metres tall and made of iron.",
    )
    claim, sentence = "The tower of iron was built in 1889.", "The tower was built in 1889 of iron."
    assert [(w.kind, w.text) for w in best_of_each(claim, passages)] == [("sentence", sentence)]  # nearly all of it is there
    wide = best_of_each("The tower of iron was built in 1889 and many people visit it.", passages)
    assert [(w.kind, w.text) for w in wide] == [("passage", passages[0]), ("sentence", sentence)]


def test_all_passages_together_are_read_where_they_cover_more_than_the_best_of_them() -> None:
    passages = ("The Northlight Observatory was founded by Anna Berg in 1921.", "The observatory moved to Tromsø in 1950.")
    both = best_of_each("The observatory, founded by Anna Berg in 1921, moved to Tromsø in 1950.", passages)
    assert [w.kind for w in both] == ["passage", "joint"]
    assert all(passage in both[1].text for passage in passages)
    one = best_of_each("The observatory was founded by Anna Berg in 1921.", passages)
    assert [(w.kind, w.text) for w in one] == [("passage", passages[0])]
    assert best_of_each("claim", ("", "\n")) == ()


def test_long_evidence_is_cut_and_the_right_place_found() -> None:
    filler = "Many other things are described at length in this part of the report. "
    windows = cut("The bridge opened in 1932.", (filler * 80 + "The bridge opened in 1932. " + filler * 80,))
    assert all(len(w.text.split()) <= PASSAGE_WORDS + 15 for w in windows if w.kind == "passage")
    assert any("1932" in w.text for w in windows if w.kind == "passage")
    assert any("1932" in w.text for w in windows if w.kind == "sentence")


def test_hostile_sizes_stay_bounded() -> None:
    assert len(cut("word", ("word " * 60_000,))) <= MAX_PASSAGES + MAX_SENTENCES + 1
    assert cut("claim", ("", "\n\n")) == []


PASSAGE = Window("The plume was discovered by Linda Morabito. It was high.", 0, "passage", coverage=0.8)
SENTENCE = Window("The plume was discovered by Linda Morabito.", 0, "sentence", coverage=0.8)
TOGETHER = Window("The plume was discovered by Linda Morabito. Edward Stone led the project.", -1, "joint", coverage=1.0)


def test_views_stand_for_what_was_not_read() -> None:
    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]], np.float32)
    assert views([PASSAGE, SENTENCE], p).tolist() == p[[0, 1, 0]].tolist()
    assert views([PASSAGE], p[:1]).tolist() == p[[0, 0, 0]].tolist()
    assert views([SENTENCE, TOGETHER], p[:2])[0].tolist() == p[0].tolist()


def test_passages_together_support_only_as_far_as_none_alone_says_otherwise() -> None:
    p = np.array([[0.1, 0.1, 0.8], [0.9, 0.1, 0.0]], np.float32)
    assert views([PASSAGE, TOGETHER], p)[2] == pytest.approx([0.18, 0.1, 0.72])
    p = np.array([[0.1, 0.9, 0.0], [0.1, 0.9, 0.0], [0.9, 0.1, 0.0]], np.float32)
    assert views([PASSAGE, SENTENCE, TOGETHER], p)[2] == pytest.approx([0.9, 0.1, 0.0])


def test_passages_together_do_not_overrule_one_that_refutes() -> None:
    logits = np.array([[0.0, 0.0, 4.0], [5.0, 0.0, 0.0]], np.float32)
    assert int(np.argmax(combine([PASSAGE, TOGETHER], logits, PLAIN))) == 2
    assert int(np.argmax(combine([TOGETHER], logits[1:], PLAIN))) == 0


def test_coverage_counts_numbers_and_names_double_and_finds_the_closest_sentence() -> None:
    first = "The weather was dull. Anna Berg left Oslo in 1921."
    windows = cut("Anna Berg left Oslo in 1921.", (first, "Oslo had a harbour, and in 1921 it froze."))
    (best,) = best_of_each("Anna Berg left Oslo in 1921.", (first, "Oslo had a harbour, and in 1921 it froze."))
    assert best.coverage == best.closest == best.named == 1.0
    assert all(w.coverage < 0.7 for w in windows if w.passage == 1)
    assert any(w.passage == 1 for w in windows)


def test_names_in_another_order_are_seen_but_not_behind_a_passive() -> None:
    passage = ("Anna Berg taught Ole Dahl in Oslo.",)
    assert cut("Anna Berg taught Ole Dahl in Oslo.", passage)[0].ordered == 1.0
    swapped = cut("Ole Dahl taught Anna Berg in Oslo.", passage)[0]
    assert swapped.ordered < 1.0
    assert turned(swapped)
    assert not turned(cut("Ole Dahl was taught by Anna Berg in Oslo.", passage)[0])
    assert not turned(cut("Dahl wrote to Anna Berg about a harbour.", passage)[0])
