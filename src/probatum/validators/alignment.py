"""The alignment judge: boosted trees over alignment features. No neural network; the word vectors only soften the matching."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from probatum.validators.features import FeatureMaker, Finding
from probatum.validators.trees import Floats, Trees
from probatum.validators.vectors import StaticVectors


def read_idf(path: Path) -> dict[str, float]:
    """``stem<TAB>idf`` lines."""
    out: dict[str, float] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, _, value = line.partition("\t")
        out[word] = float(value)
    return out


def read_opposites(path: Path) -> dict[str, frozenset[str]]:
    """``stem<TAB>stem`` lines; each excludes the other."""
    out: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        a, _, b = line.partition("\t")
        out.setdefault(a, set()).add(b)
        out.setdefault(b, set()).add(a)
    return {word: frozenset(others) for word, others in out.items()}


def feature_maker(weights: Path) -> FeatureMaker:
    """The feature maker of a weights folder that holds ``static`` and ``alignment``."""
    folder = weights / "alignment"
    return FeatureMaker(StaticVectors(weights / "static"), read_idf(folder / "idf.txt"), read_opposites(folder / "opposites.txt"))


class AlignmentScorer:
    """Scores pairs with the trees; keeps the finding of each pair for the reason."""

    def __init__(self, weights: Path) -> None:
        self._maker = feature_maker(weights)
        self._trees = Trees(weights / "alignment" / "trees.npz")

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Raw class scores (supported, insufficient, refuted) of (evidence, claim) pairs."""
        rows = [self._maker.row(evidence, claim)[0] for evidence, claim in pairs]
        return self._trees.scores(np.stack(rows)) if rows else np.zeros((0, 3), np.float32)

    def finding(self, evidence: str, claim: str) -> Finding | None:
        """The most telling difference of one pair."""
        return self._maker.row(evidence, claim)[1]
