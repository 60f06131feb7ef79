# ruff: noqa: E501
"""The page ``docs/models/evaluation.md`` from the figures of ``evaluate.py``. No figure is typed in by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from data import IN_DOMAIN, OUT_OF_DOMAIN

Figures = dict[str, Any]


def show(value: float | None) -> str:
    """In percent with one place; a dash for nothing."""
    return "-" if value is None or math.isnan(value) else f"{value * 100:.1f}"


def page(r: Figures) -> str:
    """Markdown."""
    who = [*r["models"], "committee"]
    return "\n".join(
        [*_head(r), *_accuracy(r, who), *_votes(r, who), *_refuted(r, who), *_agreement(r), *_kinds(r, who), *_correlation(r)]
    )


def _head(r: Figures) -> list[str]:
    return [
        "# Measured",
        "",
        "Written by `training/evaluate.py`. All figures in percent except counts. Every threshold was fixed on held-out groups of the training",
        "sets before; the development sets (`dev/`) are for reporting only. Out of domain: FEVER-Symmetric, QAGS, BEGIN (TopicalChat, CMU-DoG),",
        "DialFact, PropSegmEnt. The committee certifies when more than two thirds of its stake vote SUPPORTED, in at least",
        f"{r['min_families']} families.",
        "",
    ]


def _rows(r: Figures, line: Callable[[str, Figures], str], only: Sequence[str] | None = None) -> list[str]:
    return [line(name, part) for name, part in r["sets"].items() if only is None or name in only]


def _header(first: Sequence[str], who: Sequence[str]) -> list[str]:
    return ["| " + " | ".join([*first, *who]) + " |", "|---" * (len(first) + len(who)) + "|"]


def _accuracy(r: Figures, who: Sequence[str]) -> list[str]:
    def line(name: str, part: Figures) -> str:
        cells = [f"{show(part[m]['balanced_accuracy'])} ({show(part[m]['auc'])})" for m in who]
        f = part["floor"]
        first = [name, str(part["committee"]["n"]), f"{show(f['balanced_accuracy'])} ({show(f['auc'])})", show(f["best_here"])]
        return "| " + " | ".join([*first, *cells, show(part["committee"]["balanced_accuracy_votes"])]) + " |"

    lines = [
        "## Balanced accuracy (AUC)",
        "",
        "Supported against not supported, everything answered: a validator by its most probable verdict, the committee by its",
        f"members' odds multiplied, each to the power of its share of the stake, from {show(r['score_threshold'])} % on. *Certified or not* is the committee's balanced accuracy if all that",
        "it does not certify counts as not supported. The floor is word overlap weighted by rarity, its threshold fixed on training",
        "rows before; *floor at best* has the best threshold for each set itself, which nobody can know before.",
        "",
        *_header(("set", "n", "floor", "floor at best"), (*who, "certified or not")),
        *_rows(r, line),
    ]
    for title in ("in_domain", "out_of_domain"):
        m = r[f"mean_{title}"]
        cells = [f"{show(m[x]['balanced_accuracy'])} ({show(m[x]['auc'])})" for x in ("floor", *who)]
        cells.insert(1, show(m["floor"]["best_here"]))
        cells.append(show(m["committee"]["balanced_accuracy_votes"]))
        lines.append(f"| **mean {title.replace('_', ' ')}** | | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _votes(r: Figures, who: Sequence[str]) -> list[str]:
    def cell(m: Figures) -> str:
        return f"{show(m['precision_supported_balanced'])} / {show(m['recall_supported'])}, {show(m['false_supported'])}"

    lines = [
        "## Votes: precision / recall of SUPPORTED, and share of false claims voted SUPPORTED",
        "",
        "Precision at equal numbers of true and false claims.",
        "",
        *_header(("set",), who),
        *_rows(r, lambda name, part: f"| {name} | " + " | ".join(cell(part[m]) for m in who) + " |"),
    ]
    for title in ("in_domain", "out_of_domain"):
        means = [r[f"mean_{title}"][m] for m in who]
        cells = [f"{show(m['precision_supported_balanced'])} / {show(m['recall_supported'])}" for m in means]
        lines.append(f"| **mean {title.replace('_', ' ')}** | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _refuted(r: Figures, who: Sequence[str]) -> list[str]:
    def line(name: str, part: Figures) -> str:
        cells = [
            f"{show(part[m]['precision_refuted'])} / {show(part[m]['recall_refuted'])}, {show(part[m]['no_verdict'])}" for m in who
        ]
        return f"| {name} | " + " | ".join(cells) + " |"

    return [
        "## Votes: precision / recall of REFUTED, share without a verdict",
        "",
        "Over the claims whose label tells contradicted from unsupported; a dash where there are none.",
        "",
        *_header(("set",), who),
        *_rows(r, line),
        "",
    ]


def _agreement(r: Figures) -> list[str]:
    """Does agreement buy precision?"""
    models = r["models"]

    def line(name: str, whole: Figures, each: Sequence[Figures]) -> str:
        at_same = [show(m["precision_at_committee_recall"]) for m in each]
        at_40 = [show(m["precision_at_40"]) for m in (*each, whole)]
        cells = [show(whole["recall_supported"]), show(whole["precision_supported_balanced"]), *at_same, *at_40]
        return f"| {name} | " + " | ".join(cells) + " |"

    lines = [
        "## Does agreement buy precision?",
        "",
        "Precision of SUPPORTED (equal classes) of the committee's votes, and of every single validator by its own probability at a threshold that",
        "gives the same recall; then of all by probability at 40 % recall. These thresholds are set on the measured set itself, in favour of the",
        "single validators.",
        "",
        *_header(
            ("set", "recall", "committee"),
            [f"{m}, same recall" for m in models] + [f"{m}, 40 %" for m in (*models, "committee, by probability")],
        ),
    ]
    for name in (f"dev/{n}" for n in (*IN_DOMAIN, *OUT_OF_DOMAIN)):
        part = r["sets"][name]
        lines.append(line(name, part["committee"], [part[m] for m in models]))
    for title in ("in_domain", "out_of_domain"):
        m = r[f"mean_{title}"]
        lines.append(line(f"**mean {title.replace('_', ' ')}**", m["committee"], [m[x] for x in models]))
    return [*lines, ""]


def _kinds(r: Figures, who: Sequence[str]) -> list[str]:
    lines = [
        "## Hard cases, held out: share voted SUPPORTED",
        "",
        "For true kinds high is good, for false kinds low.",
        "",
        *_header(("kind", "true?", "n"), who),
    ]
    for kind, k in sorted(r["hard_kinds"].items(), key=lambda item: (not item[1]["true"], item[0])):
        lines.append(f"| {kind} | {'true' if k['true'] else 'false'} | {k['n']} | " + " | ".join(show(k[m]) for m in who) + " |")
    return [*lines, ""]


def _correlation(r: Figures) -> list[str]:
    lines = ["## Error correlation (phi), all sets together", "", *_header(("",), r["models"])]
    for name, row in zip(r["models"], r["error_correlation"]["all"], strict=True):
        lines.append(f"| {name} | " + " | ".join(f"{x:.2f}" for x in row) + " |")
    lines += ["", f"Effective votes, from the mean correlation: {r['effective_votes']} of {len(r['models'])}."]
    limit = r["families"]["bound"]
    if limit is not None:
        groups = "; ".join(" and ".join(g) for g in r["families"]["by_bound"])
        lines += [
            "",
            f"Two validators count as one family from phi {limit:.2f} on: half-way between two different validators and two training runs of one",
            f"recipe (`training/reruns.py`). By that the families are: {groups}.",
        ]
    return [*lines, ""]
