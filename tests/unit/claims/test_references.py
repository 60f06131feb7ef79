"""Pronouns: resolved when certain, kept with their context when not."""

from __future__ import annotations

import pytest

from tests.unit.claims.reading import claims, contexts

RESOLVED = {
    "person": ("Marie Curie was a physicist. She discovered polonium.", "Marie Curie discovered polonium."),
    "possessive": ("Marie Curie was a physicist. Her work changed medicine.", "Marie Curie's work changed medicine."),
    "after-a-connective": ("Marie Curie was a physicist. Later, she moved to Paris.", "Later, Marie Curie moved to Paris."),
    "thing": ("Python is a programming language. It was released in 1991.", "Python was released in 1991."),
}

OPEN = {
    "two-persons": "Marie Curie was a physicist who married Pierre Curie. She died in 1934.",
    "other-person-in-company": "Ann Lee won with Bob Hall as a singer. She left in 1990.",
    "things": "Apple bought Beats. It was founded in 2006.",
    "wrong-gender": "Marie Curie was a physicist. He died in 1906.",
    "no-person": "The committee met in Rome. She was late.",
    "they": "Marie Curie was a physicist. They met in 1894.",
    "this": "Marie Curie was a physicist. This surprised many.",
    "place-subject": "Paris is the capital of France. It has two million people.",
}


@pytest.mark.parametrize(("text", "expected"), RESOLVED.values(), ids=RESOLVED.keys())
def test_certain(text: str, expected: str) -> None:
    assert claims(text)[-1] == expected


@pytest.mark.parametrize("text", OPEN.values(), ids=OPEN.keys())
def test_uncertain_keeps_the_pronoun_and_takes_the_sentence_before_along(text: str) -> None:
    first, second = text.split(". ")
    assert claims(text)[-1] == second
    assert contexts(text)[-1] == first + "."


def test_a_resolved_subject_holds_on_through_the_paragraph_and_ends_with_it() -> None:
    text = "Marie Curie was a physicist. She was born in 1867. She died in 1934.\n\nShe was famous in 1920."
    assert claims(text)[1:] == ["Marie Curie was born in 1867.", "Marie Curie died in 1934.", "She was famous in 1920."]


def test_a_self_contained_sentence_needs_no_context() -> None:
    assert contexts("# Title\n\nParis has 5 rivers. Rome has 2 hills.") == ["", ""]
