"""The whole measurement of one file as one object, and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from probatum.consensus.epoch import Member
from probatum.measuring.judgement import Answers, Truth, correlation, figures, floor_figures, peak_memory, together
from probatum.measuring.rows import Row

_COLUMNS: Final = ("balanced_accuracy", "auc", "precision_supported", "recall_supported", "precision_refuted", "recall_refuted")


def measure(
    data: str, rows: Sequence[Row], answers: Mapping[str, Answers], members: Sequence[Member], min_families: int
) -> dict[str, Any]:
    """Everything that is measured, by voter and by set; shares from 0 to 1, ``None`` where there was nothing to count."""
    truth, committee = Truth.of(rows), together(answers, members, min_families)
    family = {member.id: member.model.family for member in members}
    return {
        "data": {"file": data, "rows": len(rows), "supported": int(truth.supported.sum())},
        "floor": {**floor_figures(rows, truth), "by_set": _by_set(rows, lambda some: floor_figures(some, Truth.of(some)))},
        "validators": [
            {"name": name, "family": family[name], **figures(one, truth, undecided="abstained")} for name, one in answers.items()
        ],
        "committee": {
            **figures(committee, truth, undecided="undecided"),
            "abstained": float(np.mean([[v is None for v in one.verdicts] for one in answers.values()])),
            "min_families": min_families,
            "by_set": _by_set_of(rows, committee),
        },
        "correlation": correlation(answers, truth),
        "peak_memory_bytes": peak_memory(),
        "risk_coverage": risk_coverage(committee, truth),
    }


def _places(rows: Sequence[Row]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        places.setdefault(row.set, []).append(place)
    return places


def _by_set(rows: Sequence[Row], count: Any) -> dict[str, Any]:
    return {name: count([rows[i] for i in places]) for name, places in _places(rows).items()}


def _by_set_of(rows: Sequence[Row], one: Answers) -> dict[str, Any]:
    result = {}
    for name, places in _places(rows).items():
        part = Answers(tuple(one.verdicts[i] for i in places), one.confidence[places], one.score[places], 0.0)
        found = figures(part, Truth.of([rows[i] for i in places]), undecided="undecided")
        result[name] = {"rows": len(places), **{key: value for key, value in found.items() if key != "claims_per_s"}}
    return result


def risk_coverage(committee: Answers, truth: Truth, points: int = 50) -> list[dict[str, float]]:
    """Precision of SUPPORTED when only the most confident share of all rows is certified; best first (El-Yaniv & Wiener 2010)."""
    order = np.argsort(-committee.score, kind="stable")
    right = np.cumsum(truth.supported[order])
    places = np.unique(np.linspace(1, len(order), min(points, len(order))).astype(int))
    return [{"coverage": n / len(order), "precision": float(right[n - 1]) / n} for n in places]


def markdown(result: Mapping[str, Any]) -> str:
    """The tables for a person."""
    lines = [
        f"# Judgement on {result['data']['file']}",
        "",
        f"{result['data']['rows']} claims, {result['data']['supported']} supported.",
        "",
    ]
    lines += [
        "| | " + " | ".join(column.replace("_", " ") for column in _COLUMNS) + " | without verdict |",
        "|---|" + "---|" * (len(_COLUMNS) + 1),
    ]
    lines.append(_row("floor (IDF overlap)", result["floor"], None))
    lines += [_row(f"{one['name']} ({one['family']})", one, one["abstained"]) for one in result["validators"]]
    lines += [_row("**committee**", result["committee"], result["committee"]["undecided"]), "", "## Committee by set", ""]
    lines += ["| set | rows | floor balanced accuracy | " + " | ".join(c.replace("_", " ") for c in _COLUMNS) + " | undecided |"]
    lines.append("|---|---|---|" + "---|" * (len(_COLUMNS) + 1))
    for name, one in result["committee"]["by_set"].items():
        floor = result["floor"]["by_set"][name]["balanced_accuracy"]
        lines.append(f"| {name} | {one['rows']} | {_share(floor)} |" + _row("", one, one["undecided"])[3:])
    lines += ["", "## Errors together", "", "| pair | phi | err together | if independent |", "|---|---|---|---|"]
    for pair in result["correlation"]["pairs"]:
        cells = (_number(pair["phi"]), _share(pair["err_together"]), _share(pair["if_independent"]))
        lines.append(f"| {' and '.join(pair['validators'])} | {' | '.join(cells)} |")
    votes, memory = result["correlation"]["effective_votes"], result["peak_memory_bytes"] / 2**20
    lines += ["", f"{len(result['validators'])} validators are worth {votes:.1f} independent votes. Peak memory {memory:.0f} MiB."]
    return "\n".join(lines) + "\n"


def _row(name: str, one: Mapping[str, Any], silent: float | None) -> str:
    cells = [_share(one.get(column)) for column in _COLUMNS]
    return f"| {name} | {' | '.join(cells)} | {_share(silent)} |"


def _share(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.1f}"


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2f}"
