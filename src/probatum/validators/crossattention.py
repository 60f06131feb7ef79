"""The cross-attention judge: a small network, in numpy, over the frozen token vectors of MiniLM (ONNX, int8).

Evidence vectors do not depend on the claim, so they are kept (least recently used out first) and reused for every claim about
the same
passage. Trained by ``training/crossattention.py``; the parameters carry the same names.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from probatum.validators.matching import Ids, match_bits
from probatum.validators.transformers_onnx import Floats, length_batches, open_session, open_tokenizer, pad

WIDTH, HEADS = 160, 4
MAX_CLAIM, MAX_EVIDENCE = 72, 256
_CACHE_TEXTS = 256
_BATCH_TOKENS = 2048


class TokenEncoder:
    """Token ids (without the two special tokens) and their vectors, shape (tokens, 384)."""

    def __init__(self, weights: Path, threads: int = 2) -> None:
        self._session = open_session(weights / "minilm" / "encoder.onnx", threads)
        self._tokenizer = open_tokenizer(weights / "minilm" / "tokenizer.json", MAX_EVIDENCE, "longest_first")

    def encode(self, texts: Sequence[str]) -> list[tuple[Ids, Floats]]:
        """One pair per text; a text without tokens gives one zero vector."""
        encoded = self._tokenizer.encode_batch(list(texts))
        out: list[tuple[Ids, Floats]] = [(np.zeros(1, np.int32), np.zeros((1, 384), np.float32))] * len(texts)
        for batch in length_batches([len(e.ids) for e in encoded], _BATCH_TOKENS):
            ids, mask = pad([encoded[i].ids for i in batch])
            vectors = self._session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})[0]
            for row, i in enumerate(batch):
                size = len(encoded[i].ids)
                if size > 2:
                    out[i] = (np.array(encoded[i].ids[1:-1], np.int32), vectors[row, 1 : size - 1])
        return out


class CrossAttentionScorer:
    """Logits of (evidence, claim) pairs.

    Args:
        weights: folder that holds ``minilm`` and ``crossattention``.
        threads: onnxruntime threads.
    """

    def __init__(self, weights: Path, threads: int = 2) -> None:
        self._encoder = TokenEncoder(weights, threads)
        with np.load(weights / "crossattention" / "model.npz", allow_pickle=False) as file:
            self._p: dict[str, Floats] = {name: np.ascontiguousarray(file[name].astype(np.float32)) for name in file.files}
        self._kept: OrderedDict[str, tuple[Ids, Floats]] = OrderedDict()

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Raw class scores (supported, insufficient, refuted), one row per pair."""
        self._fetch([text for pair in pairs for text in pair])
        out = np.zeros((len(pairs), 3), np.float32)
        for i, (evidence, claim) in enumerate(pairs):
            out[i] = self._one(self._kept[claim], self._kept[evidence])
        while len(self._kept) > _CACHE_TEXTS:
            self._kept.popitem(last=False)
        return out

    def _fetch(self, texts: list[str]) -> None:
        for text in texts:
            if text in self._kept:
                self._kept.move_to_end(text)
        missing = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if missing:
            for text, found in zip(missing, self._encoder.encode(missing), strict=True):
                self._kept[text] = found

    def _one(self, claim: tuple[Ids, Floats], evidence: tuple[Ids, Floats]) -> Floats:
        ci, c = claim[0][:MAX_CLAIM], claim[1][:MAX_CLAIM]
        ei, e = evidence[0][:MAX_EVIDENCE], evidence[1][:MAX_EVIDENCE]
        cb, eb = match_bits(ci, ei), match_bits(ei, ci)
        hc, he = self._enter(c, cb), self._enter(e, eb)
        size = WIDTH // HEADS
        q = self._linear("query", hc).reshape(-1, HEADS, size).transpose(1, 0, 2)
        k = self._linear("key", he).reshape(-1, HEADS, size).transpose(1, 0, 2)
        scores = q @ k.transpose(0, 2, 1) / np.float32(size**0.5)
        attention = _softmax(scores)
        read = (attention @ he.reshape(-1, HEADS, size).transpose(1, 0, 2)).transpose(1, 0, 2).reshape(len(hc), WIDTH)
        vc = _gelu(self._linear("compare", np.concatenate([hc, read, np.abs(hc - read), hc * read, attention.max(-1).T, cb], -1)))
        vc = vc + _gelu(self._convolve(vc))
        over_c = _softmax(scores.mean(0).T) @ hc
        ve = _gelu(self._linear("back", np.concatenate([he, over_c, np.abs(he - over_c), he * over_c, eb], -1)))
        pooled = np.concatenate([vc.mean(0), vc.max(0), ve.mean(0), ve.max(0)])
        return self._linear("out", _gelu(self._linear("hidden", pooled)))

    def _enter(self, vectors: Floats, bits: Floats) -> Floats:
        x = _gelu(self._linear("project", np.concatenate([vectors.astype(np.float32), bits], -1)))
        centred = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(-1, keepdims=True) + np.float32(1e-5))
        out: Floats = (centred / spread * self._p["norm.weight"] + self._p["norm.bias"]).astype(np.float32)
        return out

    def _convolve(self, x: Floats) -> Floats:
        padded = np.pad(x, ((1, 1), (0, 0)))
        kernel = self._p["mix.weight"]  # (out, in, 3)
        out: Floats = self._p["mix.bias"] + sum(padded[i : i + len(x)] @ kernel[:, :, i].T for i in range(3))
        return out

    def _linear(self, name: str, x: Floats) -> Floats:
        out: Floats = x @ self._p[f"{name}.weight"].T + self._p[f"{name}.bias"]
        return out


def _softmax(x: Floats) -> Floats:
    e = np.exp(x - x.max(-1, keepdims=True))
    out: Floats = (e / e.sum(-1, keepdims=True)).astype(np.float32, copy=False)
    return out


def _gelu(x: Floats) -> Floats:
    """Exact GELU; erf after Abramowitz and Stegun 7.1.26 (error below 1.5e-7), because numpy has none."""
    z: Floats = (np.abs(x) / np.float32(2**0.5)).astype(np.float32)
    t = 1.0 / (1.0 + 0.3275911 * z)
    tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1.0 - tail * np.exp(-z * z))
    out: Floats = (0.5 * x * (1.0 + erf)).astype(np.float32)
    return out
