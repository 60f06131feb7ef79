"""What passages mean, as vectors: one for each sentence, and the direction of their sum for the passage.

A search looks at the first numbers of every passage's direction, and at the sentences of a short list only: the sentences of ten
thousand documents are more memory than can be read for every claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from probatum.claims.sentences import sentences

Floats = NDArray[np.float32]
Longs = NDArray[np.int64]

SKETCH: Final = 64  # numbers of a direction that are compared for every passage


class Embedder(Protocol):
    """Turns texts into vectors."""

    def embed(self, texts: Sequence[str]) -> Floats:
        """float32 [n, d], rows of length 1 (or zero)."""
        ...


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of passages.

    Attributes:
        starts: int64 [passages + 1]; the sentences of passage p are ``starts[p]`` to ``starts[p + 1]``, at least one.
        sentences: float16 [sentences, d].
        lengths: float32 [passages]; the length of the sum of a passage's sentences.
        sketches: float32 [passages, at most 64]; the first numbers of the direction of that sum.
    """

    starts: Longs
    sentences: NDArray[np.float16]
    lengths: Floats
    sketches: Floats

    @classmethod
    def of(cls, texts: Sequence[str], embedder: Embedder) -> Vectors:
        """The vectors of passages given as texts."""
        split = [[text[start:end] for start, end in sentences(text)] or [text] for text in texts]
        starts = np.concatenate(([0], np.cumsum([len(parts) for parts in split]))).astype(np.int64)
        rounded = embedder.embed([part for parts in split for part in parts]).astype(np.float16)
        exact = rounded.astype(np.float32)
        sums = np.add.reduceat(exact, starts[:-1], axis=0) if len(texts) else exact
        lengths = np.linalg.norm(sums, axis=1).astype(np.float32)
        return cls(starts, rounded, lengths, (sums[:, :SKETCH] / _or_one(lengths)[:, None]).astype(np.float32))

    def guess(self, queries: Floats) -> Floats:
        """A rough likeness of every passage, cheap: [n, d] to [n, passages]."""
        guessed: Floats = queries[:, :SKETCH] @ self.sketches.T
        return guessed

    def likeness(self, query: Floats, passages: Longs) -> Floats:
        """Mean of the cosine with the passage and with its best sentence, -1 to 1: [d] and [m] numbers of passages to [m]."""
        counts = self.starts[passages + 1] - self.starts[passages]
        cosines = self.sentences[ranges(self.starts[passages], counts)].astype(np.float32) @ query
        firsts = np.cumsum(counts) - counts
        best = np.maximum.reduceat(cosines, firsts)
        whole = np.add.reduceat(cosines, firsts) / _or_one(self.lengths[passages])
        return ((whole + best) / 2).astype(np.float32)


def ranges(starts: Longs, counts: Longs) -> Longs:
    """The numbers ``starts[0]``, ``starts[0] + 1`` ... of each range, one range after the other."""
    ends = np.cumsum(counts)
    numbers: Longs = np.repeat(starts - (ends - counts), counts) + np.arange(ends[-1] if len(ends) else 0)
    return numbers


def unit(vectors: Floats) -> Floats:
    """Each row at length 1; a zero row stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / _or_one(lengths)).astype(np.float32)


def _or_one(lengths: Floats) -> Floats:
    return np.where(lengths > 0, lengths, np.float32(1))
