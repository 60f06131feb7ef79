"""Finding, for a claim, the passages that could decide it: words in common and likeness of meaning together.

The lexical score is BM25 (:mod:`probatum.evidence.bm25`), divided by the weight of a term that occurs nowhere, so that it means the
same in a folder of ten passages and of ten thousand. The semantic score is the cosine of the claim with the passage (mean of its
sentences) and with its best sentence, averaged. Their weighted sum was better than reciprocal rank fusion (Cormack et al. 2009),
because it keeps how much better the first passage is than the second; ``bench/retrieval.py`` measures both.

Relevance is all that is decided here. Whether a passage supports the claim, contradicts it or is silent, validators judge.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from probatum.claims.sentences import sentences
from probatum.encoding.digest import Digest
from probatum.errors import EvidenceRefused
from probatum.evidence.bm25 import Bm25
from probatum.evidence.record import Passage
from probatum.evidence.terms import terms

Floats = NDArray[np.float32]

SEMANTIC_WEIGHT: Final = 3.0  # chosen on the development half of bench/retrieval.py
CONTEXT_WEIGHT: Final = 0.25  # of the claim's surroundings, against the claim itself
LEAD_TERMS: Final = 16  # terms of a document's name and title that count in each of its passages
_COMPACT: Final = 100_000  # sentences: from here on their vectors are kept in half precision, smaller and slower
_QUERIES: Final = 16  # judged at a time: bounds memory
_DECIMALS: Final = 4  # scores closer than this are a tie, so that no rounding in a linear algebra library orders passages


class Embedder(Protocol):
    """Turns texts into vectors."""

    def embed(self, texts: Sequence[str]) -> Floats:
        """float32 [n, d], rows of length 1 (or zero)."""
        ...


class Index:
    """Search over a fixed set of passages, built once.

    Args:
        passages: at least one; their order breaks ties.
        embedder: for the semantic half; None searches by words alone.

    Raises:
        EvidenceRefused: there is no passage.
    """

    def __init__(self, passages: Sequence[Passage], embedder: Embedder | None) -> None:
        if not passages:
            raise EvidenceRefused("the evidence holds no passage that a claim could be judged against; give sources with text")
        self._passages = tuple(passages)
        leads = _leads(self._passages)
        self._lexical = Bm25([terms(passage.text) + leads[passage.copy_digest] for passage in self._passages])
        self._rarest = float(np.log1p((len(passages) + 0.5) / 0.5))
        self._embedder = embedder
        self._vectors = _SentenceVectors([passage.text for passage in self._passages], embedder) if embedder else None
        self._method = "bm25+static" if embedder else "bm25"

    def search(self, claim: str, context: str = "", k: int = 3) -> tuple[Passage, ...]:
        """The ``k`` best passages, best first; fewer only if the corpus is smaller; none repeats a better one if avoidable.

        Args:
            claim: the claim's text.
            context: text around the claim, which may name what the claim's pronouns mean.
            k: how many, at least 1.
        """
        return self.search_many([(claim, context)], k)[0]

    def search_many(self, queries: Sequence[tuple[str, str]], k: int = 3) -> list[tuple[Passage, ...]]:
        """:meth:`search` for many ``(claim, context)``, in order."""
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        return [self._pick(scores, k) for scores in self._scores(queries)]

    def _scores(self, queries: Sequence[tuple[str, str]]) -> Iterator[NDArray[np.float64]]:
        for start in range(0, len(queries), _QUERIES):
            batch = queries[start : start + _QUERIES]
            lexical = np.stack([self._lexical.scores(_weights(*query)) for query in batch]) / self._rarest
            yield from np.round(lexical.astype(np.float64) + SEMANTIC_WEIGHT * self._semantic(batch), _DECIMALS)

    def _semantic(self, batch: Sequence[tuple[str, str]]) -> Floats | float:
        """Likeness in meaning, -1 to 1: [queries, passages], or 0 without an embedder."""
        if self._embedder is None or self._vectors is None:
            return 0.0
        vectors = self._embedder.embed([claim for claim, _ in batch])
        contexts = self._embedder.embed([context for _, context in batch])
        return self._vectors.likeness(_unit(vectors + np.float32(CONTEXT_WEIGHT) * contexts))

    def _pick(self, scores: NDArray[np.float64], k: int) -> tuple[Passage, ...]:
        chosen: list[Passage] = []
        repeats: list[Passage] = []
        for at in np.argsort(-scores, kind="stable"):
            if len(chosen) == k:
                break
            passage = self._passages[at]
            (repeats if any(_repeats(passage, other) for other in chosen) else chosen).append(passage)
        return tuple(replace(passage, method=self._method) for passage in (chosen + repeats)[:k])


class _SentenceVectors:
    """The vectors of every passage's sentences, and of the passages: the direction of their sentences' sum."""

    def __init__(self, texts: Sequence[str], embedder: Embedder) -> None:
        split = [[text[start:end] for start, end in sentences(text)] or [text] for text in texts]
        counts = [len(parts) for parts in split]
        self._starts = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
        vectors = embedder.embed([part for parts in split for part in parts])
        self._passages = _unit(np.add.reduceat(vectors, self._starts, axis=0))
        self._sentences = vectors.astype(np.float16) if len(vectors) > _COMPACT else vectors

    def likeness(self, queries: Floats) -> Floats:
        """Mean of the cosine with the passage and with its best sentence: [n, d] to [n, passages]."""
        best = np.maximum.reduceat(queries @ self._sentences.astype(np.float32, copy=False).T, self._starts, axis=1)
        likeness: Floats = (queries @ self._passages.T + best) / np.float32(2)
        return likeness


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _weights(claim: str, context: str) -> Mapping[str, float]:
    """Query terms: those of the claim count once, those that only the context has count less."""
    return dict.fromkeys(terms(context), CONTEXT_WEIGHT) | dict.fromkeys(terms(claim), 1.0)


def _leads(passages: Sequence[Passage]) -> dict[Digest, list[str]]:
    """What each document is about, by its copy: terms of its name and of a title on its first line.

    A passage in the middle of an article seldom repeats whom the article is about.
    """
    leads: dict[Digest, list[str]] = {}
    for passage in passages:
        if passage.copy_digest not in leads:
            first = passage.text.partition("\n")[0]
            title = first.lstrip("# ") if passage.start <= 3 and first.startswith("#") else ""
            name = passage.source.rpartition("/")[2].rpartition(".")[0]
            leads[passage.copy_digest] = list(dict.fromkeys(terms(f"{title[:400]} {name}")))[:LEAD_TERMS]
    return leads


def _repeats(passage: Passage, other: Passage) -> bool:
    """Whether half of the shorter one lies in the other, or the texts are the same."""
    if passage.text == other.text:
        return True
    if passage.copy_digest != other.copy_digest:
        return False
    shared = min(passage.end, other.end) - max(passage.start, other.start)
    return 2 * shared > min(passage.end - passage.start, other.end - other.start)
