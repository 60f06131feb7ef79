"""Cutting the evidence of a question into windows: single sentences, passages, and the best sentences of all passages together.

Why three kinds: a near-copy is judged best against its one sentence; a claim with pronouns or two facts needs the passage; a
claim that
draws on two passages needs both at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations
from math import fsum

from probatum.validators.text import STOP, sentences, tokens

PASSAGE_WORDS = 110
JOINT_WORDS = 150
MAX_PASSAGES = 3
MAX_SENTENCES = 3
# A window that shares much less with the claim than the best one is about something else: it costs time and refutes by accident.
SENTENCE_SHARE, PASSAGE_SHARE = 0.7, 0.4
NEARLY_ALL = 0.9  # of the claim
WIDER_GAIN = 0.15
KINDS = ("passage", "sentence", "joint")
_PRONOUNS = frozenset(["he", "she", "it", "they", "his", "her", "their", "its", "this", "that", "these", "those", "such"])


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of evidence to judge against.

    Attributes:
        passage: index into the question's passages, or -1 for all together.
        kind: one of ``KINDS``.
        coverage: share of the claim's content words, numbers and names that the text has, 0 to 1; numbers and names weigh double.
        closest: the highest such share in any one sentence of all the evidence, the same for all windows of a question.
        named: share of the claim's numbers and names alone in that sentence; 1 for a claim without any.
        ordered: share of pairs of the claim's names that stand in the same order in that sentence; 1 where fewer than two do, or
            where one of the two texts says "by" and the other does not, because the passive turns the order round.
    """

    text: str
    passage: int
    kind: str
    coverage: float = 1.0
    closest: float = 1.0
    named: float = 1.0
    ordered: float = 1.0


@dataclass(frozen=True, slots=True)
class _Piece:
    sentence: str
    text: str
    passage: int
    index: int
    words: int
    overlap: float


@lru_cache(maxsize=4096)
def _stems(text: str) -> frozenset[str]:
    return frozenset(t.stem for t in tokens(text) if t.kind != "mark" and t.stem not in STOP)


def _telling(claim: str) -> dict[str, float]:
    """The claim's content stems and how much each tells; numbers and names tell most."""
    found = [t for t in tokens(claim) if t.kind != "mark" and t.stem not in STOP]
    return {t.stem: 2.0 if t.kind == "number" or t.name else _weight(t.stem) for t in found}


def _named(claim: str) -> dict[str, float]:
    return {t.stem: 1.0 for t in tokens(claim) if t.kind == "number" or t.name}


def _coverage(telling: dict[str, float], text: str) -> float:
    total = fsum(telling.values())  # fsum, because its result does not depend on the order of a set
    return fsum(telling[s] for s in telling.keys() & _stems(text)) / total if total else 0.0


def _ordered(claim: str, sentence: str) -> float:
    """See ``Window.ordered``."""
    ours, theirs = tokens(claim), tokens(sentence)
    if ("by" in {t.stem for t in ours}) != ("by" in {t.stem for t in theirs}):
        return 1.0
    place = {t.stem: i for i, t in reversed(list(enumerate(theirs)))}  # the first place of each
    names = dict.fromkeys(t.stem for t in ours if t.name or (t is ours[0] and t.text[0].isupper() and t.stem not in STOP))
    at = [place[stem] for stem in names if stem in place]
    pairs = list(combinations(at, 2))
    return sum(a < b for a, b in pairs) / len(pairs) if pairs else 1.0


def _overlap(claim: frozenset[str], text: str) -> float:
    """Share of the claim's content stems found in the text; numbers and longer words weigh more."""
    if not claim:
        return 0.0
    have = _stems(text)
    total = fsum(_weight(s) for s in claim)
    return fsum(_weight(s) for s in claim & have) / total


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
            pieces.append(_Piece(part, text, number, index, len(text.split()), _overlap(wanted, part)))
        for at, chunk in enumerate(_chunks(parts)):
            text = " ".join(chunk)
            chunks.append((-_overlap(wanted, text), number, at, text))
    if not pieces:
        return []
    near = [c for c in sorted(chunks)[:MAX_PASSAGES] if c[0] <= min(chunks)[0] * PASSAGE_SHARE]
    whole = sorted(near, key=lambda c: (c[1], c[2]))
    windows = [Window(text, number, "passage") for _, number, _, text in whole]
    have = {w.text for w in windows}
    ranked = sorted(pieces, key=lambda p: (-p.overlap, p.passage, p.index))
    for piece in ranked:
        if sum(w.kind == "sentence" for w in windows) >= MAX_SENTENCES or piece.overlap < ranked[0].overlap * SENTENCE_SHARE:
            break
        if piece.text not in have:
            windows.append(Window(piece.text, piece.passage, "sentence"))
            have.add(piece.text)
    if len(chunks) > 1:
        chosen: list[_Piece] = []
        for piece in ranked:
            if sum(p.words for p in chosen) + piece.words <= JOINT_WORDS and all(p.text not in piece.text for p in chosen):
                chosen.append(piece)
        text = " ".join(p.text for p in sorted(chosen, key=lambda p: (p.passage, p.index)))
        if text and text not in have and len(chosen) > 1:
            windows.append(Window(text, -1, "joint"))
    telling = _telling(claim)
    nearest = max((piece.sentence for piece in pieces), key=lambda text: _coverage(telling, text))
    closest, named = _coverage(telling, nearest), _coverage(_named(claim), nearest) if _named(claim) else 1.0
    ordered = _ordered(claim, nearest)
    return [replace(w, coverage=_coverage(telling, w.text), closest=closest, named=named, ordered=ordered) for w in windows]


@lru_cache(maxsize=1024)
def best_of_each(claim: str, passages: tuple[str, ...]) -> tuple[Window, ...]:
    """What a built-in model reads: of each kind the window that covers most of the claim, the shorter of two that cover as much.

    Wide windows cost most, so the passage is left out where the sentence has nearly all of the claim, and all passages together
    where they cover little more than what is read already. Remembered, because all built-in models read the same windows.
    """
    best: dict[str, Window] = {}
    for window in sorted(cut(claim, passages), key=lambda w: (-round(w.coverage, 6), len(w.text))):
        best.setdefault(window.kind, window)
    if "sentence" in best and best["sentence"].coverage >= NEARLY_ALL:
        del best["passage"]
    if "joint" in best and best["joint"].coverage < WIDER_GAIN + max(best[kind].coverage for kind in best if kind != "joint"):
        del best["joint"]
    return tuple(best[kind] for kind in KINDS if kind in best)
