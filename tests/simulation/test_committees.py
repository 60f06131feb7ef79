"""Committees under every fault at once, from seeds. A failure prints its seed and its last events.

Run more with ``PROBATUM_SEEDS=20000``, or one with ``PROBATUM_SEED=4711``.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

import pytest

from probatum.consensus.round import Phase
from probatum.testing.network import Weather
from probatum.testing.scenario import Conduct, Scenario
from probatum.testing.simulator import InvariantBroken, Simulation

SEEDS = int(os.environ.get("PROBATUM_SEEDS", "300"))
CHUNK = 50
ONE = os.environ.get("PROBATUM_SEED")
CHUNKS: list[Sequence[int]] = [[int(ONE)]] if ONE else [range(at, min(at + CHUNK, SEEDS)) for at in range(0, SEEDS, CHUNK)]


@pytest.mark.parametrize("seeds", CHUNKS, ids=str)
def test_safety_with_up_to_a_third_dishonest(seeds: Sequence[int]) -> None:
    """Faulty weather, crashes, dishonest validators and coordinators: a round may expire, but never says two things."""
    ends = Counter(Simulation(Scenario.chance(seed)).run().phase for seed in seeds)
    assert ONE or len(ends) == 2, "seeds that all end alike test little"


@pytest.mark.parametrize("seeds", CHUNKS[:1], ids=str)
def test_liveness_once_the_weather_is_calm(seeds: Sequence[int]) -> None:
    """All honest, and everything arrives before the deadlines: the round finishes, whatever happened before."""
    for seed in seeds:
        end = Simulation(Scenario.chance(seed, dishonest=False, coordinator_fails=False)).run()
        assert end.phase is Phase.FINISHED, "\n".join([f"seed {seed}", *end.trace[-30:]])
        assert len(end.certified()) == len(end.finished) == 1


@pytest.mark.parametrize("seeds", CHUNKS[1:3], ids=str)
def test_liveness_with_less_than_a_third_dishonest(seeds: Sequence[int]) -> None:
    """Fewer than a third can lie, but not stop the others."""
    for seed in seeds:
        plan = Scenario.chance(seed, coordinator_fails=False)
        if 3 * plan.dishonest < sum(plan.stakes):
            end = Simulation(plan).run()
            assert end.phase is Phase.FINISHED, "\n".join([f"seed {seed}", *end.trace[-30:]])


def test_the_same_seed_is_the_same_run() -> None:
    for seed in range(5):
        assert Simulation(Scenario.chance(seed)).run().trace == Simulation(Scenario.chance(seed)).run().trace


# -- fault tables: one letter a validator -----------------------------------------------------------------------------------
# H honest, S silent, Z lazy, L lies, C copies, E equivocates, F forges, A assents to every outcome.
# Claim 0 holds, claim 1 does not, and the honest see that.

LETTERS = dict(zip("HSZLCEFA", (*list(Conduct)[:4], Conduct.COPY, Conduct.EQUIVOCATE, Conduct.FORGE, Conduct.ASSENT), strict=True))
TABLE = """
    stakes       conduct    ends        verdicts

    1 1 1 1      H H H H    finished    S R
    1 1 1 1      H H H S    finished    S R
    1 1 1 1      H H H Z    finished    S R
    1 1 1 1      H H H L    finished    S R
    1 1 1 1      H H H C    finished    S R
    1 1 1 1      H H H E    finished    S R
    1 1 1 1      H H H F    finished    S R
    1 1 1 1      H H H A    finished    S R

    exactly one third can stop a round, and no more than stop it
    1 1 1        H H S      expired     -
    1 1 1        H H F      expired     -
    1 1 1        H H L      finished    U U
    1 1 1        H H Z      finished    U U
    1 1 1        H H E      finished    U U
    1 1 1        H H A      finished    S R
    2 1 1 2      H H H L    finished    U U
    2 1 1 1 1    H H H H L  finished    S R

    more than one third lies: still no false verdict, until it has two thirds
    1 1 1 1      H H L L    finished    U U
    1 1 1 1      H L L L    finished    R S
"""
ROWS = [line.strip() for line in TABLE.splitlines() if line.strip()[:1].isdigit()]


@pytest.mark.parametrize("row", ROWS)
def test_row(row: str) -> None:
    stakes, conduct, ends, verdicts = (cell.strip() for cell in row.split("  ") if cell.strip())
    plan = Scenario(
        1,
        tuple(int(stake) for stake in stakes.split()),
        conduct={i: LETTERS[letter] for i, letter in enumerate(conduct.split())},
        doubt=0.0,
    )
    end = Simulation(plan).run()
    found = " ".join(verdict[0] for verdict in end.finished[0].verdicts) if end.finished else "-"
    assert (str(end.phase), found) == (ends, verdicts)


# -- the bound --------------------------------------------------------------------------------------------------------------


def split_world(*stakes: int, dishonest: int, seed: int) -> Simulation:
    """A two-faced coordinator and a first validator that signs everything; the others are honest."""
    return Simulation(Scenario(seed, stakes, conduct=dict.fromkeys(range(dishonest), Conduct.ASSENT), two_faced=True, doubt=0.0))


def test_at_exactly_one_third_safety_still_holds() -> None:
    """Two sets of *more than* two thirds share *more than* one third; a third alone is not enough to stand in both."""
    for seed in range(6):
        assert len(split_world(1, 1, 1, dishonest=1, seed=seed).run().certified()) <= 1
        assert len(split_world(2, 2, 1, 1, dishonest=1, seed=seed).run().certified()) <= 1


@pytest.mark.parametrize(("stakes", "dishonest"), [((34, 33, 33), 1), ((1, 1, 1, 1), 2), ((3, 1, 1, 1, 1), 1)])
def test_above_one_third_safety_can_be_broken(stakes: tuple[int, ...], dishonest: int) -> None:
    """The bound is sharp: this is why an epoch's stake must not let a third fall into one hand."""
    assert 3 * sum(stakes[:dishonest]) > sum(stakes)
    assert any(len(split_world(*stakes, dishonest=dishonest, seed=seed).run().certified()) > 1 for seed in range(20))


BREAKING = next(seed for seed in range(100) if len(split_world(34, 33, 33, dishonest=1, seed=seed).run().certified()) > 1)


def test_the_checker_notices() -> None:
    """A scenario that claims less dishonest stake than there is trips the invariant, with its seed in the message."""
    world = split_world(34, 33, 33, dishonest=1, seed=BREAKING)
    object.__setattr__(world.scenario, "conduct", {})
    with pytest.raises(InvariantBroken, match=f"seed {BREAKING}: two different outcomes"):
        world.run()


def test_a_network_in_two_halves_expires_and_heals() -> None:
    for calm_at, ends in ((2_000, Phase.FINISHED), (60_000, Phase.EXPIRED)):
        weather = Weather(islands=frozenset({"v0", "v1"}), calm_at=calm_at)
        assert Simulation(Scenario(1, weather=weather, doubt=0.0)).run().phase is ends
