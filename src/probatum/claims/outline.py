"""From blocks to pieces: what each sentence, list item, table row and heading is, and in which context it stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from probatum.claims.blocks import Block, Kind
from probatum.claims.checkworthy import classify, states_as_title, states_fact
from probatum.claims.clauses import split_sentence
from probatum.claims.draft import NotCheckableReason as Reason
from probatum.claims.inline import Visible, lettered, visible
from probatum.claims.insertions import Part
from probatum.claims.references import Antecedent, antecedent, has_verb, is_fragment, is_open, resolve
from probatum.claims.sentences import sentences, trim
from probatum.claims.tables import cells, row_claims
from probatum.claims.words import has_alnum, keeps

_BULLET: Final = re.compile(r"[ \t]*[•‣◦▪●○–—➤►✓✔*+\-][ \t]+")
_BREAKS: Final = {0x0A: " ", 0x0D: " ", 0x2028: " ", 0x2029: " "}
_LEAD_JUNK: Final = re.compile(r"^[\s,;:]*(?:(?:and|but)\b\s*,?\s*)?", re.IGNORECASE)
_WIDE_SPACE: Final = re.compile("(?<=[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]) (?=[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef])")
_LOOSE: Final = re.compile(r" (?=[.,;:!?](?:\s|$))")  # left over where a citation stood
_DEFINITION: Final = re.compile(r"\[[^\]\n]{1,200}\]:\s*<?\S+>?(?:\s+[\"'(][^\n]*)?\s*$")
_PSEUDO: Final = re.compile(r"(?:\*\*|__)[^*_\n]{1,80}(?:\*\*|__):?\s*$")
_OPENING: Final = re.compile(r"<[A-Za-z]|\[\^[^\]\s]{1,80}\]:")
_FIELD: Final = re.compile(r"[\w.\- ]+:\s*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A draft in character offsets; ``reason`` None makes it a claim."""

    start: int
    end: int
    text: str = ""
    context: str = ""
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """A range of visible text that becomes one piece."""

    start: int
    end: int
    text: str = ""
    context: str = ""
    reason: Reason | None = None


def clean(text: str) -> str:
    """One line of text without superfluous white space."""
    joined = _LOOSE.sub("", " ".join(text.split()))
    return joined if joined.isascii() else _WIDE_SPACE.sub("", joined)


