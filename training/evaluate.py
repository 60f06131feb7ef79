# ruff: noqa: E501
"""Measure the validators, the committee and the word-overlap floor on development sets and held-out hard cases.

Every threshold is the shipped one (``calibration.json``, ``committee.json``), fixed before. Writes ``training/results/evaluation.json``,
``docs/models/evaluation.md`` and the ``expected`` entries of ``committee.json``.

Run: ``python training/evaluate.py`` (window logits are cached per weights digest; calibration changes need no new pass).
"""

from __future__ import annotations

import argparse
import collections
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from committee import NO_VERDICT, Rule, votes_of
from data import HELD_OUT_KINDS, IN_DOMAIN, INSUFFICIENT, NOT_SUPPORTED, OUT_OF_DOMAIN
from evaluation_page import page
from families import bound, families_of, grouped
from questions import Case, arguments, parts, save_json, window_logits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.measuring import metrics
from probatum.measuring.floor import THRESHOLD, overlap
from probatum.validators import builtin
from probatum.validators.combine import Calibration, combine
from probatum.validators.endings import stops_short
from probatum.validators.judge import refusal

Figures = dict[str, Any]
EXPECTED = (*HELD_OUT_KINDS, "talk", *(f"dev/{name}" for name in OUT_OF_DOMAIN))
FIXED_RECALL = 0.4


def distributions(model: str, part: str, cases: Sequence[Case], args: argparse.Namespace) -> np.ndarray:
    """Calibrated probabilities (n, 3); all insufficient where the validator refuses."""
    calibration = Calibration.of(json.loads((args.weights / model / "calibration.json").read_text(encoding="utf-8")))
    p = np.tile(np.array([0.0, 1.0, 0.0]), (len(cases), 1))
    for i, (windows, logits) in enumerate(window_logits(model, part, cases, args.weights, args.cache)):
        if windows and not refusal(cases[i].question.claim):
            p[i] = combine(windows, logits, calibration)
    return p


def thresholds_of(models: Sequence[str], weights: Path) -> np.ndarray:
    """The votes' thresholds, (models, 3)."""
    return np.array([json.loads((weights / m / "calibration.json").read_text(encoding="utf-8"))["abstain_below"] for m in models])


def figures(score: np.ndarray, said: np.ndarray, votes: np.ndarray, labels: np.ndarray) -> Figures:
    """``said``: supported or not, every question answered. ``votes``: after abstention. Shares, rounded to four places."""
    true, contradicted, known = labels == 0, labels == 2, labels < NOT_SUPPORTED
    certified, refuted = votes == 0, votes == 2
    found = {
        "balanced_accuracy": metrics.balanced_accuracy(said, true),
        "balanced_accuracy_votes": metrics.balanced_accuracy(certified, true),
        "auc": metrics.auc(score, true),
        "precision_supported": metrics.precision(certified, true),
        "precision_supported_balanced": metrics.balanced_precision(certified, true),
        "recall_supported": metrics.recall(certified, true),
        "false_supported": metrics.rates(certified, true)[1],
        "precision_refuted": metrics.precision(refuted[known], contradicted[known]) if contradicted.any() else None,
        "recall_refuted": metrics.recall(refuted, contradicted),
        "no_verdict": float((votes == NO_VERDICT).mean()),
    }
    return {"n": len(labels), **{name: None if value is None else round(value, 4) for name, value in found.items()}}


def precision_at(score: np.ndarray, true: np.ndarray, recall: float) -> float | None:
    """Balanced precision at the highest threshold of the score with at least that recall."""
    said = metrics.at_recall(score, true, recall)
    found = None if said is None or not recall else metrics.balanced_precision(said, true)
    return None if found is None else round(found, 4)


def floor_figures(cases: Sequence[Case], labels: np.ndarray) -> Figures:
    """The floor at its fixed threshold, and at the best threshold for this very set."""
    score, true = overlap(cases), labels == 0
    tried = [metrics.balanced_accuracy(score >= t, true) or 0.0 for t in np.unique(score)]
    found = {
        "balanced_accuracy": metrics.balanced_accuracy(score >= THRESHOLD, true),
        "auc": metrics.auc(score, true),
        "best_here": max(tried),
    }
    return {name: None if value is None else round(value, 4) for name, value in found.items()}


def by_kind(cases: Sequence[Case], votes: np.ndarray, decided: np.ndarray, models: Sequence[str]) -> dict[str, Figures]:
    """Share voted SUPPORTED of each kind of hard case."""
    kinds, labels = np.array([c.kind for c in cases]), np.array([c.label for c in cases])
    out = {}
    for kind in sorted(set(kinds)):
        at = kinds == kind
        shares = {m: round(float((votes[i][at] == 0).mean()), 4) for i, m in enumerate(models)}
        out[kind] = {
            "n": int(at.sum()),
            "true": bool((labels[at] == 0).all()),
            **shares,
            "committee": round(float((decided[at] == 0).mean()), 4),
        }
    return out


