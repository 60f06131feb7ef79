# ruff: noqa: S311
"""Other spellings of training texts: the date that is named stays, and a treebank's text has the words of the plain one."""

from __future__ import annotations

import random
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[3] / "training"))
from spelling import redated, tokenised

FORMS = ("%B {nth}, %Y", "%B {day}, %Y", "{day} %B %Y", "the {nth} of %B %Y", "%B {day} %Y")


def written(day: date) -> set[str]:
    """Every way in which a day may be written."""
    ending = "th" if 10 < day.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return {day.strftime(form).format(day=day.day, nth=f"{day.day}{ending}") for form in FORMS}


@given(st.dates(date(1000, 1, 1), date(2100, 1, 1)), st.integers())
def test_the_date_that_is_named_stays(day: date, seed: int) -> None:
    for form in written(day):
        found = redated(f"It was opened on {form} by two.", random.Random(seed))
        assert found.removeprefix("It was opened on ").removesuffix(" by two.") in written(day)


def test_every_way_to_write_a_date_is_used() -> None:
    assert {redated("15 December 2006", random.Random(seed)) for seed in range(100)} == written(date(2006, 12, 15))


@pytest.mark.parametrize("text", ["In May 2006.", "On 5 May.", "Flight 12 in 1999", "May 5 people come in 2006?", ""])
def test_what_is_no_full_date_stays(text: str) -> None:
    assert redated(text, random.Random(0)) == text


@pytest.mark.parametrize(
    ("plain", "cut"),
    [
        ('He (then 40) said: "It isn\'t so," and left.', "He -LRB- then 40 -RRB- said : `` It is n't so , '' and left ."),
        ("They're Ann's, e.g. at 10:30 for $5,000.50.", "They 're Ann 's , e.g. at 10:30 for $5,000.50 ."),
        ("", ""),
    ],
)
def test_words_and_marks_stand_apart(plain: str, cut: str) -> None:
    assert tokenised(plain) == cut