class Outline:
    """Walks the blocks of one text and keeps what later blocks need: headings, lead-ins, the sentence before."""

    def __init__(self, text: str, *, markdown: bool = True) -> None:
        self.text = text
        self.markdown = markdown
        self.headings: list[tuple[int, str]] = []
        self.lead_ins: dict[int, str] = {}
        self.previous = ""
        self.antecedent: Antecedent | None = None
        self.header: list[str] = []

    def pieces(self, blocks: Sequence[Block]) -> list[Piece]:
        """The pieces of all blocks, in order and disjoint."""
        found: list[Piece] = []
        for index, block in enumerate(blocks):
            self._leave_lists(block)
            following = blocks[index + 1] if index + 1 < len(blocks) else None
            found.extend(self._block(block, following))
        return found

    def _leave_lists(self, block: Block) -> None:
        for depth in [depth for depth in self.lead_ins if depth > block.item]:
            del self.lead_ins[depth]
        self.antecedent = None

    def _block(self, block: Block, following: Block | None) -> list[Piece]:
        if block.kind is Kind.CODE:
            return self._whole(block, Reason.CODE)
        if block.kind is Kind.FRONT_MATTER:
            return list(self._front_matter(block))
        if block.kind is Kind.TABLE_HEADER:
            self.header = [self._seen(((start, end),)).text.strip() for start, end in cells(self.text, *block.lines[0])]
            return self._whole(block, Reason.HEADING)
        if block.kind is Kind.TABLE_ROW:
            return self._row(block)
        seen = self._seen(block.lines, block.prefix)
        if not has_alnum(seen.text):
            raw = self.text[block.lines[0][0] : block.lines[-1][1]]
            return self._whole(block, Reason.LINK if "](" in raw else Reason.MARKUP)
        if block.kind is Kind.HEADING:
            return self._heading(block, seen)
        return self._paragraph(block, seen, following)

    def _seen(self, lines: Sequence[tuple[int, int]], prefix: tuple[int, int] | None = None) -> Visible:
        raw = "\n".join(self.text[start:end] for start, end in lines)
        offsets, at = [], 0
        for start, end in lines:
            offsets.append((at, start))
            at += end - start + 1
        return visible(raw, offsets, prefix, markdown=self.markdown)

    def _whole(self, block: Block, reason: Reason) -> list[Piece]:
        start = block.prefix[0] if block.prefix else block.lines[0][0]
        trimmed = trim(self.text, start, block.lines[-1][1])
        return [Piece(*trimmed, reason=reason)] if trimmed and has_alnum(self.text[slice(*trimmed)]) else []

    def _front_matter(self, block: Block) -> Iterator[Piece]:
        for line in block.lines:
            trimmed = trim(self.text, *line)
            if not trimmed or not has_alnum(self.text[slice(*trimmed)]):
                continue
            text = self.text[slice(*trimmed)]
            statement = states_fact(_FIELD.sub("", text, count=1).strip("\"' "))
            yield Piece(*trimmed, text=clean(text)) if statement else Piece(*trimmed, reason=Reason.MARKUP)

    def _row(self, block: Block) -> list[Piece]:
        ranges = cells(self.text, *block.lines[0])
        if not ranges or not has_alnum(self.text[slice(*block.lines[0])]):
            return []
        values = [self._seen((cell,)).text for cell in ranges]
        context = self._context(" | ".join(title for title in self.header if title), headings=True)
        found = []
        for first, end, text in row_claims(self.header, values):
            trimmed = _inner(self.text, ranges[first][0], ranges[end - 1][1])
            if trimmed:
                found.append(Piece(*trimmed, text=clean(text), context=context))
        return found

    def _heading(self, block: Block, seen: Visible) -> list[Piece]:
        text = clean(seen.text)
        pieces = None
        if states_as_title(text):
            pieces = self._spans(seen, list(self._sentences(seen.text, block)))
        self._enter(block.level, text)
        return pieces if pieces is not None else self._spans(seen, [_Part(0, len(seen.text), reason=Reason.HEADING)])

    def _enter(self, level: int, title: str) -> None:
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.headings.append((level, title))
        self.lead_ins.clear()
        self.previous = ""

    def _paragraph(self, block: Block, seen: Visible, following: Block | None) -> list[Piece]:
        raw = self.text[block.lines[0][0] : block.lines[-1][1]]
        text = clean(seen.text)
        if _DEFINITION.match(raw) and not has_verb(text):
            return self._whole(block, Reason.LINK)
        fragment = is_fragment(text)
        if not block.item and fragment and _PSEUDO.match(raw):
            self._enter(7, text.rstrip(":"))
            return self._spans(seen, [_Part(0, len(seen.text), reason=Reason.HEADING)])
        opens = following is not None and following.item > block.item and following.kind is Kind.PARAGRAPH
        if block.item and fragment and opens:
            self._lead(block.item + 1, text)
            if block.item not in self.lead_ins:
                return self._spans(seen, [_Part(0, len(seen.text), reason=classify(text) or Reason.HEADING)])
        return self._spans(seen, list(self._sentences(seen.text, block, following if opens else None)))

    def _lead(self, depth: int, text: str) -> None:
        self.lead_ins[depth] = text

    def _sentences(self, text: str, block: Block, child: Block | None = None) -> Iterator[_Part]:
        ranges = sentences(text)
        for position, (start, end) in enumerate(ranges):
            bullet = _BULLET.match(text, start, end)
            start = bullet.end() if bullet and bullet.end() < end else start
            sentence = text[start:end].translate(_BREAKS)
            if child is not None and position == len(ranges) - 1 and sentence.endswith((":", "：")):
                yield self._lead_in(start, end, clean(sentence), block, child)
            else:
                yield from self._sentence(start, end, sentence, block)

    def _lead_in(self, start: int, end: int, text: str, block: Block, child: Block) -> _Part:
        """A sentence that opens a list: carried by its items when these are fragments, else judged by itself."""
        reason = classify(text)
        self._lead(block.item + 1, text)
        if reason is None and not is_fragment(clean(self._seen(child.lines).text)):
            return _Part(start, end, resolve(text, self.antecedent), self._context(self.previous if is_open(text) else ""))
        return _Part(start, end, reason=reason or Reason.META)

    def _sentence(self, start: int, end: int, sentence: str, block: Block) -> Iterator[_Part]:
        whole = clean(sentence)
        reason = classify(whole) if has_alnum(whole) else None
        if not has_alnum(whole):
            return
        if reason is not None:
            self.previous, self.antecedent = whole, None
            yield _Part(start, end, reason=reason)
            return
        parts = split_sentence(sentence)
        if len(parts) > 1 and not all(keeps(sentence[part.start : part.end], part.text) for part in parts):
            parts = parts[:0]  # a rule failed to carry a word over: the sentence stays whole
        parts = parts if len(parts) > 1 else [Part(0, len(sentence), sentence)]
        known = self.antecedent
        for part in parts:
            text = whole if len(parts) == 1 else _statement(part.text)
            if part.start and not part.copied:  # a clause with its own subject may mean the subject of the clause before
                known = antecedent(clean(sentence[: part.start]), self.antecedent)
            inner = _bare(sentence, part) if len(parts) > 1 else (part.start, part.end)
            yield self._claim(start + inner[0], start + inner[1], text, block, known)
        self.previous = resolve(whole, self.antecedent)
        self.antecedent = antecedent(whole, self.antecedent)

    def _claim(self, start: int, end: int, text: str, block: Block, known: Antecedent | None) -> _Part:
        told = resolve(text, known)
        fragment = is_fragment(told)
        leans = is_open(told)
        lead = self.lead_ins.get(block.item, "") if block.item else ""
        before = self.previous if leans and not lead else ""
        if lead and fragment and classify(lead) is None:
            told = f"{lead} {told}"
        context = self._context(lead, before, headings=fragment or leans)
        self.previous = told
        return _Part(start, end, told, context)

    def _context(self, *parts: str, headings: bool = False) -> str:
        path = " > ".join(title for _, title in self.headings) if headings else ""
        return "\n".join(part for part in (path, *parts) if part)

    def _spans(self, seen: Visible, parts: Sequence[_Part]) -> list[Piece]:
        """Source ranges for parts of visible text. Markup with letters in it goes to the piece it touches."""
        trimmed = [(part, place) for part in parts if (place := trim(seen.text, part.start, part.end))]
        ranges = [[seen.source(place[0]), seen.source(place[1] - 1) + 1] for _, place in trimmed]
        if ranges:
            for start, end in lettered(seen.dropped, self.text):
                _attach(ranges, start, end, forward=_OPENING.match(self.text, start) is not None)
        pieces = [
            Piece(start, end, part.text, part.context, part.reason) for (part, _), (start, end) in zip(trimmed, ranges, strict=True)
        ]
        return self._with_comments(pieces, seen)

    def _with_comments(self, pieces: list[Piece], seen: Visible) -> list[Piece]:
        """Comments as pieces of their own: what is hidden from the reader must not ride along in a claim's span."""
        comments = [Piece(start, end, reason=Reason.MARKUP) for start, end in lettered(seen.hidden, self.text)]
        if not comments:
            return pieces
        merged: list[Piece] = []
        for piece in sorted([*pieces, *comments], key=lambda one: one.start):
            if not merged or piece.start >= merged[-1].end:
                merged.append(piece)
        return merged


