"""Text to index terms: words folded to one form, numbers to one notation, scripts without spaces to character bigrams."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MAX_TERM: Final = 40  # characters: the rest of a longer run adds nothing to tell documents apart

# Scripts written without spaces: Thai to Lao, Myanmar, Khmer, kana, Han (with extensions).
_WIDE: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MARKS: Final = "\u0610-\u061a\u064b-\u065f\u0900-\u0dff"  # vowel signs of Arabic and Indic scripts: letters to a reader, not to re
_TERM = re.compile(rf"\d+(?:[.,]\d+)*|[{_WIDE}]+|(?:(?![{_WIDE}\d])[^\W_]|[{_MARKS}])+(?:['’](?:s|t)\b)?|\d+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")
_IS_WIDE = re.compile(f"[{_WIDE}]")


def terms(text: str) -> list[str]:
    """Index terms of ``text`` in order, with repetitions."""
    if text.isascii():
        return [_fold(word) for word in _TERM.findall(text.lower())]
    found: list[str] = []
    for word in _TERM.findall(_plain(text)):
        if _IS_WIDE.match(word):
            found += [word[at : at + 2] for at in range(max(len(word) - 1, 1))]
        else:
            found.append(_fold(word))
    return found


def _plain(text: str) -> str:
    """Compatibility forms resolved, case folded, accents off: "Ｍüller" is found as "muller"."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))


def _fold(word: str) -> str:
    if word[0].isdigit():
        return _THOUSANDS.sub("", word)[:MAX_TERM]
    for ending in ("'s", "’s"):
        word = word.removesuffix(ending)
    return _stem(word[:MAX_TERM])


def _stem(word: str) -> str:
    """Plural endings off (the S stemmer: Harman 1991, "How effective is suffixing?")."""
    if len(word) < 4 or word[-1] != "s":
        return word
    if word.endswith("ies") and word[-4] not in "ae":
        return word[:-3] + "y"
    if word.endswith("es") and word[-3] not in "aeo":
        return word[:-1]
    return word[:-1] if word[-2] not in "us" else word
