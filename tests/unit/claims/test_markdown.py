"""Markdown's blocks and inline markup: spans with it, claim texts without it, nothing lost."""

from __future__ import annotations

import pytest

from probatum.claims.check import check_split
from probatum.claims.split import split
from tests.unit.claims.reading import claims, contexts, silent, spans

INLINE = {
    "emphasis": ("**Paris** has *two* million __people__.", "Paris has two million people."),
    "link": ("Paris has [two million](http://a.b/c_d 'T') people.", "Paris has two million people."),
    "reference-link": ("Paris has [two million][1] people.", "Paris has two million people."),
    "autolink": ("The site is <https://a.b/c>.", "The site is https://a.b/c."),
    "code": ("The function `a_b*c` has `` x`y `` arguments.", "The function a_b*c has x`y arguments."),
    "escape": (r"The name \*star\* has 4 letters.", "The name *star* has 4 letters."),
    "entity": ("A&amp;B was founded in 1990 &mdash; maybe.", "A&B was founded in 1990 — maybe."),
    "tags": ("Paris has <b>two</b> million <i>people</i>.", "Paris has two million people."),
    "footnote-mark": ("Paris has two million people[^1].", "Paris has two million people."),
    "citations": ("Paris has two million people[1][2].", "Paris has two million people."),
    "snake-case": ("The name a_b_c has 5 signs.", "The name a_b_c has 5 signs."),
    "product": ("The area is 3*4 units.", "The area is 3*4 units."),
    "soft-break": ("Paris has\ntwo million people.", "Paris has two million people."),
    "crlf": ("Paris has\r\ntwo million people.", "Paris has two million people."),
    "byte-order-mark": ("\ufeffParis has two million people.", "Paris has two million people."),
    "quote": ("> Paris has\n> two million people.", "Paris has two million people."),
    "lazy-quote": ("> Paris has\ntwo million people.", "Paris has two million people."),
    "task": ("- [x] Paris has two million people.", "Paris has two million people."),
    "combining": ("Cafe\u0301 Noir was founded in 1990.", "Cafe\u0301 Noir was founded in 1990."),
    "bullet-sign": ("• Paris has two million people.", "Paris has two million people."),
}


@pytest.mark.parametrize(("text", "expected"), INLINE.values(), ids=INLINE.keys())
def test_inline_markup_is_in_the_span_and_not_in_the_claim(text: str, expected: str) -> None:
    assert claims(text) == [expected]
    assert check_split(text.encode(), split(text.encode())) == ()


SILENT = {
    "heading": ("# Early life", "# Early life"[2:], "heading"),
    "setext-heading": ("Early life\n===", "Early life", "heading"),
    "bold-heading": ("**Early life:**", "Early life:", "heading"),
    "question-heading": ("## How was it built in 1900?", "How was it built in 1900?", "heading"),
    "fenced-code": ("```py\nx = 1\n```", "```py\nx = 1\n```", "code"),
    "indented-code": ("    x = 1", "x = 1", "code"),
    "comment": ("<!-- Paris has 9 rivers -->", "<!-- Paris has 9 rivers -->", "markup"),
    "front-matter": ("---\ntitle: x\n---\n", "title: x", "markup"),
    "image": ("![A photo](x.png)", "![A photo](x.png)", "link"),
    "definition": ("[a]: http://x.org", "[a]: http://x.org", "link"),
    "bare-link": ("https://x.org/a", "https://x.org/a", "link"),
}


@pytest.mark.parametrize(("text", "span", "reason"), SILENT.values(), ids=SILENT.keys())
def test_not_checkable_blocks(text: str, span: str, reason: str) -> None:
    assert silent(text) == [(span, reason)]
    assert claims(text) == []
    assert check_split(text.encode(), split(text.encode())) == ()


def test_a_heading_that_is_a_statement_is_a_claim() -> None:
    assert claims("# Paris has 2 million inhabitants") == ["Paris has 2 million inhabitants"]


def test_prose_that_is_merely_indented_is_a_claim() -> None:
    assert claims("    Paris has a population of two million people.") == ["Paris has a population of two million people."]


