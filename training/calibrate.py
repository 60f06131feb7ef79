"""Fit the validators' calibration on held-out questions and write each ``calibration.json``.

Order: temperature of the window logits and the relevance exponent by grid, with a linear map of the combined log-probabilities
(multinomial logistic regression, ridge towards the plain combination; rows labelled only "not supported" marginalised); then,
for all validators together, the thresholds under which they abstain from SUPPORTED. They are chosen for the committee, because it
is the committee that certifies: thresholds that make each validator precise alone make three of four far too timid.
Development sets of other origin play no part.

Run: ``python training/calibrate.py``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from data import NOT_SUPPORTED
from questions import Case, parts, save_json, window_logits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.validators import builtin
from probatum.validators.combine import FEATURES, evidence, softmax

GROUPS = {"cal/hard": 0.45, "cal/nli": 0.30, "cal/documents": 0.25}  # weight of each part
TEMPERATURES = (1.3, 1.7)
RELEVANCE = (2.0, 4.0)
# What the committee's SUPPORTED must reach on the calibration questions; single validators need not reach it alone.
COMMITTEE_PRECISION, COMMITTEE_HARD_FALSE = 0.91, 0.03
NEEDED = 3  # of four
LOWEST, HIGHEST = 0.40, 0.95
GRID = np.round(np.arange(LOWEST, HIGHEST + 0.001, 0.02), 2)
STARTS = 8
KIND_AT_LEAST = 20  # rarer kinds of hard cases say nothing about a rate of a few percent
INSUFFICIENT_FROM, REFUTED_FROM = 0.42, 0.45


def features(scored: list, temperature: float, relevance: float) -> np.ndarray:
    """What the linear map sees, one row per question."""
    return np.stack([evidence(w, softmax(scores / temperature), relevance) for w, scores in scored]).astype(float)


def loss(logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    logp = torch.log_softmax(logits, -1)
    three = labels < NOT_SUPPORTED
    picked = torch.where(three, logp.gather(1, labels.clamp(max=2)[:, None])[:, 0], torch.logsumexp(logp[:, 1:], -1))
    return -(picked * weights).sum() / weights.sum()


def fit_map(raw: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    x, y, w = torch.tensor(raw, dtype=torch.float64), torch.tensor(labels), torch.tensor(weights, dtype=torch.float64)
    start = torch.zeros(3, FEATURES, dtype=torch.float64)
    start[:, :3] = torch.eye(3)
    matrix, bias = start.clone().requires_grad_(), torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([matrix, bias], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        value = loss(x @ matrix.T + bias, y, w) + 1e-3 * ((matrix - start) ** 2).sum()
        value.backward()
        return value

    optimiser.step(closure)
    with torch.no_grad():
        return matrix.numpy(), bias.numpy(), float(loss(x @ matrix.T + bias, y, w))


@dataclass(frozen=True, slots=True)
class Answers:
    """Labels and weights of all calibration questions, and which of them are false hard cases of one kind."""

    labels: np.ndarray
    weights: np.ndarray
    false_kinds: list[np.ndarray]


def answers_of(groups: dict[str, list[Case]]) -> Answers:
    cases = [c for n in GROUPS for c in groups[n]]
    labels, kinds = np.array([c.label for c in cases]), np.array([c.kind for c in cases])
    weights = np.concatenate([np.full(len(groups[n]), share / len(groups[n])) for n, share in GROUPS.items()])
    false = [np.flatnonzero((kinds == kind) & (labels != 0)) for kind in sorted(set(kinds)) if kind]
    return Answers(labels, weights, [f for f in false if len(f) >= KIND_AT_LEAST])


def expected_calibration_error(p: np.ndarray, right: np.ndarray, weights: np.ndarray, bins: int = 10) -> float:
    at = np.minimum((p * bins).astype(int), bins - 1)
    return float(sum(abs((weights[at == b] * (p[at == b] - right[at == b])).sum()) for b in range(bins)) / weights.sum())


def fit(model: str, groups: dict[str, list[Case]], args: argparse.Namespace) -> np.ndarray:
    """Fit and write everything but the thresholds; returns the calibrated distributions, (questions, 3)."""
    known = answers_of(groups)
    scored = [x for n in GROUPS for x in window_logits(model, n, groups[n], args.weights, args.cache)]
    keep = np.array([bool(w) for w, _ in scored])
    labels, weights = known.labels[keep], known.weights[keep]
    usable = [x for x in scored if x[0]]
    best = None
    for temperature in TEMPERATURES:
        for relevance in RELEVANCE:
            raw = features(usable, temperature, relevance)
            matrix, bias, value = fit_map(raw, labels, weights)
            if best is None or value < best[0]:
                best = (value, temperature, relevance, matrix, bias, raw)
    assert best is not None
    value, temperature, relevance, matrix, bias, raw = best
    p = np.exp(raw @ matrix.T + bias)
    p /= p.sum(1, keepdims=True)
    said = p.argmax(1)
    right = np.where(labels == NOT_SUPPORTED, said != 0, said == labels)
    record = {
        "temperature": temperature,
        "relevance": relevance,
        "weights": np.round(matrix, 4).tolist(),
        "bias": np.round(bias, 4).tolist(),
        "abstain_below": [0.5, INSUFFICIENT_FROM, REFUTED_FROM],
        "fitted_on": {n: len(groups[n]) for n in GROUPS},
        "held_out_loss": round(value, 4),
        "calibration_error": round(expected_calibration_error(p.max(1), right, weights), 4),
    }
    save_json(args.weights / model / "calibration.json", record)
    print(model, record, flush=True)
    out = np.zeros((len(keep), 3))
    out[keep] = p
    return out


def committee(p: np.ndarray, known: Answers, thresholds: np.ndarray) -> tuple[float, float, float]:
    """Precision and recall of SUPPORTED by ``NEEDED`` validators, and the worst share of one kind's false claims certified.

    ``p`` has shape (validators, questions, 3).
    """
    decided = ((p.argmax(2) == 0) & (p[:, :, 0] >= thresholds[:, None])).sum(0) >= NEEDED
    true, weight = known.labels == 0, known.weights * decided
    passed = [(int(decided[kind].sum()), len(kind)) for kind in known.false_kinds]
    worst = max((hits / count for hits, count in passed if hits > 1), default=0.0)  # one case alone is no rate
    return float(weight[true].sum() / max(1e-12, weight.sum())), float(weight[true].sum() / known.weights[true].sum()), worst


def _value(p: np.ndarray, known: Answers, thresholds: np.ndarray) -> float:
    """Recall where the bounds hold; below zero otherwise."""
    precision, recall, worst = committee(p, known, thresholds)
    return recall if precision >= COMMITTEE_PRECISION and worst <= COMMITTEE_HARD_FALSE else -1.0


def joint_thresholds(p: np.ndarray, known: Answers) -> np.ndarray:
    """Each validator's SUPPORTED threshold such that the committee certifies most true claims within its bounds.

    Coordinate descent, single and in pairs, from the lowest common threshold that keeps the bounds and from random ones above it.
    """
    count, rng = len(p), np.random.default_rng(0)
    common = next((t for t in GRID if _value(p, known, np.full(count, t)) >= 0), HIGHEST)
    starts = [np.full(count, common), *(np.round(rng.uniform(LOWEST, HIGHEST, (STARTS, count)), 2))]
    return max((_climb(p, known, start) for start in starts), key=lambda found: found[0])[1]


def _climb(p: np.ndarray, known: Answers, now: np.ndarray) -> tuple[float, np.ndarray]:
    best, moved = _value(p, known, now), True
    while moved:
        moved = False
        for trial in _neighbours(now):
            if (value := _value(p, known, trial)) > best + 1e-9:
                now, best, moved = trial, value, True
    return best, now


def _neighbours(now: np.ndarray) -> Iterator[np.ndarray]:
    """One threshold anywhere on the grid; or one lowered and another raised."""
    for i in range(len(now)):
        for t in GRID:
            yield np.where(np.arange(len(now)) == i, t, now)
    for i in range(len(now)):
        for j in range(len(now)):
            for down in (0.02, 0.04, 0.10):
                for up in (0.02, 0.04, 0.10):
                    if i != j:
                        step = np.where(np.arange(len(now)) == i, -down, np.where(np.arange(len(now)) == j, up, 0.0))
                        yield np.clip(np.round(now + step, 2), LOWEST, HIGHEST)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--hard", type=Path, default=Path("training/runs/hard.jsonl.gz"))
    parser.add_argument("--weights", type=Path, default=Path("src/probatum/weights"))
    parser.add_argument("--cache", type=Path, default=Path("training/runs/scores"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    groups = parts(args.data, args.hard)
    p, known = np.stack([fit(model, groups, args) for model in builtin.BUILTIN]), answers_of(groups)
    chosen = joint_thresholds(p, known)
    for model, threshold in zip(builtin.BUILTIN, chosen, strict=True):
        path = args.weights / model / "calibration.json"
        record = json.loads(path.read_text(encoding="utf-8"))
        record["abstain_below"][0] = round(float(threshold), 2)
        save_json(path, record)
    precision, recall, worst = committee(p, known, chosen)
    print(dict(zip(builtin.BUILTIN, chosen.tolist(), strict=True)))
    print(f"committee: precision {precision:.3f}, recall {recall:.3f}, worst hard kind {worst:.3f}")


if __name__ == "__main__":
    main()
