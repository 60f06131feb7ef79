"""Compound sentences: where they are split, with which texts, and the many places where they are not."""

from __future__ import annotations

import pytest

from probatum.claims.check import check_split
from probatum.claims.split import split
from tests.unit.claims.reading import claims, spans

SPLIT = {
    "shared-subject": (
        "Marie Curie won the Nobel Prize in 1903 and discovered polonium.",
        ["Marie Curie won the Nobel Prize in 1903.", "Marie Curie discovered polonium."],
    ),
    "verb-list": (
        "Santana released 30 albums, won ten awards, and founded the band.",
        ["Santana released 30 albums.", "Santana won ten awards.", "Santana founded the band."],
    ),
    "own-subjects": (
        "The tower was built in 1889, and the bridge was built in 1900.",
        ["The tower was built in 1889.", "The bridge was built in 1900."],
    ),
    "contrast": ("The north is cold, while the south is warm.", ["The north is cold.", "The south is warm."]),
    "negation-in-a-clause-of-its-own": (
        "The first test did not succeed, but the second test was a success.",
        ["The first test did not succeed.", "The second test was a success."],
    ),
    "semicolon": ("Iron is a metal; sulfur is not a metal.", ["Iron is a metal.", "Sulfur is not a metal."]),
    "relative-in-the-middle": (
        "Marie Curie, who was born in Warsaw, won the Nobel Prize.",
        ["Marie Curie was born in Warsaw.", "Marie Curie won the Nobel Prize."],
    ),
    "relative-at-the-end": (
        "He worked with Pierre Curie, who won a prize in 1903.",
        ["He worked with Pierre Curie.", "Pierre Curie won a prize in 1903."],
    ),
    "apposition": (
        "Steve Wozniak, a co-founder of Apple, designed the first computer.",
        ["Steve Wozniak was a co-founder of Apple.", "Steve Wozniak designed the first computer."],
    ),
    "roles": (
        "Ada Smith is a Canadian singer, songwriter and actress.",
        ["Ada Smith is a Canadian singer.", "Ada Smith is a songwriter.", "Ada Smith is an actress."],
    ),
    "marked-titles": (
        "His films include Alpha (1979), Beta (1983) and Gamma (1986).",
        ["His films include Alpha (1979)", "His films include Beta (1983)", "His films include Gamma (1986)."],
    ),
    "second-part-with-its-own-year": (
        "In 1990 she moved to Rome and died there in 1995.",
        ["In 1990 she moved to Rome.", "She died there in 1995."],
    ),
    "passive-then-active": (
        "Curie was born in Warsaw and received the prize in 1903.",
        ["Curie was born in Warsaw.", "Curie received the prize in 1903."],
    ),
}

WHOLE = {
    "between": "The war lasted between 1914 and 1918.",
    "comparison": "Mount Kea is taller than Everest and has a large base.",
    "condition": "If it rains and the river rises, the town is flooded.",
    "modal": "The drug could reduce pain and improved sleep.",
    "negation-over-both": "She did not win the race or lose the title.",
    "negation-before-both": "He did not win the cup and left the club.",
    "never": "She never married and lived alone in Rome.",
    "only": "He only played for Ajax and won two cups.",
    "shared-object": "Eiffel designed and built the tower in Paris.",
    "shared-passive": "The bridge was designed in Paris and built in Rome.",
    "reduced-relative": "He read a book written by Ann and published by Bob.",
    "relative-owns-the-verb": "He met a man who won a prize and lost a bet.",
    "reported-speech": "Experts said the bank won the case and lost the money.",
    "according-to": "According to Bob, Ann won the race and lost the final.",
    "found-that": "The study found that cats won the test and lost weight.",
    "quotation": '"He came to Rome and saw the town," wrote the poet.',
    "bracket": "The town (which was old and had a wall) burned.",
    "quantified-subject": "Some students passed the test and failed the exam.",
    "no-subject": "No student passed the test and failed the exam.",
    "indefinite-subject": "A student passed the test and failed the exam.",
    "either": "Either Ann won the race and Bob lost it.",
    "fronted-year": "In 1903 she won the prize and discovered radium.",
    "fronted-year-over-two-clauses": "In 1903, Ann won the prize, and Bob lost the race.",
    "cause": "The firm failed because sales fell and costs rose.",
    "noun-list": "The study of cats, dogs, and mice was short.",
    "former-roles": "Ada Smith is a former singer and actress.",
    "noun-after-role": "Ada Smith runs a singer and songwriter agency.",
    "bare-titles": "He starred in Crosby, Stills and Nash.",
    "ambiguous-antecedent": "She was the daughter of Ann Lee, who was a judge.",
    "joint-antecedent": "He met Ann Lee and Bob Hall, who were married.",
    "place-antecedent": "He lives in a village in France, which has 200 houses.",
    "question-tag": "Paris is a city and has a river, right?",
    "adjective-pair": "He bought a painted and carved chest in Rome.",
}


@pytest.mark.parametrize(("text", "expected"), SPLIT.values(), ids=SPLIT.keys())
def test_split(text: str, expected: list[str]) -> None:
    assert claims(text) == expected
    assert len(spans(text)) == len(expected)
    assert check_split(text.encode(), split(text.encode())) == ()


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE.keys())
def test_left_whole(text: str) -> None:
    assert claims(text) == [text]
    assert spans(text) == [text]


def test_spans_of_a_split_sentence_are_its_clauses() -> None:
    text = "Marie Curie won the Nobel Prize in 1903 and discovered polonium."
    assert spans(text) == ["Marie Curie won the Nobel Prize in 1903", "and discovered polonium."]
