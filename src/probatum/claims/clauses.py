"""Compound sentences taken apart, only where every part keeps its truth conditions; otherwise the sentence stays whole.

A part is a range of the sentence and a text that can be read alone. Ranges are disjoint and together cover the sentence. Splits:
``;``, coordinated clauses with subjects of their own, coordinated verb phrases under one plain subject, a relative clause or
apposition after a name, a list of roles or of marked titles. No split under a condition, reported speech, a correlative, a
comparison, a negation or a quantifier whose scope could reach both parts, nor inside quotations and brackets. Each guard names
its reason where it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from probatum.claims import lexicon as lx
from probatum.claims.enumerations import roles, titles
from probatum.claims.insertions import Part, insertions
from probatum.claims.phrases import clause_subject, finite_at, opening_subject
from probatum.claims.sentences import protected
from probatum.claims.verbs import is_complete, is_past, reaches_over, same_tense
from probatum.claims.words import Token, tokens
from probatum.claims.wordset import wordset

MAX_CHARS: Final = 2000  #: a longer sentence is not prose that these rules understand; it stays whole


#: After a comma these set a second statement beside the first; both are asserted.
_CONTRASTS: Final = wordset("while whereas although though")
_JOINTS: Final = _CONTRASTS | {"and", "but"}


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where a part ends, where the next begins (after the connective), and the subject that is put before the next."""

    at: int
    resume: int
    subject: Sequence[Token] = ()


@dataclass(frozen=True, slots=True)
class _Around:
    """A place where a cut may be made: what stands left of it (with a subject copied there earlier) and right of it."""

    left: Sequence[Token]
    right: Sequence[Token]
    comma: bool


def split_sentence(sentence: str) -> list[Part]:
    """The parts of one sentence in order; a single part, the sentence itself, when no split is safe."""
    whole = [Part(0, len(sentence), sentence)]
    if len(sentence) > MAX_CHARS:
        return whole
    words = _outside(sentence, tokens(sentence))
    if len(words) < 6 or _blocked(words):
        return whole
    inserted = insertions(sentence, words)
    if inserted:
        return [inserted[0], *_again(inserted[1])]
    cuts = _cuts(words)
    return _parts(sentence, cuts) if cuts else roles(sentence, words) or titles(sentence) or whole


def _again(part: Part) -> list[Part]:
    """The parts of a part that is a sentence of its own by now; offsets are kept when its text is the sentence's end."""
    finer = split_sentence(part.text)
    if len(finer) == 1:
        return [part]
    shift = part.end - len(part.text)
    return [
        Part(max(part.start, one.start + shift) if n else part.start, one.end + shift, one.text, copied=True)
        for n, one in enumerate(finer)
    ]


def _outside(sentence: str, words: Sequence[Token]) -> list[Token]:
    """The tokens outside quotations and brackets: nothing inside them is ever cut, or read as this sentence's grammar."""
    closed = protected(sentence)
    found, at = [], 0
    for word in words:
        while at < len(closed) and closed[at][1] < word.start:
            at += 1
        if at < len(closed) and closed[at][0] <= word.start:
            continue
        found.append(word)
    return found


def _blocked(words: Sequence[Token]) -> bool:
    """Questions, conditions, reported speech and correlatives reach across any cut."""
    for index, word in enumerate(words):
        lower = word.lower
        following = words[index + 1].lower if index + 1 < len(words) else ""
        if lower == "may" and word.is_capital and index:
            continue  # the month
        if lower in lx.CONDITIONALS or lower in lx.CORRELATIVES or (lower == "not" and following == "only"):
            return True
        if lower in lx.REPORTING and (lower not in lx.REPORTING_WITH_THAT or following == "that"):
            return True
    return words[-1].text == "?"


def _cuts(words: Sequence[Token]) -> list[_Cut]:
    """All safe cuts from left to right."""
    cuts: list[_Cut] = []
    begin, lead = 0, list[Token]()
    for index in range(2, len(words) - 1):
        word = words[index]
        if word.text == ",":
            if not is_past(words[index + 1], words[min(index + 2, len(words) - 1)], passive=True):
                continue
        elif word.text != ";" and word.lower not in _JOINTS:
            continue
        if index - begin < 2 - bool(lead):
            continue
        comma = words[index - 1].text == ","
        around = _Around([*lead, *words[begin : index - comma]], words[index + 1 :], comma)
        cut = _cut_at(words, begin, index, around)
        if cut:
            cuts.append(cut)
            begin, lead = index + 1, list(cut.subject)
    return cuts


