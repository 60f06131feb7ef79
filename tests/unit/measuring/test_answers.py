"""Measuring in a process of its own: what comes back, and what happens when it dies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial

import pytest

from probatum.consensus.verdict import Verdict
from probatum.errors import ValidatorUnavailable
from probatum.measuring.answers import AT_ONCE, ask, ask_alone
from probatum.testing.committee import ScriptedValidator, committee
from probatum.validators.protocol import Abstention, Judgement, Question, Validator

QUESTIONS = [Question(f"claim {i}", "", ("text",)) for i in range(2 * AT_ONCE + 3)]  # the last part is not full
SCRIPTED = ScriptedValidator(committee(1).epoch.members[0].model, {"claim 1": Verdict.REFUTED})


def give(validator: Validator) -> Validator:
    return validator


def refuse() -> Validator:
    raise ValidatorUnavailable("no such model")


class DiesWhenAsked(ScriptedValidator):
    def judge(self, questions: Sequence[Question]) -> Iterator[Judgement | Abstention]:
        os._exit(9)


def die() -> Validator:
    os._exit(7)


def test_another_process_says_the_same_and_tells_its_memory() -> None:
    ticks: list[int] = []
    alone, here = ask_alone(partial(give, SCRIPTED), QUESTIONS, ticks.append), ask(SCRIPTED, QUESTIONS)
    assert alone.verdicts == here.verdicts
    assert list(alone.support) == list(here.support)
    assert here.peak_bytes is None
    assert alone.peak_bytes is not None
    assert 2**23 < alone.peak_bytes < 2**32
    assert ticks == [AT_ONCE, 2 * AT_ONCE, 2 * AT_ONCE + 3]


def test_no_questions_are_no_error() -> None:
    found = ask_alone(partial(give, SCRIPTED), [])
    assert (found.verdicts, len(found.support)) == ((), 0)


def test_an_error_of_loading_comes_back_as_itself() -> None:
    with pytest.raises(ValidatorUnavailable, match="no such model"):
        ask_alone(refuse, QUESTIONS)


def test_an_error_of_loading_comes_back_before_long_texts_are_sent() -> None:
    with pytest.raises(ValidatorUnavailable, match="no such model"):
        ask_alone(refuse, [Question("claim", "", ("text " * 2**20,))])


def test_a_process_that_dies_is_an_error_not_a_hang() -> None:
    with pytest.raises(ValidatorUnavailable, match="ended with 7"):
        ask_alone(die, QUESTIONS)


def test_a_process_that_dies_while_it_judges_is_an_error_too() -> None:
    with pytest.raises(ValidatorUnavailable, match="ended with 9"):
        ask_alone(partial(give, DiesWhenAsked(SCRIPTED.descriptor, {})), QUESTIONS)


def test_an_error_of_whoever_hears_the_progress_is_its_own() -> None:
    def closed(_: int) -> None:
        raise BrokenPipeError("standard output")

    with pytest.raises(BrokenPipeError, match="standard output"):
        ask_alone(partial(give, SCRIPTED), QUESTIONS, closed)
