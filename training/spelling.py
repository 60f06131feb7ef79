"""Other spellings of the same text: full dates in another order, and words and marks set apart as the Penn Treebank keeps them."""

from __future__ import annotations

import random
import re

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_MONTH_FIRST = re.compile(rf"\b({_MONTHS})\s+(\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(\d{{4}})\b")
_DAY_FIRST = re.compile(rf"\b(?:the\s+)?(\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+({_MONTHS})\s*,?\s+(\d{{4}})\b")
_BRACKETS = {"(": "-LRB-", ")": "-RRB-", "[": "-LSB-", "]": "-RSB-"}


def redated(text: str, rng: random.Random) -> str:
    """The text with each full date (day, month, year) written in one of five ways; the day it names stays.

    >>> redated("It opened on 15 December 2006.", random.Random(0))
    'It opened on the 15th of December 2006.'
    """
    text = _MONTH_FIRST.sub(lambda m: _date(m[2], m[1], m[3], rng), text)
    return _DAY_FIRST.sub(lambda m: _date(m[1], m[2], m[3], rng), text)


def _date(day: str, month: str, year: str, rng: random.Random) -> str:
    number = int(day)
    nth = f"{number}{'th' if 10 < number < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"
    return rng.choice(
        (
            f"{month} {number}, {year}",
            f"{number} {month} {year}",
            f"{month} {nth}, {year}",
            f"the {nth} of {month} {year}",
            f"{month} {number} {year}",
        )
    )


def tokenised(text: str) -> str:
    """The text with spaces around its marks, contractions in two and brackets by name (Marcus et al., 1993, and its tokenizer).

    >>> tokenised('He (then 40) said: "It isn\\'t so," and left.')
    "He -LRB- then 40 -RRB- said : `` It is n't so , '' and left ."
    """
    text = re.sub(r'(^|[\s(\[])"', r"\1`` ", text)
    text = text.replace('"', " '' ")
    text = re.sub(r"([;?!]|[:,](?!\w)|(?<=[a-z0-9]{2})\.(?!\w))", r" \1 ", text)
    text = re.sub(r"[()\[\]]", lambda m: f" {_BRACKETS[m[0]]} ", text)
    text = re.sub(r"(?i)\b(\w+)(n't)\b", r"\1 \2", text)
    text = re.sub(r"(?i)(?<=\w)('(?:s|re|ve|ll|d|m))\b", r" \1", text)
    return " ".join(text.split())