def _cut_at(words: Sequence[Token], begin: int, index: int, around: _Around) -> _Cut | None:
    word = words[index]
    if word.text == ";":
        return _Cut(word.end, word.end) if _two_clauses(around) else None
    if word.lower in _CONTRASTS:
        return _Cut(word.start, word.end) if around.comma and _new_clause(around) else None
    if word.text == ",":
        subject = _listed_subject(around)
    elif _paired(words[begin:index]):
        return None
    elif _new_clause(around):
        return _Cut(word.start, word.end)
    else:
        subject = _shared_subject(around)
    return _Cut(word.start, word.end, subject) if subject else None


def _paired(words: Sequence[Token]) -> bool:
    """The first *and* after *between* or *both* belongs to it."""
    last = next((word.lower for word in reversed(words) if word.lower in ("between", "both", "and")), "")
    return last in ("between", "both")


def _two_clauses(around: _Around) -> bool:
    """A semicolon between two clauses, not between the items of a list."""
    return _has_verb(around.left) and clause_subject(around.right, bare=True)


def _new_clause(around: _Around) -> bool:
    """``..., and SUBJECT VERB``: the left side must be a clause of its own without anything that could swallow the right side."""
    left, right = around.left, around.right
    if right[0].lower == "then":
        right = right[1:]
    if not right or not _has_verb(left) or any(word.lower in lx.SUBORDINATORS for word in left):
        return False
    if _fronted(left) and not _dated(right):
        return False  # "In 1903 A won X, and B won Y": the year may hold for both
    return clause_subject(right) and (around.comma or right[0].lower in lx.PERSON_PRONOUNS)


def _shared_subject(around: _Around) -> Sequence[Token]:
    """The subject of ``SUBJECT VERB ... and VERB ...``; ``()`` unless it surely has the second verb too."""
    left, right = around.left, around.right
    found = opening_subject(left)
    if found is None or reaches_over(left, found[1]) or not is_complete(left, found[1]):
        return ()
    if (_fronted(left) and not _dated(right)) or not same_tense(left, found[1], right):
        return ()
    return found[0]


def _listed_subject(around: _Around) -> Sequence[Token]:
    """The same for ``SUBJECT VERB ..., VERB ..., and VERB ...``, where a sure verb follows the comma: the last must be as sure."""
    right = around.right
    last = next((i for i in range(2, len(right) - 2) if right[i].lower == "and" and right[i - 1].text == ","), None)
    if last is None or any(word.lower in lx.SUBORDINATORS for word in right[:last]):
        return ()
    return _shared_subject(around) if is_past(right[last + 1], right[last + 2], passive=True) else ()


def _has_verb(words: Sequence[Token]) -> bool:
    return any(finite_at(words, index) for index in range(1, len(words)))


def _fronted(words: Sequence[Token]) -> bool:
    """An adverbial before the subject ("In 1903, ...", "After the war ..."), which may hold for more than the first clause."""
    first = words[0].lower
    if first in lx.CONNECTIVES or (first == "in" and len(words) > 2 and words[1].lower == "addition"):
        return False
    return first in lx.PREPOSITIONS or first in lx.SUBORDINATORS or first == "as" or words[0].is_number


def _dated(words: Sequence[Token]) -> bool:
    """Whether the second part names its own year, so that the first part's time is not meant for it."""
    return any(word.is_number and len(word.text) == 4 and before.is_word for before, word in pairwise(words))


def _parts(sentence: str, cuts: Sequence[_Cut]) -> list[Part]:
    parts: list[Part] = []
    start, resume = 0, 0
    subject: Sequence[Token] = ()
    for cut in [*cuts, _Cut(len(sentence), len(sentence))]:
        body = sentence[resume : cut.at].strip()
        told = f"{sentence[subject[0].start : subject[-1].end]} {body}" if subject else body
        parts.append(Part(start, cut.at, told, copied=bool(subject)))
        start, resume, subject = cut.at, cut.resume, cut.subject
    return parts
