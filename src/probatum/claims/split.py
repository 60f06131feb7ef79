"""The built-in decomposition: output bytes to claims and not-checkable pieces, in order, every letter and digit in exactly one.

Pure and deterministic: no model, no clock, no I/O. Time is linear in the length of the output.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from probatum.claims.blocks import parse
from probatum.claims.draft import Claim, Draft, NotCheckable
from probatum.claims.draft import NotCheckableReason as Reason
from probatum.claims.outline import Outline, Piece
from probatum.claims.references import has_verb
from probatum.claims.words import has_alnum
from probatum.errors import OutputRefused

MEDIA_TYPES: Final = ("text/markdown", "text/plain")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f]")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")


def split(output: bytes, *, media_type: str = "text/markdown") -> tuple[Draft, ...]:
    """Split ``output`` into drafts, ordered and disjoint, with spans in UTF-8 bytes on character boundaries.

    An output without any letter or digit gives ``()``.

    Raises:
        OutputRefused: ``output`` is not UTF-8, holds control characters (so is not text), or ``media_type`` is not
            ``text/markdown`` or ``text/plain``; the message names the byte offset.
    """
    if media_type not in MEDIA_TYPES:
        raise OutputRefused(f"cannot split {media_type!r}; hand in one of {', '.join(MEDIA_TYPES)}")
    text = decode(output)
    markdown = media_type == "text/markdown"
    pieces = Outline(text, markdown=markdown).pieces(parse(text, markdown=markdown))
    return _to_bytes(text, _fill(text, pieces))


def decode(output: bytes) -> str:
    """The text of ``output``.

    Raises:
        OutputRefused: not UTF-8 or not text; says at which byte.
    """
    try:
        text = output.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OutputRefused(f"the output is not UTF-8 at byte {error.start}; hand in UTF-8 text") from None
    control = _CONTROL.search(text)
    if control:
        at = len(text[: control.start()].encode())
        raise OutputRefused(
            f"the output holds the control character U+{ord(control.group()):04X} at byte {at}; hand in text, not binary data"
        )
    return text


def _fill(text: str, pieces: Sequence[Piece]) -> list[Piece]:
    """Pieces for whatever letters and digits no block took, so that nothing is left out silently."""
    filled: list[Piece] = []
    cursor = 0
    for piece in [*pieces, Piece(len(text), len(text))]:
        gap = text[cursor : piece.start]
        if has_alnum(gap):
            filled.append(_gap_piece(gap, cursor, alone=not pieces))
        if piece.end > piece.start:
            filled.append(piece)
        cursor = piece.end
    return filled


def _gap_piece(gap: str, offset: int, *, alone: bool) -> Piece:
    start = next(index for index, char in enumerate(gap) if char.isalnum())
    end = len(gap) - next(index for index, char in enumerate(reversed(gap)) if char.isalnum())
    found = " ".join(gap[start:end].split())
    prose = alone or has_verb(found) or len(_WORD.findall(found)) > 3
    return Piece(offset + start, offset + end, text=found) if prose else Piece(offset + start, offset + end, reason=Reason.MARKUP)


def _to_bytes(text: str, pieces: Sequence[Piece]) -> tuple[Draft, ...]:
    """Character offsets become byte offsets by encoding the stretches between them once."""
    drafts: list[Draft] = []
    char = byte = 0
    for piece in pieces:
        byte += len(text[char : piece.start].encode())
        start = byte
        byte += len(text[piece.start : piece.end].encode())
        char = piece.end
        if piece.reason is None:
            drafts.append(Claim(start, byte, piece.text, piece.context))
        else:
            drafts.append(NotCheckable(start, byte, piece.reason))
    return tuple(drafts)
