# ruff: noqa: E501
"""Measure the four validators, the committee (3 of 4) and the IDF-overlap floor on development sets and held-out hard cases.

Thresholds are the shipped ones (``calibration.json``), fixed before. Writes ``training/results/evaluation.json`` and
``docs/models/evaluation.md``.

Run: ``python training/evaluate.py`` (window logits are cached per weights digest; calibration changes need no new pass).
"""

from __future__ import annotations

import argparse
import collections
import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

from data import IN_DOMAIN, NOT_SUPPORTED, OUT_OF_DOMAIN
from questions import Case, parts, save_json, window_logits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.validators import builtin
from probatum.validators.alignment import read_idf
from probatum.validators.combine import Calibration, combine
from probatum.validators.text import STOP, tokens

VOTE_ABSTAIN, NEEDED = 3, 3


def distributions(model: str, part: str, cases: list[Case], args: argparse.Namespace) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated probabilities (n, 3) and votes (n,): 0 supported, 1 insufficient, 2 refuted, 3 abstained."""
    calibration = Calibration.of(json.loads((args.weights / model / "calibration.json").read_text()))
    p = np.full((len(cases), 3), 1 / 3, np.float32)
    votes = np.full(len(cases), VOTE_ABSTAIN)
    for i, (windows, logits) in enumerate(window_logits(model, part, cases, args.weights, args.cache)):
        if windows and len(cases[i].question.claim.split()) <= 90:
            p[i] = combine(windows, logits, calibration)[0]
            best = int(p[i].argmax())
            if p[i, best] >= calibration.abstain_below[best]:
                votes[i] = best
    return p, votes


def committee(votes: np.ndarray) -> np.ndarray:
    """votes (models, n) -> verdict per case; 3 where undecided."""
    out = np.full(votes.shape[1], VOTE_ABSTAIN)
    for verdict in range(3):
        out[(votes == verdict).sum(0) >= NEEDED] = verdict
    return out


def auc(score: np.ndarray, positive: np.ndarray) -> float | None:
    """Area under the ROC curve by ranks; None with one class only."""
    if positive.all() or not positive.any():
        return None
    order = np.argsort(score, kind="mergesort")
    ranks = np.empty(len(score))
    sorted_score = score[order]
    at = 0
    while at < len(score):
        end = at
        while end + 1 < len(score) and sorted_score[end + 1] == sorted_score[at]:
            end += 1
        ranks[order[at : end + 1]] = (at + end) / 2 + 1
        at = end + 1
    n = positive.sum()
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(score) - n)))


def ratio(a: float, b: float) -> float | None:
    return round(float(a / b), 4) if b else None


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def measure(p_supported: np.ndarray, said: np.ndarray, votes: np.ndarray, labels: np.ndarray) -> dict[str, Any]:
    """said: bool, supported or not, every case answered. votes: after abstention."""
    true = labels == 0
    contradicted = labels == 2
    three_way = bool((labels == 1).any() or contradicted.any()) and not (labels == NOT_SUPPORTED).any()
    balanced = rounded(float((said[true].mean() + (~said[~true]).mean()) / 2)) if true.any() and not true.all() else None
    return {
        "n": len(labels),
        "balanced_accuracy": balanced,
        "auc": rounded(auc(p_supported, true)),
        "precision_supported": ratio((votes[true] == 0).sum(), (votes == 0).sum()),
        "recall_supported": ratio((votes[true] == 0).sum(), true.sum()),
        "false_supported": ratio((votes[~true] == 0).sum(), (~true).sum()),
        # at equal numbers of both classes, so that sets can be compared
        "precision_supported_balanced": _balanced_precision((votes[true] == 0), (votes[~true] == 0)),
        "precision_refuted": ratio((votes[contradicted] == 2).sum(), (votes == 2).sum()) if three_way else None,
        "recall_refuted": ratio((votes[contradicted] == 2).sum(), contradicted.sum()) if contradicted.any() else None,
        "no_verdict": ratio((votes == VOTE_ABSTAIN).sum(), len(votes)),
    }


def _balanced_precision(true_hits: np.ndarray, false_hits: np.ndarray) -> float | None:
    if not len(true_hits) or not len(false_hits):
        return None
    a, b = true_hits.mean(), false_hits.mean()
    return ratio(a, a + b)


def floor_scores(cases: list[Case], idf: dict[str, float]) -> np.ndarray:
    """IDF-weighted share of the claim's content words found in the evidence."""
    top = max(idf.values())
    out = []
    for case in cases:
        have = {t.stem for passage in case.question.passages for t in tokens(passage)}
        claim = {t.stem for t in tokens(case.question.claim) if t.kind != "mark" and t.stem not in STOP}
        total = sum(idf.get(s, top) for s in claim)
        out.append(sum(idf.get(s, top) for s in claim & have) / total if total else 0.0)
    return np.array(out)


