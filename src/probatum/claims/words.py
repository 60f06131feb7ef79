"""Words of a text: tokens with offsets, function words, negations, and the keys by which two words count as one.

Splitter and checker share these definitions; nothing here depends on how a text was split.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from probatum.claims.wordset import wordset

# Scripts written without spaces: every letter counts as a word of its own, so that two texts can be compared at all.
# Kana, CJK ideographs (with extensions), Thai, Lao, Myanmar, Khmer.
_UNSPACED: Final = (
    "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\U00020000-\U0003ffff"
)
# Combining marks belong to the word they stand in (Devanagari vowel signs are marks, not letters).
_MARKS: Final = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc"
    "\u0900-\u0903\u093a-\u094f\u0962-\u0963\u0981-\u0983\u09bc-\u09cd\u0b82\u0bbe-\u0bcd\u200d"
)
_LETTER: Final = f"[^\\W_{_UNSPACED}]"
_RUN: Final = f"{_LETTER}(?:{_LETTER}|[{_MARKS}])*"
TOKEN: Final = re.compile(f"[{_UNSPACED}]|{_RUN}(?:[.,:'’\\-/]{_RUN})*|[%‰°$€£¥₹]|[^\\w\\s]")
_ALNUM: Final = re.compile(r"[^\W_]")

HEAD: Final = 2000  #: characters of a sentence that are looked at for its kind, so that a huge one costs no more

NEGATIONS: Final = wordset(
    "not no never none neither nor without cannot nobody nothing nowhere hardly barely scarcely nicht kein keine nie ohne "
    "pas jamais aucun sans nunca ningún sin non mai senza не нет никогда без नहीं ليس لا لم"
)
_UNSPACED_NEGATIONS: Final = frozenset("不没沒非無无未")

FUNCTION_WORDS: Final = wordset(
    "a an the and or but so yet as of in on at to for from by with into onto upon about over under between among through is "
    "are was were be been being am do does did has have had having will would shall can could may might must should he she "
    "it they him her his hers its them their theirs we us our you your i me my mine this that these those there here who "
    "whom whose which what when where why how if then than also too both either while whereas although though because since "
    "until after before during however moreover furthermore additionally therefore thus hence such one 's s it's he's she's "
    "that's there's they're we're i'm you're"
)


class Token(NamedTuple):
    """A word, number or sign with its character offsets in the text it was read from. A plain tuple, since there are many."""

    text: str
    start: int
    end: int
    lower: str

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum()

    @property
    def is_number(self) -> bool:
        return self.text[0].isdigit()

    @property
    def is_capital(self) -> bool:
        return self.text[0].isupper()


@lru_cache(maxsize=32)  # one sentence is asked about many times in a row
def tokens(text: str) -> tuple[Token, ...]:
    """All tokens in order. Words keep inner ``. , : ' - /`` (``3.5``, ``12:30``, ``U.S``, ``don't``)."""
    return tuple([_new(Token, (word := match[0], match.start(), match.end(), word.lower())) for match in TOKEN.finditer(text)])


_new: Final = tuple.__new__  # a third faster than Token(...), and tokens are most of what a split makes


def has_alnum(text: str) -> bool:
    """Whether there is a letter or digit (any script) in ``text``."""
    return _ALNUM.search(text) is not None


def key(word: str) -> str:
    """The form by which two words count as the same: compatibility-folded, lower case, without possessive."""
    folded = word.lower() if word.isascii() else unicodedata.normalize("NFKC", word).casefold().replace("’", "'")
    for ending in ("'s", "'"):
        if folded.endswith(ending) and len(folded) > len(ending):
            return folded[: -len(ending)]
    return folded


def is_negation(word: str) -> bool:
    """Whether the word (as given by :func:`key`) negates."""
    return word in NEGATIONS or word.endswith("n't") or word in _UNSPACED_NEGATIONS


def content(text: str) -> list[str]:
    """Keys of the words that carry the statement: names, numbers, verbs, nouns, adjectives. Compounds are taken apart."""
    return [part for match in TOKEN.finditer(text) for part in _looked_up(match[0])[0]]


def placed_content(text: str) -> Iterator[tuple[str, int]]:
    """:func:`content` with the character offset of the word that each key comes from."""
    for word, start in _words(text):
        for part in _parts(word):
            if part not in FUNCTION_WORDS and not is_negation(part):
                yield part, start


def keeps(span: str, claim: str) -> bool:
    """Whether ``claim`` has every content word and negation of ``span``, in the same order."""
    told = iter(content(claim))
    return all(word in told for word in content(span)) and len(negations(span)) <= len(negations(claim))


def negations(text: str) -> list[str]:
    """Keys of the negating words, one entry per occurrence. ``No. 5`` is a number, not a negation."""
    found = []
    for match in TOKEN.finditer(text):
        word = _looked_up(match[0])[1]
        if word and not (word == "no" and _NUMERO.match(text, match.end())):
            found.append(word)
    return found


class Said(NamedTuple):
    """What a text says: keys of its content words, where each stands, and keys of its negations."""

    content: list[str]
    starts: list[int]
    negations: list[str]


class Reader:
    """:func:`content` and :func:`negations` of many texts with the same words: each text is read once, each word looked up once."""

    def __init__(self) -> None:
        self._texts: dict[str, Said] = {}
        self._words: dict[str, tuple[tuple[str, ...], str]] = {}

    def read(self, text: str) -> Said:
        """What ``text`` says."""
        said = self._texts.get(text)
        if said is None:
            said = self._texts[text] = self._read(text)
        return said

    def _read(self, text: str) -> Said:
        said, words = Said([], [], []), self._words
        for match in TOKEN.finditer(text):
            word = match[0]
            if word not in words:
                words[word] = _looked_up(word)
            parts, negation = words[word]
            for part in parts:
                said.content.append(part)
                said.starts.append(match.start())
            if negation and not (negation == "no" and _NUMERO.match(text, match.end())):
                said.negations.append(negation)
        return said


@lru_cache(maxsize=1 << 14)
def _looked_up(word: str) -> tuple[tuple[str, ...], str]:
    """A token's content words, and its key if it negates."""
    folded = key(word)
    negation = folded if is_negation(folded) else ""
    return tuple([part for part, _ in placed_content(word)]), negation


_NUMERO: Final = re.compile(r"\.?\s*\d")


def _words(text: str) -> Iterator[tuple[str, int]]:
    for match in TOKEN.finditer(text):
        word = match[0]
        if word[0].isalnum() or word in "%‰°$€£¥₹":
            yield key(word), match.start()


def _parts(word: str) -> list[str]:
    if word[0].isdigit() or not _JOINED.search(word):
        return [word]
    return [part for part in _JOINED.split(word) if part]


_JOINED: Final = re.compile(r"[\-/]")
