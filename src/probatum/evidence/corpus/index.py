"""A version of a corpus, open for searching."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Final

import numpy as np

from probatum.encoding.digest import Digest
from probatum.errors import EvidenceRefused, LedgerError
from probatum.evidence.bm25 import Bm25
from probatum.evidence.content_store import ContentStore
from probatum.evidence.corpus.data import Data
from probatum.evidence.corpus.manifest import Version
from probatum.evidence.meaning import Embedder
from probatum.evidence.ranking import Ranking
from probatum.evidence.record import Passage
from probatum.evidence.retrieval import Searcher, method

HELD_BYTES: Final = 64 * 1024 * 1024  # copies kept at hand


class CorpusIndex(Searcher):
    """Search in one version of a corpus; finds what :class:`probatum.evidence.retrieval.Index` finds in the same documents.

    Passages are cut out of the stored copies, each of which is hashed before use. Threads may search at once.

    Args:
        version: lists the documents.
        data: their searchable form.
        store: holds their copies.
        embedder: the one that ``data`` was made with.

    Raises:
        EvidenceRefused: the documents hold no passage.
    """

    def __init__(self, version: Version, data: Data, store: ContentStore, embedder: Embedder) -> None:
        if not len(data.spans):
            raise EvidenceRefused(f"corpus {version.corpus}: its documents hold no passage that a claim could be judged against")
        super().__init__(Ranking(Bm25(data.words, data.impacts), data.vectors, embedder), method(embedder))
        self.version = version
        self._data = data
        self._copies = _Copies(store)

    @property
    def passages(self) -> int:
        """How many there are."""
        return len(self._data.spans)

    def passage(self, number: int) -> Passage:
        """The passage with this number, counted through the documents in their order.

        Raises:
            ContentMissing, ContentDamaged: the document's copy is not there as it was.
            LedgerError: the index does not fit the copy.
        """
        document = self.version.documents[int(np.searchsorted(self._data.documents, number, "right")) - 1]
        start, end = map(int, self._data.spans[number])
        try:
            text = self._copies.get(document.copy_digest)[start:end].decode("utf-8")
        except UnicodeDecodeError:
            text = ""
        if len(text.encode()) != end - start or not text:
            raise LedgerError(
                f"the index of corpus {self.version.corpus} does not fit {document.name}; remove the folder 'index' of the corpus, "
                "it will be made again"
            )
        return Passage(document.name, document.digest, document.copy_digest, document.reader, start, end, text, "")


class _Copies:
    """Copies out of the store, the last ones kept at hand."""

    def __init__(self, store: ContentStore) -> None:
        self._store = store
        self._held: OrderedDict[Digest, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, digest: Digest) -> bytes:
        with self._lock:
            if (held := self._held.get(digest)) is not None:
                self._held.move_to_end(digest)
                return held
        copy = self._store.get(digest)
        with self._lock:
            if digest not in self._held:
                self._held[digest] = copy
                self._bytes += len(copy)
            while self._bytes > HELD_BYTES and len(self._held) > 1:
                self._bytes -= len(self._held.popitem(last=False)[1])
        return copy
