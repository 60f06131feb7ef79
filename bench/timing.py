"""Two things timed against each other: batches alternate, so that whatever else the machine does falls on both."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True, slots=True)
class Compared:
    """Seconds for one go of each side, and the ratio ``limit / measured``: medians over batches, with the ratio's middle half."""

    limit: float
    measured: float
    ratio: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"limit {self.limit * 1e3:.3f} ms, measured {self.measured * 1e3:.3f} ms, ratio {self.ratio:.3f} ({self.noise})"

    @property
    def noise(self) -> str:
        """The spread of the ratio over batches (first to third quartile)."""
        return f"{self.low:.2f} to {self.high:.2f}"


def compare(
    limit: Callable[[], object],
    measured: Callable[[], object],
    *,
    batches: int,
    repeats: int,
    clock: Callable[[], float] = time.process_time,
) -> Compared:
    """Run ``repeats`` of each side, ``batches`` times in turn, after one batch that is not counted."""
    rows = [(_batch(limit, repeats, clock), _batch(measured, repeats, clock)) for _ in range(batches + 1)][1:]
    ratios = [one / other for one, other in rows]
    low, _, high = quantiles(ratios, n=4)
    return Compared(_middle([a for a, _ in rows]), _middle([b for _, b in rows]), _middle(ratios), low, high)


def _batch(run: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    started = clock()
    for _ in range(repeats):
        run()
    return (clock() - started) / repeats


def _middle(values: Sequence[float]) -> float:
    return float(median(values))
