"""The recurrent judge: bidirectional GRU and cross-attention over static token embeddings, computed with numpy alone.

Trained by ``training/recurrent.py`` (torch); this is the same computation, parameter for parameter. GRU equations as in
PyTorch and cuDNN
(reset gate applied after the recurrent product).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probatum.validators.vectors import StaticVectors

Floats = NDArray[np.float32]
Ids = NDArray[np.int32]
BITS = 5
MAX_CLAIM, MAX_EVIDENCE = 72, 200
SCALE = 8.0  # static vectors have norm about 14; this brings them near 1 per few dimensions


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


def _sigmoid(x: Floats) -> Floats:
    out: Floats = (0.5 * (np.tanh(0.5 * x) + 1.0)).astype(np.float32, copy=False)
    return out


class RecurrentScorer:
    """Logits of (evidence, claim) pairs.

    Args:
        weights: folder that holds ``static`` and ``recurrent``.
    """

    def __init__(self, weights: Path) -> None:
        self._vectors = StaticVectors(weights / "static")
        with np.load(weights / "recurrent" / "model.npz", allow_pickle=False) as file:
            self._p: dict[str, Floats] = {name: np.ascontiguousarray(file[name].astype(np.float32)) for name in file.files}

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Raw class scores (supported, insufficient, refuted), one row per pair."""
        if not pairs:
            return np.zeros((0, 3), np.float32)
        encode = self._vectors.tokenizer.encode_batch
        claims = [np.array(e.ids[:MAX_CLAIM] or [0], np.int32) for e in encode([c for _, c in pairs], add_special_tokens=False)]
        texts = [np.array(e.ids[:MAX_EVIDENCE] or [0], np.int32) for e in encode([t for t, _ in pairs], add_special_tokens=False)]
        cb = [match_bits(c, t) for c, t in zip(claims, texts, strict=True)]
        tb = [match_bits(t, c) for c, t in zip(claims, texts, strict=True)]
        hc, mc, bc = self._read(claims, cb)
        he, me, be = self._read(texts, tb)
        scores = hc @ he.transpose(0, 2, 1) / np.float32((hc.shape[2] // 2) ** 0.5)
        ac = _softmax(np.where(me[:, None, :], scores, -1e4)) @ he
        ae = _softmax(np.where(mc[:, None, :], scores.transpose(0, 2, 1), -1e4)) @ hc
        vc = self._linear("compare", np.concatenate([hc, ac, hc - ac, hc * ac, bc], -1))
        ve = self._linear("compare", np.concatenate([he, ae, he - ae, he * ae, be], -1))
        vc, ve = np.maximum(vc, 0), np.maximum(ve, 0) * me[..., None]
        oc = self._both_ways("compose", vc, mc)
        pooled = np.concatenate(
            [
                oc.sum(1) / mc.sum(1, keepdims=True),
                np.where(mc[..., None], oc, -1e4).max(1),
                ve.sum(1) / me.sum(1, keepdims=True),
                ve.max(1),
            ],
            -1,
        )
        out: Floats = self._linear("out", np.tanh(self._linear("hidden", pooled.astype(np.float32))))
        return out

    def _linear(self, name: str, x: Floats) -> Floats:
        out: Floats = x @ self._p[f"{name}.weight"].T + self._p[f"{name}.bias"]
        return out

    def _read(self, ids: list[Ids], bits: list[Floats]) -> tuple[Floats, NDArray[np.bool_], Floats]:
        longest = max(len(i) for i in ids)
        table = np.zeros((len(ids), longest), np.int64)
        flags = np.zeros((len(ids), longest, BITS), np.float32)
        for row, (i, b) in enumerate(zip(ids, bits, strict=True)):
            table[row, : len(i)], flags[row, : len(i)] = i, b
        mask = np.arange(longest)[None, :] < np.array([len(i) for i in ids])[:, None]
        x = np.maximum(self._linear("project", self._vectors.rows(table) / np.float32(SCALE)), 0)
        return self._both_ways("gru", np.concatenate([x, flags], -1), mask), mask, flags

    def _both_ways(self, name: str, x: Floats, mask: NDArray[np.bool_]) -> Floats:
        """Forward and backward GRU; padding keeps the state unchanged and gives zeros."""
        halves = []
        for suffix, step in (("", 1), ("_reverse", -1)):
            inputs = x @ self._p[f"{name}.weight_ih_l0{suffix}"].T + self._p[f"{name}.bias_ih_l0{suffix}"]
            recurrent, bias = np.ascontiguousarray(self._p[f"{name}.weight_hh_l0{suffix}"].T), self._p[f"{name}.bias_hh_l0{suffix}"]
            size = recurrent.shape[0]
            state = np.zeros((len(x), size), np.float32)
            out = np.zeros((*x.shape[:2], size), np.float32)
            for t in range(x.shape[1])[::step]:
                own = state @ recurrent + bias
                gates = _sigmoid(inputs[:, t, : 2 * size] + own[:, : 2 * size])
                new = np.tanh(inputs[:, t, 2 * size :] + gates[:, :size] * own[:, 2 * size :])
                live = mask[:, t, None]
                state = np.where(live, (1 - gates[:, size:]) * new + gates[:, size:] * state, state).astype(np.float32)
                out[:, t] = np.where(live, state, 0)
            halves.append(out)
        return np.concatenate(halves, -1)


def _softmax(x: Floats) -> Floats:
    e = np.exp(x - x.max(-1, keepdims=True))
    out: Floats = (e / e.sum(-1, keepdims=True)).astype(np.float32, copy=False)
    return out
