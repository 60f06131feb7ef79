"""How fast the default validators judge: one claim against three passages, and two hundred claims in one request.

Both are whole rounds of an embedded network in a temporary folder, in wall time, with the models that ship, loaded and warmed up
before. The claims are about as many different places, so that nothing can be judged once and used again.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from probatum.claims.split import split
from probatum.coordinator.certify import SYSTEM_CLOCKS
from probatum.coordinator.events import Event, VoteIn
from probatum.coordinator.network import Network, init
from probatum.coordinator.preparation import bind, open_request
from probatum.coordinator.rounds import run_round
from probatum.coordinator.seats import load_seat
from probatum.evidence.passages import cut
from probatum.evidence.readers import read_source
from probatum.evidence.retrieval import Index
from probatum.validators.protocol import Validator

ONE_LIMIT_S: Final = 0.150
MANY: Final = 200
MANY_LIMIT: Final = 12.0  # claims a second
WORDS: Final = ("granite", "slate", "timber", "brick", "iron", "marble", "concrete")


def place(i: int) -> str:
    """A paragraph on the ``i``-th place, 80 words or so."""
    name, stone = f"Port {chr(65 + i % 26)}{'aeiou'[i // 26 % 5]}l{'aeiou'[i % 5]}n{i}", WORDS[i % len(WORDS)]
    return (
        f"{name} lies on the north shore of the bay and was founded in {1400 + i} by fishermen from the islands. Its lighthouse, "
        f"built of {stone} in {1700 + i}, stands {20 + i} metres above the water and can be seen from {10 + i % 30} kilometres "
        f"away. About {1000 + 37 * i} people live there. The harbour was closed to large ships in {1950 + i % 60} because the "
        f"channel had filled with sand, and most of the trade moved along the coast. A small museum shows nets, boats and letters "
        f"of the families who stayed."
    )


def claim(i: int) -> str:
    """A sentence about the ``i``-th place; every third one is wrong."""
    name = place(i).split(" lies ")[0]
    return f"The lighthouse of {name} was built in {1700 + i + (i % 3 == 0)} and stands {20 + i} metres above the water."


@dataclass(frozen=True, slots=True)
class Throughput:
    """Seconds for a round of one claim (median, quartiles), claims a second in a round of many, seconds to its first vote."""

    one_s: float
    one_low_s: float
    one_high_s: float
    many_per_s: float
    first_vote_s: float


def measure(*, quick: bool = False) -> Throughput:
    """Both figures; ``quick`` takes fewer rounds of one claim and a quarter of the claims."""
    goes, many = (5, MANY // 4) if quick else (20, MANY)
    with tempfile.TemporaryDirectory(prefix="probatum-bench-") as folder, init(Path(folder) / "network") as network:
        models = {seat.id: load_seat(seat) for seat in network.settings.seats}
        index = _index(many)
        judge = _judge(network, models, index)
        for i in range(3):
            judge([i], lambda _: None)
        ones = [judge([10 + i], lambda _: None) for i in range(goes)]
        low, _, high = quantiles(ones, n=4)
        votes: list[float] = []
        started = time.perf_counter()
        seconds = judge(list(range(many)), lambda event: _first(event, votes, started))
    return Throughput(median(ones), low, high, many / seconds, votes[0])


def _index(many: int) -> Index:
    return Index(cut(read_source("places.txt", "\n\n".join(place(i) for i in range(many)).encode())), None)


def _judge(network: Network, models: dict[str, Validator], index: Index) -> Callable[[list[int], Callable[[Event], None]], float]:
    """A function that puts claims to a round and gives the seconds from the opening to the bundle."""

    def run(numbers: list[int], observe: Callable[[Event], None]) -> float:
        output = " ".join(claim(i) for i in numbers).encode()
        prepared = bind(split(output), index)
        if prepared.claims != len(numbers):
            raise AssertionError(f"{prepared.claims} claims were found in {len(numbers)} sentences")
        request = open_request(network.epoch, output, prepared, network.ledger.head().root, secrets.token_hex(16))
        network.ledger.open_round(request.opening.round_id, request.opening.round_id, SYSTEM_CLOCKS.now(), request.encode())
        started = time.perf_counter()
        if run_round(network, request, models.__getitem__, SYSTEM_CLOCKS, observe) is None:
            raise AssertionError("the round expired")
        return time.perf_counter() - started

    return run


def _first(event: Event, votes: list[float], started: float) -> None:
    if isinstance(event, VoteIn):
        votes.append(time.perf_counter() - started)


if __name__ == "__main__":
    found = measure()
    print(f"one claim {found.one_s * 1e3:.0f} ms ({found.one_low_s * 1e3:.0f} to {found.one_high_s * 1e3:.0f})")
    print(f"{MANY} claims {found.many_per_s:.1f}/s, first vote after {found.first_vote_s:.2f} s")
