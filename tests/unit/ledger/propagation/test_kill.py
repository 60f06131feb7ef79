"""kill -9 in the middle of group commits: the chain is whole, and nothing that was acknowledged is gone.

``PROBATUM_KILLS`` and ``PROBATUM_SEED`` choose how often and where.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

from probatum.ledger.propagation import audit, generations, recalls, releases
from probatum.ledger.propagation.chain import START
from probatum.ledger.propagation.database import Database
from probatum.ledger.records import State
from tests.unit.ledger.propagation.given import id_of

ROOT = Path(__file__).parents[4]
KILLS = int(os.environ.get("PROBATUM_KILLS", "4"))
SEED = int(os.environ.get("PROBATUM_SEED", "1"))
LAST_STATEMENT = 400


def acknowledged_before_death(url: str, nth: int, first: int) -> list[tuple[int, str]]:
    """Run until the n-th statement kills it; what it was told before that."""
    command = [sys.executable, "-m", "tests.unit.ledger.propagation.killed", url, str(nth), str(first)]
    env = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == -9, done.stderr
    lines = done.stdout.split("\n")[:-1]  # what follows the last newline was cut off
    return [(int(number), what) for number, what in map(str.split, lines)]


def check_kept(database: Database, number: int, what: str) -> None:
    with database.read() as connection:
        found = generations.find(connection, id_of(number))
        assert found is not None, f"{number} had begun"
        if what == "finished":
            assert found.output is not None
        elif what == "settled":
            assert found.state is State.REJECTED
            told = {one.receiver for one in recalls.of(connection, [id_of(number)])[id_of(number)]}
            assert told == {one.release.receiver for one in releases.of(connection, [id_of(number)])[id_of(number)]}
        elif what != "begun":
            assert what in {one.release.receiver for one in releases.of(connection, [id_of(number)])[id_of(number)]}


def test_killed_at_any_statement(database: Database, url: str) -> None:
    random, head, first, total = Random(SEED), START, 0, 0  # noqa: S311 - places, no secrets
    for turn in range(KILLS):
        acknowledged = acknowledged_before_death(url, nth := random.randrange(1, LAST_STATEMENT), first)
        with database.read() as connection:
            head = audit.check(connection, head)
        for number, what in acknowledged:
            check_kept(database, number, what)
        total += len(acknowledged)
        first = max([first, *(number + 1 for number, _ in acknowledged)]) + 1
        assert head.seq >= total, f"seed {SEED}, kill {turn} at statement {nth}"
    assert total > KILLS, "the kills left it some time to work"
