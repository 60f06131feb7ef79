# ruff: noqa: E501
"""Fit the validators' calibration on held-out questions and write each ``calibration.json``, and the committee's ``committee.json``.

Order: temperature of the window logits by grid, with a linear map of the three views' log-probabilities (multinomial logistic
regression, ridge towards the mean of passage and sentence; rows labelled only "not supported" marginalised); then,
for all validators together, the thresholds of their votes and the threshold of the committee's score (``committee.py``).
Development sets of other origin play no part; ``evaluate.py`` adds to ``committee.json`` what was measured on them.

Run: ``python training/calibrate.py``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch

from committee import INSUFFICIENT_FROM, STAKES, Known, Rule, best_threshold, search, votes_of, worst_kind
from data import NOT_SUPPORTED
from families import MIN_FAMILIES, families_of
from questions import Case, arguments, parts, save_json, window_logits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.validators import builtin
from probatum.validators.combine import FEATURES, evidence, softmax

GROUPS = {  # weight of each part
    "cal/hard": 0.26,
    "cal/nli": 0.26,
    "cal/documents": 0.23,
    "cal/varied": 0.18,
    "cal/summaries": 0.05,
    "cal/role": 0.02,
}
ONE_KIND = {"role_made": "role"}  # swapped roles, however the sentence was come by; each alone has too few rows for a rate
TEMPERATURES = (1.0, 1.3, 1.7)
# For the views, and for coverage and ``turned``, which few questions tell about. Chosen with ``leave_out.py`` and by the false role swaps.
RIDGE, RIDGE_COVERED = 1e-2, 1e-4


def features(scored: list, temperature: float) -> np.ndarray:
    """What the linear map sees, one row per question."""
    return np.stack([evidence(w, softmax(scores / temperature)) for w, scores in scored]).astype(float)


def loss(logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    logp = torch.log_softmax(logits, -1)
    three = labels < NOT_SUPPORTED
    picked = torch.where(three, logp.gather(1, labels.clamp(max=2)[:, None])[:, 0], torch.logsumexp(logp[:, 1:], -1))
    return -(picked * weights).sum() / weights.sum()


def fit_map(raw: np.ndarray, labels: np.ndarray, weights: np.ndarray, ridge: float = RIDGE) -> tuple[np.ndarray, np.ndarray, float]:
    x, y, w = torch.tensor(raw, dtype=torch.float64), torch.tensor(labels), torch.tensor(weights, dtype=torch.float64)
    start = torch.zeros(3, FEATURES, dtype=torch.float64)
    start[:, :3] = start[:, 3:6] = torch.eye(3) / 2
    pull = torch.tensor([ridge] * 9 + [RIDGE_COVERED] * (FEATURES - 9), dtype=torch.float64)
    matrix, bias = start.clone().requires_grad_(), torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([matrix, bias], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        value = loss(x @ matrix.T + bias, y, w) + (pull * (matrix - start) ** 2).sum()
        value.backward()
        return value

    optimiser.step(closure)
    with torch.no_grad():
        return matrix.numpy(), bias.numpy(), float(loss(x @ matrix.T + bias, y, w))


def known_of(groups: dict[str, list[Case]]) -> Known:
    """Labels and weights of all calibration questions, in the order of ``GROUPS``."""
    cases = [c for n in GROUPS for c in groups[n]]
    labels, kinds = np.array([c.label for c in cases]), np.array([ONE_KIND.get(c.kind, c.kind) for c in cases])
    weights = np.concatenate([np.full(len(groups[n]), share / len(groups[n])) for n, share in GROUPS.items()])
    return Known(labels, weights, [np.flatnonzero((kinds == kind) & (labels != 0)) for kind in sorted(set(kinds)) if kind])


def expected_calibration_error(p: np.ndarray, right: np.ndarray, weights: np.ndarray, bins: int = 10) -> float:
    at = np.minimum((p * bins).astype(int), bins - 1)
    return float(sum(abs((weights[at == b] * (p[at == b] - right[at == b])).sum()) for b in range(bins)) / weights.sum())


def fit(model: str, groups: dict[str, list[Case]], args: argparse.Namespace) -> np.ndarray:
    """Fit and write everything but the thresholds; returns the calibrated distributions, (questions, 3)."""
    known = known_of(groups)
    scored = [x for n in GROUPS for x in window_logits(model, n, groups[n], args.weights, args.cache)]
    keep = np.array([bool(w) for w, _ in scored])
    labels, weights = known.labels[keep], known.weights[keep]
    usable = [x for x in scored if x[0]]
    fitted = []
    for temperature in TEMPERATURES:
        raw = features(usable, temperature)
        fitted.append((*fit_map(raw, labels, weights), temperature, raw))
    matrix, bias, value, temperature, raw = min(fitted, key=lambda one: one[2])
    p = np.exp(raw @ matrix.T + bias)
    p /= p.sum(1, keepdims=True)
    said = p.argmax(1)
    right = np.where(labels == NOT_SUPPORTED, said != 0, said == labels)
    record = {
        "temperature": temperature,
        "weights": np.round(matrix, 4).tolist(),
        "bias": np.round(bias, 4).tolist(),
        "abstain_below": [0.5, INSUFFICIENT_FROM, 0.5],
        "fitted_on": {n: len(groups[n]) for n in GROUPS},
        "held_out_loss": round(value, 4),
        "calibration_error": round(expected_calibration_error(p.max(1), right, weights), 4),
    }
    save_json(args.weights / model / "calibration.json", record)
    print(model, record, flush=True)
    out = np.zeros((len(keep), 3))
    out[keep] = p
    return out


def main() -> None:
    parser = arguments(__doc__)
    args = parser.parse_args()
    torch.set_num_threads(1)
    groups = parts(args.data, args.hard)
    p, known = np.stack([fit(model, groups, args) for model in builtin.BUILTIN]), known_of(groups)
    rule = Rule(families_of(builtin.BUILTIN), tuple(STAKES[model] for model in builtin.BUILTIN), MIN_FAMILIES)
    chosen = search(p, known, rule)
    for model, thresholds in zip(builtin.BUILTIN, chosen, strict=True):
        path = args.weights / model / "calibration.json"
        record = json.loads(path.read_text(encoding="utf-8"))
        record["abstain_below"] = [round(float(t), 2) for t in thresholds]
        save_json(path, record)
    score, accuracy = best_threshold(rule.score(p), known)
    record = {
        "score_threshold": score,
        "stakes": STAKES,
        "min_families": MIN_FAMILIES,
        "chosen_on": {n: len(groups[n]) for n in GROUPS},
        "balanced_accuracy_there": round(accuracy, 4),
        "families": {"of": dict(zip(builtin.BUILTIN, rule.families, strict=True))},
        "expected": {},
    }
    save_json(args.weights / "committee.json", record)
    votes = rule.decide(votes_of(p, chosen))
    print(dict(zip(builtin.BUILTIN, chosen.tolist(), strict=True)), record)
    print("SUPPORTED hit, slip:", known.rates(votes == 0, known.labels == 0, np.ones(len(known.labels), bool)))
    print("worst kind", worst_kind(votes == 0, known))
    print("REFUTED hit, slip:", known.rates(votes == 2, known.labels == 2, known.labels < NOT_SUPPORTED))


if __name__ == "__main__":
    main()
