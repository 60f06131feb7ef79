"""Sentence boundaries in many scripts, and what looks like one and is none."""

from __future__ import annotations

import pytest

from probatum.claims.sentences import sentences

WHOLE = {
    "title": "Dr. Ada Smith met Prof. Lee and Mrs. Hall.",
    "latin-abbreviations": "Some metals, e.g. copper, conduct, i.e. they carry current, approx. 5 A.",
    "number": "Symphony No. 5 is in C minor.",
    "figure": "The data are in Fig. 3 and in Vol. 2.",
    "country": "The U.S. Senate met in Washington, D.C. on Monday.",
    "initials": "J. K. Rowling and George R. R. Martin met.",
    "decimal": "Pi is 3.14159 and e is 2.71828.",
    "version": "Version 1.2.3 came before 1.10.0.",
    "time": "It began at 5 p.m. on Friday and ended at 12:30.",
    "url": "The site https://example.org/a.b/c?d=e.f is down.",
    "ellipsis-inside": "He waited... and waited.",
    "name-with-sign": "Yahoo! was founded in 1994.",
    "quotation": 'He said "Stop. Go home." and left.',
    "typographic-quotation": "He said “Stop. Go home.” and left.",
    "bracket": "The law (passed in 1990. Repealed in 1995.) was short.",
    "percent": "Prices fell by 3.5% in 2020.",
    "german-date": "Er wurde am 5. Mai 1900 geboren.",
    "item-number": "1. Paris is the capital.",
    "japanese-quotation": "彼は「はい。そうです。」と言った。",
    "soft-break": "The first line goes\non in the second line.",
}

SEVERAL = {
    "plain": ("One is here. Two is there.", 2),
    "abbreviation-at-the-end": ("He lives in the U.S. He likes it.", 2),
    "no-as-an-answer": ("She said no. Then she left.", 2),
    "signs": ("Is it so? Yes! It is.", 3),
    "ellipsis-at-the-end": ("He waited... Then he left.", 2),
    "year-at-the-end": ("It ended in 1903. The rest followed.", 2),
    "quotation-at-the-end": ('He cried "Help!" Nobody came.', 2),
    "chinese": ("今天很好。明天更好！真的吗？", 3),
    "japanese": ("東京は首都です。人口は一千万です。", 2),
    "arabic": ("هل هذا صحيح؟ نعم.", 2),
    "urdu": ("یہ سچ ہے۔ وہ گیا۔", 2),
    "hindi": ("यह सच है। वह गया।", 2),
    "thai-lines": ("ประเทศไทยมีประชากร 70 ล้านคน\nกรุงเทพเป็นเมืองหลวง", 2),
    "field-lines": ("Population: 5\nArea: 6", 2),
    "emoji": ("It works 🎉. The rest is easy 👩‍🔬.", 2),
    "single-letter-at-the-end": ("It is rich in vitamin C. The body needs it.", 2),
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE.keys())
def test_no_boundary(text: str) -> None:
    assert [text[start:end] for start, end in sentences(text)] == [text]


@pytest.mark.parametrize(("text", "count"), SEVERAL.values(), ids=SEVERAL.keys())
def test_boundaries(text: str, count: int) -> None:
    found = [text[start:end] for start, end in sentences(text)]
    assert len(found) == count
    assert "".join("".join(found).split()) == "".join(text.split())
