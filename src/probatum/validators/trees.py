"""Boosted regression trees evaluated with numpy alone.

The file format is ours: one ``.npz`` with, for all trees one after another, ``feature`` (int16, -1 for a leaf), ``threshold``
(float32: go left
when value <= threshold), ``left``/``right`` (int16, index inside the tree), ``value`` (float32, leaf value), ``start``
(int32, first node of each
tree), ``output`` (int8, which output each tree adds to) and ``base`` (float32, one per output).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Trees:
    """An ensemble; ``scores(rows)`` gives one raw score per output.

    Raises:
        KeyError, ValueError: the file is not of this format.
    """

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as file:
            self._feature = file["feature"].astype(np.int64)
            self._threshold = file["threshold"].astype(np.float32)
            self._left, self._right = file["left"].astype(np.int64), file["right"].astype(np.int64)
            self._value = file["value"].astype(np.float32)
            self._start = file["start"].astype(np.int64)
            self._output = file["output"].astype(np.int64)
            self._base = file["base"].astype(np.float32)
            self._depth = int(file["depth"])

    def scores(self, rows: Floats) -> Floats:
        """Raw scores, shape (rows, outputs). All trees of all rows step down one level at a time."""
        count, trees = len(rows), len(self._start)
        node = np.zeros((count, trees), np.int64)
        line = np.arange(count)[:, None]
        for _ in range(self._depth):
            at = self._start[None, :] + node
            feature = self._feature[at]
            inner = feature >= 0
            goes_left = rows[line, np.maximum(feature, 0)] <= self._threshold[at]
            node = np.where(inner, np.where(goes_left, self._left[at], self._right[at]), node)
        leaves = self._value[self._start[None, :] + node]
        out = np.tile(self._base, (count, 1))
        for output in range(len(self._base)):
            out[:, output] += leaves[:, self._output == output].sum(1)
        return out
