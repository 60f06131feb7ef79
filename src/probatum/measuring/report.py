"""The whole measurement of one file as one object: by voter, by set, and by group of sets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np

from probatum.consensus.epoch import Member
from probatum.consensus.verdict import Verdict
from probatum.errors import InputError
from probatum.measuring import metrics
from probatum.measuring.answers import Answers
from probatum.measuring.judgement import (
    NATURAL,
    Figures,
    Truth,
    correlation,
    figures,
    floor_figures,
    floor_score,
    precision_at,
    together,
)
from probatum.measuring.metrics import Floats
from probatum.measuring.rows import Row

Places: TypeAlias = Sequence[int]
TARGETS: Final = (0.90, 0.95, 0.97)


@dataclass(frozen=True, slots=True)
class Committee:
    """Who votes and by which rule; ``threshold`` is that of the committee's probability, fixed in advance."""

    members: tuple[Member, ...]
    min_families: int
    threshold: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The material of a report: rows, and what each validator said of them.

    Attributes:
        data: the file's name.
        rows: the labelled claims.
        answers: by validator id, each with one answer for every row.
        committee: the validators as an epoch lists them.
        groups: names of sets by the name of a group, whose means are given; may be empty.
    """

    data: str
    rows: Sequence[Row]
    answers: Mapping[str, Answers]
    committee: Committee
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def sets(self) -> dict[str, Places]:
        """Where the rows of each set are; raises InputError for a group of a set that the file does not have."""
        places: dict[str, list[int]] = {}
        for place, row in enumerate(self.rows):
            places.setdefault(row.set, []).append(place)
        for group, names in self.groups.items():
            if unknown := [name for name in names if name not in places]:
                raise InputError(f"group {group}: no row is of set {unknown[0]}; the file has {', '.join(sorted(places))}")
        return dict(sorted(places.items()))


@dataclass(frozen=True, slots=True)
class _Parts:
    """The rows in parts: the labels of the whole file and of each set, and where each set's rows are."""

    truth: Truth
    sets: Mapping[str, Places]
    truths: Mapping[str, Truth]
    groups: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, measured: Measured) -> _Parts:
        rows, sets = measured.rows, measured.sets()
        truths = {name: Truth.of([rows[i] for i in places]) for name, places in sets.items()}
        return cls(Truth.of(rows), sets, truths, measured.groups)

    def pooled(self, group: str) -> tuple[Places, Truth]:
        """The rows of a group's sets together."""
        places = [place for name in self.groups[group] for place in self.sets[name]]
        return places, self.truth.of_places(places)


def measure(measured: Measured) -> dict[str, Any]:
    """Everything that is measured; shares from 0 to 1, ``None`` where there was nothing to count."""
    answers, rule, parts = measured.answers, measured.committee, _Parts.of(measured)
    decided = together(answers, rule.members, rule.min_families)
    committee = _voter(parts, decided, lambda one, truth: _of_committee(one, truth, rule.threshold))
    voters = {member.id: _voter(parts, answers[member.id], _of_validator) for member in rule.members}
    return {
        "data": {
            "file": measured.data,
            "rows": len(measured.rows),
            "supported": int(parts.truth.supported.sum()),
            "sets": list(parts.sets),
        },
        "floor": _floor(floor_score(measured.rows), parts),
        "validators": [
            {
                "name": member.id,
                "family": member.model.family,
                **voters[member.id],
                "at_committee_recall": _at_recall_of(committee, parts, answers[member.id]),
            }
            for member in rule.members
        ],
        "committee": {
            **committee,
            "abstained": float(np.mean([[verdict is None for verdict in one.verdicts] for one in answers.values()])),
            "at_committee_recall": _at_recall_of(committee, parts, decided),
            "score_threshold": rule.threshold,
            "min_families": rule.min_families,
            "precision_supported_interval": _interval(decided, parts.truth),
        },
        "correlation": correlation(answers, parts.truth),
    }


def _of_validator(answers: Answers, truth: Truth) -> Figures:
    return figures(answers, truth, threshold=NATURAL, votes="voted", silent="abstained")


def _of_committee(answers: Answers, truth: Truth, threshold: float) -> Figures:
    return figures(answers, truth, threshold=threshold, votes="certified", silent="undecided")


def _voter(parts: _Parts, one: Answers, count: Callable[[Answers, Truth], Figures]) -> dict[str, Any]:
    """One voter on the whole file, on each set, and over each group."""
    rows = len(one.verdicts)
    by_set = {name: {"rows": len(places), **count(one.of(places), parts.truths[name])} for name, places in parts.sets.items()}
    groups: dict[str, Any] = {}
    for group, names in parts.groups.items():
        places, truth = parts.pooled(group)
        pooled, mean = one.of(places), _mean([by_set[name] for name in names])
        groups[group] = {"sets": list(names), "mean": mean, "pooled": count(pooled, truth), **_curve(pooled, truth)}
    return {
        "rows": rows,
        **count(one, parts.truth),
        "claims_per_s": rows / one.seconds if one.seconds else None,
        "peak_memory_bytes": one.peak_bytes,
        **_curve(one, parts.truth),
        "by_set": by_set,
        "groups": groups,
    }


def _curve(one: Answers, truth: Truth) -> dict[str, Any]:
    """The curve, and for each wanted precision (both classes alike) the most recall that reaches it."""
    reach = {f"{target:.2f}": metrics.most_recall(one.score, truth.supported, target) for target in TARGETS}
    return {"risk_coverage": metrics.risk_coverage(one.score, truth.supported), "recall_at_precision": reach}


def _mean(found: Sequence[Figures]) -> Figures:
    """Mean over sets of each figure, over the sets that have it."""
    return {key: metrics.mean([one[key] for one in found]) for key in found[0] if key != "rows"}


def _at_recall_of(committee: Mapping[str, Any], parts: _Parts, one: Answers) -> dict[str, Any]:
    """A voter's precision, both classes alike, where its probabilities find as many supported claims as the committee certifies.

    In a set this takes the threshold that suits that set; in a group one threshold serves all its sets, as it would in use.
    """
    score = one.score
    by_set = {
        name: precision_at(one.of(places), parts.truths[name], committee["by_set"][name]["recall_supported"])
        for name, places in parts.sets.items()
    }
    groups = {}
    for group, names in parts.groups.items():
        recall = committee["groups"][group]["mean"]["recall_supported"]
        sets = [(score[list(parts.sets[name])], parts.truths[name].supported) for name in names]
        found = metrics.at_mean_recall(sets, recall) if recall else None
        groups[group] = None if found is None else found[1]
    return {"all": precision_at(one, parts.truth, committee["recall_supported"]), "by_set": by_set, "groups": groups}


def _floor(score: Floats, parts: _Parts) -> dict[str, Any]:
    by_set = {name: floor_figures(score[list(places)], parts.truths[name]) for name, places in parts.sets.items()}
    groups = {group: {"mean": _mean([by_set[name] for name in names])} for group, names in parts.groups.items()}
    return {**floor_figures(score, parts.truth), "by_set": by_set, "groups": groups}


def _interval(decided: Answers, truth: Truth) -> list[float] | None:
    found = metrics.interval(np.array([verdict is Verdict.SUPPORTED for verdict in decided.verdicts]), truth.supported)
    return None if found is None else list(found)