def _attach(ranges: list[list[int]], start: int, end: int, *, forward: bool) -> None:
    """Widen the range that holds, touches or precedes [start, end); the next one for an opening tag or when none precedes."""
    after = bisect_right(ranges, start, key=lambda item: item[0])
    before = after - 1
    if before >= 0 and start < ranges[before][1]:  # inside, or an entity that the range ends in
        ranges[before][1] = max(ranges[before][1], end)
        return
    if after < len(ranges) and (before < 0 or forward or start > ranges[before][1] + 3):
        ranges[after][0] = min(ranges[after][0], start)
    else:
        ranges[before][1] = max(ranges[before][1], end)


def _statement(text: str) -> str:
    """A clause as a sentence of its own: without its connective, with a capital and a full stop."""
    body = _LEAD_JUNK.sub("", clean(text), count=1).rstrip(" ,;:")
    body = body[:1].upper() + body[1:]
    return body if not body or body[-1] in '.!?…。"”’)' else body + "."


def _bare(sentence: str, part: Part) -> tuple[int, int]:
    """The part's range without the comma or semicolon at which it was cut."""
    start, end = part.start, part.end
    while start < end and sentence[start] in ",; ":
        start += 1
    while start < end and sentence[end - 1] in ",; ":
        end -= 1
    return start, end


def _inner(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The range without the pipes and spaces at its edges."""
    while start < end and (text[start].isspace() or text[start] == "|"):
        start += 1
    while start < end and (text[end - 1].isspace() or text[end - 1] == "|"):
        end -= 1
    return (start, end) if start < end else None
