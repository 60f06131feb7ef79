"""The searchable form of a version: numbers in arrays, made from the documents and of use only together with them.

It can be made again at any time, and comes out the same however the corpus grew. The text of the passages is not in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from probatum import __version__
from probatum.encoding.digest import Digest
from probatum.evidence.bm25 import Postings, impacts
from probatum.evidence.meaning import SKETCH, Embedder, Longs, Vectors, ranges
from probatum.evidence.passages import cut
from probatum.evidence.readers import Source
from probatum.evidence.retrieval import lead
from probatum.evidence.terms import terms

_PROBE = "The same words must give the same numbers: ein Satz, 東京, 3.14."
_ARRAYS = {
    "documents": np.int64, "spans": np.int64, "impacts": np.float32,
    "term_starts": np.int64, "term_passages": np.int32, "term_counts": np.uint16, "passage_terms": np.int32,
    "sentence_starts": np.int64, "sentences": np.float16, "lengths": np.float32, "sketches": np.float32,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Data:
    """Passages of documents: where they lie, which terms they hold, what they mean.

    Attributes:
        documents: int64 [documents + 1]; the passages of document d are ``documents[d]`` to ``documents[d + 1]``.
        spans: int64 [passages, 2]; first byte of each in its document's copy, and the byte after the last.
        words: the passages' terms, those of the document's name and title included.
        vectors: the passages' meaning.
        impacts: what BM25 makes of ``words``.
    """

    documents: Longs
    spans: Longs
    words: Postings
    vectors: Vectors
    impacts: NDArray[np.float32]

    @classmethod
    def read(cls, sources: Iterable[Source], embedder: Embedder) -> Data:
        """Cut documents into passages and read them."""
        cuts = [cut(source) for source in sources]
        passages = [passage for found in cuts for passage in found]
        leads = [lead(found[0]) for found in cuts for _ in found]
        words = Postings.count(terms(passage.text) + head for passage, head in zip(passages, leads, strict=True))
        return cls(
            _starts([len(found) for found in cuts]),
            np.array([(passage.start, passage.end) for passage in passages], np.int64).reshape(-1, 2),
            words,
            Vectors.of([passage.text for passage in passages], embedder),
            impacts(words),
        )

    @classmethod
    def join(cls, parts: Sequence[tuple[Data, Longs]]) -> Data:
        """Chosen documents of several parts as one.

        Args:
            parts: at least one: data, and for each of its documents the number in the result, or -1 to leave it out. Every number
                from 0 on is given once.
        """
        size = sum(int((numbers >= 0).sum()) for _, numbers in parts)
        counts = np.zeros(size, np.int64)
        for data, numbers in parts:
            counts[numbers[numbers >= 0]] = np.diff(data.documents)[numbers >= 0]
        documents = _starts(counts)
        moves = [_moves(data.documents, documents, numbers) for data, numbers in parts]
        spans = np.empty((int(documents[-1]), 2), np.int64)
        for (data, _), (source, target) in zip(parts, moves, strict=True):
            spans[target] = data.spans[source]
        words = Postings.merge(
            [(data.words, _places(data, *move)) for (data, _), move in zip(parts, moves, strict=True)], len(spans)
        )
        vectors = _join_vectors([(data.vectors, *move) for (data, _), move in zip(parts, moves, strict=True)], len(spans))
        return cls(documents, spans, words, vectors, impacts(words))


def fingerprint(embedder: Embedder) -> str:
    """What data of this software and this embedder is marked with; other data is made again."""
    return f"probatum {__version__}, {Digest.of(embedder.embed([_PROBE]).tobytes())}"


def save(folder: Path, data: Data, made_by: str) -> None:
    """Write ``data`` into an empty folder and on disk; raises OSError."""
    vectors, words = data.vectors, data.words
    arrays: dict[str, NDArray[Any]] = {
        "documents": data.documents, "spans": data.spans, "impacts": data.impacts,
        "term_starts": words.starts, "term_passages": words.documents, "term_counts": words.counts, "passage_terms": words.lengths,
        "sentence_starts": vectors.starts, "sentences": vectors.sentences,
        "lengths": vectors.lengths, "sketches": vectors.sketches,
    }  # fmt: skip
    for name, array in arrays.items():
        with open(folder / f"{name}.npy", "wb") as file:
            np.save(file, array, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
    with open(folder / "about.json", "wb") as file:
        file.write(orjson.dumps({"made_by": made_by, "vocabulary": words.vocabulary}))
        file.flush()
        os.fsync(file.fileno())


def load(folder: Path, documents: int, made_by: str) -> Data | None:
    """Map data into memory.

    Returns:
        None if there is none, or what is there does not have as many ``documents``, is not ``made_by`` this, or does not fit.
    """
    try:
        about = orjson.loads((folder / "about.json").read_bytes())
        if about["made_by"] != made_by:
            return None
        a: dict[str, NDArray[Any]] = {name: _map(folder / f"{name}.npy") for name in _ARRAYS}
        words = Postings(tuple(about["vocabulary"]), a["term_starts"], a["term_passages"], a["term_counts"], a["passage_terms"])
        vectors = Vectors(a["sentence_starts"], a["sentences"], a["lengths"], a["sketches"])
        return (
            Data(a["documents"], a["spans"], words, vectors, a["impacts"]) if _fits(a, documents, len(words.vocabulary)) else None
        )
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def _map(path: Path) -> NDArray[Any]:
    array = np.load(path, mmap_mode="r" if path.stat().st_size > 4096 else None, allow_pickle=False)
    return np.asarray(array)


def _fits(a: dict[str, NDArray[Any]], documents: int, vocabulary: int) -> bool:
    passages, terms_, sentences = len(a["spans"]), len(a["term_passages"]), len(a["sentences"])
    lengths = {
        "documents": documents + 1, "spans": passages, "impacts": terms_,
        "term_starts": vocabulary + 1, "term_passages": terms_, "term_counts": terms_, "passage_terms": passages,
        "sentence_starts": passages + 1, "sentences": sentences, "lengths": passages, "sketches": passages,
    }  # fmt: skip
    whole = [(a["documents"], passages), (a["term_starts"], terms_), (a["sentence_starts"], sentences)]
    return (
        all(a[name].dtype == kind and len(a[name]) == lengths[name] for name, kind in _ARRAYS.items())
        and all(int(starts[0]) == 0 and int(starts[-1]) == end for starts, end in whole)
    )  # fmt: skip


def _starts(counts: Sequence[int] | Longs) -> Longs:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def _moves(old: Longs, new: Longs, numbers: Longs) -> tuple[Longs, Longs]:
    """Which rows go where when the things numbered ``numbers`` move from the ranges ``old`` to the ranges ``new``."""
    kept = np.flatnonzero(numbers >= 0)
    counts = old[kept + 1] - old[kept]
    return ranges(old[kept], counts), ranges(new[numbers[kept]], counts)


def _places(data: Data, source: Longs, target: Longs) -> Longs:
    places = np.full(len(data.spans), -1, np.int64)
    places[source] = target
    return places


def _join_vectors(parts: Sequence[tuple[Vectors, Longs, Longs]], passages: int) -> Vectors:
    """Vectors of ``passages`` passages, given as parts with the rows to take and where they go."""
    width = parts[-1][0].sentences.shape[1]
    counts = np.zeros(passages, np.int64)
    lengths, sketches = np.empty(passages, np.float32), np.empty((passages, min(width, SKETCH)), np.float32)
    for vectors, source, target in parts:
        counts[target] = np.diff(vectors.starts)[source]
        lengths[target], sketches[target] = vectors.lengths[source], vectors.sketches[source]
    starts = _starts(counts)
    sentences = np.empty((int(starts[-1]), width), np.float16)
    for vectors, source, target in parts:
        size = counts[target]
        sentences[ranges(starts[target], size)] = vectors.sentences[ranges(vectors.starts[source], size)]
    return Vectors(starts, sentences, lengths, sketches)
