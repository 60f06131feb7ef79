"""Votes in a line for a person."""

from __future__ import annotations

import pytest

from probatum.cli.votes import vote_summary
from probatum.consensus.ballot import Vote
from probatum.consensus.verdict import Verdict
from probatum.testing.committee import committee

S, R = Verdict.SUPPORTED, Verdict.REFUTED


@pytest.mark.parametrize(
    ("stakes", "said", "line"),
    [
        ((1, 1, 1, 1), (R, R, R, None), "3 against, 1 abstained"),
        ((3, 2, 2, 2), (None, R, R, R), "3 against with 6 of 9 stake, 1 abstained"),
        ((3, 2, 2, 2), (S, S, S, R), "3 for with 7 of 9 stake, 1 against"),
        ((3, 2, 2, 2), (S, S, S, S), "4 for"),
        ((3, 2, 2, 2), (), "no votes"),
    ],
)
def test_unequal_stake_is_told_where_votes_are_divided(
    stakes: tuple[int, ...], said: tuple[Verdict | None, ...], line: str
) -> None:
    epoch = committee(4, stakes=stakes).epoch
    votes = [(member.id, Vote(0, verdict, 0, "")) for member, verdict in zip(epoch.members, said, strict=False)]
    assert vote_summary(votes, epoch) == line
