"""Questions wait at the validators' desks: batched, answered in order, dropped when nobody waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event

import pytest

from probatum.consensus.model import ModelDescriptor
from probatum.consensus.verdict import Verdict
from probatum.coordinator.judging import LATE, MOST_TOGETHER, Answered, Desk, Judges
from probatum.encoding.digest import Digest
from probatum.errors import ValidatorUnavailable
from probatum.validators.protocol import Abstention, Judgement, Question

MODEL = ModelDescriptor("scripted", "family", "scripted", ("none",), Digest.of(b"scripted"))
YES = Judgement(Verdict.SUPPORTED, 9000, "it says so")


def question(number: int) -> Question:
    return Question(f"Claim {number}.", "", ("passage",))


@dataclass(slots=True)
class Gated:
    """A validator that answers when it is let, and remembers what it was handed together."""

    let: Event = field(default_factory=Event)
    begun: Event = field(default_factory=Event)
    batches: list[list[Question]] = field(default_factory=list)
    answers: int = 10_000

    descriptor = MODEL

    def judge(self, questions: Sequence[Question]) -> Iterator[Judgement | Abstention]:
        self.batches.append(list(questions))
        self.begun.set()
        self.let.wait()
        for one in questions[: self.answers]:
            if "poison" in one.claim:
                raise RuntimeError("out of memory")
            yield YES


def desk(validator: Gated) -> Desk:
    return Desk("v0", lambda name: validator)


def test_what_waits_is_judged_together() -> None:
    validator = Gated()
    at = desk(validator)
    first = at.ask(question(0))
    validator.begun.wait()
    rest = [at.ask(question(i)) for i in range(1, MOST_TOGETHER + 3)]
    validator.let.set()
    assert [one.result() for one in (first, *rest)] == [YES] * (MOST_TOGETHER + 3)
    assert [len(batch) for batch in validator.batches] == [1, MOST_TOGETHER, 2]


def test_a_question_that_nobody_waits_for_is_not_judged() -> None:
    validator = Gated()
    at = desk(validator)
    first = at.ask(question(0))
    validator.begun.wait()
    dropped, kept = at.ask(question(1)), at.ask(question(2))
    assert dropped.cancel()
    validator.let.set()
    assert (first.result(), kept.result()) == (YES, YES)
    assert validator.batches == [[question(0)], [question(2)]]


def test_a_failing_model_fails_its_questions_and_goes_on() -> None:
    validator = Gated()
    at = desk(validator)
    poisoned = at.ask(Question("poison", "", ("passage",)))
    validator.let.set()
    with pytest.raises(RuntimeError, match="out of memory"):
        poisoned.result()
    assert at.ask(question(1)).result() == YES


def test_a_model_that_answers_too_little_abstains_on_the_rest() -> None:
    validator = Gated(answers=0)
    validator.let.set()
    assert desk(validator).ask(question(0)).result() == Abstention("the model gave no answer")


def test_a_model_that_cannot_be_loaded_answers_nothing() -> None:
    def load(name: str) -> Gated:
        raise ValidatorUnavailable(f"{name} is gone")

    judges = Judges(["v0"], load)
    with pytest.raises(ValidatorUnavailable, match="v0 is gone"):
        judges.ask(question(0))["v0"].result()
    with pytest.raises(ValidatorUnavailable, match="v0 is gone"):
        judges.model("v0")


def test_closing_answers_what_was_asked_before() -> None:
    validator = Gated()
    at = desk(validator)
    first, second = at.ask(question(0)), at.ask(question(1))
    at.close()
    validator.let.set()
    assert (first.result(), second.result()) == (YES, YES)


def test_in_the_round_a_late_answer_is_an_abstention() -> None:
    validator = Gated()
    at = desk(validator)
    pending = at.ask(question(0))
    given = list(Answered(MODEL, {question(0): pending}).judge([question(0), question(1)]))
    assert given == [LATE, LATE]
    validator.let.set()
    pending.result()
    assert list(Answered(MODEL, {question(0): pending}).judge([question(0)])) == [YES]
