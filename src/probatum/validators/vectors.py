"""Word and token vectors from the shared static embedding table (see ``probatum/weights/static/FORMAT.md``)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = NDArray[np.float32]
_CACHE_LIMIT = 50_000


class StaticVectors:
    """Reads the int8 table by memory map and dequantises on demand.

    Args:
        folder: holds ``rows.npy``, ``scale.npy`` and ``tokenizer.json``; the caller has checked their digests.
    """

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._rows: NDArray[np.int8] = np.load(folder / "rows.npy", mmap_mode="r", allow_pickle=False)
        self._scale: Floats = np.load(folder / "scale.npy", allow_pickle=False)
        self.tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.width: int = int(self._rows.shape[1])
        self._words: dict[str, Floats] = {}

    def rows(self, ids: NDArray[np.integer] | list[int]) -> Floats:
        """Vectors of token ids, any shape; float32 with one more dimension of ``width``."""
        index = np.asarray(ids, dtype=np.int64)
        return self._rows[index].astype(np.float32) * self._scale[index][..., None]

    def word(self, word: str) -> Floats:
        """Unit vector of one word (mean of its tokens); zero for an empty one."""
        found = self._words.get(word)
        if found is None:
            ids = self.tokenizer.encode(word, add_special_tokens=False).ids[:12]
            found = self.rows(ids).mean(0) if ids else np.zeros(self.width, np.float32)
            norm = float(np.linalg.norm(found))
            found = (found / norm if norm else found).astype(np.float32)
            if len(self._words) >= _CACHE_LIMIT:
                self._words.clear()
            self._words[word] = found
        return found

    def words(self, words: list[str]) -> Floats:
        """Unit vectors of words, shape (len(words), width)."""
        return np.stack([self.word(word) for word in words]) if words else np.zeros((0, self.width), np.float32)
