"""Evidence becomes searchable: sources are read, kept and indexed; corpora are opened once and shared. Runs on worker threads."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final

from probatum.coordinator.preparation import Search
from probatum.coordinator.verification import Evidence
from probatum.encoding.digest import Digest
from probatum.evidence.collect import collect_named
from probatum.evidence.content_store import ContentStore
from probatum.evidence.corpus import Corpus, CorpusIndex
from probatum.evidence.meaning import Embedder
from probatum.evidence.passages import cut
from probatum.evidence.record import Passage
from probatum.evidence.retrieval import Index
from probatum.gateway.verifier import Material

HELD: Final = 16  # indexes of sources that were used last, for requests with the same evidence
HELD_BYTES: Final = 4 * 1024 * 1024  # of one whose index is held


class Corpora:
    """The corpora of a network's folder, each opened once, and anew when it has a new version.

    Args:
        folder: the network's.
        embedder: for searching.
    """

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self._folder, self._embedder = folder, embedder
        self._open: dict[str, CorpusIndex] = {}
        self._lock = Lock()

    def newest(self, name: str) -> CorpusIndex:
        """The newest version, open for search; raises EvidenceRefused if there is no such corpus, LedgerError if it is damaged."""
        with self._lock:
            number = Corpus(self._folder, name).version().number
            held = self._open.get(name)
            if held is None or held.version.number != number:
                held = self._open[name] = Corpus.open(self._folder, name, self._embedder, number)
            return held


@dataclass(frozen=True, slots=True)
class Both:
    """The sources of a request and a corpus: the best of each in turn, those of the request first."""

    own: Search
    corpus: Search

    def search_many(self, queries: Sequence[tuple[str, str]], k: int = 3) -> list[tuple[Passage, ...]]:
        """See ``preparation.Search``."""
        pairs = zip(self.own.search_many(queries, k), self.corpus.search_many(queries, k), strict=True)
        return [_in_turn(own, shared)[:k] for own, shared in pairs]


def _in_turn(own: Sequence[Passage], shared: Sequence[Passage]) -> tuple[Passage, ...]:
    longest = max(len(own), len(shared))
    mixed = [passage for at in range(longest) for passage in (*own[at : at + 1], *shared[at : at + 1])]
    return tuple(dict.fromkeys(mixed))


@dataclass(slots=True)
class Gathering:
    """Makes evidence searchable; ``__call__`` is the ``gather`` of ``gateway.verifier.LiveVerifier``.

    Attributes:
        store: keeps copies of the sources, which certificates rest on.
        corpora: opens corpora.
        embedder: for the indexes.
    """

    store: ContentStore
    corpora: Corpora
    embedder: Embedder
    _held: OrderedDict[tuple[Digest, ...], Material] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, evidence: Evidence) -> Material:
        """Read, keep and index.

        Raises:
            EvidenceRefused: a source cannot be used, or there is no such corpus; says which.
            LedgerError: a copy cannot be kept.
        """
        own = self._own(evidence) if evidence.sources or evidence.corpus is None else None
        if evidence.corpus is None:
            assert own is not None
            return own
        corpus = self.corpora.newest(evidence.corpus)
        digest = corpus.version.digest
        return Material(corpus, (digest,)) if own is None else Material(Both(own.search, corpus), (*own.digests, digest))

    def _own(self, evidence: Evidence) -> Material:
        key = tuple(Digest.of(name.encode() + b"\0" + content) for name, content in evidence.sources)
        with self._lock:
            if (held := self._held.get(key)) is not None:
                self._held.move_to_end(key)
                return held
        sources = collect_named(evidence.sources)
        for source in sources:
            self.store.put(source.copy)
        index = Index([passage for source in sources for passage in cut(source)], self.embedder)
        made = Material(index, tuple(source.copy_digest for source in sources))
        if sum(len(source.copy) for source in sources) <= HELD_BYTES:
            with self._lock:
                self._held[key] = made
                while len(self._held) > HELD:
                    self._held.popitem(last=False)
        return made
