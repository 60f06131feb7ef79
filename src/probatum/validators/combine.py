"""From the probabilities of a question's windows to one calibrated distribution, and from that to a judgement or an abstention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probatum.consensus.verdict import Verdict
from probatum.validators.windows import Window

Floats = NDArray[np.float32]
ORDER = (Verdict.SUPPORTED, Verdict.INSUFFICIENT, Verdict.REFUTED)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted on held-out questions after training, then fixed.

    Attributes:
        temperature: divides the window logits.
        blend: weight of the best single window against the mean of all windows of the same passage, 0 to 1.
        relevance: how strongly a contradiction is damped in a window less close to the claim than the supporting one; 0 for not at all.
        joint: factor for what only the passages together support, 0 to 1.
        weights, bias: linear map from the combined log-probabilities to calibrated logits (3 by 3 and 3).
        abstain_below: confidence (0 to 1) under which the validator abstains, per verdict in ``ORDER``.
    """

    temperature: float
    blend: float
    relevance: float
    joint: float
    weights: tuple[tuple[float, ...], ...]
    bias: tuple[float, ...]
    abstain_below: tuple[float, float, float]

    @classmethod
    def of(cls, record: Mapping[str, object]) -> Calibration:
        """Read the JSON form. Raises KeyError, TypeError or ValueError when it is not of that form."""
        numbers = np.asarray(record["weights"], float).reshape(3, 3)
        low = np.asarray(record["abstain_below"], float).reshape(3)
        bias = np.asarray(record["bias"], float).reshape(3)
        temperature, blend, relevance, joint = (float(str(record[key])) for key in ("temperature", "blend", "relevance", "joint"))
        rows = tuple(tuple(map(float, row)) for row in numbers)
        return cls(temperature, blend, relevance, joint, rows, tuple(map(float, bias)), (float(low[0]), float(low[1]), float(low[2])))


def softmax(logits: Floats) -> Floats:
    """Along the last axis."""
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    out: Floats = shifted / shifted.sum(-1, keepdims=True)
    return out


def combine(windows: Sequence[Window], logits: Floats, calibration: Calibration) -> tuple[Floats, int]:
    """One distribution (supported, insufficient, refuted) for a question, and the index of the window that decided it.

    Per passage the best window and the mean of its windows are blended, which damps a single window's accident; between passages the
    strongest support and the strongest contradiction count, and whatever neither claims is insufficient. A contradiction by a window that
    shares fewer words with the claim than the supporting one is damped, the more so the stronger the support: a passage about another launch
    does not refute a date.
    """
    p = softmax(logits / calibration.temperature)
    joint = np.array([w.passage < 0 for w in windows])
    support, refute = p[:, 0].copy(), p[:, 2].copy()
    if not joint.all():
        star = int(np.argmax(np.where(joint, -1.0, support)))
        overlap = np.array([w.overlap for w in windows]) / max(windows[star].overlap, 1e-3)
        refute *= np.minimum(1.0, overlap) ** (calibration.relevance * support[star])
        # words of two passages combine to false claims: together they support only as far as none of them alone says otherwise
        support[joint] *= calibration.joint * (1.0 - refute[~joint].max())
    best_support, best_refute = 0.0, 0.0
    for passage in {w.passage for w in windows}:
        at = np.array([w.passage == passage for w in windows])
        for_it = calibration.blend * support[at].max() + (1.0 - calibration.blend) * support[at].mean()
        against = calibration.blend * refute[at].max() + (1.0 - calibration.blend) * refute[at].mean()
        best_support, best_refute = max(best_support, float(for_it)), max(best_refute, float(against))
    neither = max(1e-4, 1.0 - max(best_support, best_refute))
    raw = np.log(np.array([best_support + 1e-4, neither, best_refute + 1e-4]))
    calibrated = softmax((np.asarray(calibration.weights) @ raw + np.asarray(calibration.bias)).astype(np.float32))
    column = int(np.argmax(calibrated))
    # a single passage is preferred to all together, because it tells a reader where to look
    single = np.where(joint, 0.0, 0.1)
    return calibrated, int(np.argmax(np.stack([support, p[:, 1], refute])[column] + single))
