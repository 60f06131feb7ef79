"""The propagation ledger: durable releases per second with group commit, and one trace over 10,000 generations.

``python -m bench.propagation [--database URL]`` (with ``src`` on the path). Without a URL a SQLite file beside this one is used, so
that the disk is the one the project lies on; each measurement takes a new database.
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

from probatum.encoding.digest import Digest
from probatum.ledger.propagation import generations, releases
from probatum.ledger.propagation.database import FILE, Database
from probatum.ledger.propagation.search import Sought
from probatum.ledger.propagation.texts import Text
from probatum.ledger.propagation.trace import trace
from probatum.ledger.propagation.writer import Writer
from probatum.ledger.records import Channel, Generation, Release, State

HERE = Path(__file__).resolve().parent
SUBJECTS = ["bridge", "tower", "station", "museum", "library", "harbour", "stadium", "school", "market", "garden", "theatre"]
PLACES = ["Paris", "Rome", "Oslo", "Lima", "Cairo", "Delhi", "Quito", "Seoul", "Lagos", "Turin", "Ghent", "Porto", "Basel", "Kyoto"]
IN_FLIGHT = 50  # releases waiting at a time, as with 50 streams that begin together
TRACED = 10_000


@dataclass(frozen=True, slots=True)
class Measured:
    """Releases per second, one by one and in groups; seconds of a trace: the first one and the median of those after it."""

    alone: float
    grouped: float
    first_trace: float
    trace: float

    def __str__(self) -> str:
        return (
            f"durable releases: {self.grouped:.0f}/s with {IN_FLIGHT} waiting at a time, {self.alone:.0f}/s one after another\n"
            f"trace over {TRACED} generations: {self.trace * 1e3:.0f} ms, the first {self.first_trace * 1e3:.0f} ms"
        )


def generation(number: int) -> Generation:
    return Generation(f"gen_{number:032x}", "bench", Digest.of(str(number // 3).encode()), "model", number)


def release(number: int) -> Release:
    return Release(generation(0).id, Channel.STREAM, f"receiver {number}", State.GENERATING, None, number)


def release_rate(database: Database, count: int, in_flight: int) -> float:
    """Releases per second, each waited for until it is on disk, so many at a time."""
    with Writer(database) as writer:
        started, waiting = time.perf_counter(), deque[Future[int]]()
        for number in range(count):
            waiting.append(writer.submit(partial(releases.record, release=release(number))))
            if len(waiting) == in_flight:
                waiting.popleft().result()
        for one in waiting:
            one.result()
        return count / (time.perf_counter() - started)


def text(random: Random) -> str:
    """Five sentences made alike, so that every word is in very many claims: harder than real texts."""
    return " ".join(
        f"The {random.choice(SUBJECTS)} of {random.choice(PLACES)} has {random.randrange(2, 900)} steps." for _ in range(5)
    )


def fill(database: Database, count: int, random: Random) -> str:
    """So many generations; the last one's text."""
    made = ""
    for first in range(1, count, 500):
        prepared = [(number, Text.of(made := text(random))) for number in range(first, min(first + 500, count))]
        with database.write() as unit:
            for number, one in prepared:
                generations.begin(unit, generation(number))
                generations.finish(unit, generation(number).id, one, complete=True, at=number)
                releases.record(unit, Release(generation(number).id, Channel.STREAM, "r", State.PROVISIONAL, None, number))
    return made


def trace_times(database: Database, sought: str, repeats: int) -> list[float]:
    times = []
    for _ in range(repeats):
        with database.read() as connection:
            started = time.perf_counter()
            trace(connection, Sought.read(sought), tenant="bench", now=TRACED)
            times.append(time.perf_counter() - started)
    return times


def measure(url: str) -> Measured:
    """All figures over one new database."""
    with Database(url) as database:
        with database.write() as unit:
            generations.begin(unit, generation(0))
        alone, grouped = release_rate(database, 100, 1), release_rate(database, 3000, IN_FLIGHT)
        times = trace_times(database, fill(database, TRACED, Random(1)), 9)  # noqa: S311 - texts, no secrets
    return Measured(alone, grouped, times[0], median(times[1:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", metavar="URL", help="an empty PostgreSQL database")
    url = parser.parse_args().database
    if url:
        print(measure(url))
        return
    with TemporaryDirectory(dir=HERE) as folder:
        print(measure(f"sqlite:///{folder}/{FILE}"))


if __name__ == "__main__":
    main()
