"""Phrases that can be told without a grammar: finite verbs, names, and noun phrases plain enough to be copied as a subject."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from probatum.claims import lexicon as lx
from probatum.claims.words import Token
from probatum.claims.wordset import wordset

MAX_SUBJECT: Final = 14  #: words; a longer subject holds structure that these rules do not see

_JOINERS: Final = wordset("of de von van der den da del di la le du al bin ibn and & the y e")
_NOT_NAMES: Final = wordset(
    "the a an in on at to for from by with after before when while since although however he she it they we i you this that "
    "these those there his her its their our my your and but or as if not no some many most all each every january february "
    "march april may june july august september october november december monday tuesday wednesday thursday friday saturday "
    "sunday today according during"
)


def finite_at(words: Sequence[Token], index: int) -> bool:
    """Whether ``words[index]`` is surely a finite verb where it stands (it may still be one when this is false)."""
    if not 0 <= index < len(words):
        return False
    word = words[index]
    lower = word.lower
    if lower in lx.AUXILIARIES:
        return not word.is_capital or index == 0
    if word.is_capital:
        return False
    before = words[index - 1] if index else None
    if before is not None and (
        before.lower in lx.DETERMINERS or before.lower in lx.PREPOSITIONS or before.lower in ("to", "be", "been", "being")
    ):
        return False
    if lower in lx.PRESENT_SURE:
        return True
    after = words[index + 1].lower if index + 1 < len(words) else ""
    if lower in lx.PRESENT_OR_NOUN or lower in lx.UNCLEAR_PAST:
        return after in lx.POSSESSIVES_OR_ARTICLES or after == "the" or (before is not None and before.lower in lx.PRONOUNS)
    if lower in lx.PAST:
        return True
    return lower.endswith("ed") and len(lower) > 3 and lower not in lx.NOT_PAST and not _after_be(words, index)


def _after_be(words: Sequence[Token], index: int) -> bool:
    return index > 0 and words[index - 1].lower in lx.BE


def is_name(word: Token) -> bool:
    """A capitalised word that is not a pronoun, article, month or the like."""
    return word.is_capital and word.lower not in _NOT_NAMES and word.lower not in lx.CONNECTIVES and word.lower not in lx.ADVERBS


def name_before(words: Sequence[Token], end: int) -> Sequence[Token] | None:
    """The run of capitalised words that ends right before ``words[end]`` ("University of Paris"), or None."""
    start = end
    while start > 0 and (is_name(words[start - 1]) or (start < end and _joins(words, start - 1))):
        start -= 1
    if start == end or not is_name(words[start]):
        return None
    return words[start:end]


def _joins(words: Sequence[Token], index: int) -> bool:
    lower = words[index].lower
    return lower in _JOINERS - {"and", "&", "the"} and index > 0 and is_name(words[index - 1])


def opening_subject(words: Sequence[Token]) -> tuple[Sequence[Token], int] | None:
    """The subject at the start of a clause and the index of its finite verb, when the subject may be copied; else None.

    Leading connectives ("However, ...") and adverbs before the verb are not part of it. Quantified and indefinite subjects are
    refused: "some students passed and failed" does not say the same as its two halves.
    """
    begin = _after_opening(words)
    for index in range(begin + 1, min(len(words), begin + MAX_SUBJECT + 4)):
        if not finite_at(words, index):
            continue
        end = index
        while end > begin + 1 and (words[end - 1].lower in lx.ADVERBS or words[end - 1].lower.endswith("ly")):
            end -= 1
        subject = words[begin:end]
        return (subject, index) if copyable(subject) else None
    return None


def _after_opening(words: Sequence[Token]) -> int:
    """Where the subject may begin: after a connective ("However,") or an adverbial ("In 1903", "After the war,")."""
    if len(words) < 3:
        return 0
    first = words[0].lower
    if first in lx.CONNECTIVES:
        return 2 if words[1].text == "," else 1
    if first in ("and", "but"):
        return 1
    if first in lx.PREPOSITIONS:
        comma = next((index for index in range(2, min(len(words), 9)) if words[index].text == ","), 0)
        if comma and not any(finite_at(words, index) for index in range(1, comma)):
            return comma + 1
        return 2 if words[1].is_number and len(words[1].text) == 4 and words[2].text != "," else 0
    return 0


def copyable(subject: Sequence[Token]) -> bool:
    """Whether ``subject`` is a phrase that means the same when it is said again before another verb."""
    if not subject or len(subject) > MAX_SUBJECT:
        return False
    first = subject[0]
    if first.lower in lx.QUANTIFIERS or first.lower in ("there", "this", "these", "that", "those", "it's", "what", "who", "which"):
        return False
    if any(not word.is_word and word.text not in "-&%" for word in subject):
        return False
    if len(subject) == 1:
        return first.lower in lx.PERSON_PRONOUNS or first.lower == "it" or is_name(first)
    return _noun_phrase(subject)


def _noun_phrase(subject: Sequence[Token]) -> bool:
    """A name, or ``the/his/her/its/their`` and plain words with ``of``; no other preposition, clause or number word."""
    first, last = subject[0], subject[-1]
    if first.lower not in ("the", "his", "her", "its", "their", "our") and not is_name(first):
        return False
    if last.lower in _JOINERS or last.lower in lx.PREPOSITIONS or last.lower in lx.DETERMINERS:
        return False
    for word in subject[1:]:
        lower = word.lower
        if lower in lx.SUBORDINATORS or lower in lx.QUANTIFIERS - {"all"} or lower in lx.PRONOUNS or lower in ("or", "that"):
            return False
        if lower in lx.PREPOSITIONS and lower not in ("of", "in", "for", "at", "on", "from"):
            return False
        if not word.is_capital and (lower in lx.PAST or lower in lx.PARTICIPLES or lower in lx.PRESENT_SURE):
            return False
    return True


def clause_subject(words: Sequence[Token], *, bare: bool = False) -> bool:
    """Whether a clause with a subject of its own and a finite verb stands at the start of ``words``; ``bare``: also "sulfur is"."""
    words = words[_after_opening(words) :]
    if len(words) < 2:
        return False
    if words[0].lower in lx.PRONOUNS:
        return finite_at(words, 1) or (words[1].lower in lx.ADVERBS and finite_at(words, 2))
    if words[0].lower not in lx.DETERMINERS and not is_name(words[0]) and not bare:
        return False
    for index in range(1, min(len(words), MAX_SUBJECT)):
        word = words[index]
        if not word.is_word or word.lower in ("and", "or") or word.lower in lx.SUBORDINATORS:
            return False
        if finite_at(words, index):
            return index > 1 or bare or is_name(words[0])
    return False
