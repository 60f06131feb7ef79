"""Our verdicts in the words of that API (docs/http/mira.md): nothing is called TRUE that did not survive its round."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from probatum.consensus.epoch import Epoch
from probatum.consensus.verdict import Verdict
from probatum.gateway.errors import HttpRefusal

QUESTION: Final = "Does the evidence support this claim?"
OPTIONS: Final = {"A": "The evidence supports it.", "B": "The evidence refutes it.", "C": "The evidence does not decide it."}
CLAIMED: Final = "A"
NO_CONSENSUS: Final = "NO CONSENSUS"
INSUFFICIENT: Final = "INSUFFICIENT"
NO_ANSWER: Final = ""  # of a model that abstained, and of a claim without consensus

_LETTERS: Final = {str(Verdict.SUPPORTED): "A", str(Verdict.REFUTED): "B", str(Verdict.INSUFFICIENT): "C"}
_ASSESSMENTS: Final = {"certified": ("TRUE", "A"), "refuted": ("FALSE", "B"), "insufficient": (INSUFFICIENT, "C")}


@dataclass(frozen=True, slots=True)
class Committee:
    """Who votes, as far as that API can see it.

    Attributes:
        models: name of each validator's model, by the validator's id, in the epoch's order.
        needed: the least number of validators that can decide a claim under the epoch's policy.
    """

    models: Mapping[str, str]
    needed: int

    @classmethod
    def of(cls, epoch: Epoch) -> Self:
        """The validators of an epoch; those with most stake first are the fewest that exceed two thirds."""
        stakes, total, count = sorted((member.stake for member in epoch.members), reverse=True), 0, 0
        for stake in stakes:
            total, count = total + stake, count + 1
            if 3 * total > 2 * sum(stakes):
                break
        return cls({member.id: member.model.name for member in epoch.members}, max(count, epoch.policy.min_families))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a request asks of the consensus. It may ask for more than the epoch's policy, never for less.

    Attributes:
        committee: who votes.
        min_required: how many models must agree before a claim is assessed at all.
    """

    committee: Committee
    min_required: int

    @classmethod
    def read(cls, body: Mapping[str, Any], committee: Committee) -> Self:
        """Read ``minRequired`` and ``totalModels``.

        Raises:
            HttpRefusal: 400: not numbers that the API knows, or more models than there are.
        """
        least, total, there = body.get("minRequired", 2), body.get("totalModels"), len(committee.models)
        if least not in (2, 3) or isinstance(least, bool):
            raise _invalid("minRequired must be 2 or 3", "minRequired")
        if total is not None and (type(total) is not int or total < least):
            raise _invalid(f"totalModels must be a number from minRequired ({least}) on", "totalModels")
        if total is not None and total > there:
            raise _invalid(f"totalModels: {total} models were asked for, and this network has {there}", "totalModels")
        if least > there:
            raise _invalid(f"minRequired: {least} models must agree, and this network has {there}", "minRequired")
        return cls(committee, least)

    def assess(self, claim: str, fragment: Mapping[str, Any] | None, votes: Mapping[str, str]) -> dict[str, Any]:
        """One claim's assessment.

        Args:
            claim: its text.
            fragment: what the round decided; None if it decided nothing.
            votes: verdicts by validator id; who is missing abstained.
        """
        assessment, letter = _ASSESSMENTS.get(str(fragment and fragment["status"]), (NO_CONSENSUS, NO_ANSWER))
        answers = [
            {"model": model, "answer": _LETTERS.get(votes.get(validator, ""), NO_ANSWER)}
            for validator, model in self.committee.models.items()
        ]
        if letter and sum(answer["answer"] == letter for answer in answers) < self.min_required:
            assessment, letter = NO_CONSENSUS, NO_ANSWER
        return {"assessment": assessment, "consensus_answer": letter, "model_answers": answers}


def unjudged(claims: Iterable[str]) -> list[dict[str, Any]]:
    """Assessments of claims for which there is no evidence at all: nobody was asked, and so nobody answered."""
    return [{"assessment": INSUFFICIENT, "consensus_answer": NO_ANSWER, "model_answers": []} for _ in claims]


def result(index: int, claim: str, assessed: Mapping[str, Any]) -> dict[str, Any]:
    """A claim's entry in the whole result."""
    return {
        "id": str(index),
        "claim": claim,
        "original_question": QUESTION,
        "original_options": OPTIONS,
        "claimed_answer": CLAIMED,
        **assessed,
    }


def _invalid(message: str, param: str) -> HttpRefusal:
    return HttpRefusal(400, "invalid_request", message, param=param)
