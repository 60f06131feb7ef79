"""Counting votes: fault tables written by hand."""

from __future__ import annotations

import pytest

from probatum.consensus.ballot import Vote
from probatum.consensus.epoch import supermajority
from probatum.consensus.tally import Decided, Impossible, Pending, tally
from probatum.consensus.verdict import Verdict
from probatum.frozen import replace
from probatum.testing.committee import committee

LETTERS = {"S": Verdict.SUPPORTED, "R": Verdict.REFUTED, "I": Verdict.INSUFFICIENT, "A": None}

# One letter a validator: S R I votes, A abstains, . silent. Families by letter. "need" is min_families.
TABLE = """
    stakes          votes     families  need   still open            closed

    every vote of one verdict, or none at all
    1 1 1 1         SSSS      abcd      2      SUPPORTED 4           SUPPORTED 4
    1 1 1 1         RRRR      abcd      2      REFUTED 4             REFUTED 4
    1 1 1 1         IIII      abcd      2      INSUFFICIENT 4        INSUFFICIENT 4
    1 1 1 1         AAAA      abcd      2      undecided             undecided
    1 1 1 1         ....      abcd      2      waits v0 v1 v2 v3     undecided
    5               S         a         1      SUPPORTED 5           SUPPORTED 5

    exactly two thirds is not more than two thirds
    1 1 1           SSR       abc       2      undecided             undecided
    1 1 1           SSA       abc       2      undecided             undecided
    1 1 1           SS.       abc       2      waits v2              undecided
    2 2 2           SSR       abc       2      undecided             undecided
    2 3 1           .SS       abc       2      waits v0              undecided
    4 1 1           SRR       abc       2      undecided             undecided
    4 1 1           SR.       abc       2      waits v2              undecided

    one unit above two thirds
    5 1 1           SSR       abc       2      SUPPORTED 6           SUPPORTED 6
    67 33           S.        ab        1      SUPPORTED 67          SUPPORTED 67
    66 33           S.        ab        1      waits v1              undecided
    67 34           S.        ab        1      waits v1              undecided
    68 33           S.        ab        1      SUPPORTED 68          SUPPORTED 68

    one third against, in votes, abstention or silence, blocks; just under one third does not
    1 1 1           SSI       abc       2      undecided             undecided
    1 1 1 1         SSSR      abcd      2      SUPPORTED 3           SUPPORTED 3
    1 1 1 1         SSSA      abcd      2      SUPPORTED 3           SUPPORTED 3
    1 1 1 1         SSS.      abcd      2      SUPPORTED 3           SUPPORTED 3
    1 1 1 1         SSRR      abcd      2      undecided             undecided
    1 1 1 1         SSR.      abcd      2      waits v3              undecided
    1 1 1 1         SSA.      abcd      2      waits v3              undecided
    1 1 1 1         SRA.      abcd      2      undecided             undecided
    1 1 1 1         SRI.      abcd      2      undecided             undecided
    1 1 1 1         SAA.      abcd      2      undecided             undecided
    1 1 1 1         S...      abcd      2      waits v1 v2 v3        undecided
    1 1 1 1 1 1     SSSSRR    abcdef    2      undecided             undecided
    1 1 1 1 1 1     SSSSSR    abcdef    2      SUPPORTED 5           SUPPORTED 5
    1 1 1 1 1 1     SSSS..    abcdef    2      waits v4 v5           undecided

    stake counts, not heads
    7 1 1 1         RSSS      abcd      1      REFUTED 7             REFUTED 7
    3 1 1 1         RSSS      abcd      2      undecided             undecided
    1 1 1 9         SSS.      abcd      1      waits v3              undecided

    families: enough stake of too few families decides nothing
    1 1 1 1         SSSS      aaaa      2      undecided             undecided
    1 1 1 1         SSSR      aaab      2      undecided             undecided
    1 1 1 1         SSS.      aaab      2      waits v3              undecided
    1 1 1 1         SSS.      aaaa      2      undecided             undecided
    1 1 1 1         SSSS      aaab      2      SUPPORTED 4           SUPPORTED 4
    1 1 1 1         SSSS      aabb      3      undecided             undecided
    1 1 1 1         SSAS      abcb      3      undecided             undecided
    1 1 1 1         SS.S      abcb      3      waits v2              undecided
    1 1 1 1         SSSR      abab      2      SUPPORTED 3           SUPPORTED 3
    9 1             S.        aa        2      undecided             undecided
    9 1             S.        ab        2      waits v1              undecided
"""
ROWS = [line.strip() for line in TABLE.splitlines() if line.strip()[:1].isdigit()]


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.split("  ") if cell.strip()]


def counted(row: str, *, closed: bool) -> str:
    stakes, votes, families, need, *_ = cells(row)
    numbers = [int(number) for number in stakes.split()]
    base = committee(len(numbers), stakes=numbers, families=1).epoch.members
    members = [replace(m, model=replace(m.model, family=family)) for m, family in zip(base, families, strict=True)]
    cast = {m.id: Vote(0, LETTERS[letter], 0, "") for m, letter in zip(members, votes, strict=True) if letter != "."}
    match tally(members, cast, int(need), closed=closed):
        case Decided(verdict, stake, agreeing):
            assert agreeing == {f for f, letter in zip(families, votes, strict=True) if LETTERS.get(letter) is verdict}
            return f"{verdict} {stake}"
        case Pending(missing):
            return f"waits {' '.join(missing)}"
        case Impossible():
            return "undecided"


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str) -> None:
    assert [counted(row, closed=False), counted(row, closed=True)] == cells(row)[4:]


def test_a_vote_of_someone_not_assigned_counts_nothing() -> None:
    members = committee(4).epoch.members
    votes = {m.id: Vote(0, Verdict.SUPPORTED, 0, "") for m in members}
    found = tally(members[:2], votes, 1, closed=True)
    assert isinstance(found, Decided)
    assert found.stake == 2


@pytest.mark.parametrize(
    ("stake", "whole", "enough"),
    [
        (0, 0, False),
        (2, 3, False),
        (3, 3, True),
        (66, 100, False),
        (67, 100, True),
        (2**41, 3 * 2**40, False),
        (2**41 + 1, 3 * 2**40, True),
    ],
)
def test_supermajority_in_integers(stake: int, whole: int, enough: bool) -> None:
    assert supermajority(stake, whole) is enough