def phi(errors: np.ndarray) -> list[list[float]]:
    """Correlation of the validators' errors, (models, models)."""
    return [[1.0 if a is b else round(metrics.error_correlation(a, b) or 0.0, 3) for b in errors] for a in errors]


def mean(report: Figures, names: Sequence[str], who: str, key: str) -> float | None:
    """Mean of a figure over sets, each counting alike; None where a set has none."""
    values = [report["sets"][f"dev/{name}"][who].get(key) for name in names]
    return None if any(v is None for v in values) else round(sum(values) / len(values), 4)


def measured(groups: dict[str, list[Case]], args: argparse.Namespace, record: Figures) -> Figures:
    """All figures."""
    models = list(builtin.BUILTIN)
    rule = Rule(families_of(models), tuple(record["stakes"][model] for model in models), record["min_families"])
    report: Figures = {
        "models": models,
        "min_families": record["min_families"],
        "score_threshold": record["score_threshold"],
        "sets": {},
    }
    errors: dict[str, list[np.ndarray]] = collections.defaultdict(list)
    for name, cases in groups.items():
        labels = np.array([c.label for c in cases])
        p = np.stack([distributions(m, name, cases, args) for m in models])
        votes = votes_of(p, thresholds_of(models, args.weights))
        votes[(votes != INSUFFICIENT) & [stops_short(c.question.claim) for c in cases]] = NO_VERDICT  # as at run time
        decided, score, true = rule.decide(votes), rule.score(p), labels == 0
        part = {m: figures(p[i, :, 0], p[i].argmax(1) == 0, votes[i], labels) for i, m in enumerate(models)}
        whole = figures(score, score >= record["score_threshold"], decided, labels)
        part = {**part, "committee": whole, "floor": floor_figures(cases, labels)}
        if true.any() and not true.all():
            for i, m in enumerate(models):
                part[m]["precision_at_committee_recall"] = precision_at(p[i, :, 0], true, whole["recall_supported"])
                part[m]["precision_at_40"] = precision_at(p[i, :, 0], true, FIXED_RECALL)
            whole["precision_at_40"] = precision_at(score, true, FIXED_RECALL)
        report["sets"][name] = part
        wrong = (p.argmax(2) == 0) != true
        errors["all"].append(wrong)
        errors["hard" if not name.startswith("dev/") else "in_domain" if name[4:] in IN_DOMAIN else "out_of_domain"].append(wrong)
        if name in HELD_OUT_KINDS:
            report.setdefault("hard_kinds", {}).update(by_kind(cases, votes, decided, models))
    report["error_correlation"] = {name: phi(np.concatenate(parts_, 1)) for name, parts_ in errors.items()}
    report["effective_votes"] = round(metrics.effective_votes(np.array(report["error_correlation"]["all"])), 2)
    limit = bound()
    report["families"] = {"bound": limit, "by_bound": grouped(models, report["error_correlation"]["all"], limit) if limit else None}
    keys = (
        "balanced_accuracy",
        "balanced_accuracy_votes",
        "auc",
        "precision_supported_balanced",
        "recall_supported",
        "precision_at_committee_recall",
        "precision_at_40",
        "no_verdict",
    )
    for title, names in (("out_of_domain", OUT_OF_DOMAIN), ("in_domain", IN_DOMAIN)):
        report[f"mean_{title}"] = {who: {key: mean(report, names, who, key) for key in keys} for who in (*models, "committee")}
        report[f"mean_{title}"]["floor"] = {
            key: mean(report, names, "floor", key) for key in ("balanced_accuracy", "auc", "best_here")
        }
    return report


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--out", type=Path, default=Path("training/results/evaluation.json"))
    parser.add_argument("--table", type=Path, default=Path("docs/models/evaluation.md"))
    args = parser.parse_args()
    place = args.weights / "committee.json"
    record = json.loads(place.read_text(encoding="utf-8"))
    groups = {n: c for n, c in parts(args.data, args.hard).items() if not n.startswith("cal/")}
    report = measured(groups, args, record)
    record["expected"] = {
        name: {
            "rows": report["sets"][name]["committee"]["n"],
            "precision_supported": report["sets"][name]["committee"]["precision_supported_balanced"],
            "recall_supported": report["sets"][name]["committee"]["recall_supported"],
        }
        for name in EXPECTED
    }
    record["families"] |= {"bound": report["families"]["bound"], "phi": report["error_correlation"]["all"]}
    save_json(place, record)
    save_json(args.out, report)
    args.table.parent.mkdir(parents=True, exist_ok=True)
    args.table.write_text(page(report), encoding="utf-8")
    print(page(report))


if __name__ == "__main__":
    main()
