"""The figures: shares between 0 and 1, and ``None`` where there is nothing to count (never a number that nobody measured)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
_Z95: Final = 1.959963984540054  # of the standard normal distribution


def share(part: int, whole: int) -> float | None:
    """``part / whole``, or ``None`` for an empty whole."""
    return part / whole if whole else None


def mean(values: Sequence[float | None]) -> float | None:
    """Mean of the values that there are."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def rates(said: Bools, true: Bools) -> tuple[float | None, float | None]:
    """Share of the true rows that were said, and share of the others; shapes (n,)."""
    positives, negatives = int(true.sum()), int((~true).sum())
    return share(int((said & true).sum()), positives), share(int((said & ~true).sum()), negatives)


def balanced_accuracy(said: Bools, true: Bools) -> float | None:
    """Mean of the two recalls; shapes (n,). ``None`` unless both classes occur."""
    hit, slip = rates(said, true)
    return None if hit is None or slip is None else (hit + 1 - slip) / 2


def precision(said: Bools, true: Bools) -> float | None:
    """Share of what was said that is true."""
    return share(int((said & true).sum()), int(said.sum()))


def balanced_precision(said: Bools, true: Bools) -> float | None:
    """Precision if both classes were equally frequent, so that sets of different mixes can be compared."""
    hit, slip = rates(said, true)
    return None if hit is None or slip is None or not hit + slip else hit / (hit + slip)


def recall(said: Bools, true: Bools) -> float | None:
    """Share of what is true that was said."""
    return share(int((said & true).sum()), int(true.sum()))


def at_recall(score: Floats, true: Bools, wanted: float) -> Bools | None:
    """The rows said at the highest threshold of ``score`` whose recall is at least ``wanted``; ``None`` without a true row."""
    if not true.any():
        return None
    best_first = np.sort(score[true])[::-1]
    needed = max(1, int(np.ceil(wanted * len(best_first) - 1e-9)))
    chosen: Bools = score >= best_first[needed - 1]
    return chosen


def at_mean_recall(parts: Sequence[tuple[Floats, Bools]], wanted: float) -> tuple[float, float | None] | None:
    """One threshold for several sets: the highest at which the mean of their recalls is at least ``wanted``.

    Args:
        parts: score and truth of each set; sets without a true row are left out.
        wanted: the mean recall.

    Returns:
        The mean recall and the mean balanced precision there (over the sets where anything is said), or ``None`` without sets.
    """
    sets = [(score, true) for score, true in parts if true.any()]
    if not sets:
        return None
    scores = np.concatenate([score[true] for score, true in sets])
    weights = np.concatenate([np.full(int(true.sum()), 1 / true.sum() / len(sets)) for _, true in sets])
    order = np.argsort(-scores, kind="stable")
    enough = np.flatnonzero(np.cumsum(weights[order]) >= wanted - 1e-9)
    threshold = scores[order[enough[0]]] if len(enough) else scores.min()
    said = [(score >= threshold, true) for score, true in sets]
    found = mean([recall(one, true) for one, true in said])
    return (found or 0.0), mean([balanced_precision(one, true) for one, true in said])


def most_recall(score: Floats, true: Bools, precision_wanted: float) -> tuple[float, float, float] | None:
    """The threshold at which the balanced precision is at least ``precision_wanted`` and the recall is highest.

    Gives recall, coverage (share of all rows said) and balanced precision there; ``None`` if no threshold reaches it.
    """
    if not true.any() or true.all():
        return None
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))  # rows of the same score are said together
    hits = np.cumsum(true[order])[ends] / true.sum()
    slips = np.cumsum(~true[order])[ends] / (~true).sum()
    enough = np.flatnonzero(hits >= precision_wanted * (hits + slips))
    if not len(enough) or not hits[enough[-1]]:
        return None
    at = int(enough[-1])
    return float(hits[at]), float((ends[at] + 1) / len(order)), float(hits[at] / (hits[at] + slips[at]))


def auc(score: Floats, true: Bools) -> float | None:
    """Area under the ROC curve by ranks, ties counted half (Mann-Whitney); ``None`` unless both classes occur."""
    positives, negatives = int(true.sum()), int((~true).sum())
    if not positives or not negatives:
        return None
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    return float((mean_rank[inverse][true].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def calibration_error(probability: Floats, true: Bools, bins: int = 10) -> float | None:
    """Expected calibration error over equal-width bins (Guo et al. 2017); ``None`` if nothing was judged."""
    if not len(probability):
        return None
    place = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [
        abs(float(probability[place == b].mean()) - float(true[place == b].mean())) * int((place == b).sum())
        for b in range(bins)
        if (place == b).any()
    ]
    return sum(gaps) / len(probability)


def interval(said: Bools, true: Bools) -> tuple[float, float] | None:
    """Wilson's 95 % score interval of the precision; ``None`` if nothing was said.

    A bootstrap over rows would say "100 to 100" where nothing said was wrong; this does not. Rows count as independent, so rows
    that share a document make it too narrow. Source: Brown, Cai and DasGupta, Interval Estimation for a Binomial Proportion, 2001.
    """
    n = int(said.sum())
    if not n:
        return None
    share_true, z = int((said & true).sum()) / n, _Z95
    middle = (share_true + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share_true * (1 - share_true) / n + z * z / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def error_correlation(wrong: Bools, other: Bools) -> float | None:
    """Phi coefficient of two validators' errors: 0 if independent, 1 if the same; ``None`` if one never or always errs."""
    if wrong.all() or other.all() or not wrong.any() or not other.any():
        return None
    return float(np.corrcoef(wrong, other)[0, 1])


def effective_votes(correlations: NDArray[np.float64]) -> float:
    """How many independent votes ``n`` correlated ones are worth: n^2 over the sum of the matrix (Kish's design effect).

    ``correlations`` has shape (n, n) with ones on the diagonal. Negative sums cannot make more votes than there are.
    """
    n = len(correlations)
    return float(min(n, n * n / max(correlations.sum(), 1e-9)))


def risk_coverage(score: Floats, true: Bools, points: int = 60) -> list[dict[str, float]]:
    """Precision and recall when only the most confident share of all rows is certified; best first (El-Yaniv & Wiener 2010)."""
    order = np.argsort(-score, kind="stable")
    right, positives = np.cumsum(true[order]), max(1, int(true.sum()))
    places = np.unique(np.linspace(1, len(order), min(points, len(order))).astype(int))
    return [
        {"coverage": n / len(order), "precision": float(right[n - 1]) / n, "recall": float(right[n - 1]) / positives}
        for n in places.tolist()
    ]
