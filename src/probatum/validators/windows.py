"""Cutting the evidence of a question into windows: single sentences, passages, and the best sentences of all passages together.

Why three kinds: a near-copy is judged best against its one sentence; a claim with pronouns or two facts needs the passage; a
claim that
draws on two passages needs both at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from probatum.validators.text import STOP, sentences, tokens

PASSAGE_WORDS = 110
JOINT_WORDS = 150
MAX_PASSAGES = 3
MAX_SENTENCES = 3
_PRONOUNS = frozenset(["he", "she", "it", "they", "his", "her", "their", "its", "this", "that", "these", "those", "such"])


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of evidence to judge against.

    Attributes:
        text: what the model reads.
        passage: index into the question's passages, or -1 for all together.
        kind: "sentence", "passage" or "joint".
        overlap: share of the claim's content words that the window holds, 0 to 1.
    """

    text: str
    passage: int
    kind: str
    overlap: float = 1.0


@dataclass(frozen=True, slots=True)
class _Piece:
    text: str
    passage: int
    index: int
    words: int
    overlap: float


def _stems(text: str) -> set[str]:
    return {t.stem for t in tokens(text) if t.kind != "mark" and t.stem not in STOP}


def _overlap(claim: set[str], text: str) -> float:
    """Share of the claim's content stems found in the text; numbers and longer words weigh more."""
    if not claim:
        return 0.0
    have = _stems(text)
    total = sum(_weight(s) for s in claim)
    return sum(_weight(s) for s in claim & have) / total


def _weight(stem: str) -> float:
    return 1.6 if stem[0].isdigit() or len(stem) >= 7 else 1.0


def _chunks(parts: list[str]) -> list[list[str]]:
    """Group sentences into chunks of at most PASSAGE_WORDS words, one sentence of overlap between neighbours."""
    out: list[list[str]] = []
    current: list[str] = []
    for part in parts:
        if current and sum(len(p.split()) for p in current) + len(part.split()) > PASSAGE_WORDS:
            out.append(current)
            current = [current[-1]] if len(current[-1].split()) < PASSAGE_WORDS // 2 else []
        current.append(part)
    if current:
        out.append(current)
    return out


def cut(claim: str, passages: tuple[str, ...]) -> list[Window]:
    """Windows of a question, at most ``MAX_PASSAGES + MAX_SENTENCES + 1``; empty when no passage has any text."""
    wanted = _stems(claim)
    pieces: list[_Piece] = []
    chunks: list[tuple[float, int, int, str]] = []
    for number, passage in enumerate(passages):
        parts = [" ".join(p.split()[:120]) for p in sentences(passage)[:400]]
        for index, part in enumerate(parts):
            text = part
            first = part.split()[0].lower() if part.split() else ""
            if index and (first in _PRONOUNS or len(part.split()) < 6):
                text = f"{parts[index - 1]} {part}"
            pieces.append(_Piece(text, number, index, len(text.split()), _overlap(wanted, part)))
        for at, chunk in enumerate(_chunks(parts)):
            text = " ".join(chunk)
            chunks.append((-_overlap(wanted, text), number, at, text))
    if not pieces:
        return []
    whole = sorted(sorted(chunks)[:MAX_PASSAGES], key=lambda c: (c[1], c[2]))
    windows = [Window(text, number, "passage", -negative) for negative, number, _, text in whole]
    have = {w.text for w in windows}
    ranked = sorted(pieces, key=lambda p: (-p.overlap, p.passage, p.index))
    for piece in ranked:
        if sum(w.kind == "sentence" for w in windows) >= MAX_SENTENCES:
            break
        if piece.text not in have:
            windows.append(Window(piece.text, piece.passage, "sentence", piece.overlap))
            have.add(piece.text)
    if len(chunks) > 1:
        chosen: list[_Piece] = []
        for piece in ranked:
            if sum(p.words for p in chosen) + piece.words <= JOINT_WORDS and all(p.text not in piece.text for p in chosen):
                chosen.append(piece)
        text = " ".join(p.text for p in sorted(chosen, key=lambda p: (p.passage, p.index)))
        if text and text not in have and len(chosen) > 1:
            windows.append(Window(text, -1, "joint", _overlap(wanted, text)))
    return windows
