"""Sentence boundaries in visible text, for scripts with and without spaces, in one pass and linear time.

Rules rather than a trained model: the same text must give the same sentences in every version that claims to (Unicode UAX #29
gives the idea of terminators and closers; abbreviations, initials, ordinals and quotations are handled on top).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from probatum.claims.inline import LINE_BREAK, PARAGRAPH_BREAK
from probatum.claims.wordset import wordset

_WIDE: Final = "。！？｡．"
_OTHER: Final = "।॥؟۔።፧։။៕᙮"
_END: Final = re.compile(f"(?:[.!?…{_OTHER}]+|[{_WIDE}])[.!?…{_WIDE}]*|[\n{LINE_BREAK}{PARAGRAPH_BREAK}]")
_CLOSERS: Final = "\"'”’»)]}」』）】〉》›"
_PAIRS: Final = {"“": "”", "«": "»", "「": "」", "『": "』", "（": "）", "(": ")", "[": "]", "„": "“"}
_LONG_QUOTE: Final = 400  # characters: a longer quotation or bracket is itself split into sentences

_NEVER_LAST: Final = wordset(
    "dr mr mrs ms prof st gen col lt sgt capt cmdr adm maj rev hon sen rep gov pres fr mt messrs mme mlle fig figs eq eqs "
    "ch vol vols pp eds trans al cf e.g eg i.e ie viz vs v approx ca circa esp incl est resp jan feb mar apr jun jul aug "
    "sept sep oct nov dec para nos nr bzw z.b d.h u.a bspw ggf sog dept assn bros ave blvd rd hwy op cit ibid refs tel"
)
_MAYBE_LAST: Final = wordset(
    "u.s u.k u.n e.u u.s.a d.c a.m p.m etc inc ltd co corp jr sr b.c a.d b.c.e c.e ph.d m.d b.a m.a j.d llc plc usw"
)
_STARTERS: Final = wordset(
    "The A An He She It They We You I In On At This That These Those There His Her Its Their But And However After Before "
    "When While Since Although For From By With As Many Some Most All According Today During Other Another Several Our My "
    "If To No"
)
_BEFORE_NUMBER: Final = wordset("no pop max min avg temp sec ft p pg ver rev st")
_MONTHS: Final = wordset("Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember")
_WORD_BEFORE: Final = re.compile(r"[^\s(\[{\"'“”‘’«»/—–]+$")
_KEY_LINE: Final = re.compile(r"[ \t]*(?:[-*•‣◦▪–]\s+)?(?:[A-Z][\w'’\-]*)(?: [\w'’\-()]+){0,3}: \S")
_BULLET: Final = re.compile(r"[ \t]*[•‣◦▪●○–—➤►✓✔]\s*\S|[ \t]*[0-9]{1,3}[.)] \S")
_UNPUNCTUATED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")


def sentences(text: str) -> list[tuple[int, int]]:
    """Character ranges of the sentences of one block's visible text, trimmed of whitespace, in order, none empty."""
    ranges, start = [], 0
    for cut in _cuts(text):
        ranges.append((start, cut))
        start = cut
    ranges.append((start, len(text)))
    return [trimmed for item in ranges if (trimmed := trim(text, *item))]


def trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The range without surrounding whitespace and breaks; None when nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def _cuts(text: str) -> Iterator[int]:
    closed = protected(text)
    inside, sentence = 0, 0
    for match in _END.finditer(text):
        while inside < len(closed) and closed[inside][1] <= match.start():
            inside += 1
        quoted = inside < len(closed) and closed[inside][0] < match.start()
        cut = _cut_at(text, match, sentence, closed[inside][1] if quoted else 0)
        if cut is not None and cut > sentence:
            yield cut
            sentence = cut


