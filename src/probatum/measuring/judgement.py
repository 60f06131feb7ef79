"""Run validators and their committee over labelled claims, and count."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from probatum.consensus.ballot import Vote
from probatum.consensus.epoch import Member
from probatum.consensus.tally import Decided, tally
from probatum.consensus.verdict import Verdict
from probatum.measuring import metrics
from probatum.measuring.floor import THRESHOLD, overlap
from probatum.measuring.metrics import Bools, Floats
from probatum.measuring.rows import Label, Row
from probatum.validators.protocol import BASIS_POINTS, Abstention, Judgement, Validator

Share = float | None


@dataclass(frozen=True, slots=True)
class Answers:
    """What one voter said of every row: verdict or ``None``, a score for SUPPORTED from 0 to 1, and how long it took in seconds."""

    verdicts: tuple[Verdict | None, ...]
    confidence: Floats
    score: Floats
    seconds: float


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


def ask(validator: Validator, rows: Sequence[Row], tick: Callable[[int], None] = lambda _: None) -> Answers:
    """Put every row to a validator. The score is its confidence turned towards SUPPORTED; an abstention scores one half."""
    started = time.perf_counter()
    given: list[Judgement | Abstention] = []
    for answer in validator.judge([row.question for row in rows]):
        given.append(answer)
        tick(len(given))
    seconds = time.perf_counter() - started
    confidence = np.array([one.confidence / BASIS_POINTS if isinstance(one, Judgement) else 0.0 for one in given])
    verdicts = tuple(one.verdict if isinstance(one, Judgement) else None for one in given)
    signs = np.array([{Verdict.SUPPORTED: 1.0, None: 0.0}.get(verdict, -1.0) for verdict in verdicts])
    return Answers(verdicts, confidence, 0.5 + signs * confidence / 2, seconds)


def together(answers: Mapping[str, Answers], members: Sequence[Member], min_families: int) -> Answers:
    """The committee's decisions under the very tally that certifies; its score is the mean of its members'."""
    rows = len(next(iter(answers.values())).verdicts)
    verdicts: list[Verdict | None] = []
    for i in range(rows):
        votes = {name: Vote(i, one.verdicts[i], 0, "") for name, one in answers.items()}
        found = tally(members, votes, min_families, closed=True)
        verdicts.append(found.verdict if isinstance(found, Decided) else None)
    score = np.mean([one.score for one in answers.values()], axis=0)
    return Answers(tuple(verdicts), np.abs(score - 0.5) * 2, score, sum(one.seconds for one in answers.values()))


def figures(answers: Answers, truth: Truth, *, undecided: str) -> dict[str, Share]:
    """The figures of one voter. What it does not say counts as not supported: silence is no support.

    ``undecided`` names the share of rows without a verdict: ``abstained`` for a validator, ``undecided`` for a committee.
    """
    verdicts = np.array([str(verdict) for verdict in answers.verdicts])
    said, refuted, silent = verdicts == "SUPPORTED", verdicts == "REFUTED", verdicts == "None"
    right = np.where(said, truth.supported, np.where(refuted, truth.refuted, ~truth.supported & ~truth.refuted))
    known, judged = truth.refuted_known, ~silent & truth.refuted_known
    return {
        "balanced_accuracy": metrics.balanced_accuracy(said, truth.supported),
        "auc": metrics.auc(answers.score, truth.supported),
        "precision_supported": metrics.precision(said, truth.supported),
        "recall_supported": metrics.recall(said, truth.supported),
        "precision_refuted": metrics.precision(refuted[known], truth.refuted[known]),
        "recall_refuted": metrics.recall(refuted[known], truth.refuted[known]),
        "calibration_error": metrics.calibration_error(answers.confidence[judged], right[judged].astype(bool)),
        undecided: metrics.share(int(silent.sum()), len(verdicts)),
        "claims_per_s": len(verdicts) / answers.seconds if answers.seconds else None,
    }


def floor_figures(rows: Sequence[Row], truth: Truth) -> dict[str, Share]:
    """The figures of the IDF-overlap floor at its fixed threshold."""
    score = overlap(rows)
    said = score >= THRESHOLD
    return {
        "threshold": THRESHOLD,
        "balanced_accuracy": metrics.balanced_accuracy(said, truth.supported),
        "auc": metrics.auc(score, truth.supported),
        "precision_supported": metrics.precision(said, truth.supported),
        "recall_supported": metrics.recall(said, truth.supported),
    }


def correlation(answers: Mapping[str, Answers], truth: Truth) -> dict[str, object]:
    """How often validators err together (supported against not), pair by pair, and the effective number of votes."""
    names = list(answers)
    said = {name: np.array([verdict is Verdict.SUPPORTED for verdict in one.verdicts]) for name, one in answers.items()}
    wrong = {name: one != truth.supported for name, one in said.items()}
    matrix, pairs = np.eye(len(names)), []
    for (i, one), (j, other) in combinations(enumerate(names), 2):
        phi = metrics.error_correlation(wrong[one], wrong[other])
        both = float((wrong[one] & wrong[other]).mean())
        alone = float(wrong[one].mean() * wrong[other].mean())
        pairs.append({"validators": [one, other], "phi": phi, "err_together": both, "if_independent": alone})
        matrix[i, j] = matrix[j, i] = 0.0 if phi is None else phi
    return {"pairs": pairs, "effective_votes": metrics.effective_votes(matrix)}


def peak_memory() -> int:
    """The process's peak resident memory so far, in bytes (Linux counts in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
