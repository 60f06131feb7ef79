"""The cross-encoder judges: a transformer reads evidence and claim together (ONNX, int8).

Trained by ``training/crossencoder.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from probatum.validators.transformers_onnx import Floats, claim_marks, length_batches, open_session, open_tokenizer, pad

MAX_TOKENS = 256
_CLAIM_WORDS = 80
_BATCH_TOKENS = 2048


class CrossEncoderScorer:
    """Logits of (evidence, claim) pairs.

    Args:
        model: the ONNX file; its inputs ``input_ids``, ``attention_mask`` and ``token_type_ids`` (1 for the claim) have shape
            (pairs, tokens).
        tokenizer: its ``tokenizer.json``.
        threads: onnxruntime threads.
    """

    def __init__(self, model: Path, tokenizer: Path, threads: int = 2) -> None:
        self._session = open_session(model, threads)
        self._tokenizer = open_tokenizer(tokenizer, MAX_TOKENS, "only_first")

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Raw class scores (supported, insufficient, refuted), one row per pair."""
        out = np.zeros((len(pairs), 3), np.float32)
        if not pairs:
            return out
        encoded = self._tokenizer.encode_batch(
            [(evidence, " ".join(claim.split()[:_CLAIM_WORDS])[:1200]) for evidence, claim in pairs]
        )
        for batch in length_batches([len(e.ids) for e in encoded], _BATCH_TOKENS):
            ids, mask = pad([encoded[i].ids for i in batch])
            types, _ = pad([claim_marks(encoded[i]) for i in batch])
            out[batch] = self._session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": types})[0]
        return out
