"""The order in which passages are worth looking at for a claim: words in common and likeness of meaning together.

The lexical score is BM25 (:mod:`probatum.evidence.bm25`), divided by the weight of a term that occurs nowhere, so that it means the
same in a folder of ten passages and of ten thousand. The semantic score is the cosine of the claim with the passage (mean of its
sentences) and with its best sentence, averaged (:mod:`probatum.evidence.meaning`). Their weighted sum was better than reciprocal
rank fusion (Cormack et al. 2009), because it keeps how much better the first passage is than the second; ``bench/retrieval.py``
measures both.

All passages are first scored with a rough likeness; the most promising are then scored exactly. ``bench/corpus.py`` measures how
often the first passages are those that scoring everything exactly would give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from probatum.evidence.bm25 import Bm25
from probatum.evidence.meaning import Embedder, Floats, Longs, Vectors, unit
from probatum.evidence.terms import terms

SEMANTIC_WEIGHT: Final = 3.0  # chosen on the development half of bench/retrieval.py
CONTEXT_WEIGHT: Final = 0.25  # of the claim's surroundings, against the claim itself
SHORTLIST: Final = 512  # passages scored exactly at a time
_QUERIES: Final = 16  # judged at a time: bounds memory
_DECIMALS: Final = 4  # scores closer than this are a tie, so that no rounding in a linear algebra library orders passages

Scores = NDArray[np.float64]
Query = tuple[str, str]  # claim, context


class Ranking:
    """Passages, known by their number, in order of relevance.

    Args:
        words: BM25 over the passages.
        vectors: their vectors; None ranks by words alone.
        embedder: made the vectors, and makes those of the claims.
    """

    def __init__(self, words: Bm25, vectors: Vectors | None, embedder: Embedder | None) -> None:
        self._words = words
        self._rarest = float(np.log1p((words.size + 0.5) / 0.5))
        self._vectors = vectors
        self._embedder = embedder

    def orders(self, queries: Sequence[Query]) -> Iterator[Iterator[tuple[int, float]]]:
        """For each query, the numbers and scores of all passages, best first, found as they are asked for."""
        for start in range(0, len(queries), _QUERIES):
            batch = queries[start : start + _QUERIES]
            lexical = self.lexical(batch)
            claims = self.embed(batch)
            rough = 0.0 if self._vectors is None or claims is None else self._vectors.guess(claims)
            guessed = np.round(lexical + SEMANTIC_WEIGHT * rough, _DECIMALS)
            for at in range(len(batch)):
                yield self._order(guessed[at], lexical[at], None if claims is None else claims[at])

    def lexical(self, batch: Sequence[Query]) -> Scores:
        """BM25 against the rarest term: [queries, passages]."""
        scores = np.stack([self._words.scores(_weights(*query)) for query in batch])
        return np.asarray(scores / self._rarest, np.float64)

    def embed(self, batch: Sequence[Query]) -> Floats | None:
        """The queries' vectors: [queries, d], or None without an embedder."""
        if self._embedder is None:
            return None
        vectors = self._embedder.embed([claim for claim, _ in batch])
        contexts = self._embedder.embed([context for _, context in batch])
        return unit(vectors + np.float32(CONTEXT_WEIGHT) * contexts)

    def exact(self, lexical: Scores, claim: Floats | None, chosen: Longs) -> Scores:
        """The scores that count, of chosen passages."""
        meaning = 0.0 if self._vectors is None or claim is None else self._vectors.likeness(claim, chosen)
        scores: Scores = lexical[chosen] + SEMANTIC_WEIGHT * meaning
        return np.round(scores, _DECIMALS)

    def _order(self, guessed: Scores, lexical: Scores, claim: Floats | None) -> Iterator[tuple[int, float]]:
        first = _largest(guessed, SHORTLIST)
        yield from self._sorted(lexical, claim, first)
        if len(first) < len(guessed):  # seldom: nothing but repetitions so far
            rest = np.argsort(-guessed, kind="stable")
            rest = rest[~np.isin(rest, first)]
            for at in range(0, len(rest), SHORTLIST):
                yield from self._sorted(lexical, claim, np.sort(rest[at : at + SHORTLIST]))

    def _sorted(self, lexical: Scores, claim: Floats | None, chosen: Longs) -> Iterator[tuple[int, float]]:
        scores = self.exact(lexical, claim, chosen)
        for at in np.argsort(-scores, kind="stable"):
            yield int(chosen[at]), float(scores[at])


def _largest(scores: Scores, count: int) -> Longs:
    """The numbers of the ``count`` largest scores, ascending; of equal ones the first."""
    if len(scores) <= count:
        return np.arange(len(scores))
    least = np.partition(scores, len(scores) - count)[len(scores) - count]
    above = np.flatnonzero(scores > least)
    level = np.flatnonzero(scores == least)[: count - len(above)]
    return np.sort(np.concatenate((above, level)))


def _weights(claim: str, context: str) -> Mapping[str, float]:
    """Query terms: those of the claim count once, those that only the context has count less."""
    return dict.fromkeys(terms(context), CONTEXT_WEIGHT) | dict.fromkeys(terms(claim), 1.0)
