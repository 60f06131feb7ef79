"""Tokens, numbers, sentences and alignment features."""

from __future__ import annotations

import numpy as np
import pytest

from probatum.validators.alignment import feature_maker
from probatum.validators.builtin import weights_folder
from probatum.validators.features import NAMES, FeatureMaker
from probatum.validators.text import sentences, stem, tokens

EVIDENCE = "The Eiffel Tower was completed in 1889. It cost 7.8 million francs. Gustave Eiffel's company built it."


@pytest.fixture(scope="module")
def maker() -> FeatureMaker:
    return feature_maker(weights_folder())


def row(maker: FeatureMaker, claim: str, evidence: str = EVIDENCE) -> dict[str, float]:
    values, _ = maker.row(evidence, claim)
    return dict(zip(NAMES, map(float, values), strict=True))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("three", 3.0),
        ("1,500,000", 1_500_000.0),
        ("7.8 million", 7_800_000.0),
        ("two hundred", 200.0),
        ("third", 3.0),
        ("40", 40.0),
        ("eighty", 80.0),
    ],
)
def test_number_values(text: str, value: float) -> None:
    numbers = [t.value for t in tokens(text) if t.kind == "number"]
    assert numbers == [value]


def test_sentences_keep_abbreviations_and_initials_together() -> None:
    assert sentences("Mr. Smith met J. R. Jones in the U.S. Army. He left. “Why?” she asked.") == [
        "Mr. Smith met J. R. Jones in the U.S. Army.",
        "He left.",
        "“Why?” she asked.",
    ]


def test_negated_contractions_split() -> None:
    assert [t.stem for t in tokens("It didn't; cannot")][:3] == ["it", "did", "n't"]
    assert "not" in [t.stem for t in tokens("cannot")]


@pytest.mark.parametrize(
    ("a", "b"), [("stopped", "stop"), ("cities", "city"), ("founding", "founded"), ("Paris", "Paris's"), ("makes", "make")]
)
def test_stems_of_inflections_agree(a: str, b: str) -> None:
    assert stem(a) == stem(b)


def test_copied_sentence(maker: FeatureMaker) -> None:
    values = row(maker, "It cost 7.8 million francs.")
    assert values["copied"] == 1.0
    assert values["unmatched"] == values["negation_parity"] == values["number_conflict"] == 0.0


def test_wrong_number_is_a_conflict_with_a_finding(maker: FeatureMaker) -> None:
    values, finding = maker.row(EVIDENCE, "The Eiffel Tower was completed in 1898.")
    assert values[NAMES.index("number_conflict")] == 1.0
    assert finding is not None
    assert (finding.kind, finding.claim, finding.evidence) == ("number", "1898", "1889")


def test_negation_and_name(maker: FeatureMaker) -> None:
    assert row(maker, "It did not cost 7.8 million francs.")["negation_parity"] == 1.0
    assert (
        row(maker, "Maurice Koechlin's company built it.")["name_conflict"]
        + row(maker, "Maurice Koechlin's company built it.")["names_missing_window"]
        > 0
    )


def test_features_are_finite_for_odd_input(maker: FeatureMaker) -> None:
    for evidence, claim in (
        ("", "a"),
        ("...", "!!!"),
        ("日本語の文。", "東京は首都です。"),
        ("a" * 5000, "b" * 500),
        ("x", "9" * 400),
        ("\x00", "0/0"),
    ):
        values, _ = maker.row(evidence, claim)
        assert np.isfinite(values).all()
        assert values.shape == (len(NAMES),)
