"""Cutting a readable copy into passages: short enough to judge a claim against, long enough to make sense alone.

A copy is lines; lines form units (a sentence, a list item, a table row, a heading); consecutive units form a passage of about 40
to 120 words. A heading opens a new passage and travels with the text under it. Passages of one section overlap by a sentence, so
that a pronoun rarely loses its noun. Every passage is a contiguous byte range of the copy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from probatum.claims.sentences import sentences
from probatum.evidence.readers import Source
from probatum.evidence.record import Passage

ENOUGH: Final = 60  # words: a passage this long is closed at the next boundary
MOST: Final = 120  # words
LEAST: Final = 40  # words: a shorter rest of a section reaches back over the sentences before it
OVERLAP: Final = 30  # words: a longer sentence is not repeated at the head of the next passage
CHARACTERS_PER_WORD: Final = 9  # what a "word" may hold at most, so that a line of one long token is bounded too


@dataclass(frozen=True, slots=True)
class _Unit:
    """A character range that is not cut further. ``size`` is in words."""

    start: int
    end: int
    size: int
    kind: str  # "sentence", "line" (a row, an item, code) or "heading"


def cut(source: Source) -> tuple[Passage, ...]:
    """The passages of one source, in order; together they cover all of its text but comments, their ``method`` is empty.

    Linear in the length of the copy, also for a single line without spaces.
    """
    text = source.copy.decode("utf-8")
    ranges = [span for section in _sections(_units(text)) for span in _pack(section)]
    at = _byte_offsets(text, ranges)
    return tuple(
        Passage(source.name, source.digest, source.copy_digest, source.reader, at[start], at[end], text[start:end], "")
        for start, end in ranges
    )


# Lines and units

_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+\S")
_RULE = re.compile(r"[ \t]*(?:[-=*_~+][ \t]*){3,}\Z|[ \t|:\-]*-{3,}[ \t|:\-]*\Z")
_UNDERLINE = re.compile(r" {0,3}(?:={3,}|-{3,})[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_LINE = re.compile(r"[ \t]*(?:[-*+•▪◦‣–]|\d{1,3}[.)]|\|)[ \t]|[^\n|]*[^\n|\\] \| ")
_BLANK: Final = " \t\r\f\v\ufeff"


def _units(text: str) -> Iterator[_Unit | None]:
    """The units of a copy in order; None where a passage must end (a comment lies between)."""
    paragraph: tuple[int, int] | None = None  # consecutive lines of running text
    fenced = False
    lines = _lines(text)
    for at, (start, end) in enumerate(lines):
        kind = _kind(text, lines, at, fenced=fenced)
        if kind == "text":
            paragraph = (paragraph[0] if paragraph else start, end)
            continue
        if paragraph:
            yield from _sentences(text, *paragraph)
            paragraph = None
        if kind == "fence":
            fenced = not fenced
        elif kind == "comment":
            yield None
        elif kind in ("line", "heading"):
            yield from _bounded(text, start, end, kind)
    if paragraph:
        yield from _sentences(text, *paragraph)


def _lines(text: str) -> list[tuple[int, int]]:
    """Character ranges of the lines, with each HTML comment that begins a line taken as one line (Markdown hides it)."""
    found, at = [], 0
    last_close = text.rfind("-->")  # so that many unclosed comments do not each search to the end
    while at < len(text):
        stop = -1
        if at < last_close and text.startswith("<!--", at):
            stop = text.find("-->", at) + 3
        if stop < 0:
            stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        found.append((at, stop))
        at = stop + 1 if text.startswith("\n", stop) else max(stop, at + 1)
    return found


def _kind(text: str, lines: Sequence[tuple[int, int]], at: int, *, fenced: bool) -> str:
    start, end = lines[at]
    line = text[start:end].strip(_BLANK)
    if not line:
        return "blank"
    if line.startswith("<!--") and line.endswith("-->"):
        return "comment"
    if _FENCE.match(line):
        return "fence"
    if fenced:
        return "line"
    if _HEADING.match(line) or _underlined(text, lines, at):
        return "heading"
    if len(line) <= 400 and _RULE.match(line):
        return "blank"
    return "line" if _LINE.match(line) else "text"


def _underlined(text: str, lines: Sequence[tuple[int, int]], at: int) -> bool:
    """A title with a row of = or - under it and nothing right above it."""
    if at + 1 == len(lines) or lines[at][1] - lines[at][0] > 120:
        return False
    above = text[slice(*lines[at - 1])].strip(_BLANK) if at else ""
    return not above and bool(_UNDERLINE.match(text[slice(*lines[at + 1])].rstrip("\r")))


def _sentences(text: str, start: int, end: int) -> Iterator[_Unit]:
    for first, last in sentences(text[start:end]):
        yield from _bounded(text, start + first, start + last, "sentence")


def _bounded(text: str, start: int, end: int, kind: str) -> Iterator[_Unit]:
    """One trimmed unit, or hard cuts of one that is too long: at a space if there is one near, else between two characters."""
    while start < end:
        while start < end and (text[start].isspace() or text[start] == "\ufeff"):
            start += 1
        stop = end
        if _size(text[start : start + MOST * CHARACTERS_PER_WORD + 1]) > MOST or end - start > MOST * CHARACTERS_PER_WORD:
            stop = _hard_cut(text, start, end)
        trimmed = text[start:stop].rstrip()
        if trimmed:
            yield _Unit(start, start + len(trimmed), _size(trimmed), kind)
        start = stop


def _hard_cut(text: str, start: int, end: int) -> int:
    """Where to cut an overlong unit: as late as about ``MOST`` words allow."""
    stop = min(end, start + MOST * CHARACTERS_PER_WORD * 2 // 3)
    while stop > start + 1 and _size(text[start:stop]) > MOST:
        stop = start + (stop - start) * 3 // 4
    space = max(text.rfind(" ", start, stop), text.rfind("\n", start, stop))
    return space if space > start + (stop - start) // 2 and stop < end else stop


_WIDE = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")


def _size(text: str) -> int:
    """Length in words; two characters of a script without spaces count as one word."""
    wide = len(_WIDE.findall(text)) if not text.isascii() else 0
    return max(len(text.split()), wide // 2, len(text) // CHARACTERS_PER_WORD, 1)


# Units into passages


def _sections(units: Iterator[_Unit | None]) -> Iterator[list[_Unit]]:
    """Groups of units in which passages may be formed: from one heading (with headings right under it) to the next."""
    section: list[_Unit] = []
    for unit in units:
        closes = unit is None or (unit.kind == "heading" and section and section[-1].kind != "heading")
        if closes and section:
            yield section
            section = []
        if unit is not None:
            section.append(unit)
    if section:
        yield section


def _pack(section: Sequence[_Unit]) -> Iterator[tuple[int, int]]:
    """Character ranges of the passages of one section."""
    first = 0
    while first < len(section):
        last = _last(section, first)
        if last + 1 == len(section) and first:
            first = _reach_back(section, first)
        yield section[first].start, section[last].end
        repeated = section[last]
        overlaps = last + 1 < len(section) and last > first and repeated.kind == "sentence" and repeated.size <= OVERLAP
        first = last if overlaps else last + 1


def _last(section: Sequence[_Unit], first: int) -> int:
    """The last unit of the passage that begins at ``first``: at least ``ENOUGH`` words if that stays within ``MOST``."""
    size, at = section[first].size, first
    while at + 1 < len(section) and (size < ENOUGH or section[at].kind == "heading") and size + section[at + 1].size <= MOST:
        at += 1
        size += section[at].size
    return at


def _reach_back(section: Sequence[_Unit], first: int) -> int:
    size = sum(unit.size for unit in section[first:])
    while first and size < LEAST and size + section[first - 1].size <= MOST:
        first -= 1
        size += section[first].size
    return first


def _byte_offsets(text: str, ranges: Sequence[tuple[int, int]]) -> dict[int, int]:
    """UTF-8 byte offset of every character offset used, in one pass."""
    offsets, before, total = {}, 0, 0
    for at in sorted({offset for span in ranges for offset in span}):
        total += len(text[before:at].encode("utf-8"))
        offsets[at] = total
        before = at
    return offsets
