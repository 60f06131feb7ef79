"""Where the searchable form of a corpus's versions lies, one folder each, named by the version's digest."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

from probatum.evidence.content_store import ContentStore
from probatum.evidence.corpus.data import Data, fingerprint, load, save
from probatum.evidence.corpus.manifest import Document, Version
from probatum.evidence.durable import sync_folder
from probatum.evidence.meaning import Embedder, Longs
from probatum.evidence.readers import Source

_TOGETHER: Final = 256  # documents read at a time: bounds memory


class Shelf:
    """Builds data, keeps it and finds it again.

    Args:
        folder: of the data.
        store: holds the documents' copies.
    """

    def __init__(self, folder: Path, store: ContentStore) -> None:
        self._folder = folder
        self._store = store

    def load(self, version: Version, embedder: Embedder) -> Data | None:
        """A version's data, mapped into memory; None if it is not there, or was made by other software or another embedder."""
        return load(self._place(version), len(version.documents), fingerprint(embedder))

    def build(self, version: Version, before: Version | None, embedder: Embedder, progress: Callable[[int, int], None]) -> Data:
        """Make a version's data; documents that were in the version ``before`` are taken over from its data.

        Args:
            version: lists the documents.
            before: None if there is nothing to take over.
            embedder: reads the other documents.
            progress: told how many of those are read, and of how many.

        Raises:
            LedgerError: a copy is missing or damaged.
        """
        numbers = {document: at for at, document in enumerate(version.documents)}
        parts: list[tuple[Data, Longs]] = []
        if before is not None and (old := self.load(before, embedder)) is not None:
            parts.append((old, np.array([numbers.pop(document, -1) for document in before.documents], np.int64)))
        fresh = list(numbers)
        for start in range(0, len(fresh), _TOGETHER):
            progress(start, len(fresh))
            chunk = fresh[start : start + _TOGETHER]
            parts.append((Data.read(map(self._source, chunk), embedder), np.array([numbers[one] for one in chunk], np.int64)))
        progress(len(fresh), len(fresh))
        return Data.join(parts)

    def keep(self, version: Version, data: Data, embedder: Embedder) -> None:
        """Put data where :meth:`load` finds it, whole or not at all; raises OSError."""
        target = self._place(version)
        shutil.rmtree(target, ignore_errors=True)  # made by other software, or damaged
        part = Path(tempfile.mkdtemp(dir=self._folder, prefix=".tmp-"))
        try:
            save(part, data, fingerprint(embedder))
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        sync_folder(self._folder)

    def forget_others(self, version: Version) -> None:
        """Remove all data but that of ``version``, and what crashes left. Whoever has one open keeps it."""
        for path in self._folder.iterdir():
            if path != self._place(version):
                shutil.rmtree(path, ignore_errors=True)

    def _place(self, version: Version) -> Path:
        return self._folder / version.digest.hex()

    def _source(self, document: Document) -> Source:
        copy = self._store.get(document.copy_digest)
        return Source(document.name, document.digest, document.copy_digest, document.reader, copy)
