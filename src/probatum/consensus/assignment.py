"""Who judges which fragment (protocol section 5, step 1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain

from probatum.consensus.epoch import Epoch, Member
from probatum.encoding.digest import Digest
from probatum.frozen import Value, lazy


def all_judge_all(epoch: Epoch) -> bool:
    """Whether every member is assigned every claim: no committee size in the policy, or a network no larger than it."""
    size = epoch.policy.committee
    return size is None or size >= len(epoch.members)


def assign(epoch: Epoch, round_id: str, beacon: Digest | None, index: int) -> tuple[Member, ...]:
    """The members assigned to fragment ``index`` of a round, in the epoch's order.

    Without a committee size in the policy (or in a network no larger than it) that is everyone. Otherwise members are drawn
    without replacement, each with probability proportional to its stake among those left, until there are enough of them and
    ``min_families`` is reached. The draw is a function of the epoch, the round id and the ``beacon`` - the log's root when the
    round opened, which a requester can neither choose nor foresee.
    """
    size = epoch.policy.committee
    if size is None or all_judge_all(epoch):
        return epoch.members
    seed = b"probatum assignment v1\0" + epoch.digest + bytes.fromhex(round_id) + (beacon or bytes(32)) + index.to_bytes(8, "big")
    numbers = _numbers(seed)
    left, drawn, families = list(epoch.members), set[str](), set[str]()
    while left and (len(drawn) < size or len(families) < epoch.policy.min_families):
        member = left.pop(_draw(left, numbers))
        drawn.add(member.id)
        families.add(member.model.family)
    return tuple(member for member in epoch.members if member.id in drawn)


class Assignment(Value, frozen=True, dict=True):
    """Who judges which fragments of one round.

    Attributes:
        members: for each fragment those assigned to it, in the epoch's order; none for one that holds nothing to check.
    """

    members: tuple[tuple[Member, ...], ...]

    @lazy
    def groups(self) -> tuple[tuple[tuple[Member, ...], list[int]], ...]:
        """The fragments' indexes by who is assigned to them: all claims in one where all judge all."""
        groups: dict[int, tuple[tuple[Member, ...], list[int]]] = {}
        for index, members in enumerate(self.members):
            if members:
                groups.setdefault(id(members), (members, []))[1].append(index)
        return tuple(groups.values())

    def fragments_of(self, member: Member) -> list[int]:
        """Indexes of the fragments that ``member`` judges, in order."""
        mine = [indexes for members, indexes in self.groups if member in members]
        return mine[0] if len(mine) == 1 else sorted(chain.from_iterable(mine))


def _draw(members: list[Member], numbers: Iterator[int]) -> int:
    whole = sum(member.stake for member in members)
    limit = 2**256 - 2**256 % whole  # numbers above would favour the first members
    at = next(number for number in numbers if number < limit) % whole
    for place, member in enumerate(members):
        at -= member.stake
        if at < 0:
            return place
    raise AssertionError("the numbers are below the whole stake")


def _numbers(seed: bytes) -> Iterator[int]:
    counter = 0
    while True:
        yield int.from_bytes(hashlib.sha256(seed + counter.to_bytes(8, "big")).digest(), "big")
        counter += 1
