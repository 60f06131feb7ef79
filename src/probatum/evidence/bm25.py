"""Okapi BM25 as an inverted index in numpy.

Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond".
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

K1: Final = 1.2  # how soon repetition of a term stops counting
B: Final = 0.75  # how much length is held against a document, 0 to 1
_COMMON: Final = 8  # a term in more than one document of this many is kept as a row over all documents: quicker to add up

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Postings:
    """Which term stands how often in which document. The same documents give the same arrays, however they were put together.

    Attributes:
        vocabulary: the terms, sorted; each stands in some document.
        starts: int64 [terms + 1]; the postings of term t are ``starts[t]`` to ``starts[t + 1]``.
        documents: int32; ascending within a term.
        counts: uint16; how often the term stands there.
        lengths: int32 [documents]; how many terms a document has.
    """

    vocabulary: tuple[str, ...]
    starts: Longs
    documents: NDArray[np.int32]
    counts: NDArray[np.uint16]
    lengths: NDArray[np.int32]

    @classmethod
    def count(cls, documents: Iterable[Sequence[str]]) -> Postings:
        """The postings of documents given as lists of terms, in time linear in the number of terms."""
        numbers: dict[str, int] = {}
        owners, words, counts, lengths = array("i"), array("i"), array("H"), array("i")
        for owner, document in enumerate(documents):
            frequency = Counter(document)
            owners.extend([owner] * len(frequency))
            words.extend([numbers.setdefault(term, len(numbers)) for term in frequency])
            counts.extend([min(count, 0xFFFF) for count in frequency.values()])
            lengths.append(len(document))
        return _sorted(list(numbers), np.array(words, np.int64), np.array(owners, np.int64), np.array(counts), np.array(lengths))

    @classmethod
    def merge(cls, parts: Sequence[tuple[Postings, Longs]], size: int) -> Postings:
        """Chosen documents of several postings as one.

        Args:
            parts: postings, and for each of their documents its number in the result, or -1 to leave it out.
            size: how many documents the result has; every number below it is given once.
        """
        numbers: dict[str, int] = {}
        lengths = np.zeros(size, np.int32)
        columns: list[tuple[Longs, Longs, NDArray[np.uint16]]] = []
        for part, places in parts:
            words = np.array([numbers.setdefault(term, len(numbers)) for term in part.vocabulary], np.int64)
            owners = places[part.documents]
            kept = owners >= 0
            columns.append((np.repeat(words, np.diff(part.starts))[kept], owners[kept], part.counts[kept]))
            lengths[places[places >= 0]] = part.lengths[places >= 0]
        words, owners, counts = (np.concatenate(column) for column in zip(*columns, strict=True))
        return _sorted(list(numbers), words, owners, counts, lengths)


def _sorted(terms: list[str], words: Longs, owners: Longs, counts: NDArray[np.uint16], lengths: NDArray[np.int32]) -> Postings:
    """Postings in their one order: terms as text, then documents; terms that stand nowhere are left out."""
    occurs = np.bincount(words, minlength=len(terms))
    used = sorted((at for at in range(len(terms)) if occurs[at]), key=terms.__getitem__)
    rank = np.zeros(len(terms), np.int64)
    rank[used] = np.arange(len(used))
    order = np.argsort(rank[words] * max(len(lengths), 1) + owners, kind="stable")
    starts = np.concatenate(([0], np.cumsum(occurs[used]))).astype(np.int64)
    return Postings(
        tuple([terms[at] for at in used]),
        starts,
        owners[order].astype(np.int32),
        counts[order].astype(np.uint16),
        lengths.astype(np.int32),
    )


def impacts(postings: Postings, k1: float = K1, b: float = B) -> NDArray[np.float32]:
    """What each posting adds to its document's score: the whole of BM25 but the query's weight. float32 [postings]."""
    occurs = np.diff(postings.starts)
    size = len(postings.lengths)
    idf = np.log1p((size - occurs + 0.5) / (occurs + 0.5))
    mean = max(postings.lengths.mean() if size else 1.0, 1.0)
    norm = k1 * (1 - b + b * postings.lengths / mean)
    counts = postings.counts.astype(np.float64)
    made: NDArray[np.float64] = counts * (k1 + 1) / (counts + norm[postings.documents]) * np.repeat(idf, occurs)
    return made.astype(np.float32)


class Bm25:
    """Scores of documents for queries.

    Args:
        postings: of the documents.
        made: :func:`impacts` of them, if at hand (perhaps from disk).
    """

    def __init__(self, postings: Postings, made: NDArray[np.float32] | None = None) -> None:
        self.size = len(postings.lengths)
        self._numbers = {term: at for at, term in enumerate(postings.vocabulary)}
        self._starts = postings.starts
        self._documents = postings.documents
        self._impacts = impacts(postings) if made is None else made
        common = np.flatnonzero(np.diff(self._starts) * _COMMON > self.size)
        self._rows = {number: self._row(number) for number in map(int, common)}

    def _row(self, number: int) -> NDArray[np.float32]:
        part = slice(self._starts[number], self._starts[number + 1])
        row = np.zeros(self.size, np.float32)
        row[self._documents[part]] = self._impacts[part]
        return row

    def scores(self, query: Mapping[str, float]) -> NDArray[np.float32]:
        """The score of every document, shape [documents]; 0 where no term occurs.

        Args:
            query: weight of each term.
        """
        scores = np.zeros(self.size, np.float32)
        for term, weight in query.items():
            number = self._numbers.get(term)
            if number is None:
                continue
            if (row := self._rows.get(number)) is not None:
                scores += np.float32(weight) * row
            else:
                part = slice(self._starts[number], self._starts[number + 1])
                scores[self._documents[part]] += np.float32(weight) * self._impacts[part]
        return scores
