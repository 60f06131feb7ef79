"""Finding, for a claim, the passages that could decide it.

Relevance is all that is decided here (:mod:`probatum.evidence.ranking` says how). Whether a passage supports the claim, contradicts
it or is silent, validators judge.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from probatum.errors import EvidenceRefused
from probatum.evidence.bm25 import Bm25, Postings
from probatum.evidence.meaning import Embedder, Floats, Vectors
from probatum.evidence.ranking import Query, Ranking
from probatum.evidence.record import Passage
from probatum.evidence.terms import terms
from probatum.frozen import replace

__all__ = ["Embedder", "Floats", "Hit", "Index", "Retriever", "Searcher", "Together", "lead", "method"]

LEAD_TERMS: Final = 16  # terms of a document's name and title that count in each of its passages


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, and its score; higher is better, and scores of different indexes mean the same."""

    passage: Passage
    score: float


class Retriever(Protocol):
    """Whatever passages can be searched in."""

    def hits(self, queries: Sequence[Query], k: int = 3) -> list[tuple[Hit, ...]]:
        """For each ``(claim, context)`` its ``k`` best passages, best first."""
        ...

    def search_many(self, queries: Sequence[Query], k: int = 3) -> list[tuple[Passage, ...]]:
        """The same without the scores."""
        ...


class Searcher(ABC):
    """Search over a fixed set of passages, wherever they lie.

    Args:
        ranking: orders the passages' numbers.
        method: how passages are found, for their records.
    """

    def __init__(self, ranking: Ranking, method: str) -> None:
        self._ranking = ranking
        self._method = method

    @abstractmethod
    def passage(self, number: int) -> Passage:
        """The passage with this number."""

    def search(self, claim: str, context: str = "", k: int = 3) -> tuple[Passage, ...]:
        """The ``k`` best passages, best first; fewer only if the corpus is smaller; none repeats a better one if avoidable.

        Args:
            claim: the claim's text.
            context: text around the claim, which may name what the claim's pronouns mean.
            k: how many, at least 1.
        """
        return self.search_many([(claim, context)], k)[0]

    def search_many(self, queries: Sequence[Query], k: int = 3) -> list[tuple[Passage, ...]]:
        """:meth:`search` for many ``(claim, context)``, in order."""
        return [tuple(hit.passage for hit in found) for found in self.hits(queries, k)]

    def hits(self, queries: Sequence[Query], k: int = 3) -> list[tuple[Hit, ...]]:
        """:meth:`search_many` with scores."""
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        return [self._pick(order, k) for order in self._ranking.orders(queries)]

    def _pick(self, order: Iterable[tuple[int, float]], k: int) -> tuple[Hit, ...]:
        return _distinct((Hit(replace(self.passage(at), method=self._method), score) for at, score in order), k)


class Index(Searcher):
    """Search over passages in memory, built once.

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
        leads: dict[tuple[object, ...], list[str]] = {}
        for passage in reversed(self._passages):
            leads[_document(passage)] = lead(passage)
        words = Postings.count(terms(passage.text) + leads[_document(passage)] for passage in self._passages)
        vectors = Vectors.of([passage.text for passage in self._passages], embedder) if embedder else None
        super().__init__(Ranking(Bm25(words), vectors, embedder), method(embedder))

    def passage(self, number: int) -> Passage:
        """The passage with this number, as it was given."""
        return self._passages[number]


class Together:
    """Two places searched as one: the best passage of each is found, the other places go by score.

    Args:
        first: wins ties, and gives the one passage if only one is asked for.
        second: the other.
    """

    def __init__(self, first: Retriever, second: Retriever) -> None:
        self._first = first
        self._second = second

    def search_many(self, queries: Sequence[Query], k: int = 3) -> list[tuple[Passage, ...]]:
        """As :meth:`Searcher.search_many`."""
        return [tuple(hit.passage for hit in found) for found in self.hits(queries, k)]

    def hits(self, queries: Sequence[Query], k: int = 3) -> list[tuple[Hit, ...]]:
        """As :meth:`Searcher.hits`; the best of each place stand first."""
        pairs = zip(self._first.hits(queries, k), self._second.hits(queries, k), strict=True)
        return [_distinct([*one[:1], *other[:1], *_by_score([*one[1:], *other[1:]])], k) for one, other in pairs]


def method(embedder: Embedder | None) -> str:
    """How passages are found with this embedder, for their records."""
    return "bm25+static" if embedder else "bm25"


def lead(first: Passage) -> list[str]:
    """What a document is about, by its first passage: terms of its name and of a title on its first line.

    A passage in the middle of an article seldom repeats whom the article is about.
    """
    line = first.text.partition("\n")[0]
    title = line.lstrip("# ") if first.start <= 3 and line.startswith("#") else ""
    name = first.source.rpartition("/")[2].rpartition(".")[0]
    return list(dict.fromkeys(terms(f"{title[:400]} {name}")))[:LEAD_TERMS]


def _document(passage: Passage) -> tuple[object, ...]:
    return passage.source, passage.source_digest, passage.copy_digest


def _by_score(hits: list[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: -hit.score)


def _distinct(hits: Iterable[Hit], k: int) -> tuple[Hit, ...]:
    """The first ``k`` that do not repeat an earlier one; repetitions only to fill up."""
    chosen: list[Hit] = []
    repeats: list[Hit] = []
    for hit in hits:
        (repeats if any(_repeats(hit.passage, other.passage) for other in chosen) else chosen).append(hit)
        if len(chosen) == k:
            break
    return tuple((chosen + repeats)[:k])


def _repeats(passage: Passage, other: Passage) -> bool:
    """Whether half of the shorter one lies in the other, or the texts are the same."""
    if passage.text == other.text:
        return True
    if passage.copy_digest != other.copy_digest:
        return False
    shared = min(passage.end, other.end) - max(passage.start, other.start)
    return 2 * shared > min(passage.end - passage.start, other.end - other.start)
