"""What validators and their committee know: every figure of one voter, and how the voters' errors go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, TypeAlias

import numpy as np

from probatum.consensus.ballot import Vote
from probatum.consensus.epoch import Member
from probatum.consensus.tally import Decided, tally
from probatum.consensus.verdict import Verdict
from probatum.measuring import metrics
from probatum.measuring.answers import Answers
from probatum.measuring.floor import THRESHOLD, overlap
from probatum.measuring.metrics import Bools, Floats
from probatum.measuring.rows import Label, Row
from probatum.validators.combine import pool

Figures: TypeAlias = dict[str, float | None]
NATURAL: Final = 0.5  # a validator says "supported" where its calibrated probability says that this is likelier than not
FIXED_RECALL: Final = 0.4


@dataclass(frozen=True, slots=True)
class Truth:
    """The labels as arrays of shape (n,). ``refuted_known`` marks rows whose label tells contradicted from unsupported."""

    supported: Bools
    refuted: Bools
    refuted_known: Bools

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Truth:
        """From the rows' labels."""
        labels = np.array([row.label.value for row in rows])
        return cls(labels == Label.SUPPORTED.value, labels == Label.CONTRADICTED.value, labels != Label.NOT_SUPPORTED.value)

    def of_places(self, places: Sequence[int]) -> Truth:
        """The labels of some of the rows."""
        chosen = list(places)
        return Truth(self.supported[chosen], self.refuted[chosen], self.refuted_known[chosen])


def together(answers: Mapping[str, Answers], members: Sequence[Member], min_families: int) -> Answers:
    """The committee's decisions under the very tally that certifies.

    Its probability of SUPPORTED pools those of the members that have one (:func:`~probatum.validators.combine.pool`); its time is
    the sum, as if they took turns.
    """
    verdicts: list[Verdict | None] = []
    for said in zip(*(one.verdicts for one in answers.values()), strict=True):
        votes = {name: Vote(0, verdict, 0, "") for name, verdict in zip(answers, said, strict=True)}
        found = tally(members, votes, min_families, closed=True)
        verdicts.append(found.verdict if isinstance(found, Decided) else None)
    support, stakes = np.array([one.support for one in answers.values()]), {member.id: member.stake for member in members}
    pooled = pool(support, [stakes[name] for name in answers])
    peaks = [one.peak_bytes for one in answers.values() if one.peak_bytes is not None]
    seconds = sum(one.seconds for one in answers.values())
    return Answers(tuple(verdicts), pooled, seconds, sum(peaks) if len(peaks) == len(answers) else None)


def figures(answers: Answers, truth: Truth, *, threshold: float, votes: str, silent: str) -> Figures:
    """The figures of one voter. What it does not say counts as not supported: silence is no support.

    Args:
        answers: what it said.
        truth: the labels.
        threshold: of its probability of SUPPORTED, fixed before this data was seen; ``balanced_accuracy`` is at this threshold.
        votes: name of the balanced accuracy of what it voted: ``voted`` for a validator, ``certified`` for a committee.
        silent: name of the share of rows without a verdict: ``abstained`` for a validator, ``undecided`` for a committee.
    """
    verdicts = np.array([str(verdict) for verdict in answers.verdicts])
    said, refuted, supported, known = verdicts == "SUPPORTED", verdicts == "REFUTED", truth.supported, truth.refuted_known
    fixed = metrics.at_recall(answers.score, supported, FIXED_RECALL)
    return {
        "balanced_accuracy": metrics.balanced_accuracy(answers.score >= threshold, supported),
        f"balanced_accuracy_{votes}": metrics.balanced_accuracy(said, supported),
        "auc": metrics.auc(answers.score, supported),
        "precision_supported": metrics.precision(said, supported),
        "precision_supported_balanced": metrics.balanced_precision(said, supported),
        "recall_supported": metrics.recall(said, supported),
        "coverage_supported": metrics.share(int(said.sum()), len(said)),
        "false_supported": metrics.rates(said, supported)[1],
        "precision_at_recall_40": None if fixed is None else metrics.balanced_precision(fixed, supported),
        "precision_refuted": metrics.precision(refuted[known], truth.refuted[known]),
        "recall_refuted": metrics.recall(refuted[known], truth.refuted[known]),
        "calibration_error": metrics.calibration_error(answers.score, supported),
        silent: metrics.share(int((verdicts == "None").sum()), len(verdicts)),
    }


def precision_at(answers: Answers, truth: Truth, recall: float | None) -> float | None:
    """Precision of SUPPORTED, both classes weighted alike, at the threshold where this voter's recall is at least ``recall``."""
    chosen = metrics.at_recall(answers.score, truth.supported, recall) if recall else None
    return None if chosen is None else metrics.balanced_precision(chosen, truth.supported)


def floor_figures(score: Floats, truth: Truth) -> Figures:
    """The figures of the IDF-overlap floor (:func:`floor.overlap` of the whole file) at its fixed threshold."""
    said, fixed = score >= THRESHOLD, metrics.at_recall(score, truth.supported, FIXED_RECALL)
    return {
        "threshold": THRESHOLD,
        "balanced_accuracy": metrics.balanced_accuracy(said, truth.supported),
        "auc": metrics.auc(score, truth.supported),
        "precision_supported": metrics.precision(said, truth.supported),
        "recall_supported": metrics.recall(said, truth.supported),
        "precision_at_recall_40": None if fixed is None else metrics.balanced_precision(fixed, truth.supported),
    }


def floor_score(rows: Sequence[Row]) -> Floats:
    """The floor's score of every row."""
    return overlap(rows)


def correlation(answers: Mapping[str, Answers], truth: Truth) -> dict[str, object]:
    """How often validators err together, pair by pair against independence, and how many independent votes they are worth.

    An error is a wrong answer to "supported or not" at the natural threshold, which every validator answers on every row.
    ``false_together`` counts only false claims, and only real votes: both validators voted SUPPORTED.
    """
    names = list(answers)
    wrong = {name: (one.score >= NATURAL) != truth.supported for name, one in answers.items()}
    slip = {
        name: np.array([verdict is Verdict.SUPPORTED for verdict in one.verdicts])[~truth.supported]
        for name, one in answers.items()
    }
    matrix, pairs = np.eye(len(names)), []
    for (i, one), (j, other) in combinations(enumerate(names), 2):
        phi = metrics.error_correlation(wrong[one], wrong[other])
        matrix[i, j] = matrix[j, i] = 0.0 if phi is None else phi
        pairs.append(
            {
                "validators": [one, other],
                "phi": phi,
                "err_together": metrics.share(int((wrong[one] & wrong[other]).sum()), len(wrong[one])),
                "if_independent": float(wrong[one].mean() * wrong[other].mean()),
                "false_together": metrics.share(int((slip[one] & slip[other]).sum()), len(slip[one])),
                "false_if_independent": float(slip[one].mean() * slip[other].mean()) if len(slip[one]) else None,
            }
        )
    return {"pairs": pairs, "effective_votes": metrics.effective_votes(matrix)}
