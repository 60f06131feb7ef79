"""What a split gives: claims, and text that is not checkable. Offsets are UTF-8 bytes of the output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class NotCheckableReason(StrEnum):
    """Why a piece of the output is not put to a vote. Every such piece is listed in the outcome, none is dropped."""

    GREETING = "greeting"  #: greetings, thanks, sign-offs and other talk between writer and reader
    QUESTION = "question"
    OPINION = "opinion"  #: a judgement of taste or a recommendation without number or name
    INSTRUCTION = "instruction"
    HEADING = "heading"  #: a title or a table's header row, unless it is a full statement
    META = "meta"  #: text about the text ("Here is a summary:"), and lead-ins that their list items carry
    CODE = "code"
    LINK = "link"  #: only a link, an image or a citation
    MARKUP = "markup"  #: comments, tags and front matter


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable statement.

    ``start`` and ``end`` are byte offsets of the output on character boundaries; ``text`` says the statement so that it can
    be read alone; ``context`` is what a reader needs besides (heading path, table header, the sentence before), all of it
    taken from the output, or ``""``.
    """

    start: int
    end: int
    text: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class NotCheckable:
    """A piece of the output (byte offsets, as in :class:`Claim`) that states nothing to check."""

    start: int
    end: int
    reason: NotCheckableReason


Draft: TypeAlias = Claim | NotCheckable
