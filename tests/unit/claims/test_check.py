"""The check that validators make of a split somebody else made, attack by attack."""

from __future__ import annotations

import pytest

from probatum.claims.check import check_split
from probatum.claims.draft import Claim, Draft, NotCheckable, NotCheckableReason
from probatum.claims.split import split
from probatum.frozen import replace

TEXT = "Paris has 5 rivers. Rome does not have 3 parks. Is it so? 東京 has 9 lines."
OUTPUT = TEXT.encode()
GOOD = split(OUTPUT)
FIRST, SECOND, QUESTION, LAST = GOOD


def codes(*drafts: Draft, output: bytes = OUTPUT) -> set[str]:
    return {problem.code for problem in check_split(output, drafts)}


def told(text: str, context: str = "") -> Claim:
    return Claim(SECOND.start, SECOND.end, text, context)


def test_an_honest_split_has_no_problems() -> None:
    assert check_split(OUTPUT, GOOD) == ()


def test_an_empty_split_of_nothing_has_no_problems() -> None:
    assert check_split(b" \n", ()) == ()


SPANS: dict[str, tuple[tuple[Draft, ...], str]] = {
    "fragment-left-out": ((FIRST, QUESTION, LAST), "uncovered"),
    "all-left-out": ((), "uncovered"),
    "swapped": ((SECOND, FIRST, QUESTION, LAST), "out-of-order"),
    "twice": ((FIRST, FIRST, SECOND, QUESTION, LAST), "out-of-order"),
    "overlapping": ((FIRST, replace(SECOND, start=FIRST.end - 2), QUESTION, LAST), "out-of-order"),
    "beyond-the-end": ((FIRST, SECOND, QUESTION, replace(LAST, end=len(OUTPUT) + 1)), "out-of-range"),
    "negative": ((replace(FIRST, start=-1), SECOND, QUESTION, LAST), "out-of-range"),
    "reversed": ((replace(FIRST, start=5, end=2), SECOND, QUESTION, LAST), "out-of-range"),
    "inside-a-character": ((FIRST, SECOND, QUESTION, replace(LAST, start=LAST.start + 1)), "off-boundary"),
    "empty": ((FIRST, Claim(FIRST.end, FIRST.end, "x"), SECOND, QUESTION, LAST), "empty-span"),
    "only-space": ((FIRST, Claim(FIRST.end, FIRST.end + 1, "x"), SECOND, QUESTION, LAST), "empty-span"),
    "shortened": ((replace(FIRST, end=FIRST.end - 5), SECOND, QUESTION, LAST), "uncovered"),
}


@pytest.mark.parametrize(("drafts", "code"), SPANS.values(), ids=SPANS.keys())
def test_spans(drafts: tuple[Draft, ...], code: str) -> None:
    assert code in codes(*drafts)


TEXTS = {
    "nothing-said": (" - ", "empty-claim"),
    "number-dropped": ("Rome does not have parks.", "says-less"),
    "number-changed": ("Rome does not have 4 parks.", "invented"),
    "name-swapped": ("Oslo does not have 3 parks.", "invented"),
    "name-of-an-earlier-sentence-in-its-place": ("Paris does not have 3 parks.", "says-less"),
    "negation-dropped": ("Rome does have 3 parks.", "says-less"),
    "fact-added": ("Rome does not have 3 big parks.", "invented"),
    "word-of-a-later-sentence-added": ("Rome does not have 3 parks and 9 lines.", "invented"),
    "word-order-changed": ("Parks 3 does not have Rome.", "reordered"),
    "negation-added": ("Never does Rome not have 3 parks.", "negation"),
}


@pytest.mark.parametrize(("text", "code"), TEXTS.values(), ids=TEXTS.keys())
def test_claim_texts(text: str, code: str) -> None:
    assert code in codes(FIRST, told(text), QUESTION, LAST)


def test_a_negation_added_to_a_plain_claim_is_found() -> None:
    assert "negation" in codes(replace(FIRST, text="Paris has not 5 rivers."), SECOND, QUESTION, LAST)


def test_a_context_from_elsewhere_is_found() -> None:
    assert "foreign-context" in codes(FIRST, told("Rome does not have 3 parks.", "Berlin 1999"), QUESTION, LAST)


def test_words_of_the_section_may_be_taken_over_but_not_those_of_another() -> None:
    output = b"# A\n\nZurich has 1 lake.\n\n# B\n\nOslo is here. It has 2 lakes."
    drafts = split(output)
    assert check_split(output, drafts) == ()
    assert not codes(*drafts[:-1], replace(drafts[-1], text="Oslo has 2 lakes."), output=output)
    assert "invented" in codes(*drafts[:-1], replace(drafts[-1], text="Zurich has 2 lakes."), output=output)


def test_a_fact_declared_not_checkable_is_found() -> None:
    for reason in NotCheckableReason:
        hidden = NotCheckable(FIRST.start, FIRST.end, reason)
        assert "hidden-claim" in codes(hidden, SECOND, QUESTION, LAST)


def test_a_question_declared_not_checkable_is_fine() -> None:
    assert isinstance(QUESTION, NotCheckable)
    assert not codes(*GOOD)


def test_prose_declared_code_is_found() -> None:
    output = b"The weather is nice."
    assert codes(NotCheckable(0, len(output), NotCheckableReason.CODE), output=output) == {"not-code"}


def test_comment_text_in_a_claim_span_is_found() -> None:
    output = b"Paris has 5 rivers <!-- and 9 lakes -->."
    assert "says-less" in codes(Claim(0, len(output), "Paris has 5 rivers."), output=output)


def test_problems_name_draft_and_reason() -> None:
    (problem,) = check_split(OUTPUT, (FIRST, told("Rome does not have parks."), QUESTION, LAST))
    assert (problem.index, problem.code) == (1, "says-less")
    assert "3" in problem.text


def test_an_output_that_is_not_utf8_is_a_problem_not_an_exception() -> None:
    assert codes(output=b"\xff") == {"not-utf8"}
