# ruff: noqa: E501
"""The committee's rule, chosen on held-out training groups: thresholds of the votes, threshold of the score, families.

A member votes SUPPORTED where that is its most probable verdict and reaches its threshold, else REFUTED where that reaches its own, else
INSUFFICIENT likewise, else nothing (``probatum.validators.combine.choose``). More than two thirds of the stake, in enough families,
decide. The thresholds are searched for all members together, because it is the committee that certifies: thresholds that make each
member precise alone make a supermajority far too timid. For SUPPORTED all members have the same one. With one for each, the search muted a
member or leant on another (0.80, 0.68, 0.60, 0.50), found more on the calibration questions and certified less precisely elsewhere.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data import NOT_SUPPORTED

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.validators.combine import choose, pool

# Bounds on the calibration questions, both classes weighted alike. The first two are stricter than what is wanted elsewhere (90 and 85 %),
# because questions of other origin cost precision. The third is what is wanted, and half a row of the rarest kinds.
SUPPORTED_PRECISION, REFUTED_PRECISION, HARD_FALSE = 0.97, 0.97, 0.055
LOWEST, LOWEST_REFUTED, HIGHEST, STEP = 0.50, 0.20, 0.95, 0.02
SUPPORTED_STEP = 0.01
INSUFFICIENT_FROM = 0.42
STAKES = {
    "mpnet": 4,
    "deberta": 4,
    "alignment": 2,
    "crossattention": 2,
}  # both cross-encoders, and one of the others (docs/adr/0026)
STARTS = 8
KIND_AT_LEAST = 20  # rarer kinds of hard cases say nothing about a rate of a few percent
NO_VERDICT = 3
Value = Callable[[np.ndarray], float]


@dataclass(frozen=True, slots=True)
class Known:
    """Labels and weights of questions, and which of them are false hard cases of one kind."""

    labels: np.ndarray
    weights: np.ndarray
    false_kinds: list[np.ndarray]

    def rates(self, said: np.ndarray, true: np.ndarray, among: np.ndarray) -> tuple[float, float]:
        """Weighted share of the true that were said, and of the others among ``among``."""
        w, false = self.weights, ~true & among
        return float(w[said & true].sum() / w[true].sum()), float(w[said & false].sum() / w[false].sum())


def votes_of(p: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    """Votes (members, questions) of distributions (members, questions, 3) under thresholds (members, 3)."""
    out = np.full(p.shape[:2], NO_VERDICT)
    for member, (rows, low) in enumerate(zip(p, thresholds, strict=True)):
        for at, row in enumerate(rows):
            verdict = choose(row, low)
            out[member, at] = NO_VERDICT if verdict is None else verdict
    return out


@dataclass(frozen=True, slots=True)
class Rule:
    """Families and stakes of the members, in their order, and how many families a verdict needs."""

    families: tuple[str, ...]
    stakes: tuple[int, ...]
    min_families: int

    def score(self, p: np.ndarray) -> np.ndarray:
        """The committee's probability of SUPPORTED for distributions (members, questions, 3)."""
        return pool(p[:, :, 0], self.stakes)

    def decide(self, votes: np.ndarray) -> np.ndarray:
        """The committee's verdict per question for votes (members, questions); ``NO_VERDICT`` where it is undecided."""
        out = np.full(votes.shape[1], NO_VERDICT)
        groups = [[i for i, f in enumerate(self.families) if f == family] for family in dict.fromkeys(self.families)]
        stakes = np.array(self.stakes)
        for verdict in range(3):
            said = votes == verdict
            kinds = sum(said[group].any(0).astype(int) for group in groups)
            out[(3 * (stakes @ said) > 2 * stakes.sum()) & (kinds >= self.min_families)] = verdict
        return out

    def certified(self, p: np.ndarray, supported: np.ndarray) -> np.ndarray:
        """Which questions the committee says SUPPORTED to, at thresholds (members,)."""
        votes = np.where((p.argmax(2) == 0) & (p[:, :, 0] >= supported[:, None]), 0, NO_VERDICT)
        return self.decide(votes) == 0

    def refuted(self, p: np.ndarray, supported: np.ndarray, low: np.ndarray) -> np.ndarray:
        """Which questions it says REFUTED to."""
        says = (p.argmax(2) == 0) & (p[:, :, 0] >= supported[:, None])
        votes = np.where(~says & (p[:, :, 2] >= low[:, None]) & (p[:, :, 2] > p[:, :, 0]), 2, NO_VERDICT)
        return self.decide(votes) == 2