def test_a_statement_in_front_matter_is_a_claim() -> None:
    assert claims("---\nsummary: Paris has 2 million people.\n---\nText.")[0] == "summary: Paris has 2 million people."


def test_a_comment_does_not_ride_along_in_a_claim() -> None:
    text = "Paris has 5 rivers.<!-- Rome has 9. --> Rome is big."
    assert spans(text) == ["Paris has 5 rivers.", "<!-- Rome has 9. -->", "Rome is big."]


def test_an_unclosed_comment_hides_nothing() -> None:
    assert "Paris has 5 rivers." in " ".join(claims("It is so. <!-- Paris has 5 rivers."))


def test_html_paragraphs_are_apart() -> None:
    assert claims("<p>Paris has 5 rivers.</p><p>Rome has 2 hills.</p>") == ["Paris has 5 rivers.", "Rome has 2 hills."]


def test_footnotes_are_claims_of_their_own() -> None:
    text = "Paris has 5 rivers[^1].\n\n[^1]: Rome has 2 hills.\n[^2]: http://x.org\n"
    assert claims(text) == ["Paris has 5 rivers.", "Rome has 2 hills."]
    assert silent(text) == [("[^2]: http://x.org", "link")]


def test_list_numbers_are_in_the_span_and_not_in_the_claim() -> None:
    text = "1. Paris has 5 rivers.\n2. Rome has 2 hills.\n   1. Oslo has 3 parks.\n"
    assert spans(text) == ["1. Paris has 5 rivers.", "2. Rome has 2 hills.", "1. Oslo has 3 parks."]
    assert claims(text) == ["Paris has 5 rivers.", "Rome has 2 hills.", "Oslo has 3 parks."]
    assert check_split(text.encode(), split(text.encode())) == ()


def test_items_that_are_no_sentences_carry_their_lead_in() -> None:
    text = "The three largest cities of France are:\n\n- Paris\n- Marseille\n"
    assert claims(text) == ["The three largest cities of France are: Paris", "The three largest cities of France are: Marseille"]
    assert silent(text) == [("The three largest cities of France are:", "meta")]
    assert check_split(text.encode(), split(text.encode())) == ()


def test_fields_have_their_headings_as_context() -> None:
    text = "# Marie Curie\n\n## Life\n\n- **Born:** 1867\n"
    assert claims(text) == ["Born: 1867"]
    assert contexts(text) == ["Marie Curie > Life"]


def test_table_rows_become_one_claim_per_value() -> None:
    text = "| City | Population | Founded |\n|---|--:|---|\n| **Paris** | 2.1 million | 250 BC |\n| Lyon | 0.5 million | |\n"
    assert claims(text) == ["Population of Paris is 2.1 million.", "Paris: Founded 250 BC.", "Population of Lyon is 0.5 million."]
    assert spans(text)[1:] == ["**Paris** | 2.1 million", "250 BC", "Lyon | 0.5 million"]
    assert silent(text) == [("| City | Population | Founded |", "heading")]
    assert check_split(text.encode(), split(text.encode())) == ()


def test_tables_with_numbering_escaped_pipes_one_column_and_in_quotes() -> None:
    assert claims("| # | City | Size |\n|-|-|-|\n| 1 | Paris | 2 |\n") == ["Size of 1 Paris is 2."]
    assert claims("| Year | Winner |\n|-|-|\n| 1990 | A \\| B |\n") == ["Winner of 1990 is A | B."]
    assert claims("| City |\n|-|\n| Paris |\n") == ["City: Paris."]
    assert claims("> | City | Size |\n> |-|-|\n> | Paris | 2 |\n") == ["Size of Paris is 2."]


def test_plain_text_has_no_markup() -> None:
    text = "# 5 *stars* is a rating.\n\n- Paris has 5 rivers.\n- Rome has 2 hills.\n"
    assert claims(text, "text/plain") == ["# 5 *stars* is a rating.", "Paris has 5 rivers.", "Rome has 2 hills."]
