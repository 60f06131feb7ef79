"""Counting votes, in integers (protocol section 5, step 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Final, Literal, TypeAlias

from probatum.consensus.ballot import Vote
from probatum.consensus.epoch import Member, supermajority
from probatum.consensus.verdict import Verdict
from probatum.frozen import frozen

_VERDICTS: Final = tuple(Verdict)


class Silence(Enum):
    """Not a vote, and not an abstention either: no ballot says anything of the fragment."""

    SILENT = "silent"

    __hash__ = object.__hash__  # Enum's own is Python code


SILENT: Final = Silence.SILENT
Said: TypeAlias = Verdict | Literal[Silence.SILENT] | None


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
    said = [votes[member.id].verdict if member.id in votes else SILENT for member in assigned]
    return tally_said(assigned, said, min_families, closed=closed)


def tally_said(assigned: Sequence[Member], said: Sequence[Said], min_families: int, *, closed: bool) -> FragmentTally:
    """:func:`tally` for what each of the assigned members said, in their order."""
    whole = sum([member.stake for member in assigned])
    for verdict in _VERDICTS:  # at most one can have more than two thirds
        agreeing = [member for member, one in zip(assigned, said, strict=True) if one is verdict]
        stake = sum([member.stake for member in agreeing])
        if supermajority(stake, whole):
            families = frozenset([member.model.family for member in agreeing])
            if len(families) >= min_families:
                return Decided(verdict, stake, families)
    missing = [] if closed else [member for member, one in zip(assigned, said, strict=True) if one is SILENT]
    for verdict in _VERDICTS if missing else ():
        hoped = [member for member, one in zip(assigned, said, strict=True) if one is verdict or one is SILENT]
        enough = supermajority(sum(member.stake for member in hoped), whole)
        if enough and len({member.model.family for member in hoped}) >= min_families:
            return Pending(tuple(member.id for member in missing))
    return Impossible(f"no verdict has more than two thirds of {whole} stake in {min_families} families")
