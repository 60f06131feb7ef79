"""Counting votes, in integers (protocol section 5, step 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Final, TypeAlias

from probatum.consensus.ballot import Vote
from probatum.consensus.epoch import Member, supermajority
from probatum.consensus.verdict import VERDICT_OF, Verdict, letter_of
from probatum.frozen import Value

SILENT: Final = " "
"""Where a letter would stand: not a vote, and not an abstention either: no ballot says anything of the fragment."""


class Decided(Value, frozen=True):
    """More than two thirds of the assigned stake, in enough model families, gave this verdict."""

    verdict: Verdict
    stake: int
    families: frozenset[str]


class Pending(Value, frozen=True):
    """Open: the votes of ``missing`` could still decide it."""

    missing: tuple[str, ...]


class Impossible(Value, frozen=True):
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
    said = [letter_of(votes[member.id].verdict) if member.id in votes else SILENT for member in assigned]
    return Panel.of(assigned).tally(said, min_families, closed=closed)


class Panel(Value, frozen=True):
    """The members assigned to a fragment, as counting needs them: ids, stakes and model families in the same order."""

    ids: tuple[str, ...]
    stakes: tuple[int, ...]
    families: tuple[str, ...]
    whole: int

    @classmethod
    def of(cls, assigned: Sequence[Member]) -> Panel:
        """The panel of these members; at least one."""
        stakes = tuple([member.stake for member in assigned])
        families = tuple([member.model.family for member in assigned])
        return cls(tuple([member.id for member in assigned]), stakes, families, sum(stakes))

    def tally(self, said: Sequence[str], min_families: int, *, closed: bool) -> FragmentTally:
        """:func:`tally` for the letters of what each member said, in their order."""
        for letter, verdict in VERDICT_OF.items():  # at most one can have more than two thirds
            if letter not in said:
                continue
            agree = [one == letter for one in said]
            stake = sum(compress(self.stakes, agree))
            if supermajority(stake, self.whole) and len(families := self._families(agree)) >= min_families:
                return Decided(verdict, stake, families)
        if not closed and SILENT in said:
            for letter in VERDICT_OF:
                hoped = [one in (letter, SILENT) for one in said]
                enough = supermajority(sum(compress(self.stakes, hoped)), self.whole)
                if enough and len(self._families(hoped)) >= min_families:
                    return Pending(tuple(compress(self.ids, [one == SILENT for one in said])))
        return Impossible(f"no verdict has more than two thirds of {self.whole} stake in {min_families} families")

    def _families(self, chosen: Sequence[bool]) -> frozenset[str]:
        return frozenset(compress(self.families, chosen))
