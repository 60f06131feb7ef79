"""The figures: shares between 0 and 1, and ``None`` where there is nothing to count (never a number that nobody measured)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def share(part: int, whole: int) -> float | None:
    """``part / whole``, or ``None`` for an empty whole."""
    return part / whole if whole else None


def balanced_accuracy(said: Bools, true: Bools) -> float | None:
    """Mean of the two recalls; shapes (n,). ``None`` unless both classes occur."""
    positives, negatives = int(true.sum()), int((~true).sum())
    if not positives or not negatives:
        return None
    return (int((said & true).sum()) / positives + int((~said & ~true).sum()) / negatives) / 2


def precision(said: Bools, true: Bools) -> float | None:
    """Share of what was said that is true."""
    return share(int((said & true).sum()), int(said.sum()))


def recall(said: Bools, true: Bools) -> float | None:
    """Share of what is true that was said."""
    return share(int((said & true).sum()), int(true.sum()))


def auc(score: Floats, true: Bools) -> float | None:
    """Area under the ROC curve by ranks, ties counted half (Mann-Whitney); ``None`` unless both classes occur."""
    positives, negatives = int(true.sum()), int((~true).sum())
    if not positives or not negatives:
        return None
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    return float((mean_rank[inverse][true].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def calibration_error(confidence: Floats, right: Bools, bins: int = 10) -> float | None:
    """Expected calibration error over equal-width bins (Guo et al. 2017); ``None`` if nothing was judged."""
    if not len(confidence):
        return None
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(float(confidence[place == b].mean()) - float(right[place == b].mean())) * int((place == b).sum())
        for b in range(bins)
        if (place == b).any()
    ]
    return sum(gaps) / len(confidence)


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