def protected(text: str) -> list[tuple[int, int]]:
    """Outermost quotations and brackets (range with both signs), ascending. Unpaired signs and very long pairs protect nothing."""
    stack: list[tuple[str, int]] = []
    found: list[tuple[int, int]] = []
    straight = -1
    for match in _SIGN.finditer(text):
        sign, at = match.group(), match.start()
        if sign in "\n\u2029":
            if sign == "\u2029":
                stack, straight = [], -1
        elif sign == '"':
            if straight < 0:
                straight = at if _opens(text, at) else -1
            else:
                _close(found, straight, at)
                straight = -1
        elif stack and sign == stack[-1][0]:
            _close(found, stack.pop()[1], at)
        elif sign in _PAIRS:
            stack.append((_PAIRS[sign], at))
    return found


_SIGN: Final = re.compile('["\n\u2029' + re.escape("".join(_PAIRS) + "".join(_PAIRS.values())) + "]")


def _opens(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum()


def _close(found: list[tuple[int, int]], start: int, end: int) -> None:
    if end - start > _LONG_QUOTE:
        return
    while found and found[-1][0] > start:
        found.pop()
    if not found or found[-1][1] <= start:
        found.append((start, end))


def _cut_at(text: str, match: re.Match[str], sentence: int, quote_end: int) -> int | None:
    sign, end = match.group(), match.end()
    if sign in "\n\u2028\u2029":
        return _line_cut(text, sign, match.start(), sentence, quoted=bool(quote_end))
    while end < len(text) and (text[end] in _CLOSERS or unicodedata.combining(text[end])):
        end += 1
    if quote_end >= end:
        return None
    if sign[0] in _WIDE:
        quoted = any(char in "」』）”" for char in text[match.end() : end])
        return None if quoted and end < len(text) and not text[end].isspace() else end
    if end < len(text) and not text[end].isspace():
        return end if sign[0] in "।॥؟۔።" else None
    following = _following(text, end)
    if sign[0] in _OTHER or not following:
        return end
    return end if _ends(text, match, sentence, following) else None


def _line_cut(text: str, sign: str, at: int, sentence: int, *, quoted: bool) -> int | None:
    if sign == PARAGRAPH_BREAK:
        return at
    following = _following(text, at + 1)
    if quoted or not following:
        return None
    if sign == LINE_BREAK:
        return None if following[0].islower() else at
    line = text[at + 1 : at + 121]
    if _BULLET.match(line) or (_KEY_LINE.match(line) and _KEY_LINE.match(text, sentence)):
        return at
    before = text[max(sentence, at - 200) : at]
    return at if _UNPUNCTUATED.search(before) else None


def _following(text: str, end: int) -> str:
    """The next word after whitespace, without opening quotes and brackets."""
    words = text[end : end + 40].lstrip("\"'“‘«([{*_¿¡「『（ \n\t\r\u2028").split(None, 1)
    return words[0] if words else ""


def _ends(text: str, match: re.Match[str], sentence: int, following: str) -> bool:
    """Whether ``.``, ``!``, ``?`` or an ellipsis before a space ends the sentence, given the word that follows."""
    sign = match.group()
    if following[0].islower():
        return False
    if sign != ".":
        return True
    before = _WORD_BEFORE.search(text, max(sentence, match.start() - 40), match.start())
    word = before.group().rstrip(",;") if before else ""
    return _ends_after(word, following, first=_first(text, sentence) >= match.start() - len(word))


def _first(text: str, start: int) -> int:
    found = _INK.search(text, start)
    return found.start() if found else len(text)


_INK: Final = re.compile(r"\S")


def _ends_after(word: str, following: str, *, first: bool) -> bool:
    lower, starter = word.lower(), following.rstrip(",.;:") in _STARTERS
    if first and (word.isdigit() or (len(word) == 1 and word.isalnum())):
        return False  # "1. Paris": the number of an item
    if lower in _NEVER_LAST:
        return False
    if lower in _BEFORE_NUMBER and following[0].isdigit():
        return False
    if lower in _MAYBE_LAST or _DOTTED.match(word):
        return starter
    if len(word) == 1 and word.isupper():
        return starter
    return not (word.isdigit() and len(word) <= 2 and following.rstrip(".,") in _MONTHS)


_DOTTED: Final = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]$")
