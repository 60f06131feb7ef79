"""Group commit: together on disk, apart in failure, and nothing acknowledged that is not written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Any

import pytest
from sqlalchemy import event

from probatum.errors import LedgerError
from probatum.ledger.propagation import audit, chain, generations, releases
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.schema import api_keys
from probatum.ledger.propagation.unit import Unit
from probatum.ledger.propagation.writer import MAX_GROUP, Writer
from tests.unit.ledger.propagation.given import begin, generation, id_of, release


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    """A running writer."""
    with Writer(database) as one:
        yield one


@contextmanager
def held(writer: Writer) -> Iterator[None]:
    """Keep the writer busy inside one operation, so that what is handed in meanwhile is committed together."""
    began, go = Event(), Event()

    def wait(_: Unit) -> None:
        began.set()
        go.wait()

    writer.submit(wait)
    began.wait()
    try:
        yield
    finally:
        go.set()


def count_commits(database: Database) -> list[object]:
    """Grows by one with every commit."""
    commits: list[object] = []
    event.listen(database.engine, "commit", commits.append)
    return commits


def fill(unit: Unit) -> None:
    """More than the little room that ``cramped`` leaves."""
    row = {"hash": unit.head.hash, "id": "big", "name": "x" * 400_000, "tenant": "t", "scopes": "s", "created_at": 1}
    unit.connection.execute(api_keys.insert(), row)


def head_of(database: Database) -> chain.Head:
    with database.read() as connection:
        return audit.check(connection)


def test_what_waits_is_committed_together_and_answers_come_after(database: Database, writer: Writer) -> None:
    begin(database, 1)
    commits = count_commits(database)
    with held(writer):
        waiting = [writer.submit(partial(releases.record, release=release(1, f"r{number}"))) for number in range(50)]
        assert not any(one.done() for one in waiting)
    assert [one.result(timeout=30) for one in waiting] == list(range(3, 53))
    assert len(commits) == 2, "one for the operation that held the writer, one for all the others"
    assert head_of(database).seq == 52


def test_a_group_has_a_bound(database: Database, writer: Writer) -> None:
    commits = count_commits(database)
    with held(writer):
        waiting = [writer.submit(lambda unit: unit.head.seq) for _ in range(MAX_GROUP + 1)]
    assert {one.result(timeout=30) for one in waiting} == {0}
    assert len(commits) == 3


def test_one_that_is_refused_takes_nothing_with_it(database: Database, writer: Writer) -> None:
    begin(database, 1)

    def half(unit: Unit) -> None:
        generations.begin(unit, generation(7))
        raise ValueError("a fault of the caller's")

    with held(writer):
        before = writer.submit(partial(releases.record, release=release(1, "before")))
        refused = writer.submit(partial(releases.record, release=release(99)))
        faulty = writer.submit(half)
        contradicting = writer.submit(lambda unit: unit.connection.exec_driver_sql("INSERT INTO journal SELECT * FROM journal"))
        after = writer.submit(partial(releases.record, release=release(1, "after")))
    assert (before.result(timeout=30), after.result(timeout=30)) == (3, 4), "no number is lost to what was refused"
    with pytest.raises(LedgerError, match="there is no generation"):
        refused.result()
    with pytest.raises(ValueError, match="fault of the caller's"):
        faulty.result()
    with pytest.raises(LedgerError, match="nothing was written"):
        contradicting.result()
    with database.read() as connection:
        assert generations.find(connection, id_of(7)) is None
    assert head_of(database).seq == 4


def test_a_failed_commit_fails_all_of_them(database: Database, writer: Writer) -> None:
    begin(database, 1)

    @event.listens_for(database.engine, "commit")
    def fail(connection: object) -> None:
        event.remove(database.engine, "commit", fail)
        raise LedgerError("the disk went away")

    waiting = [writer.submit(partial(releases.record, release=release(1, f"r{number}"))) for number in range(3)]
    failed = [one for one in waiting if one.exception(timeout=30) is not None]
    assert failed
    assert all("the disk went away" in str(one.exception()) for one in failed)
    kept = [one.result() for one in waiting if one not in failed]
    assert head_of(database).seq == 2 + len(kept)
    assert writer.submit(partial(releases.record, release=release(1, "later"))).result(timeout=30) == 3 + len(kept)


def test_a_waiter_that_goes_away_takes_nothing_back(database: Database, writer: Writer) -> None:
    begin(database, 1)
    with held(writer):
        one = writer.submit(partial(releases.record, release=release(1)))
        assert not one.cancel()
    assert one.result(timeout=30) == 3


def test_closing_writes_what_was_handed_in_and_takes_nothing_more(database: Database) -> None:
    writer = Writer(database)
    with held(writer):
        one = writer.submit(partial(generations.begin, generation=generation(1)))
    writer.close()
    writer.close()
    assert one.result(timeout=0) == 1
    with pytest.raises(LedgerError, match="closed; nothing was written"):
        writer.submit(partial(generations.begin, generation=generation(2)))


@pytest.fixture
def cramped(sqlite_only: Database) -> Database:
    """A database with room for little more: SQLite says "disk is full" by the same way as for a disk."""
    begin(sqlite_only, 1)
    sqlite_only.engine.dispose()

    @event.listens_for(sqlite_only.engine, "connect")
    def limit(connection: Any, _: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 20}")

    return sqlite_only


def outcome(one: Future[Any]) -> object:
    error = one.exception(timeout=30)
    return one.result() if error is None else str(error)


def test_a_full_disk_acknowledges_nothing_and_says_so(cramped: Database) -> None:
    with Writer(cramped) as writer:
        found = outcome(writer.submit(fill))
        assert "nothing was written" in str(found)
        assert "full" in str(found)
        assert "make room" in str(found)
    assert head_of(cramped).seq == 2


def test_beside_a_full_disk_everything_that_was_acknowledged_is_there(cramped: Database) -> None:
    with Writer(cramped) as writer:
        with held(writer):
            jobs: list[Callable[[Unit], Any]] = [partial(releases.record, release=release(1, f"r{n}")) for n in range(4)]
            waiting = [writer.submit(job) for job in (*jobs[:2], fill, *jobs[2:])]
        found = [outcome(one) for one in waiting]
        assert "full" in str(found[2])
        acknowledged = [one for one in found if isinstance(one, int)]
        assert writer.submit(partial(releases.record, release=release(1, "small"))).result(timeout=30) == 3 + len(acknowledged)
    assert head_of(cramped).seq == 3 + len(acknowledged)
    with cramped.read() as connection:
        kept = releases.of(connection, [id_of(1)])[id_of(1)]
    assert [one.seq for one in kept][: len(acknowledged)] == acknowledged


def test_a_database_that_another_process_holds_acknowledges_nothing_and_says_so(database: Database, url: str) -> None:
    begin(database, 1)
    with Database(url, sync=False, busy_ms=20) as impatient, Writer(impatient) as writer:
        with database.write():
            found = outcome(writer.submit(partial(releases.record, release=release(1))))
        assert "nothing was written" in str(found)
        assert "another process holds the database" in str(found)
        assert writer.submit(partial(releases.record, release=release(1))).result(timeout=30) == 3