def search(p: np.ndarray, known: Known, rule: Rule) -> np.ndarray:
    """Thresholds (members, 3) that certify, and then refute, as much as the bounds allow."""
    true, everything = known.labels == 0, np.ones(len(known.labels), bool)
    contradicted, three_way = known.labels == 2, known.labels < NOT_SUPPORTED

    def supported(low: np.ndarray) -> float:
        said = rule.certified(p, low)
        hit, slip = known.rates(said, true, everything)
        return hit if hit >= SUPPORTED_PRECISION * (hit + slip) and worst_kind(said, known) <= HARD_FALSE else -slip - 1.0

    common = np.round(np.arange(LOWEST, HIGHEST + 0.001, SUPPORTED_STEP), 2)
    first = np.full(len(p), max(common, key=lambda t: supported(np.full(len(p), t))))

    def refuted(low: np.ndarray) -> float:
        hit, slip = known.rates(rule.refuted(p, first, low), contradicted, three_way)
        return hit if hit >= REFUTED_PRECISION * (hit + slip) else -slip - 1.0

    last = climb(refuted, len(p), LOWEST_REFUTED)
    return np.stack([first, np.full(len(p), INSUFFICIENT_FROM), last], axis=1)


def worst_kind(said: np.ndarray, known: Known) -> float:
    """The largest share of one kind's false claims that were certified; one case alone is no rate."""
    passed = [(int(said[kind].sum()), len(kind)) for kind in known.false_kinds if len(kind) >= KIND_AT_LEAST]
    return max((hits / count for hits, count in passed if hits > 1), default=0.0)


def climb(value: Value, count: int, lowest: float) -> np.ndarray:
    """The best of several coordinate ascents, from a common threshold and from random ones."""
    grid, rng = np.round(np.arange(lowest, HIGHEST + 0.001, STEP), 2), np.random.default_rng(0)
    common = max(grid, key=lambda t: value(np.full(count, t)))
    starts = [np.full(count, common), *(np.round(rng.uniform(lowest, HIGHEST, (STARTS, count)), 2))]
    return max((_ascend(value, start, grid) for start in starts), key=lambda found: found[0])[1]


def _ascend(value: Value, now: np.ndarray, grid: np.ndarray) -> tuple[float, np.ndarray]:
    best, moved = value(now), True
    while moved:
        moved = False
        for trial in _neighbours(now, grid):
            if (found := value(trial)) > best + 1e-9:
                now, best, moved = trial, found, True
    return best, now


def _neighbours(now: np.ndarray, grid: np.ndarray) -> Iterator[np.ndarray]:
    """One threshold anywhere on the grid; or one lowered and another raised."""
    places = np.arange(len(now))
    for i in places:
        for t in grid:
            yield np.where(places == i, t, now)
    for i in places:
        for j in places:
            for down in (0.02, 0.04, 0.10):
                for up in (0.02, 0.04, 0.10):
                    if i != j:
                        step = np.where(places == i, -down, np.where(places == j, up, 0.0))
                        yield np.clip(np.round(now + step, 2), grid[0], grid[-1])


def best_threshold(score: np.ndarray, known: Known) -> tuple[float, float]:
    """The threshold of a score of highest balanced accuracy, supported against not, and that accuracy."""
    true, everything = known.labels == 0, np.ones(len(known.labels), bool)

    def accuracy(threshold: float) -> float:
        hit, slip = known.rates(score >= threshold, true, everything)
        return (hit + 1 - slip) / 2

    best = max(np.round(np.arange(0.05, 0.96, 0.01), 2), key=accuracy)
    return float(best), accuracy(best)
