"""Block structure of an output: headings, paragraphs, list items, tables, code, HTML, front matter, as character ranges.

markdown-it-py (CommonMark 0.31 and tables) finds the blocks; their lines are located in the source again, because its tokens
give line numbers, not offsets. Link reference definitions stay paragraphs, so that every line belongs to some block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token as MdToken

from probatum.claims.words import has_alnum


class Kind(Enum):
    PARAGRAPH = auto()
    HEADING = auto()
    CODE = auto()
    HTML = auto()
    TABLE_HEADER = auto()
    TABLE_ROW = auto()
    FRONT_MATTER = auto()


@dataclass(frozen=True, slots=True)
class Block:
    """``lines`` are character ranges of the source, one per line, without the prefix the structure took.

    ``level`` is the heading's; ``item`` the nesting depth of lists (0 outside); ``prefix`` the range of an ordered marker.
    """

    kind: Kind
    lines: tuple[tuple[int, int], ...]
    level: int = 0
    item: int = 0
    prefix: tuple[int, int] | None = None


_DEFINITION: Final = re.compile(r"\[[^\]\n]{1,200}\]:\s")
_NEWLINE: Final = re.compile(r"\r\n|\r|\n")
_QUOTE_PREFIX: Final = re.compile(r"[\s>]*")
_ITEM_PREFIX: Final = re.compile(r"[\s>]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)*")
_YAML_LINE: Final = re.compile(r"[\w.\- ]+:(?:\s|$)|\s|-\s|#|$")
_CODE_TAG: Final = re.compile(r"\s*<(?:script|style|pre|textarea)\b", re.IGNORECASE)
_PROSE: Final = re.compile(r"[^\W\d_]{2,}(?: [^\W_]\S*){4,}[.!?]\s*$", re.MULTILINE)
_PLAIN_ITEM: Final = re.compile(r"[ \t]*(?:[-*+•‣◦▪–]|[0-9]{1,3}[.)])[ \t]+")

_PARSER: Final = MarkdownIt("commonmark").enable("table").disable(["reference", "inline"])


def line_ranges(text: str) -> list[tuple[int, int]]:
    """Character ranges of the lines of ``text``, without their ends (LF, CR, CRLF)."""
    ranges, start = [], 0
    for match in _NEWLINE.finditer(text):
        ranges.append((start, match.start()))
        start = match.end()
    ranges.append((start, len(text)))
    return ranges


def parse(text: str, *, markdown: bool = True) -> list[Block]:
    """The blocks of ``text`` in order. A leading byte order mark is passed over."""
    ranges = line_ranges(text)
    if text.startswith("\ufeff"):
        ranges[0] = (1, ranges[0][1])
    if not markdown:
        return list(_plain(text, ranges))
    skip = _front_matter(text, ranges)
    blocks = [Block(Kind.FRONT_MATTER, tuple(ranges[:skip]))] if skip else []
    if skip < len(ranges):
        source = text[ranges[skip][0] :]
        blocks.extend(_Walk(text, ranges[skip:]).blocks(_PARSER.parse(source)))
    return blocks


def _front_matter(text: str, ranges: list[tuple[int, int]]) -> int:
    """How many lines a YAML front matter takes; 0 when there is none."""
    lines = [text[start:end] for start, end in ranges[:200]]
    if not lines or lines[0].rstrip() != "---":
        return 0
    for number, line in enumerate(lines[1:], 1):
        if line.rstrip() in ("---", "..."):
            return number + 1 if number > 1 else 0
        if not _YAML_LINE.match(line):
            return 0
    return 0


class _Walk:
    """Turns the parser's token stream into blocks, keeping the list depth."""

    def __init__(self, text: str, ranges: list[tuple[int, int]]) -> None:
        self.text = text
        self.ranges = ranges

    def blocks(self, tokens: list[MdToken]) -> Iterator[Block]:
        depth, level, table = 0, 0, False
        for token in tokens:
            if token.type == "table_open":
                table = True
                yield from self._table(token, depth)
            elif token.type == "table_close":
                table = False
            elif token.type == "list_item_open":
                depth += 1
            elif token.type == "list_item_close":
                depth -= 1
            elif token.type == "heading_open":
                level = int(token.tag[1])
            elif token.type == "heading_close":
                level = 0
            elif not table and token.map:
                yield from self._leaf(token, level, depth)

    def _leaf(self, token: MdToken, level: int, depth: int) -> Iterator[Block]:
        if token.type == "inline":
            yield from self._inline(token, level, depth)
        elif token.type == "fence" or (token.type == "code_block" and not _PROSE.search(token.content)):
            yield Block(Kind.CODE, self._lines(token, _QUOTE_PREFIX), item=depth)
        elif token.type == "code_block":  # prose that is merely indented would otherwise escape being judged
            for lines in self._stanzas(self._lines(token, _QUOTE_PREFIX)):
                yield Block(Kind.PARAGRAPH, lines, item=depth)
        elif token.type == "html_block":
            kind = Kind.CODE if _CODE_TAG.match(token.content) else Kind.HTML
            yield Block(kind, self._lines(token, _QUOTE_PREFIX), item=depth)

    def _lines(self, token: MdToken, prefix: re.Pattern[str]) -> tuple[tuple[int, int], ...]:
        first, last = token.map or (0, 0)
        found = []
        for start, end in self.ranges[first:last]:
            match = prefix.match(self.text, start, end)
            found.append((match.end() if match else start, end))
        return tuple(found)

    def _inline(self, token: MdToken, level: int, depth: int) -> Iterator[Block]:
        first, _ = token.map or (0, 0)
        lines = []
        for number, content in enumerate(token.content.split("\n"), first):
            start, end = self.ranges[number]
            at = self.text.rfind(content.strip(), start, end)
            lines.append((at if at >= 0 else start, at + len(content.rstrip()) if at >= 0 else end))
            lines[-1] = self._widen_break(lines[-1], end)
        if not lines or not token.content:
            return
        marker = self._marker(self.ranges[first][0], lines[0][0])
        if level:
            yield Block(Kind.HEADING, tuple(lines), level, depth, marker)
            return
        for number, stanza in enumerate(self._stanzas(lines)):
            yield Block(Kind.PARAGRAPH, stanza, item=depth, prefix=None if number else marker)

    def _stanzas(self, lines: Sequence[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], ...]]:
        """The lines in groups that belong together: cut at blank lines and before footnote and link definitions."""
        group: list[tuple[int, int]] = []
        for start, end in lines:
            blank = not self.text[start:end].strip()
            if group and (blank or _DEFINITION.match(self.text, start, end)):
                yield tuple(group)
                group = []
            if not blank:
                group.append((start, end))
        if group:
            yield tuple(group)

    def _widen_break(self, line: tuple[int, int], end: int) -> tuple[int, int]:
        """Keep the two spaces of a hard line break."""
        start, stop = line[0], min(line[1], end)
        return (start, end) if self.text[stop:end].startswith("  ") and not self.text[stop:end].strip() else (start, stop)

    def _marker(self, start: int, end: int) -> tuple[int, int] | None:
        if not has_alnum(self.text[start:end]):
            return None
        offset = next(i for i, char in enumerate(self.text[start:end]) if char.isalnum())
        return (start + offset, end)

    def _table(self, token: MdToken, depth: int) -> Iterator[Block]:
        lines = self._lines(token, _QUOTE_PREFIX)
        if not lines or not token.map:
            return
        start, end = self.ranges[token.map[0]]
        match = _ITEM_PREFIX.match(self.text, start, end)
        at = match.end() if match else start
        yield Block(Kind.TABLE_HEADER, ((at, end),), item=depth, prefix=self._marker(start, at))
        for line in lines[2:]:
            yield Block(Kind.TABLE_ROW, (line,), item=depth)


def _plain(text: str, ranges: list[tuple[int, int]]) -> Iterator[Block]:
    """Blocks of plain text: paragraphs at blank lines, and one block per line that opens with a bullet or number."""
    lines: list[tuple[int, int]] = []
    prefix: tuple[int, int] | None = None
    item = 0
    for start, end in ranges:
        bullet = _PLAIN_ITEM.match(text, start, end)
        blank = not text[start:end].strip()
        if lines and (blank or bullet):
            yield Block(Kind.PARAGRAPH, tuple(lines), item=item, prefix=prefix)
            lines = []
        if blank:
            continue
        if not lines:
            item = int(bullet is not None)
            marked = bullet.group().lstrip() if bullet else ""
            prefix = (bullet.end() - len(marked), bullet.end()) if bullet and has_alnum(marked) else None
        lines.append((bullet.end() if bullet else start, end))
    if lines:
        yield Block(Kind.PARAGRAPH, tuple(lines), item=item, prefix=prefix)
