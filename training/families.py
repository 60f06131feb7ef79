"""Which validators count as one family: those whose errors go together like the errors of two training runs of one recipe.

The bound lies half-way between two measured correlations (phi of "judged the question wrongly") on held-out groups: the mean of two
different built-in validators, and the mean of two runs of the same recipe with different seeds (``reruns.py``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

MIN_FAMILIES = 3
_RESULTS = Path(__file__).resolve().parent / "results" / "reruns.json"


def families_of(models: Sequence[str]) -> tuple[str, ...]:
    """The family of each model, as ``make_manifest`` names them."""
    from make_manifest import MODELS

    return tuple(MODELS[model].family for model in models)


def bound() -> float | None:
    """The phi from which two validators are one family; None before any rerun was measured."""
    if not _RESULTS.exists():
        return None
    return float(json.loads(_RESULTS.read_text(encoding="utf-8"))["bound"])


def grouped(models: Sequence[str], phi: Sequence[Sequence[float]], limit: float) -> list[list[str]]:
    """Models joined wherever a pair's phi reaches the limit."""
    groups: list[set[int]] = []
    for i in range(len(models)):
        touching = [g for g in groups if any(phi[i][j] >= limit for j in g)]
        groups = [g for g in groups if g not in touching] + [set().union({i}, *touching)]
    return [[models[i] for i in sorted(g)] for g in sorted(groups, key=min)]
