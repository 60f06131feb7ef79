"""The report for a person: Markdown tables, and the pictures that go with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from probatum.measuring.curve import Panel, draw

Report = Mapping[str, Any]

_WORDS: Final = """
Unless it says otherwise a figure is in percent.

- **Balanced accuracy** asks every voter for an answer on every row: "supported" where its calibrated probability of SUPPORTED is at
  least {natural} for a validator and {threshold} for the committee (its members' odds multiplied, each to the power of its share of
  the stake), both fixed before this data was seen.
- **By vote** is the balanced accuracy of what is said aloud: a validator's vote, the committee's certificate. Silence counts as not
  supported, so a careful voter is low here.
- **Certified** is the share of all claims that the committee certifies as SUPPORTED: more than two thirds of the stake, in at least
  {families} model families. Precision is of these, recall is their share of the supported claims. *Balanced* precision weighs
  supported and other claims alike, so that sets of different mixes can be compared.
- **Floor** is word overlap weighted by rarity (IDF), at a threshold fixed in advance. What does not beat it knows nothing.
"""


def page(report: Report, picture: str | None = None) -> str:
    """The whole report; ``picture`` is the link to the curves, left out without one."""
    parts = [
        _head(report),
        _voters(report),
        _certified(report),
        _refuted(report),
        _agreement(report),
        _at_40(report),
        _reach(report),
    ]
    if picture is not None:
        parts.append(f"![Precision of SUPPORTED by coverage]({picture})\n\nEach curve certifies the claims it is surest of first.")
    parts += [_correlation(report), _cost(report)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def curves(report: Report) -> str:
    """The risk-coverage curves as SVG: a panel for the whole file, and one for each group with its rows pooled."""
    voters = {"committee, by probability": report["committee"], **{one["name"]: one for one in report["validators"]}}
    panels = [_panel("all rows", voters, report["committee"])]
    for group, found in report["committee"]["groups"].items():
        panels.append(_panel(group, {name: one["groups"][group] for name, one in voters.items()}, found["pooled"]))
    return draw(panels)


def _panel(title: str, voters: Mapping[str, Any], certified: Mapping[str, Any]) -> Panel:
    points = {name: [(p["coverage"], p["precision"]) for p in one["risk_coverage"]] for name, one in voters.items()}
    operating = (certified["coverage_supported"], certified["precision_supported"])
    return Panel(title, points, None if None in operating else operating)


def _head(report: Report) -> str:
    data, committee = report["data"], report["committee"]
    words = _WORDS.format(
        natural="50 %", threshold=f"{_percent(committee['score_threshold'])} %", families=committee["min_families"]
    )
    count = f"{data['rows']} claims, {data['supported']} of them supported, of {len(data['sets'])} sets."
    return f"# Judgement on {data['file']}\n\nWritten by `probatum bench judgement`. {count}\n{words}"


def _scopes(report: Report) -> Iterator[tuple[str, Any]]:
    """Names of the places where figures are compared, and how to get a voter's figures there."""
    for group in report["committee"]["groups"]:
        yield f"**mean, {group}**", lambda one, group=group: one["groups"][group]["mean"]
    yield "all rows", lambda one: one
    for name in report["data"]["sets"]:
        yield name, lambda one, name=name: one["by_set"][name]


def _voters(report: Report) -> str:
    validators, committee = report["validators"], report["committee"]
    names = ["floor", *(one["name"] for one in validators), "**committee**", "committee by vote"]
    rows = []
    for scope, of in _scopes(report):
        cells = [_pair(of(report["floor"])), *(_pair(of(one)) for one in validators), f"**{_pair(of(committee))}**"]
        rows.append([scope, *cells, _percent(of(committee)["balanced_accuracy_certified"])])
    votes = [[one["name"], one["family"], *_votes(one)] for one in validators]
    columns = [
        "validator",
        "family",
        "by vote",
        "precision",
        "balanced precision",
        "recall",
        "of all claims",
        "calibration error",
        "abstained",
    ]
    return (
        f"## Balanced accuracy (AUC)\n\n{_table(['', *names], rows)}\n\n"
        f"## What each validator votes SUPPORTED, all rows\n\n{_table(columns, votes)}"
    )


def _pair(one: Mapping[str, Any]) -> str:
    return f"{_percent(one['balanced_accuracy'])} ({_percent(one['auc'])})"


def _votes(one: Mapping[str, Any]) -> list[str]:
    keys = ("balanced_accuracy_voted", "precision_supported", "precision_supported_balanced", "recall_supported")
    return [_percent(one[key]) for key in (*keys, "coverage_supported", "calibration_error", "abstained")]


def _certified(report: Report) -> str:
    keys = ("coverage_supported", "precision_supported", "precision_supported_balanced", "recall_supported", "false_supported")
    rows = [
        [
            scope,
            str(of(report["committee"]).get("rows", "")),
            *(_percent(of(report["committee"])[key]) for key in (*keys, "undecided")),
        ]
        for scope, of in _scopes(report)
    ]
    columns = ["", "rows", "certified, of all claims", "precision", "balanced precision", "recall", "of false claims", "undecided"]
    interval = report["committee"]["precision_supported_interval"]
    note = "nothing was certified" if interval is None else f"{_percent(interval[0])} to {_percent(interval[1])}"
    return f"## What the committee certifies\n\n{_table(columns, rows)}\n\nPrecision on all rows, 95 % interval (Wilson's): {note}."


