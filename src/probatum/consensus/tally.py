"""Counting votes, in integers (protocol section 5, step 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from probatum.consensus.ballot import Vote
from probatum.consensus.epoch import Member, supermajority
from probatum.consensus.verdict import Verdict
from probatum.frozen import frozen


@frozen
class Decided:
    """More than two thirds of the assigned stake, in enough model families, gave this verdict."""

    verdict: Verdict
    stake: int
    families: frozenset[str]


@frozen
class Pending:
    """Open: the votes of ``missing`` could still decide it."""

    missing: tuple[str, ...]


@frozen
class Impossible:
    """No verdict can be decided any more; the fragment is UNDECIDED."""

    reason: str


FragmentTally: TypeAlias = Decided | Pending | Impossible


def tally(assigned: Sequence[Member], votes: Mapping[str, Vote], min_families: int, *, closed: bool) -> FragmentTally:
    """Count the votes on one fragment.

    Args:
        assigned: the members assigned to it; at least one.
        votes: votes by member id; of members who are not assigned they count nothing, and an abstention is a vote for nothing.
        min_families: model families that must agree.
        closed: whether no further vote will come.
    """
    whole = sum([member.stake for member in assigned])
    agreeing: dict[Verdict, list[Member]] = {}
    for member in assigned:
        vote = votes.get(member.id)
        if vote is not None and vote.verdict is not None:
            agreeing.setdefault(vote.verdict, []).append(member)
    for verdict, members in agreeing.items():  # at most one verdict can have more than two thirds
        held = sum([member.stake for member in members])
        families = frozenset([member.model.family for member in members])
        if supermajority(held, whole) and len(families) >= min_families:
            return Decided(verdict, held, families)
    missing = [] if closed else [member for member in assigned if member.id not in votes]
    for verdict in Verdict if missing else ():
        hoped = [*agreeing.get(verdict, ()), *missing]
        enough = supermajority(sum(member.stake for member in hoped), whole)
        if enough and len({member.model.family for member in hoped}) >= min_families:
            return Pending(tuple(member.id for member in missing))
    return Impossible(f"no verdict has more than two thirds of {whole} stake in {min_families} families")
