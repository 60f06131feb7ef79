"""Who judges what: a function of the seed, in proportion to stake, with enough families."""

from __future__ import annotations

import hashlib
import struct
from collections import Counter

import pytest

from probatum.consensus.assignment import assign
from probatum.consensus.epoch import Epoch, Policy
from probatum.consensus.round import Round
from probatum.encoding.digest import Digest
from probatum.errors import ConsensusError
from probatum.frozen import replace
from probatum.testing.committee import committee, scripted_request

BEACON = Digest.of(b"beacon")
ROUND = "0123456789abcdef" * 2


def drawn(epoch: Epoch, index: int, beacon: Digest = BEACON, round_id: str = ROUND) -> list[str]:
    return [member.id for member in assign(epoch, round_id, beacon, index)]


def epoch_of(size: int, *, draw: int | None, stakes: tuple[int, ...] = (), families: int | None = None, need: int = 1) -> Epoch:
    return committee(size, stakes=stakes, families=families, policy=Policy(min_families=need, committee=draw)).epoch


@pytest.mark.parametrize("draw", [None, 4, 5])
def test_small_networks_send_everyone(draw: int | None) -> None:
    epoch = epoch_of(4, draw=draw)
    assert assign(epoch, ROUND, BEACON, 3) is epoch.members


def by_definition(epoch: Epoch, index: int) -> list[str]:
    """The draw as the specification words it, one stake unit at a time."""
    seed = b"probatum assignment v1\0" + epoch.digest + bytes.fromhex(ROUND) + BEACON + struct.pack(">Q", index)
    urn = [member.id for member in epoch.members for _ in range(member.stake)]
    drawn: list[str] = []
    for counter in range(3):  # a number so high that it must be drawn again comes once in 2^250
        number = int.from_bytes(hashlib.sha256(seed + struct.pack(">Q", counter)).digest(), "big")
        drawn.append(urn[number % len(urn)])
        urn = [name for name in urn if name != drawn[-1]]
    return sorted(drawn)


def test_the_draw_by_definition() -> None:
    epoch = epoch_of(8, draw=3, stakes=(1, 2, 3, 4, 5, 6, 7, 8))
    assert [drawn(epoch, i) for i in range(40)] == [by_definition(epoch, i) for i in range(40)]


def test_every_part_of_the_seed_matters() -> None:
    epoch = epoch_of(12, draw=4)
    other_epoch = committee(12, policy=Policy(min_families=1, committee=4), network="othernet").epoch
    indexes = range(30)
    base = [drawn(epoch, i) for i in indexes]
    assert [drawn(epoch, i) for i in indexes] == base
    assert len({tuple(one) for one in base}) > 15
    for other in (
        [drawn(epoch, i, beacon=Digest.of(b"x")) for i in indexes],
        [drawn(epoch, i, round_id="0" * 32) for i in indexes],
        [drawn(other_epoch, i) for i in indexes],
    ):
        assert other != base


def test_no_member_twice_and_in_the_epochs_order() -> None:
    epoch = epoch_of(9, draw=5, stakes=(100, 1, 1, 1, 1, 1, 1, 1, 1))
    for i in range(50):
        names = drawn(epoch, i)
        assert names == sorted(set(names))
        assert len(names) == 5


def test_the_first_place_goes_by_stake() -> None:
    """1,000 draws of one: each member's share lies within four standard deviations of its stake's."""
    stakes = (1, 2, 3, 4)
    epoch = epoch_of(4, draw=1, stakes=stakes)
    counts = Counter(drawn(epoch, i)[0] for i in range(1000))
    for place, stake in enumerate(stakes):
        share = stake / 10
        assert abs(counts[f"v{place}"] - 1000 * share) < 4 * (1000 * share * (1 - share)) ** 0.5


def test_a_member_with_nearly_all_stake_is_nearly_always_there() -> None:
    epoch = epoch_of(6, draw=2, stakes=(2**40, 1, 1, 1, 1, 1))
    assert all("v0" in drawn(epoch, i) for i in range(200))


def test_drawing_goes_on_until_there_are_enough_families() -> None:
    """Five of six members are of one family; a committee of two that needs both families always holds v5."""
    base = committee(6, families=6)
    same = [replace(member, model=base.epoch.members[0].model) for member in base.epoch.members[:5]]
    members = [*same, base.epoch.members[5]]
    epoch = Epoch.build("testnet", 0, None, members, Policy(min_families=2, committee=2), base.epoch.log)
    sizes = Counter[int]()
    for i in range(100):
        names = drawn(epoch, i)
        assert "v5" in names
        sizes[len(names)] += 1
    assert min(sizes) == 2
    assert max(sizes) > 2


def test_a_round_with_committees_needs_a_beacon() -> None:
    """Without one, whoever picks the round id picks the committees."""
    epoch = epoch_of(6, draw=2)
    request = scripted_request(epoch)
    assert Round(request, epoch)
    with pytest.raises(ConsensusError, match="beacon"):
        Round(replace(request, opening=replace(request.opening, beacon=None)), epoch)


def test_a_round_without_committees_has_none() -> None:
    epoch = epoch_of(4, draw=None)
    request = scripted_request(epoch)
    with pytest.raises(ConsensusError, match="beacon"):
        Round(replace(request, opening=replace(request.opening, beacon=BEACON)), epoch)
