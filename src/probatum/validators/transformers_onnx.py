"""Running transformers with onnxruntime: sessions, padding, tokenising. Imported only when a judge that needs it is loaded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnxruntime  # type: ignore[import-untyped]
    from tokenizers import Encoding, Tokenizer

Floats = NDArray[np.float32]
UNLIKE: Final = 1.3  # the longest of a batch against its shortest; padding costs as much as text


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    """A CPU session with few threads and no memory arena, so that several judges fit side by side."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # judging opens no connection and leaves no device id (docs/adr/0012)
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])


def open_tokenizer(path: Path, limit: int, strategy: str) -> Tokenizer:
    """The tokenizer of a ``tokenizer.json``, with truncation at ``limit`` tokens and no padding."""
    from tokenizers import Tokenizer

    tokenizer: Tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(limit, strategy=strategy)
    return tokenizer


def claim_marks(encoding: Encoding) -> list[int]:
    """1 for each token of the second text of a pair.

    These are the token types where the tokenizer gives any (the last separator is the claim's then), else the claim's own tokens.
    """
    return list(encoding.type_ids) if any(encoding.type_ids) else [int(one == 1) for one in encoding.sequence_ids]


def pad(rows: Sequence[Sequence[int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids and mask, padded with zeros to the longest row."""
    longest = max(len(row) for row in rows)
    ids = np.zeros((len(rows), longest), np.int64)
    mask = np.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return ids, mask


def length_batches(lengths: Sequence[int], tokens: int) -> list[list[int]]:
    """Indexes grouped by similar length: at most ``tokens`` padded tokens a batch, and little of it padding."""
    out: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda j: lengths[j]):
        together = out and lengths[i] <= UNLIKE * lengths[out[-1][0]] and (len(out[-1]) + 1) * lengths[i] <= tokens
        if together:
            out[-1].append(i)
        else:
            out.append([i])
    return out
