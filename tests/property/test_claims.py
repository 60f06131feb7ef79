"""For any text whatever, a split holds to the rules that everything after it relies on."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probatum.claims.check import check_split
from probatum.claims.draft import Claim, Draft
from probatum.claims.split import split
from probatum.errors import OutputRefused

STRUCTURAL = {"empty-span", "out-of-range", "off-boundary", "out-of-order", "uncovered", "not-utf8"}

fragments = st.sampled_from(
    [
        "# ", "## ", "- ", "* ", "1. ", "12) ", "> ", "    ", "\t", "\n", "\n\n", "\r\n", "  \n", "|", " | ",
        "|---|---|\n", "```", "```py\n", "~~~\n", "**", "*", "_", "`", "~~", "[", "]", "](http://a.b/c)",
        '](x "t")', "![", "[^1]", "[^1]: ", "[1]", "[ref]: http://x\n", "<b>", "</b>", "<br>", "<div>\n",
        "</div>\n", "<!--", "-->", "&amp;", "&#233;", "&nbsp;", "\\", "---\n", "===\n", "$x^2$", "\ufeff",
        "\u200d", "́", "👩\u200d🔬", "é", "ﬁ", "½", "²", "Marie Curie ", "was born in 1867", " and ", ", and ",
        "she died", ", who won, ", "; ", ". ", "? ", "! ", "...", "… ", "e.g. ", "Dr. ", "U.S. ", "3.14",
        "12:30", "v1.2.3 ", "東京は首都です。", "「はい。」", "هل هذا؟ ", "यह सच है। ", "กรุงเทพ ",
        "https://a.b/c_d?e=f ", '"', "“", "”", "(", ")", "Paris ", "is ", "not ", "a city", ":", ", ",
        "title: x\n", "- [ ] ", "- [x] ", "• ", "Hello! ", "Here is a list:\n", "If it ", "said that ",
        "Is it? ",
    ]
)  # fmt: skip
markdown = st.lists(fragments, max_size=40).map("".join)
anything = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)
texts = st.one_of(markdown, anything, st.lists(st.one_of(fragments, st.text(max_size=8)), max_size=20).map("".join))


def _is_utf8(data: bytes) -> bool:
    return data.decode("utf-8", "ignore").encode() == data


def drafts_of(text: str, media_type: str = "text/markdown") -> tuple[bytes, tuple[Draft, ...]]:
    text = re.sub("[\x00-\x08\x0e-\x1f\ud800-\udfff]", "", text)
    return text.encode(), split(text.encode(), media_type=media_type)


@settings(max_examples=400, deadline=None)
@given(texts, st.sampled_from(["text/markdown", "text/plain"]))
def test_spans_are_ordered_disjoint_on_boundaries_and_cover_every_letter_and_digit(text: str, media_type: str) -> None:
    output, drafts = drafts_of(text, media_type)
    cursor = 0
    for draft in drafts:
        assert cursor <= draft.start < draft.end <= len(output)
        assert not re.search(r"[^\W_]", output[cursor : draft.start].decode())
        assert output[draft.start : draft.end].decode() == output[draft.start : draft.end].decode().strip()
        cursor = draft.end
    assert not re.search(r"[^\W_]", output[cursor:].decode())


@settings(max_examples=300, deadline=None)
@given(texts)
def test_the_independent_check_agrees_on_the_structure(text: str) -> None:
    output, drafts = drafts_of(text)
    assert not [problem for problem in check_split(output, drafts) if problem.code in STRUCTURAL]


@settings(max_examples=150, deadline=None)
@given(texts)
def test_a_split_is_deterministic_and_every_claim_says_something(text: str) -> None:
    output, drafts = drafts_of(text)
    assert split(output) == drafts
    assert all(re.search(r"[^\W_]", draft.text) for draft in drafts if isinstance(draft, Claim))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=60))
def test_bytes_are_split_or_refused(data: bytes) -> None:
    if re.fullmatch(rb"[^\x00-\x08\x0e-\x1f]*", data) and _is_utf8(data):
        assert isinstance(split(data), tuple)
    else:
        with pytest.raises(OutputRefused, match="byte"):
            split(data)


@settings(max_examples=150, deadline=None)
@given(texts, st.data())
def test_any_span_moved_or_dropped_is_found(text: str, data: st.DataObject) -> None:
    output, drafts = drafts_of(text)
    if not drafts:
        return
    index = data.draw(st.integers(0, len(drafts) - 1))
    assert check_split(output, [*drafts[:index], *drafts[index + 1 :]])