def floor(groups: dict[str, list[Case]], idf: dict[str, float]) -> dict[str, Any]:
    """The floor with one threshold, chosen on the development sets themselves (which favours it)."""
    scores = {n: floor_scores(c, idf) for n, c in groups.items()}
    labels = {n: np.array([c.label for c in cs]) for n, cs in groups.items()}

    def balanced(n: str, t: float) -> float:
        said, true = scores[n] >= t, labels[n] == 0
        return float((said[true].mean() + (~said[~true]).mean()) / 2)

    dev = [n for n in groups if n.startswith("dev/")]
    threshold = max(np.arange(0.2, 1.0, 0.01), key=lambda t: sum(balanced(n, t) for n in dev))
    return {
        "threshold": round(float(threshold), 2),
        "by_set": {
            n: {"balanced_accuracy": rounded(balanced(n, threshold)), "auc": rounded(auc(scores[n], labels[n] == 0))}
            for n in groups
        },
    }


def correlation(errors: np.ndarray) -> list[list[float]]:
    """Phi coefficients between the validators' error indicators."""
    return [[round(float(x), 3) for x in row] for row in np.corrcoef(errors.astype(float))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--hard", type=Path, default=Path("training/runs/hard.jsonl.gz"))
    parser.add_argument("--weights", type=Path, default=Path("src/probatum/weights"))
    parser.add_argument("--cache", type=Path, default=Path("training/runs/scores"))
    parser.add_argument("--out", type=Path, default=Path("training/results/evaluation.json"))
    parser.add_argument("--table", type=Path, default=Path("docs/models/evaluation.md"))
    parser.add_argument("--models", nargs="*", default=list(builtin.BUILTIN))
    args = parser.parse_args()
    groups = {n: c for n, c in parts(args.data, args.hard).items() if not n.startswith("cal/")}
    report: dict[str, Any] = {
        "models": list(args.models),
        "sets": {},
        "hard_kinds": {},
        "rule": f"{NEEDED} of {len(args.models)} validators agree",
    }
    all_errors: list[np.ndarray] = []
    dev_errors: dict[str, list[np.ndarray]] = collections.defaultdict(list)
    for name, cases in groups.items():
        labels = np.array([c.label for c in cases])
        answers = {m: distributions(m, name, cases, args) for m in args.models}
        votes = np.stack([answers[m][1] for m in args.models])
        decided = committee(votes)
        mean_p = np.mean([answers[m][0][:, 0] for m in args.models], axis=0)
        report["sets"][name] = {m: measure(p[:, 0], p.argmax(1) == 0, v, labels) for m, (p, v) in answers.items()}
        report["sets"][name]["committee"] = measure(mean_p, decided == 0, decided, labels)
        errors = np.stack([(answers[m][0].argmax(1) == 0) != (labels == 0) for m in args.models])
        dev_errors["hard" if name == "hard" else "in_domain" if name[4:] in IN_DOMAIN else "out_of_domain"].append(errors)
        all_errors.append(errors)
        if name == "hard":
            kinds = np.array([c.kind for c in cases])
            for kind in sorted(set(kinds)):
                at = kinds == kind
                report["hard_kinds"][kind] = {
                    "n": int(at.sum()),
                    "true": bool((labels[at] == 0).all()),
                    **{m: rounded(float((answers[m][1][at] == 0).mean())) for m in args.models},
                    "committee": rounded(float((decided[at] == 0).mean())),
                }
    report["floor"] = floor(groups, read_idf(args.weights / "alignment" / "idf.txt"))
    report["error_correlation"] = {
        "models": args.models,
        "all": correlation(np.concatenate(all_errors, 1)),
        **{n: correlation(np.concatenate(e, 1)) for n, e in dev_errors.items()},
    }
    rho = np.array(report["error_correlation"]["all"])
    off = rho[~np.eye(len(rho), dtype=bool)].mean()
    report["effective_votes"] = round(len(rho) / (1 + (len(rho) - 1) * max(0.0, float(off))), 2)
    for group, names in (("out_of_domain", OUT_OF_DOMAIN), ("in_domain", IN_DOMAIN)):
        report[f"mean_{group}"] = {
            m: {
                k: _mean([report["sets"][f"dev/{n}"][m][k] for n in names])
                for k in (
                    "balanced_accuracy",
                    "auc",
                    "precision_supported_balanced",
                    "recall_supported",
                    "false_supported",
                    "no_verdict",
                )
            }
            for m in [*args.models, "committee"]
        }
        report[f"mean_{group}"]["floor"] = {
            k: _mean([report["floor"]["by_set"][f"dev/{n}"][k] for n in names]) for k in ("balanced_accuracy", "auc")
        }
    save_json(args.out, report)
    args.table.parent.mkdir(parents=True, exist_ok=True)
    args.table.write_text(table(report), encoding="utf-8")
    print(table(report))


def _mean(values: list[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return round(sum(known) / len(known), 4) if known else None


def show(value: float | None) -> str:
    return "-" if value is None or math.isnan(value) else f"{value * 100:.1f}"


def table(r: dict[str, Any]) -> str:
    """Markdown."""
    who = [*r["models"], "committee"]
    lines = [
        "# Measured",
        "",
        "Written by `training/evaluate.py`. All figures in percent except counts. Balanced accuracy is supported against not supported at the",
        "shipped calibration (most probable class); the committee certifies when 3 of 4 vote SUPPORTED. The floor is IDF word overlap with its",
        "threshold chosen on these development sets.",
        "",
        "## Balanced accuracy (AUC)",
        "",
        "| set | n | floor | " + " | ".join(who) + " |",
        "|---|---|---|" + "---|" * len(who),
    ]
    for name, s in r["sets"].items():
        f = r["floor"]["by_set"][name]
        lines.append(
            f"| {name} | {s['committee']['n']} | {show(f['balanced_accuracy'])} ({show(f['auc'])}) | "
            + " | ".join(f"{show(s[m]['balanced_accuracy'])} ({show(s[m]['auc'])})" for m in who)
            + " |"
        )
    for group in ("in_domain", "out_of_domain"):
        g = r[f"mean_{group}"]
        lines.append(
            f"| **mean {group.replace('_', ' ')}** | | {show(g['floor']['balanced_accuracy'])} ({show(g['floor']['auc'])}) | "
            + " | ".join(f"{show(g[m]['balanced_accuracy'])} ({show(g[m]['auc'])})" for m in who)
            + " |"
        )
    lines += [
        "",
        "## Votes: precision / recall of SUPPORTED, and share of false claims voted SUPPORTED",
        "",
        "Precision at equal numbers of true and false claims.",
        "",
        "| set | " + " | ".join(who) + " |",
        "|---|" + "---|" * len(who),
    ]
    for name, s in r["sets"].items():
        lines.append(
            f"| {name} | "
            + " | ".join(
                f"{show(s[m]['precision_supported_balanced'])} / {show(s[m]['recall_supported'])}, {show(s[m]['false_supported'])}"
                for m in who
            )
            + " |"
        )
    lines += [
        "",
        "## Votes: precision / recall of REFUTED, share without a verdict",
        "",
        "| set | " + " | ".join(who) + " |",
        "|---|" + "---|" * len(who),
    ]
    for name, s in r["sets"].items():
        lines.append(
            f"| {name} | "
            + " | ".join(
                f"{show(s[m]['precision_refuted'])} / {show(s[m]['recall_refuted'])}, {show(s[m]['no_verdict'])}" for m in who
            )
            + " |"
        )
    lines += [
        "",
        "## Hard cases, held out: share voted SUPPORTED",
        "",
        "For true kinds high is good, for false kinds low.",
        "",
        "| kind | true? | n | " + " | ".join(who) + " |",
        "|---|---|---|" + "---|" * len(who),
    ]
    for kind, k in sorted(r["hard_kinds"].items(), key=lambda item: (not item[1]["true"], item[0])):
        lines.append(f"| {kind} | {'true' if k['true'] else 'false'} | {k['n']} | " + " | ".join(show(k[m]) for m in who) + " |")
    lines += [
        "",
        "## Error correlation (phi), all sets together",
        "",
        "| | " + " | ".join(r["models"]) + " |",
        "|---|" + "---|" * len(r["models"]),
    ]
    for name, row in zip(r["models"], r["error_correlation"]["all"], strict=True):
        lines.append(f"| {name} | " + " | ".join(f"{x:.2f}" for x in row) + " |")
    lines += ["", f"Effective votes, from the mean correlation: {r['effective_votes']} of {len(r['models'])}.", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
