"""What a validator is to the rest of the package: questions in, judgements or abstentions out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from probatum.consensus.model import ModelDescriptor
from probatum.consensus.verdict import Verdict

BASIS_POINTS = 10_000
Distribution: TypeAlias = tuple[float, float, float]
"""Calibrated probabilities of SUPPORTED, INSUFFICIENT and REFUTED, before any threshold; they add up to 1."""


@dataclass(frozen=True, slots=True)
class Question:
    """One claim to judge.

    Args:
        claim: the claim text, one sentence as a rule.
        context: heading or text before the claim, which may resolve a pronoun; may be empty. Never evidence.
        passages: the evidence, best first, about 40 to 120 words each; may be empty.
    """

    claim: str
    context: str
    passages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, its calibrated confidence in basis points (0 to 10,000) and a short plain reason.

    ``distribution`` is for measuring, where the model has one; it is no part of the answer and never leaves the process.
    """

    verdict: Verdict
    confidence: int
    reason: str
    distribution: Distribution | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 <= self.confidence <= BASIS_POINTS:
            raise ValueError(f"confidence must be 0 to {BASIS_POINTS} basis points, not {self.confidence}")


@dataclass(frozen=True, slots=True)
class Abstention:
    """No verdict, and why: not sure enough, nothing to read, an error. It counts for nothing.

    ``distribution`` is for measuring: what a model that was not sure enough thought nevertheless.
    """

    reason: str
    distribution: Distribution | None = field(default=None, repr=False, compare=False)


def each(questions: Sequence[Question], judge: Callable[[Question], Judgement | Abstention]) -> Iterator[Judgement | Abstention]:
    """Put question by question to ``judge``; one that makes it fail must not take the others with it."""
    for question in questions:
        try:
            yield judge(question)
        except Exception as problem:
            yield Abstention(f"the model failed on this question ({type(problem).__name__})")


class Validator(Protocol):
    """A model that judges. Implementations batch internally and never raise for one bad question: they abstain."""

    @property
    def descriptor(self) -> ModelDescriptor:
        """What an epoch lists of this model."""
        ...

    def judge(self, questions: Sequence[Question]) -> Iterator[Judgement | Abstention]:
        """One answer per question, in order, produced lazily so that progress can be shown."""
        ...
