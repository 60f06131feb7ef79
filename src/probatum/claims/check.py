"""The check of a split that a validator makes before it votes: whoever split the claims is not trusted (protocol section 4).

It looks at the output and the drafts only, never at the splitter's decisions. Codes (stable):

==================== ==============================================================================================
``empty-span``       a span with nothing in it
``out-of-range``     a span beyond the output, or with its end before its start
``off-boundary``     a span that begins or ends inside a UTF-8 character
``out-of-order``     a span that begins before the one before it ends
``uncovered``        a letter or digit outside all spans
``empty-claim``      a claim text without letter or digit
``foreign-context``  a context word that is nowhere in the output
``invented``         a word or number of the claim text that is neither in span, context nor earlier in the section
``says-less``        a word, number or negation of the span that the claim text leaves out
``reordered``        the span's words stand in another order in the claim text
``negation``         a negation that the span and its context do not have
``not-code``         text declared code or markup that is neither
``hidden-claim``     text declared not checkable that plainly states a fact no claim carries
==================== ==============================================================================================
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from probatum.claims.blocks import Kind, parse
from probatum.claims.checkworthy import classify, states_as_title, states_fact
from probatum.claims.draft import Claim, Draft, NotCheckable
from probatum.claims.draft import NotCheckableReason as Reason
from probatum.claims.inline import comments, is_plain, visible
from probatum.claims.words import Reader, has_alnum, placed_content

_HEADING: Final = re.compile(r"^(?:[ >]*#{1,6}[ \t]|[ >]*(?:\*\*|__)[^\n]{1,80}(?:\*\*|__):?[ \t]*$)", re.MULTILINE)
_ORDINAL: Final = re.compile(r"[\s>]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+)*")


@dataclass(frozen=True, slots=True)
class SplitProblem:
    """One thing wrong with a split. ``index`` is the draft's (None: the whole split), ``code`` one of the module's table."""

    index: int | None
    code: str
    text: str


def check_split(output: bytes, drafts: Sequence[Draft]) -> tuple[SplitProblem, ...]:
    """Everything wrong with ``drafts`` as a split of ``output``; empty when nothing is. Never raises on wrong drafts.

    The check is by words: it finds what was left out, added, reordered or hidden, and leaves meaning to the validators.
    """
    try:
        text = output.decode("utf-8")
    except UnicodeDecodeError as error:
        return (SplitProblem(None, "not-utf8", f"the output is not UTF-8 at byte {error.start}"),)
    structural = [*_spans(output, drafts)]
    if structural:
        return tuple(structural)
    return tuple(_Check(text, _to_characters(output, drafts), drafts).problems())


def _spans(output: bytes, drafts: Sequence[Draft]) -> Iterator[SplitProblem]:
    """Steps that need no words: range, boundaries, order, and cover."""
    cursor = 0
    for index, draft in enumerate(drafts):
        if not 0 <= draft.start <= draft.end <= len(output):
            yield SplitProblem(
                index, "out-of-range", f"span {draft.start}..{draft.end} is not within the output's {len(output)} bytes"
            )
            return
        if not output[draft.start : draft.end].strip():
            yield SplitProblem(index, "empty-span", f"span {draft.start}..{draft.end} holds nothing")
        for at in (draft.start, draft.end):
            if at < len(output) and output[at] & 0xC0 == 0x80:
                yield SplitProblem(index, "off-boundary", f"byte {at} is inside a UTF-8 character")
                return
        if draft.start < cursor:
            yield SplitProblem(
                index, "out-of-order", f"span {draft.start}..{draft.end} begins before byte {cursor}, where the one before ends"
            )
            return
        yield from _uncovered(output, cursor, draft.start)
        cursor = draft.end
    yield from _uncovered(output, cursor, len(output))


def _uncovered(output: bytes, start: int, end: int) -> Iterator[SplitProblem]:
    gap = output[start:end].decode("utf-8", "replace")
    if has_alnum(gap):
        yield SplitProblem(None, "uncovered", f"bytes {start}..{end} belong to no fragment: {gap.strip()!r:.80}")


def _to_characters(output: bytes, drafts: Sequence[Draft]) -> list[tuple[int, int]]:
    if output.isascii():
        return [(draft.start, draft.end) for draft in drafts]
    ranges, char, byte = [], 0, 0
    for draft in drafts:
        char += len(output[byte : draft.start].decode("utf-8"))
        start = char
        char += len(output[draft.start : draft.end].decode("utf-8"))
        ranges.append((start, char))
        byte = draft.end
    return ranges


class _Check:
    """The checks by words, for drafts whose spans are sound."""

    def __init__(self, text: str, ranges: list[tuple[int, int]], drafts: Sequence[Draft]) -> None:
        self.text, self.ranges, self.drafts = text, ranges, drafts
        self.reader = Reader()

    def problems(self) -> Iterator[SplitProblem]:
        for index, (draft, span) in enumerate(zip(self.drafts, self.ranges, strict=True)):
            if isinstance(draft, Claim):
                for code, text in self._claim(draft, span):
                    yield SplitProblem(index, code, text)
            else:
                for code, text in self._silent(draft, span):
                    yield SplitProblem(index, code, text)

    @cached_property
    def sections(self) -> list[int]:
        """Where each section starts."""
        return [match.start() for match in _HEADING.finditer(self.text)]

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Where each content word of the text stands."""
        return _places(self.text)

    @cached_property
    def carried(self) -> frozenset[str]:
        """Content words of all claims."""
        return frozenset(word for draft in self.drafts if isinstance(draft, Claim) for word in self.reader.read(draft.text).content)

    @cached_property
    def opaque(self) -> list[tuple[int, int]]:
        """Ranges that really are code or markup: fenced and indented code, comments, front matter."""
        found = comments(self.text)
        for block in parse(self.text):
            if block.kind in (Kind.CODE, Kind.FRONT_MATTER):
                found.append((block.lines[0][0], block.lines[-1][1]))
        return sorted(found)

    def _claim(self, claim: Claim, span: tuple[int, int]) -> Iterator[tuple[str, str]]:
        if not has_alnum(claim.text):
            yield "empty-claim", "the claim text says nothing"
            return
        shown, context = self._shown(span), self.reader.read(claim.context).content
        if foreign := [word for word in context if word not in self.places]:
            yield "foreign-context", f"the output has no {', '.join(foreign[:3])!r:.80}"
        if claim.text == shown:
            return  # word for word
        wanted, told = self.reader.read(shown).content, self.reader.read(claim.text).content
        if wanted != told:
            yield from self._compared(wanted, told, context, span[0])
        yield from self._negated(shown, claim)

    def _compared(self, wanted: list[str], told: list[str], context: list[str], start: int) -> Iterator[tuple[str, str]]:
        """Where the claim's content words are not the span's."""
        missing = Counter(wanted) - Counter(told) if len(set(wanted)) == len(wanted) else Counter(set(wanted)) - Counter(set(told))
        if missing:
            yield "says-less", f"the claim leaves out {', '.join(sorted(missing)[:3])!r:.80}"
        elif not _in_order(wanted, told):
            yield "reordered", "the claim has the span's words in another order"
        if invented := self._invented(told, {*wanted, *context}, start):
            yield "invented", f"neither span, context nor section says {', '.join(invented[:3])!r:.80}"

    def _negated(self, shown: str, claim: Claim) -> Iterator[tuple[str, str]]:
        ours, theirs, around = [self.reader.read(text).negations for text in (claim.text, shown, claim.context)]
        if ours == theirs:
            return
        if missing := Counter(theirs) - Counter(ours):
            yield "says-less", f"the claim leaves out the negation {', '.join(missing)!r:.80}"
        if Counter(ours) - Counter(theirs) - Counter(around):
            yield "negation", "the claim has a negation that span and context do not have"

    def _shown(self, span: tuple[int, int]) -> str:
        """The span as a reader sees it, without a list number that stands at the start of its line."""
        start, end = span
        line = max(self.text.rfind("\n", 0, start), self.text.rfind("\r", 0, start)) + 1
        marker = _ORDINAL.match(self.text, line)
        if marker and start < marker.end() <= end:
            start = marker.end()
        while start > 0 and self.text[start - 1] in "`*_~[":  # trimmed markup decides how the rest reads
            start -= 1
        while end < len(self.text) and self.text[end] in "`*_~":
            end += 1
        return _seen(self.text[start:end])

    def _invented(self, told: Sequence[str], known: set[str], start: int) -> list[str]:
        if not (extra := [word for word in told if word not in known]):
            return []
        section = self.sections[before - 1] if (before := bisect_left(self.sections, start)) else 0
        return [word for word in extra if not self._stands(word, section, start)]

    def _stands(self, word: str, start: int, end: int) -> bool:
        places = self.places.get(word, [])
        at = bisect_left(places, start)
        return at < len(places) and places[at] < end

    def _silent(self, draft: NotCheckable, span: tuple[int, int]) -> Iterator[tuple[str, str]]:
        problems = list(self._facts(draft, span))
        if problems and not any(start <= span[0] and span[1] <= end for start, end in self.opaque):
            yield from problems

    def _facts(self, draft: NotCheckable, span: tuple[int, int]) -> Iterator[tuple[str, str]]:
        shown = " ".join(self._shown(span).split())
        if draft.reason is Reason.CODE:
            yield "not-code", f"declared code, but stands in no code block: {shown!r:.80}"
        title = draft.reason is Reason.HEADING
        states = states_as_title(shown) if title else states_fact(shown) and classify(shown) is None
        if states and not set(self.reader.read(shown).content) <= self.carried:
            yield "hidden-claim", f"declared {draft.reason.value}, but states a fact: {shown!r:.80}"


def _seen(raw: str) -> str:
    """What a reader sees of ``raw``; a comment's text counts as seen, since it could hide words inside a span."""
    if is_plain(raw):
        return raw
    hidden = " ".join(raw[start + 4 : end - 3] for start, end in comments(raw))
    text = visible(raw, [(0, 0)]).text
    return f"{text} {hidden}" if hidden else text


def _places(text: str) -> dict[str, list[int]]:
    """Where each content word of ``text`` stands, as a reader sees it (and in comments): ascending source offsets."""
    seen = visible(text, [(0, 0)])
    places: dict[str, list[int]] = defaultdict(list)
    for word, at in placed_content(seen.text):
        places[word].append(seen.source(at))
    for start, end in comments(text):
        for word, at in placed_content(text[start + 4 : end - 3]):
            insort(places[word], start + 4 + at)
    return places


def _in_order(wanted: Sequence[str], told: Sequence[str]) -> bool:
    rest = iter(told)
    return all(word in rest for word in wanted)
