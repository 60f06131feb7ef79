"""When two claims say the same, when they are alike, and when they only look alike.

Words are folded as for retrieval, so inflection and order do not count; how alike they are is then the edit similarity of their
letters (rapidfuzz). Two claims that look alike but differ in a number, in a negation or in a name are *different* claims, however
close their letters are. Of claims that are alike the words that differ are named, because no rule here knows that "rose" and "fell"
are opposites.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from rapidfuzz import fuzz

from probatum.claims.draft import Claim
from probatum.claims.split import split
from probatum.claims.words import FUNCTION_WORDS, is_negation, negations, tokens
from probatum.errors import OutputRefused
from probatum.evidence.terms import terms

ALIKE: Final = 70  # of 100: less alike than this, two claims have nothing to do with each other
MAX_CLAIMS: Final = 500  # of one text that are indexed and compared
_WORDS: Final = "two three four five six seven eight nine ten eleven twelve"
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety"
_NUMBERS: Final = {word: str(number) for number, word in enumerate(_WORDS.split(), start=2)} | {
    word: f"{number}0" for number, word in enumerate(_TENS.split(), start=2)
}


class Likeness(StrEnum):
    """How a claim stands to another."""

    SAME = "same"  # the same words in the same order
    ALIKE = "alike"  # other words or another order; no number, negation or name differs
    DIFFERENT = "different"  # they look alike, but a number, a negation or a name differs


@dataclass(frozen=True, slots=True)
class Reading:
    """What is compared of a claim.

    Attributes:
        all_words: every word, folded, in order.
        content: the words that carry the statement, in alphabetical order, with spaces between them.
        keys: what the claim is found by: 63 bits for each of its content words.
        numbers: every number with how often it stands there.
        denies: whether there is a negation.
        names: capitalised words after the first one.
    """

    all_words: tuple[str, ...]
    content: str
    keys: frozenset[int]
    numbers: frozenset[tuple[str, int]]
    denies: bool
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How alike two claims are.

    Attributes:
        likeness: in a word.
        score: 0 to 100.
        differs: what makes them different claims: ``number``, ``negation``, ``name``.
        only_here: words of the first that the other does not have, in order.
        only_there: words of the other that the first does not have.
    """

    likeness: Likeness
    score: int
    differs: tuple[str, ...] = ()
    only_here: tuple[str, ...] = ()
    only_there: tuple[str, ...] = ()


def claims_of(text: bytes) -> tuple[str, ...]:
    """The claims of a text, worded so that each can be read alone; none if it cannot be split."""
    try:
        drafts = split(text)
    except OutputRefused:
        return ()
    return tuple(draft.text for draft in drafts if isinstance(draft, Claim))[:MAX_CLAIMS]


@lru_cache(maxsize=1 << 13)
def read(claim: str) -> Reading:
    """What a claim says, for :func:`compare`."""
    every = _words(claim)
    words = _content(every)
    numbers = Counter(word for word in words if word[0].isdigit())
    capitals = " ".join([token.text for token in tokens(claim)[1:] if token.is_capital])
    names = frozenset(terms(capitals)) - FUNCTION_WORDS
    return Reading(every, " ".join(sorted(words)), _keys(words), frozenset(numbers.items()), bool(negations(claim)), names)


def keys_of(claim: str) -> frozenset[int]:
    """What a claim is found by, as :attr:`Reading.keys`; for claims that are stored, of which most are never compared."""
    return _keys(_content(_words(claim)))


def _words(claim: str) -> tuple[str, ...]:
    return tuple([_NUMBERS.get(word, word) for word in terms(claim)])


def _content(words: Iterable[str]) -> list[str]:
    return [word for word in words if word not in FUNCTION_WORDS and not is_negation(word)]


def _keys(words: Iterable[str]) -> frozenset[int]:
    return frozenset(map(key, words))


@lru_cache(maxsize=1 << 14)
def key(word: str) -> int:
    """63 bits that stand for a word."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest()) >> 1


def compare(one: str, other: str) -> Comparison | None:
    """How two claims stand to each other; ``None`` if they are not alike."""
    ours, theirs = read(one), read(other)
    if ours.all_words == theirs.all_words and ours.denies == theirs.denies:
        return Comparison(Likeness.SAME, 100)
    score = round(fuzz.ratio(ours.content, theirs.content, score_cutoff=ALIKE - 0.5))
    if score < ALIKE:
        return None
    differs = tuple(_differences(ours, theirs))
    kind = Likeness.DIFFERENT if differs else Likeness.ALIKE
    return Comparison(kind, score, differs, *_beyond(ours.all_words, theirs.all_words))


def _differences(ours: Reading, theirs: Reading) -> Iterator[str]:
    if ours.numbers != theirs.numbers:
        yield "number"
    if ours.denies != theirs.denies:
        yield "negation"
    if ours.names - set(theirs.all_words) and theirs.names - set(ours.all_words):
        yield "name"


def _beyond(ours: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple([word for word in ours if word not in theirs]), tuple([word for word in theirs if word not in ours])
