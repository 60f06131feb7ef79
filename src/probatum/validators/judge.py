"""From a pair scorer to a validator: windows, batches, calibration, threshold, reason."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from probatum.claims.checkworthy import classify
from probatum.claims.draft import NotCheckableReason
from probatum.consensus.model import ModelDescriptor
from probatum.consensus.verdict import Verdict
from probatum.validators.chitchat import without_talk
from probatum.validators.combine import ORDER, Calibration, Floats, choose, combine, deciding
from probatum.validators.endings import STOPS_SHORT, withheld
from probatum.validators.protocol import BASIS_POINTS, Abstention, Judgement, Question
from probatum.validators.reasons import explain, not_sure
from probatum.validators.windows import Window, best_of_each

QUESTIONS_PER_BATCH = 4
MAX_CLAIM_CHARACTERS = 2_000
MAX_CLAIM_WORDS = 90
_WORD = re.compile(r"[^\W\d_]{2,}")


class Scorer(Protocol):
    """Raw class scores in the order supported, insufficient, refuted for (evidence, claim) pairs; shape (pairs, 3)."""

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Floats: ...


@dataclass(frozen=True, slots=True)
class _Work:
    """A question with its windows, or the reason why there is nothing to score."""

    question: Question
    windows: tuple[Window, ...]
    refusal: str


class WindowedValidator:
    """A validator around a scorer.

    Args:
        descriptor: what an epoch lists.
        scorer: the model.
        calibration: fitted on held-out data.
    """

    def __init__(self, descriptor: ModelDescriptor, scorer: Scorer, calibration: Calibration) -> None:
        self._descriptor = descriptor
        self._scorer = scorer
        self._calibration = calibration

    @property
    def descriptor(self) -> ModelDescriptor:
        return self._descriptor

    def judge(self, questions: Sequence[Question]) -> Iterator[Judgement | Abstention]:
        """One answer per question, in order; a few questions are scored at a time."""
        for start in range(0, len(questions), QUESTIONS_PER_BATCH):
            yield from self._batch(questions[start : start + QUESTIONS_PER_BATCH])

    def distribution(self, question: Question) -> Floats | None:
        """Calibrated probabilities (supported, insufficient, refuted) before any threshold; None where the validator cannot judge.
        For measuring.
        """
        work = self.prepare(question)
        if work.refusal:
            return None
        return combine(work.windows, self._scorer.logits(_pairs(work)), self._calibration)

    def prepare(self, question: Question) -> _Work:
        """Check a question, take talk off its claim and cut its windows."""
        if refused := refusal(question.claim):
            return _Work(question, (), refused)
        claim = without_talk(question.claim)
        windows = best_of_each(claim, question.passages)
        if not windows:
            return _Work(question, (), "there is no evidence to judge against")
        return _Work(Question(claim, question.context, question.passages), windows, "")

    def _batch(self, questions: Sequence[Question]) -> list[Judgement | Abstention]:
        prepared: list[_Work] = []
        for question in questions:
            try:
                prepared.append(self.prepare(question))
            except Exception as problem:  # one bad question must not take the others with it
                prepared.append(_Work(question, (), f"the question could not be read ({type(problem).__name__})"))
        pairs = [pair for work in prepared if not work.refusal for pair in _pairs(work)]
        try:
            scores: Floats | None = self._scorer.logits(pairs)
        except Exception:  # score one by one below, so that only the question at fault abstains
            scores = None
        out: list[Judgement | Abstention] = []
        at = 0
        for work in prepared:
            if work.refusal:
                out.append(Abstention(work.refusal))
                continue
            try:
                part = scores[at : at + len(work.windows)] if scores is not None else self._scorer.logits(_pairs(work))
                out.append(self._decide(work, part))
            except Exception as problem:
                out.append(Abstention(f"the model failed on this question ({type(problem).__name__})"))
            at += len(work.windows)
        return out

    def _decide(self, work: _Work, logits: Floats) -> Judgement | Abstention:
        if not np.isfinite(logits).all():
            return Abstention("the model gave no finite score")
        probabilities = combine(work.windows, logits, self._calibration)
        whole = (float(probabilities[0]), float(probabilities[1]), float(probabilities[2]))
        chosen = choose(whole, self._calibration.abstain_below)
        if chosen is None:
            best = whole.index(max(whole))
            return Abstention(not_sure(ORDER[best], whole[best], self._calibration.abstain_below[best]), whole)
        if withheld(ORDER[chosen], work.question.claim):
            return Abstention(STOPS_SHORT, whole)
        window = work.windows[deciding(work.windows, logits, self._calibration, chosen)]
        if ORDER[chosen] is Verdict.INSUFFICIENT:  # what is missing is missing from all of them
            window = _everything(work.question.passages)
        reason = explain(ORDER[chosen], work.question.claim, window)
        return Judgement(ORDER[chosen], min(BASIS_POINTS, round(whole[chosen] * BASIS_POINTS)), reason, whole)


def refusal(claim: str) -> str:
    """Why nobody can judge such a claim, whatever the evidence; empty where one can."""
    if not _WORD.search(claim):
        return "the claim has no words to judge"
    if len(" ".join(claim.split())) > MAX_CLAIM_CHARACTERS or len(claim.split()) > MAX_CLAIM_WORDS:
        return f"the claim is longer than this model reads ({MAX_CLAIM_WORDS} words)"
    if classify(claim) is NotCheckableReason.QUESTION:
        return "the claim is a question, which states nothing"
    return ""


def _everything(passages: Sequence[str]) -> Window:
    return Window(" ".join(passages), -1 if len(passages) > 1 else 0, "joint")


def _pairs(work: _Work) -> list[tuple[str, str]]:
    """Model inputs: (evidence window, claim)."""
    return [(window.text, work.question.claim) for window in work.windows]