def _refuted(report: Report) -> str:
    keys = ("precision_refuted", "recall_refuted")
    rows = []
    for scope, of in _scopes(report):
        voters = [of(report["committee"]), *(of(one) for one in report["validators"])]
        if any(one["recall_refuted"] is not None for one in voters):
            rows.append([scope, *(" / ".join(_percent(one[key]) for key in keys) for one in voters)])
    if not rows:
        return "## REFUTED\n\nNo label tells contradicted claims from unsupported ones."
    columns = ["", "committee", *(one["name"] for one in report["validators"])]
    return f"## REFUTED: precision / recall on contradicted claims\n\n{_table(columns, rows)}"


def _agreement(report: Report) -> str:
    """Whether agreement buys precision: every voter at the recall at which the committee certifies."""
    committee = report["committee"]
    voters = [committee, *report["validators"]]
    rows = []
    for group, found in committee["groups"].items():
        rows.append(
            [
                f"**mean, {group}**",
                *_vote(found["mean"]),
                *(_percent(one["at_committee_recall"]["groups"][group]) for one in voters),
            ]
        )
    rows.append(["all rows", *_vote(committee), *(_percent(one["at_committee_recall"]["all"]) for one in voters)])
    for name, found in committee["by_set"].items():
        rows.append([name, *_vote(found), *(_percent(one["at_committee_recall"]["by_set"][name]) for one in voters)])
    columns = ["", "recall", "certified by vote", "committee's probability", *(one["name"] for one in report["validators"])]
    return (
        f"## What agreement buys: balanced precision at the committee's recall\n\n{_table(columns, rows)}\n\n"
        "The probabilities are cut where they find as many supported claims as the committee certifies: in a set at the threshold "
        "that suits this set, which nobody knows beforehand; in a mean at one threshold for all its sets."
    )


def _vote(one: Mapping[str, Any]) -> list[str]:
    return [_percent(one["recall_supported"]), _percent(one["precision_supported_balanced"])]


def _at_40(report: Report) -> str:
    """One point of every voter's curve that can be compared across voters and sets."""
    voters = {"floor": report["floor"], **{one["name"]: one for one in report["validators"]}, "**committee**": report["committee"]}
    rows = [[scope, *(_percent(of(one)["precision_at_recall_40"]) for one in voters.values())] for scope, of in _scopes(report)]
    return f"## By probability: balanced precision where 40 % of the supported claims are found\n\n{_table(['', *voters], rows)}"


def _reach(report: Report) -> str:
    """The far end of the curve: how many claims are left when more precision is asked for."""
    voters = {"committee": report["committee"], **{one["name"]: one for one in report["validators"]}}
    scopes: list[tuple[str, Any]] = [("all rows", lambda one: one)]
    scopes += [(group, lambda one, group=group: one["groups"][group]) for group in report["committee"]["groups"]]
    rows = []
    for scope, of in scopes:
        for target in of(report["committee"])["recall_at_precision"]:
            found = [of(one)["recall_at_precision"][target] for one in voters.values()]
            rows.append([scope, f"{100 * float(target):.0f}", *(_reached(one) for one in found)])
    columns = ["", "balanced precision", *voters]
    return f"## By probability: the most recall at a wanted precision, and its share of all claims\n\n{_table(columns, rows)}"


def _reached(found: Sequence[float] | None) -> str:
    return "never" if found is None else f"{_percent(found[0])} ({_percent(found[1])})"


def _correlation(report: Report) -> str:
    names = [one["name"] for one in report["validators"]]
    phi = {frozenset(pair["validators"]): pair["phi"] for pair in report["correlation"]["pairs"]}
    matrix = [[name, *("1" if name == other else _number(phi[frozenset((name, other))]) for other in names)] for name in names]
    keys = ("err_together", "if_independent", "false_together", "false_if_independent")
    pairs = [
        [" and ".join(pair["validators"]), _number(pair["phi"]), *(_percent(pair[key]) for key in keys)]
        for pair in report["correlation"]["pairs"]
    ]
    columns = ["pair", "phi", "err together", "if independent", "both vote for a false claim", "if independent"]
    votes = report["correlation"]["effective_votes"]
    return (
        f"## Errors together\n\nCorrelation (phi) of the validators' errors on all rows; 0 is independent.\n\n"
        f"{_table(['', *names], matrix)}\n\n{_table(columns, pairs)}\n\n"
        f"{len(names)} validators are worth {votes:.1f} independent votes (Kish's design effect)."
    )


def _cost(report: Report) -> str:
    voters = [*((one["name"], one) for one in report["validators"]), ("committee, one after the other", report["committee"])]
    rows = [[name, _count(one["claims_per_s"]), _mebibytes(one["peak_memory_bytes"])] for name, one in voters]
    return (
        "## Cost\n\nEach validator judged in a process of its own; loading is not counted. The committee's memory is the sum of "
        "these processes, each of which holds its own Python.\n\n"
        f"{_table(['', 'claims a second', 'peak memory, MiB'], rows)}"
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _percent(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.1f}"


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2f}"


def _count(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.1f}"


def _mebibytes(value: float | None) -> str:
    return "n/a" if value is None else f"{value / 2**20:.0f}"
