"""Small corpora on disk: a folder of documents, a clock that lets files settle, and an embedder that needs no table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from probatum.evidence.corpus import Added, Corpus, Progress, Watch
from probatum.evidence.meaning import Floats

HOUR_NS = 3_600_000_000_000


class Letters:
    """Words to buckets: texts with words in common are alike. Counts how many texts it was given."""

    def __init__(self) -> None:
        self.seen = 0

    def embed(self, texts: Sequence[str]) -> Floats:
        out = np.zeros((len(texts), 80), np.float32)
        for at, text in enumerate(texts):
            for word in text.lower().split():
                out[at, crc32(word.encode()) % 80] += 1
        self.seen += len(texts)
        lengths = np.linalg.norm(out, axis=1, keepdims=True)
        return (out / np.where(lengths > 0, lengths, 1)).astype(np.float32)


@dataclass(slots=True)
class Place:
    """A network's folder, a folder of documents, and a corpus."""

    home: Path
    documents: Path
    embedder: Letters = field(default_factory=Letters)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    stages: list[Progress] = field(default_factory=list)
    ahead_ns: int = HOUR_NS  # files are an hour old, so that their times can be relied on

    def write(self, **texts: str) -> None:
        """Write documents: ``a="text"`` becomes a.md."""
        for name, text in texts.items():
            (self.documents / f"{name}.md").write_text(text)

    @property
    def corpus(self) -> Corpus:
        import time

        return Corpus(self.home, "news", lambda: time.time_ns() + self.ahead_ns)

    def add(self, *paths: Path, only: bool = False) -> Added:
        watch = Watch(self.stages.append, lambda name, reason: self.skipped.append((name, reason)))
        return self.corpus.add(paths or [self.documents], self.embedder, only=only, watch=watch)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "home", tmp_path / "documents")
    made.home.mkdir()
    made.documents.mkdir()
    return made
