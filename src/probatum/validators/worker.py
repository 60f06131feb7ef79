"""A validator at work: check what it was handed, judge, answer for every assigned fragment."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from itertools import chain, repeat

from probatum.claims.check import check_split
from probatum.claims.draft import Claim, Draft, NotCheckable, NotCheckableReason
from probatum.consensus.ballot import MAX_REASON, Vote
from probatum.consensus.fragment import ClaimRecord, FragmentRecord
from probatum.consensus.request import Request
from probatum.errors import ConsensusError, EncodingError
from probatum.validators.protocol import Abstention, Judgement, Question, Validator


def vote(
    validator: Validator,
    request: Request,
    assigned: Sequence[int],
    *,
    on_vote: Callable[[Vote], None] = lambda _: None,
    out_of_time: Callable[[], bool] = lambda: False,
) -> tuple[Vote, ...]:
    """One vote per assigned fragment, in order. It never raises for the material: what is wrong with it becomes an abstention.

    Args:
        validator: the model.
        request: the round's material, not yet checked.
        assigned: indexes of the fragments to judge; each is a claim.
        on_vote: told of each vote as it is made.
        out_of_time: asked before each judgement; from then on the rest are abstentions.
    """
    everything = request.once(questions_of)
    asked = [everything[index] for index in assigned]
    answers = chain(
        validator.judge([one for one in asked if isinstance(one, Question)]), repeat(Abstention("the model gave no answer"))
    )
    votes: list[Vote] = []
    for index, question in zip(assigned, asked, strict=True):
        if isinstance(question, str):
            made = _abstain(index, question)
        elif out_of_time():
            made = _abstain(index, "the deadline for ballots passed")
        else:
            made = _vote(index, next(answers))
        votes.append(made)
        on_vote(made)
    return tuple(votes)


def questions_of(request: Request) -> tuple[Question | str, ...]:
    """What a validator judges of each fragment; where the material or the split is wrong, the reason why it will not."""
    refusals = _refusals(request)
    sound = {digest for digest, record in request.evidence.items() if str(record.hash) == digest}
    return tuple([refusals.get(index) or _question(request, index, sound) for index in range(len(request.records))])


def _refusals(request: Request) -> dict[int, str]:
    """The reasons by fragment, from all of the material but the evidence."""
    everything = range(len(request.records))
    try:
        request.check()
        problems = check_split(request.output, [_draft(record) for record in request.records])
    except (ConsensusError, EncodingError) as error:
        return dict.fromkeys(everything, f"request refused: {error}")
    refused: dict[int, str] = {}
    for problem in problems:
        of_claim = problem.index is not None and isinstance(request.records[problem.index], ClaimRecord)
        reach = [problem.index] if of_claim and problem.index is not None else everything  # text left out concerns every claim
        for index in reach:
            refused.setdefault(index, f"split refused: {problem.text} [{problem.code}]")
    return refused


def _draft(record: FragmentRecord) -> Draft:
    if isinstance(record, ClaimRecord):
        return Claim(record.start, record.end, record.claim, record.context)
    try:
        return NotCheckable(record.start, record.end, NotCheckableReason(record.reason))
    except ValueError:
        raise ConsensusError(f"unknown reason {record.reason!r} for text that is not checkable") from None


def _question(request: Request, index: int, sound: Set[str]) -> Question | str:
    record = request.records[index]
    if not isinstance(record, ClaimRecord):
        return "nothing to judge: the fragment is listed as not checkable"
    if record.evidence not in sound:
        return "the evidence handed over does not hash to what the fragment binds"
    return Question(record.claim, record.context, tuple(passage.text for passage in request.evidence[record.evidence].passages))


def _vote(index: int, answer: Judgement | Abstention) -> Vote:
    if isinstance(answer, Abstention):
        return _abstain(index, answer.reason)
    return Vote(index, answer.verdict, answer.confidence, answer.reason[:MAX_REASON])


def _abstain(index: int, reason: str) -> Vote:
    return Vote(index, None, 0, reason[:MAX_REASON])
