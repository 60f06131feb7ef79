"""Pronouns at the start of a sentence: resolved only when certain, otherwise the sentence before travels as context."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from probatum.claims import lexicon as lx
from probatum.claims.phrases import finite_at, is_name
from probatum.claims.words import HEAD, Token, tokens
from probatum.claims.wordset import wordset

_SUBJECTS: Final = {"he": "", "she": "", "it": "", "his": "'s", "her": "'s", "its": "'s"}
_OPEN: Final = wordset(
    "he she it they him her his hers its them their theirs this that these those such former latter both there here"
)
_LEADING: Final = re.compile(
    r"(?:However|Additionally|Furthermore|Moreover|Later|Also|Then|Finally|Today|Eventually|In [0-9]{4}), "
)
# Names after these are places, times or works rather than someone a "he" could mean; but a thing an "it" could mean.
_PLACE_BEFORE: Final = wordset("in at from near on during")
_THE: Final = wordset("the a an")


@dataclass(frozen=True, slots=True)
class Antecedent:
    """The one subject that a following pronoun may stand for. ``person``: a name of two or more words that can be a person's."""

    text: str
    person: bool
    thing: bool


# Common first names, so that "he" is never read as Marie; a name that is not listed conflicts with neither pronoun.
_SHE: Final = wordset(
    "marie mary anna anne ann emma elizabeth margaret maria susan sarah sara laura julia jane jennifer jessica linda "
    "barbara patricia nancy karen lisa helen sandra donna carol ruth sharon michelle emily kimberly deborah amy angela "
    "melissa brenda rebecca virginia kathleen pamela martha amanda stephanie carolyn christine catherine katherine frances "
    "alice ada grace rosa rosalind lise florence diana joan victoria charlotte olivia sophia sophie isabella mia eva eve "
    "clara irene irène judith rachel hannah lucy ellen eleanor queen princess lady mrs ms miss duchess"
)
_HE: Final = wordset(
    "john james robert michael william david richard joseph thomas charles christopher daniel matthew anthony mark donald "
    "steven paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan jacob gary nicholas eric "
    "jonathan stephen larry justin scott brandon benjamin samuel frank gregory raymond alexander patrick jack dennis jerry "
    "tyler aaron jose henry adam douglas nathan peter zachary kyle walter harold albert isaac louis pierre jean hans karl "
    "carl friedrich johann wolfgang ludwig niels max werner erwin enrico ernest leonardo galileo antonio mario luigi king "
    "prince lord mr sir duke pope"
)


def _agrees(name: str, pronoun: str) -> bool:
    first = name.split()[0].lower().rstrip(".")
    return first not in (_HE if pronoun in ("she", "her") else _SHE) if pronoun in ("he", "his", "she", "her") else True


def antecedent(sentence: str, before: Antecedent | None) -> Antecedent | None:
    """The certain referent for a pronoun in the next sentence, or None.

    The sentence must open with a name and its verb, or with a pronoun that was itself resolved; and it must hold no second
    candidate: no other name that could be a person, and for things no other name at all and a plain ``NAME is a ...`` form.
    """
    words = tokens(sentence[:HEAD])
    if len(words) < 3 or len(sentence) > 1000:
        return None
    if before and words[0].lower in ("he", "she", "it"):
        return before if not _others(words[1:], person=before.person) else None
    end = next(
        (i for i in range(len(words)) if not is_name(words[i]) and words[i].lower not in ("de", "von", "van", "la", "da")),
        len(words),
    )
    if not 0 < end < len(words) or not (finite_at(words, end) or words[end].text in ("(", ",")):
        return None
    name = sentence[words[0].start : words[end - 1].end]
    person = 2 <= end <= 4 and not _others(words[end:], person=True) and _person_like(words[end:])
    thing = end <= 3 and words[end].lower in lx.BE and not _others(words[end:], person=False) and not person
    return Antecedent(name, person, thing) if person or thing else None


def _others(words: Sequence[Token], *, person: bool) -> bool:
    """Whether another name stands in ``words`` that the pronoun could mean."""
    for index, word in enumerate(words):
        if not is_name(word) or (index and is_name(words[index - 1])):
            continue
        before = words[index - 1].lower if index else ""
        adjective = index + 1 < len(words) and words[index + 1].text[0].islower() and words[index + 1].lower not in _AFTER_NAME
        if person and (before in _PLACE_BEFORE or before == "the" or (before in _THE and adjective) or adjective):
            continue
        if not person and before in _THE and adjective:
            continue
        return True
    return False


_AFTER_NAME: Final = lx.AUXILIARIES | lx.PREPOSITIONS | frozenset(("and", "or", "but", "who", "which", "that"))
_PERSONAL: Final = wordset(
    "born died married physicist chemist scientist actor actress singer writer author politician player footballer musician "
    "composer engineer lawyer poet painter artist philosopher mathematician director producer king queen president minister "
    "physician doctor nurse journalist novelist economist athlete boxer coach general bishop priest monk rapper songwriter "
    "dancer model comedian astronaut architect inventor explorer historian biologist programmer entrepreneur businessman "
    "businesswoman activist judge professor teacher won studied graduated"
)


def _person_like(words: Sequence[Token]) -> bool:
    """A name counts as a person's only when the sentence says something that is said of persons."""
    return any(word.lower in _PERSONAL for word in words)


def resolve(text: str, before: Antecedent | None) -> str:
    """``text`` with its opening pronoun replaced by the certain referent; unchanged when there is none."""
    lead = _LEADING.match(text)
    start = lead.end() if lead else 0
    words = tokens(text[start : start + 200])
    if not words or not before:
        return text
    pronoun = words[0].lower
    if pronoun not in _SUBJECTS or not (before.thing if pronoun in ("it", "its") else before.person):
        return text
    if not _agrees(before.text, pronoun) or (_SUBJECTS[pronoun] == "" and not _verb_follows(words)):
        return text
    return text[:start] + before.text + _SUBJECTS[pronoun] + text[start + words[0].end :]


def _verb_follows(words: Sequence[Token]) -> bool:
    return finite_at(words, 1) or (len(words) > 2 and (words[1].lower in lx.ADVERBS or words[1].lower.endswith("ly")))


def is_open(text: str) -> bool:
    """Whether ``text`` leans on what came before: a pronoun or demonstrative among its first words, or before its verb."""
    words = [word for word in tokens(text[:HEAD]) if word.is_word]
    for index, word in enumerate(words[:12]):
        if word.lower in _OPEN and not (word.lower == "that" and index):
            return not any(is_name(other) for other in words[:index])
        if index and finite_at(words, index):
            return False
    return False


def has_verb(text: str) -> bool:
    """Whether a finite verb is surely there; without one the text is a fragment that needs its heading or lead-in."""
    words = tokens(text[:HEAD])
    return any(finite_at(words, index) for index in range(1, len(words)))


def is_fragment(text: str) -> bool:
    """Whether ``text`` is no sentence and needs its heading or lead-in: no sure verb, and not even the look of a sentence."""
    return not has_verb(text) and not (text.endswith((".", "!", "。", "！")) and text.count(" ") >= 5)
