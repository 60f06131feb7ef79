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


FEATURES = 13
JOINT = 0.4  # what several passages support only together counts this much
USUAL = 0.8  # coverage of an ordinary true claim; the features count from there
NEARLY_ALL = 0.9
_SHARP = 8  # exponent that makes the average over windows attend to those that cover the claim best


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted on held-out questions after training, then fixed.

    Attributes:
        temperature: divides the window logits.
        relevance: exponent of a window's coverage of the claim relative to the best window; what the window says counts that much.
        weights, bias: linear map from the features of ``evidence`` to calibrated logits (3 by 13 and 3).
        abstain_below: probability (0 to 1) that a verdict needs, per verdict in ``ORDER``; see ``choose``.
    """

    temperature: float
    relevance: float
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
            float(str(record["relevance"])),
            tuple(tuple(map(float, row)) for row in numbers),
            tuple(map(float, bias)),
            (float(low[0]), float(low[1]), float(low[2])),
        )


def softmax(logits: Floats) -> Floats:
    """Along the last axis."""
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    out: Floats = (shifted / shifted.sum(-1, keepdims=True)).astype(np.float32, copy=False)
    return out


def relevance(windows: Sequence[Window]) -> Floats:
    """Each window's coverage of the claim as a share of the best window's; 1 for all when none covers anything."""
    covered = np.array([window.coverage for window in windows], np.float32)
    top = covered.max()
    out: Floats = covered / top if top > 0 else np.ones_like(covered)
    return out


def joint(windows: Sequence[Window]) -> NDArray[np.bool_]:
    """Which windows put sentences of several passages together; none when there is nothing else to judge by."""
    out = np.array([window.passage < 0 for window in windows])
    return out if not out.all() else np.zeros_like(out)


def focus(windows: Sequence[Window]) -> int:
    """Index of the window of one passage that covers most of the claim; the shortest of those that cover as much."""
    among: list[int] = np.flatnonzero(~joint(windows)).tolist()
    return min(among, key=lambda i: (-round(windows[i].coverage, 6), len(windows[i].text.split()), i))


def turned(window: Window) -> bool:
    """Whether the closest sentence has nearly all of the claim's words but its names in another order: who did it to whom?"""
    return window.closest >= NEARLY_ALL and window.ordered < 1.0


def evidence(windows: Sequence[Window], p: Floats, exponent: float) -> Floats:
    """Thirteen numbers: three views of (supported, insufficient, refuted) in logarithms, and how much is covered.

    The strongest support and contradiction, each scaled down where its window covers less of the claim than the best window: a
    sentence about another date or another name does not refute a claim that the next sentence states. The window that covers the
    claim best and is shortest. And the average, weighted steeply by coverage. Then how much of the claim the best window and
    the best single sentence cover, and how many of its numbers and names that sentence has: support for a claim whose names
    stand in no sentence together is worth less. Last, whether it is ``turned``.
    """
    share, together = relevance(windows), joint(windows)
    scaled = p * (share**exponent)[:, None]
    if together.any():
        # words of two passages combine to false claims: together they support only as far as none of them alone says otherwise
        scaled[together, 0] *= JOINT * (1.0 - scaled[~together, 2].max())
    support, contradiction = float(scaled[:, 0].max()), float(scaled[:, 2].max())
    strongest = np.array([support + 1e-4, max(1e-4, 1.0 - max(support, contradiction)), contradiction + 1e-4])
    steep = np.where(together, 0.0, share**_SHARP)
    average = (p * (steep / max(1e-9, steep.sum()))[:, None]).sum(0)
    logs = np.log(np.concatenate([strongest, p[focus(windows)] + 1e-3, average + 1e-3]))
    covered = [max(window.coverage for window in windows), windows[0].closest, windows[0].named]
    return np.concatenate([logs, np.array(covered) - USUAL, [float(turned(windows[0]))]]).astype(np.float32)


def combine(windows: Sequence[Window], logits: Floats, calibration: Calibration) -> Floats:
    """One distribution (supported, insufficient, refuted) for a question."""
    features = evidence(windows, softmax(logits / calibration.temperature), calibration.relevance)
    return softmax((np.asarray(calibration.weights) @ features + np.asarray(calibration.bias)).astype(np.float32))


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
    said = softmax(logits / calibration.temperature)[:, verdict] * relevance(windows) ** calibration.relevance
    # a single passage is preferred to all together, because it tells a reader where to look
    single = np.array([0.1 * (window.passage >= 0) for window in windows])
    return int(np.argmax(said + single))
