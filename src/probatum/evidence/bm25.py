"""Okapi BM25 as an inverted index in numpy.

Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

K1: Final = 1.2
B: Final = 0.75


class Bm25:
    """An index over documents given as lists of terms; built once, in time linear in the number of terms.

    Args:
        documents: the terms of each document.
        k1: how soon repetition of a term stops counting.
        b: how much length is held against a document, 0 to 1.
    """

    def __init__(self, documents: Sequence[Sequence[str]], k1: float = K1, b: float = B) -> None:
        self.size = len(documents)
        self._vocabulary: dict[str, int] = {}
        owners, words, counts = self._count(documents)
        order = np.argsort(words, kind="stable")
        self._documents = owners[order]
        occurs = np.bincount(words, minlength=len(self._vocabulary))
        self._starts = np.concatenate(([0], np.cumsum(occurs)))
        self.idf = np.log1p((self.size - occurs + 0.5) / (occurs + 0.5))
        lengths = np.array([len(document) for document in documents], np.float64)
        norm = k1 * (1 - b + b * lengths / max(lengths.mean() if self.size else 1.0, 1.0))
        impacts = counts * (k1 + 1) / (counts + norm[owners]) * self.idf[words]
        self._impacts = impacts[order].astype(np.float32)

    def _count(self, documents: Sequence[Sequence[str]]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Document number, term number and frequency of every posting."""
        owners: list[int] = []
        words: list[int] = []
        counts: list[int] = []
        number = self._vocabulary
        for owner, document in enumerate(documents):
            frequency = Counter(document)
            owners += [owner] * len(frequency)
            words += [number.setdefault(term, len(number)) for term in frequency]
            counts += frequency.values()
        return np.array(owners, np.int64), np.array(words, np.int64), np.array(counts, np.float64)

    def scores(self, query: Mapping[str, float]) -> NDArray[np.float32]:
        """The score of every document, shape [documents]; 0 where no term occurs.

        Args:
            query: weight of each term.
        """
        scores = np.zeros(self.size, np.float32)
        for term, weight in query.items():
            number = self._vocabulary.get(term)
            if number is not None:
                part = slice(self._starts[number], self._starts[number + 1])
                scores[self._documents[part]] += np.float32(weight) * self._impacts[part]
        return scores
