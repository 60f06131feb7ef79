"""From the probabilities of a question's windows to one calibrated distribution, and from that to a judgement or an abstention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from probatum.consensus.verdict import Verdict
from probatum.validators.windows import KINDS, NEARLY_ALL, Window

Floats = NDArray[np.float32]
ORDER = (Verdict.SUPPORTED, Verdict.INSUFFICIENT, Verdict.REFUTED)


FEATURES = 13
USUAL = 0.8  # coverage of an ordinary true claim; the features count from there
_LEAST = 1e-3  # what a probability counts as at least, before its logarithm
_SUREST = 0.99  # what one member's probability counts as at most in the pool, so that nobody alone outweighs all others


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted on held-out questions after training, then fixed.

    Attributes:
        temperature: divides the window logits.
        weights, bias: linear map from the features of ``evidence`` to calibrated logits (3 by 13 and 3).
        abstain_below: probability (0 to 1) that a verdict needs, per verdict in ``ORDER``; see ``choose``.
    """

    temperature: float
    weights: tuple[tuple[float, ...], ...]
    bias: tuple[float, ...]
    abstain_below: tuple[float, float, float]

    @classmethod
    def of(cls, record: Mapping[str, object]) -> Calibration:
        """Read the JSON form. Raises KeyError, TypeError or ValueError when it is not of that form."""
        numbers = np.asarray(record["weights"], float).reshape(3, FEATURES)
        low = np.asarray(record["abstain_below"], float).reshape(3)
        bias = np.asarray(record["bias"], float).reshape(3)
        return cls(
            float(str(record["temperature"])),
            tuple(tuple(map(float, row)) for row in numbers),
            tuple(map(float, bias)),
            (float(low[0]), float(low[1]), float(low[2])),
        )


def softmax(logits: Floats) -> Floats:
    """Along the last axis."""
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    out: Floats = (shifted / shifted.sum(-1, keepdims=True)).astype(np.float32, copy=False)
    return out


def turned(window: Window) -> bool:
    """Whether the closest sentence has nearly all of the claim's words but its names in another order: who did it to whom?"""
    return window.closest >= NEARLY_ALL and window.ordered < 1.0


def views(windows: Sequence[Window], p: Floats) -> Floats:
    """What the passage, the sentence and all passages together say; shape (3, 3).

    Passage and sentence stand for each other where one was not read, and the first of them for all together. Words of two passages
    combine to false claims, so together they support only as far as none of them alone says otherwise; the rest counts as
    contradiction.
    """
    place = {window.kind: i for i, window in enumerate(windows)}
    first = place.get("passage", place.get("sentence", 0))
    out: Floats = p[[place.get(kind, first) for kind in KINDS]]
    if "joint" in place and len(windows) > 1:
        lost = out[2, 0] * out[:2, 2].max()
        out[2] += np.array([-lost, 0.0, lost], np.float32)
    return out


def evidence(windows: Sequence[Window], p: Floats) -> Floats:
    """Thirteen numbers: the logarithms of the three views, and how much is covered.

    How much of the claim the best window and the best single sentence cover, and how many of its numbers and names that sentence
    has: support for a claim whose names stand in no sentence together is worth less. Last, whether it is ``turned``.
    """
    logs = np.log(views(windows, p) + _LEAST).ravel()
    covered = [max(window.coverage for window in windows), windows[0].closest, windows[0].named]
    return np.concatenate([logs, np.array(covered) - USUAL, [float(turned(windows[0]))]]).astype(np.float32)


def combine(windows: Sequence[Window], logits: Floats, calibration: Calibration) -> Floats:
    """One distribution (supported, insufficient, refuted) for a question."""
    features = evidence(windows, softmax(logits / calibration.temperature))
    return softmax((np.asarray(calibration.weights) @ features + np.asarray(calibration.bias)).astype(np.float32))


def pool(support: NDArray[np.float64], stakes: Sequence[int]) -> NDArray[np.float64]:
    """What members with their stakes hold a claim for together: the logarithmic opinion pool of their probabilities.

    The odds are multiplied, each to the power of its member's share of the stake (Genest and Zidek, Statistical Science 1(1),
    1986). Against a plain mean, who is sure counts for more than who is not.

    Args:
        support: probabilities of SUPPORTED, shape (members, questions); NaN where a member has none.
        stakes: of the members.

    Returns:
        Shape (questions,); NaN where no member has a probability.
    """
    known = ~np.isnan(support)
    weights = known * np.asarray(stakes, float)[:, None]
    p = np.clip(np.where(known, support, 0.5), 1 - _SUREST, _SUREST)
    log_odds = (weights * np.log(p / (1 - p))).sum(0) / np.maximum(weights.sum(0), 1)
    return np.where(known.any(0), 1 / (1 + np.exp(-log_odds)), np.nan)


def choose(probabilities: Sequence[float] | Floats, least: Sequence[float]) -> int | None:
    """Which verdict (index into ``ORDER``) a distribution is enough for, if any.

    SUPPORTED and INSUFFICIENT must be the most probable and reach their least probability. REFUTED need only reach its own and be
    more probable than SUPPORTED: to a reader a contradiction at two in five says more than "not mentioned" at three in five.
    """
    best = max(range(3), key=lambda i: probabilities[i])
    if best == 0 and probabilities[0] >= least[0]:
        return 0
    if probabilities[2] >= least[2] and probabilities[2] > probabilities[0]:
        return 2
    return 1 if best == 1 and probabilities[1] >= least[1] else None


def deciding(windows: Sequence[Window], logits: Floats, calibration: Calibration, verdict: int) -> int:
    """Index of the window that speaks most for a verdict."""
    said = softmax(logits / calibration.temperature)[:, verdict]
    # a single passage is preferred to all together, because it tells a reader where to look
    single = np.array([0.1 * (window.passage >= 0) for window in windows])
    return int(np.argmax(said + single))
