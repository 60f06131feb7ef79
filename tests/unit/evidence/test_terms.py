"""Index terms: forms that mean the same meet."""

import pytest

from probatum.evidence.bm25 import Bm25, Postings
from probatum.evidence.terms import terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Company's companies", ["the", "company", "company"]),
        ("1,234.5 and 12,345,678 in 1999", ["1234.5", "and", "12345678", "in", "1999"]),
        ("B2B COVID-19", ["b", "2", "b", "covid", "19"]),
        ("Müller’s Ｆｕｌｌ straße", ["muller", "full", "strasse"]),
        ("東京都 は", ["東京", "京都", "は"]),
        ("ภาษาไทย", ["ภา", "าษ", "ษา", "าไ", "ไท", "ทย"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("Москва и Київ", ["москва", "и", "киів"]),
        ("", []),
        ("?! _ --", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_bm25_by_hand() -> None:
    """Two documents of two terms; idf(a) = ln(1 + 1.5/1.5), tf part = 2.2 / (1 + 1.2)."""
    index = Bm25(Postings.count([["a", "b"], ["c", "b"]]))
    scores = index.scores({"a": 1.0, "unknown": 1.0})
    assert scores.tolist() == pytest.approx([0.693147, 0.0], abs=1e-5)
    assert index.scores({"a": 0.5})[0] == pytest.approx(0.346574, abs=1e-5)
