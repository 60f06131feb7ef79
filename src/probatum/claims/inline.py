"""Markdown's inline markup taken off, with the way back: visible text in which every character knows its source offset.

One left-to-right scan with stacks; no construct is searched for twice, so the time is linear in the length. This reads less
than CommonMark does (section 6): where the two differ, signs stay visible or vanish, letters of running text never vanish.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from probatum.claims.words import has_alnum

LINE_BREAK: Final = "\u2028"  #: a hard line break (two spaces, backslash, <br>)
PARAGRAPH_BREAK: Final = "\u2029"  #: the edge of an HTML block element

_MARKUP: Final = re.compile(
    r"""(?P<escape>\\[!-/:-@\[-`{-~])
      | (?P<ticks>`+)
      | (?P<image>!\[)
      | (?P<comment><!--)
      | (?P<auto><[A-Za-z][A-Za-z0-9+.\-]{1,31}:[^\s<>]*>)
      | (?P<tag></?[A-Za-z][^<>]*>)
      | (?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)
      | (?P<note>\[\^[^\]\s]{1,80}\]:?)
      | (?P<cite>\[[0-9]{1,4}(?:[ ]?[,–-][ ]?[0-9]{1,4}){0,20}\](?!\(|\[[^0-9^])|【[^】\n]{1,40}†[^】\n]{0,80}】)
      | (?P<link>\]\([ ]*(?:<[^<>\n]*>|[^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)
            (?:\s+(?:"[^"\n]*"|'[^'\n]*'|\([^()\n]*\)))?[ ]*\))
      | (?P<ref>\]\[[^\]\[\n]{0,200}\])
      | (?P<open>\[)
      | (?P<run>\*+|_+|~~+)
      | (?P<hard>(?:[ ][ ]|\\)\n)
      | (?P<url>(?:https?|ftp)://[^\s<>`\]]+)""",
    re.VERBOSE,
)
_SIGN: Final = re.compile(r"[\\`<&\[\]【*_~]| \n")  # every construct but a bare URL, which stays as it is, holds one of these
_BLOCK_TAG: Final = re.compile(
    r"</?(?:p|div|li|ul|ol|h[1-6]|td|th|tr|table|thead|tbody|section|article|details|summary|blockquote|hr|header|footer|"
    r"dl|dt|dd|figure|figcaption|aside|main|nav)\b",
    re.IGNORECASE,
)
_TASK: Final = re.compile(r"\[[ xX]\][ \t]+")


@dataclass(frozen=True, slots=True)
class Visible:
    """Text as a reader sees it. ``dropped`` are source ranges of markup (link targets, tags), ``hidden`` those of comments."""

    text: str
    dropped: tuple[tuple[int, int], ...]
    hidden: tuple[tuple[int, int], ...]
    _starts: list[int] = field(repr=False)
    _sources: list[int] = field(repr=False)

    def source(self, index: int) -> int:
        """The source offset (characters) of the visible character at ``index``."""
        at = bisect_right(self._starts, index) - 1
        return self._sources[at] + index - self._starts[at]


@dataclass(slots=True)
class _Piece:
    text: str
    raw: int
    raw_end: int
    keep: bool = True


@dataclass(slots=True)
class _Run:
    piece: _Piece
    left: int


class _Scan:
    """State of one scan: pieces so far, open brackets, open emphasis runs, backtick runs by length."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        self.pieces: list[_Piece] = []
        self.brackets: list[tuple[int, bool]] = []
        self.runs: dict[str, list[_Run]] = defaultdict(list)
        self.comments = dict(comments(raw))
        self.ticks: dict[int, list[int]] = defaultdict(list)
        for match in re.finditer(r"`+", raw):
            self.ticks[len(match.group())].append(match.start())
        for positions in self.ticks.values():
            positions.reverse()

    def add(self, text: str, start: int, end: int, *, keep: bool = True) -> None:
        if end > start:
            self.pieces.append(_Piece(text, start, end, keep))

    def close_bracket(self, start: int, end: int) -> bool:
        """End a link or image whose target is raw[start:end]; False when no bracket is open."""
        if not self.brackets:
            return False
        index, image = self.brackets.pop()
        self.pieces[index].keep = False
        if image:
            for piece in self.pieces[index:]:
                piece.keep = False
        self.add("", start, end, keep=False)
        return True

    def code(self, start: int, end: int) -> int:
        """Take the code span that opens at raw[start:end]; returns where scanning goes on."""
        closers = self.ticks[end - start]
        while closers and closers[-1] < end:
            closers.pop()
        if not closers:
            self.add(self.raw[start:end], start, end)
            return end
        close = closers.pop()
        self.add("", start, end, keep=False)
        self.add(self.raw[end:close], end, close)
        self.add("", close, close + end - start, keep=False)
        return close + end - start

    def emphasis(self, start: int, end: int) -> None:
        sign, before = self.raw[start], self.raw[start - 1 : start] or " "
        after = self.raw[end : end + 1] or " "
        opens, closes = not after.isspace(), not before.isspace()
        if sign == "_":
            opens, closes = opens and not before.isalnum(), closes and not after.isalnum()
        elif before.isdigit() and after.isdigit():
            opens = closes = False
        piece = _Piece(self.raw[start:end], start, end)
        left, stack = end - start, self.runs[sign]
        while closes and left and stack:
            used = min(left, stack[-1].left)
            left -= used
            stack[-1].left -= used
            stack[-1].piece.text = stack[-1].piece.text[: stack[-1].left]
            if not stack[-1].left:
                stack.pop().piece.keep = False
        piece.text, piece.keep = piece.text[:left], left > 0
        self.pieces.append(piece)
        if opens and left:
            stack.append(_Run(piece, left))


def visible(raw: str, lines: Sequence[tuple[int, int]], prefix: tuple[int, int] | None = None, *, markdown: bool = True) -> Visible:
    """The visible text of one block.

    Args:
        raw: the block's lines joined with ``\\n``, without what the block structure took (``>``, indentation, ``#``).
        lines: for each line its offset in ``raw`` and in the source, in characters, ascending.
        prefix: source range of a list marker before the first line, when it holds a letter or digit.
        markdown: false for plain text, in which every sign is what it is.
    """
    scan = _Scan(raw)
    if not markdown or not _SIGN.search(raw):
        scan.add(raw, 0, len(raw))
        return _finish(scan, lines, prefix)
    task = _TASK.match(raw)
    position = task.end() if task else 0
    scan.add("", 0, position, keep=False)
    while match := _MARKUP.search(raw, position):
        scan.add(raw[position : match.start()], position, match.start())
        position = _take(scan, match)
    scan.add(raw[position:], position, len(raw))
    return _finish(scan, lines, prefix)


def _take(scan: _Scan, match: re.Match[str]) -> int:
    kind, start, end = match.lastgroup, match.start(), match.end()
    if kind == "escape":
        scan.add("", start, start + 1, keep=False)
        scan.add(match.group()[1], start + 1, end)
    elif kind == "ticks":
        return scan.code(start, end)
    elif kind == "run":
        scan.emphasis(start, end)
    elif kind in ("open", "image"):
        scan.brackets.append((len(scan.pieces), kind == "image"))
        scan.add(match.group(), start, end)
    elif kind in ("link", "ref"):
        if not scan.close_bracket(start, end):
            scan.add("]", start, start + 1)
            return start + 1
    elif kind == "comment":
        closed = scan.comments.get(start)
        scan.add(PARAGRAPH_BREAK if closed else match.group(), start, closed or end)
        return closed or end
    else:
        _take_plain(scan, kind or "", match)
    return end


def _take_plain(scan: _Scan, kind: str, match: re.Match[str]) -> None:
    start, end, text = match.start(), match.end(), match.group()
    if kind == "tag":
        if text[:3].lower() == "<br":
            scan.add(LINE_BREAK, start, end)
        elif _BLOCK_TAG.match(text):
            scan.add(PARAGRAPH_BREAK, start, end)
        else:
            scan.add("", start, end, keep=False)
    elif kind == "auto":
        scan.add("", start, start + 1, keep=False)
        scan.add(text[1:-1], start + 1, end - 1)
        scan.add("", end - 1, end, keep=False)
    elif kind == "entity":
        scan.add(html.unescape(text), start, end)
    elif kind == "hard":
        scan.add(LINE_BREAK, start, end)
    elif kind == "url":
        scan.add(text, start, end)
    else:  # a footnote mark or a numbered citation
        scan.add("", start, end, keep=False)


def _finish(scan: _Scan, lines: Sequence[tuple[int, int]], prefix: tuple[int, int] | None) -> Visible:
    text: list[str] = []
    starts, sources = [0], [lines[0][1] if lines else 0]
    dropped = [prefix] if prefix else []
    hidden: list[tuple[int, int]] = []
    length, cursor = 0, 0
    for piece in scan.pieces:
        while cursor + 1 < len(lines) and lines[cursor + 1][0] <= piece.raw:
            cursor += 1
        source = lines[cursor][1] + piece.raw - lines[cursor][0]
        if not piece.keep:
            end = _source_of(piece.raw_end - 1, lines, cursor) + 1
            dropped.append((source, end))
            continue
        starts.append(length)
        sources.append(source)
        at = cursor
        while at + 1 < len(lines) and lines[at + 1][0] < piece.raw + len(piece.text):
            at += 1
            starts.append(length + lines[at][0] - piece.raw)
            sources.append(lines[at][1])
        text.append(piece.text)
        length += len(piece.text)
        if len(piece.text) < piece.raw_end - piece.raw:  # an entity, tag or comment: its letters are not seen
            unseen = hidden if piece.raw in scan.comments and piece.text == PARAGRAPH_BREAK else dropped
            unseen.append((source, _source_of(piece.raw_end - 1, lines, cursor) + 1))
    return Visible("".join(text), tuple(dropped), tuple(hidden), starts, sources)


def _source_of(raw: int, lines: Sequence[tuple[int, int]], cursor: int) -> int:
    while cursor + 1 < len(lines) and lines[cursor + 1][0] <= raw:
        cursor += 1
    return lines[cursor][1] + raw - lines[cursor][0]


def is_plain(raw: str) -> bool:
    """Whether ``raw`` surely holds no markup, so that it is its own visible text."""
    return not _SIGN.search(raw)


def comments(raw: str) -> list[tuple[int, int]]:
    """Ranges of the closed HTML comments, ascending."""
    found, at = [], 0
    while (start := raw.find("<!--", at)) >= 0 and (end := raw.find("-->", start + 4)) >= 0:
        found.append((start, end + 3))
        at = end + 3
    return found


def lettered(dropped: tuple[tuple[int, int], ...], source: str) -> list[tuple[int, int]]:
    """Those dropped ranges of ``source`` that hold a letter or digit, so must lie in some span."""
    return [(start, end) for start, end in dropped if has_alnum(source[start:end])]
