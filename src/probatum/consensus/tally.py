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
    return tally_verdicts(assigned, {name: vote.verdict for name, vote in votes.items()}, min_families, closed=closed)


def tally_verdicts(
    assigned: Sequence[Member], verdicts: Mapping[str, Verdict | None], min_families: int, *, closed: bool
) -> FragmentTally:
    """:func:`tally` for verdicts by member id; who abstains says ``None``, whose vote is missing is not there."""
    whole = 0
    held: dict[Verdict, int] = {}
    for member in assigned:
        whole += member.stake
        verdict = verdicts.get(member.id)
        if verdict is not None:
            held[verdict] = held.get(verdict, 0) + member.stake
    for verdict, stake in held.items():  # at most one verdict can have more than two thirds
        if supermajority(stake, whole):
            families = frozenset([member.model.family for member in assigned if verdicts.get(member.id) is verdict])
            if len(families) >= min_families:
                return Decided(verdict, stake, families)
    missing = [] if closed else [member for member in assigned if member.id not in verdicts]
    for verdict in Verdict if missing else ():
        hoped = [member for member in assigned if verdicts.get(member.id, verdict) is verdict]
        enough = supermajority(sum(member.stake for member in hoped), whole)
        if enough and len({member.model.family for member in hoped}) >= min_families:
            return Pending(tuple(member.id for member in missing))
    return Impossible(f"no verdict has more than two thirds of {whole} stake in {min_families} families")
