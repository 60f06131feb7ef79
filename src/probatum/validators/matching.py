"""Exact matches between the tokens of two texts, as bits: vectors of two different numbers or names can be close."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
BITS = 5


def match_bits(mine: Ids, theirs: Ids) -> Floats:
    """For each token: occurs in the other text; with its left neighbour; with its right neighbour; with both; other text's count
    capped at 3, over 3.
    """
    out = np.zeros((len(mine), BITS), np.float32)
    single, counts = np.unique(theirs, return_counts=True)
    at = np.searchsorted(single, mine)
    at[at == len(single)] = 0
    hit = single[at] == mine
    out[:, 0] = hit
    out[:, 4] = np.where(hit, np.minimum(counts[at], 3) / 3.0, 0.0)
    pairs = theirs[:-1].astype(np.int64) * 65536 + theirs[1:]
    own = mine[:-1].astype(np.int64) * 65536 + mine[1:]
    both = np.isin(own, pairs)
    out[1:, 1] = both
    out[:-1, 2] = both
    if len(mine) >= 3 and len(theirs) >= 3:
        triples = pairs[:-1] * 65536 + theirs[2:]
        out[1:-1, 3] = np.isin(own[:-1] * 65536 + mine[2:], triples)
    return out
