"""Texts to vectors with the static token table that ships with the package (``weights/static/FORMAT.md``).

No network runs here: a text is the mean of its tokens' vectors, in which rare words weigh more because the table gives them longer
vectors. (Weighting them by corpus frequency on top was measured and is worse.) That is cheap enough for every passage of a
folder, and finds paraphrases that share no word with the claim.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from probatum.encoding.digest import Digest
from probatum.errors import ValidatorUnavailable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Floats = NDArray[np.float32]

FILES: Final = ("rows.npy", "scale.npy", "tokenizer.json")
MAX_CHARACTERS: Final = 8000  # of one text: more adds nothing to a mean and could be hostile
_BATCH: Final = 1024


class StaticEmbedder:
    """The table and its tokenizer, read once; about 8 MB, memory-mapped.

    Args:
        folder: holds ``rows.npy``, ``scale.npy`` and ``tokenizer.json``; the package's own by default.
        check: compare the files' SHA-256 with ``manifest.json`` beside the folder.

    Raises:
        ValidatorUnavailable: a file is missing, unreadable or not the one that the manifest lists.
    """

    def __init__(self, folder: Path | None = None, *, check: bool = True) -> None:
        folder = folder or Path(str(files("probatum.weights"))) / "static"
        try:
            if check:
                _check_files(folder)
            self._load(folder)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValidatorUnavailable(
                f"static embedding in {folder} cannot be read ({error}); install the package again"
            ) from None

    def _load(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self._rows: NDArray[np.int8] = np.load(folder / "rows.npy", mmap_mode="r", allow_pickle=False)
        self._scale: Floats = np.load(folder / "scale.npy", allow_pickle=False)
        self._tokenizer: Tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    @property
    def width(self) -> int:
        """Number of dimensions."""
        return int(self._rows.shape[1])

    def embed(self, texts: Sequence[str]) -> Floats:
        """Vectors of texts: float32 [n, d], rows of length 1 (all zero for a text without tokens)."""
        out = np.zeros((len(texts), self.width), np.float32)
        for start in range(0, len(texts), _BATCH):
            batch = [text[:MAX_CHARACTERS] for text in texts[start : start + _BATCH]]
            for at, encoding in enumerate(self._tokenizer.encode_batch_fast(batch, add_special_tokens=False), start):
                if encoding.ids:
                    out[at] = self._pool(np.array(encoding.ids))
        return out

    def token_vectors(self, text: str) -> Floats:
        """The vector of every token: float32 [t, d], not normalised (a row's length is its weight in the mean)."""
        ids = np.array(self._tokenizer.encode(text[:MAX_CHARACTERS], add_special_tokens=False).ids, np.int64)
        return self._vectors(ids)

    def _vectors(self, ids: NDArray[np.int64]) -> Floats:
        return self._rows[ids].astype(np.float32) * self._scale[ids][:, None]

    def _pool(self, ids: NDArray[np.int64]) -> Floats:
        mean = self._scale[ids] @ self._rows[ids].astype(np.float32)
        length = float(np.linalg.norm(mean))
        return (mean / length if length else mean).astype(np.float32)


def _check_files(folder: Path) -> None:
    """Compare the table's files with ``manifest.json``: ``{"files": {"static/rows.npy": {"sha256": "sha256:..."}}}``."""
    listed = json.loads((folder.parent / "manifest.json").read_text(encoding="utf-8"))["files"]
    for name in FILES:
        digest = Digest.of((folder / name).read_bytes())
        if listed[f"{folder.name}/{name}"]["sha256"] != str(digest):
            raise ValueError(f"{name} has the digest {digest}, not the one in manifest.json")
