# ruff: noqa: E501
"""Fit a validator's calibration on held-out questions and write ``calibration.json``.

Order: temperature of the window logits and the blend by grid, then a linear map of the combined log-probabilities
(multinomial logistic
regression, ridge towards the identity; rows labelled only "not supported" marginalised), then the thresholds under which it
abstains.
Development sets of other origin play no part.

Run: ``python training/calibrate.py alignment`` (or any of the four); ``all`` does the four and then chooses the thresholds for SUPPORTED for the
committee; ``thresholds`` does only that.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path

import numpy as np
import torch

from data import NOT_SUPPORTED
from questions import Case, parts, save_json, window_logits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.validators import builtin
from probatum.validators.combine import Calibration, combine

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
# What a SUPPORTED vote must reach on the calibration questions before it counts; REFUTED and INSUFFICIENT may be less sure.
GROUPS = ("cal/hard", "cal/nli", "cal/documents")
SUPPORTED_PRECISION = 0.90
HARD_FALSE_SUPPORTED = 0.05
COMMITTEE_PRECISION, COMMITTEE_HARD_FALSE = 0.92, 0.015


def raw_logs(scored: list, shape: tuple[float, float, float, float]) -> np.ndarray:
    """Combined log-probabilities before the linear map."""
    plain = Calibration(*shape, IDENTITY, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    return np.log(np.stack([combine(w, scores, plain)[0] for w, scores in scored]) + 1e-6)


def loss(logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    logp = torch.log_softmax(logits, -1)
    three = labels < NOT_SUPPORTED
    picked = torch.where(three, logp.gather(1, labels.clamp(max=2)[:, None])[:, 0], torch.logsumexp(logp[:, 1:], -1))
    return -(picked * weights).sum() / weights.sum()


def fit_map(raw: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    x, y, w = torch.tensor(raw, dtype=torch.float64), torch.tensor(labels), torch.tensor(weights, dtype=torch.float64)
    matrix, bias = torch.eye(3, dtype=torch.float64, requires_grad=True), torch.zeros(3, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([matrix, bias], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        value = loss(x @ matrix.T + bias, y, w) + 1e-3 * ((matrix - torch.eye(3, dtype=torch.float64)) ** 2).sum()
        value.backward()
        return value

    optimiser.step(closure)
    with torch.no_grad():
        return matrix.numpy(), bias.numpy(), float(loss(x @ matrix.T + bias, y, w))


def weights_of(cases: list[Case], group: str) -> np.ndarray:
    """Hard cases, sentence NLI and the mixed sets weigh 45 : 30 : 25."""
    share = {"cal/hard": 0.45, "cal/nli": 0.30, "cal/documents": 0.25}[group]
    return np.full(len(cases), share / len(cases))


def expected_calibration_error(p: np.ndarray, right: np.ndarray, weights: np.ndarray, bins: int = 10) -> float:
    at = np.minimum((p * bins).astype(int), bins - 1)
    return float(sum(abs((weights[at == b] * (p[at == b] - right[at == b])).sum()) for b in range(bins)) / weights.sum())


def supported_threshold(p: np.ndarray, labels: np.ndarray, weights: np.ndarray, hard: np.ndarray, precision: float, false: float) -> float:
    """Lowest threshold at which SUPPORTED votes reach the precision and pass at most that share of false hard cases."""
    threshold = 0.4
    for threshold in np.arange(0.40, 0.96, 0.01):
        votes = (p.argmax(1) == 0) & (p[:, 0] >= threshold)
        got = (weights * votes * (labels == 0)).sum() / max(1e-12, (weights * votes).sum())
        passed = (votes & hard & (labels != 0)).sum() / max(1, (hard & (labels != 0)).sum())
        if got >= precision and passed <= false:
            break
    return round(float(threshold), 2)


def calibrate(model: str, groups: dict[str, list[Case]], args: argparse.Namespace) -> None:
    names = GROUPS
    scored = {n: window_logits(model, n, groups[n], args.weights, args.cache) for n in names}
    keep = {n: [i for i, (w, _) in enumerate(scored[n]) if w] for n in names}
    labels = np.concatenate([[groups[n][i].label for i in keep[n]] for n in names])
    weights = np.concatenate([weights_of(groups[n], n)[keep[n]] for n in names])
    hard = np.concatenate([[n == "cal/hard"] * len(keep[n]) for n in names])
    best = None
    for shape in itertools.product((1.3,), (0.5, 1.0), args.relevance, (0.3, 0.6, 0.9)):
        raw = np.concatenate([raw_logs([scored[n][i] for i in keep[n]], shape) for n in names])
        matrix, bias, value = fit_map(raw, labels, weights)
        if best is None or value < best[0]:
            best = (value, shape, matrix, bias, raw)
    assert best is not None
    value, (temperature, blend, relevance, joint), matrix, bias, raw = best
    p = np.exp(raw @ matrix.T + bias)
    p /= p.sum(1, keepdims=True)
    said, top = p.argmax(1), p.max(1)
    right = np.where(labels == NOT_SUPPORTED, said != 0, said == labels)
    threshold = supported_threshold(p, labels, weights, hard, SUPPORTED_PRECISION, HARD_FALSE_SUPPORTED)
    low = [threshold, 0.42, 0.45]
    record = {
        "temperature": temperature,
        "blend": blend, "relevance": relevance, "joint": joint,
        "weights": np.round(matrix, 4).tolist(),
        "bias": np.round(bias, 4).tolist(),
        "abstain_below": low,
        "fitted_on": {n: len(keep[n]) for n in names},
        "held_out_loss": round(value, 4),
        "calibration_error": round(expected_calibration_error(top, right, weights), 4),
    }
    save_json(args.weights / model / "calibration.json", record)
    print(model, record, flush=True)


def probabilities(model: str, groups: dict[str, list[Case]], args: argparse.Namespace) -> np.ndarray:
    """Calibrated probabilities on all calibration questions, in the order of ``GROUPS``."""
    calibration = Calibration.of(json.loads((args.weights / model / "calibration.json").read_text()))
    out = []
    for name in GROUPS:
        for windows, logits in window_logits(model, name, groups[name], args.weights, args.cache):
            out.append(combine(windows, logits, calibration)[0] if windows else np.array([0.0, 1.0, 0.0], np.float32))
    return np.stack(out)


def choose_thresholds(groups: dict[str, list[Case]], args: argparse.Namespace) -> None:
    """Thresholds for SUPPORTED, the same two targets for every validator, chosen for the committee of 3 in 4.

    Of all pairs of targets (precision of the single vote, share of false hard cases it may pass), the one is kept at which the committee
    supports the most true claims while at least ``COMMITTEE_PRECISION`` of what it supports is true and at most
    ``COMMITTEE_HARD_FALSE`` of the false hard cases pass.
    """
    labels = np.concatenate([[c.label for c in groups[n]] for n in GROUPS])
    weights = np.concatenate([weights_of(groups[n], n) for n in GROUPS])
    hard = np.concatenate([[n == "cal/hard"] * len(groups[n]) for n in GROUPS])
    p = {m: probabilities(m, groups, args) for m in builtin.BUILTIN}
    ends = np.cumsum([len(groups[n]) for n in GROUPS])
    parts_at = {n: (np.arange(len(labels)) >= end - len(groups[n])) & (np.arange(len(labels)) < end) for n, end in zip(GROUPS, ends, strict=True)}
    best = None
    for precision in (0.70, 0.74, 0.78, 0.82, 0.86, 0.90):
        for false in (0.03, 0.05, 0.08, 0.12):
            low = {m: supported_threshold(p[m], labels, weights, hard, precision, false) for m in builtin.BUILTIN}
            votes = np.stack([(p[m].argmax(1) == 0) & (p[m][:, 0] >= low[m]) for m in builtin.BUILTIN]).sum(0) >= 3
            got = (weights * votes * (labels == 0)).sum() / max(1e-12, (weights * votes).sum())
            passed = votes[hard & (labels != 0)].mean()
            by_part = "  ".join(f"{n} recall {votes[at & (labels == 0)].mean():.2f} false {votes[at & (labels != 0)].mean():.3f}" for n, at in parts_at.items())
            print(f"targets {precision} {false}: precision {got:.3f}  {by_part}")
            recall = (weights * votes * (labels == 0)).sum() / (weights * (labels == 0)).sum()
            if got >= COMMITTEE_PRECISION and passed <= COMMITTEE_HARD_FALSE and (best is None or recall > best[0]):
                best = (recall, precision, false, low, got, passed)
    if best is None:
        raise SystemExit("no pair of targets reaches the committee's aims; the thresholds of the single validators stay")
    recall, precision, false, low, got, passed = best
    print(f"committee on calibration questions: recall {recall:.3f}, precision {got:.3f}, false hard cases passed {passed:.3f}; targets {precision}, {false}")
    for model in builtin.BUILTIN:
        path = args.weights / model / "calibration.json"
        record = json.loads(path.read_text())
        record["abstain_below"][0] = low[model]
        record["targets"] = {"precision": precision, "hard_false": false, "committee_precision": round(float(got), 4), "committee_recall": round(float(recall), 4), "committee_hard_false": round(float(passed), 4)}
        save_json(path, record)
        print(model, record["abstain_below"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=[*builtin.BUILTIN, "all", "thresholds"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--hard", type=Path, default=Path("training/runs/hard.jsonl.gz"))
    parser.add_argument("--weights", type=Path, default=Path("src/probatum/weights"))
    parser.add_argument("--cache", type=Path, default=Path("training/runs/scores"))
    parser.add_argument("--relevance", type=float, nargs="*", default=[0.0, 2.0, 4.0, 8.0], help="values to try")
    args = parser.parse_args()
    torch.set_num_threads(1)
    groups = parts(args.data, args.hard)
    if args.model != "thresholds":
        for model in builtin.BUILTIN if args.model == "all" else (args.model,):
            calibrate(model, groups, args)
    if args.model in ("all", "thresholds"):
        choose_thresholds(groups, args)


if __name__ == "__main__":
    main()
