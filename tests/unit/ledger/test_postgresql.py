"""The network's ledger in PostgreSQL: what the file promises, and what several processes need of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from probatum.consensus.participant import Slot, Step
from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.moving import COLUMNS, move
from probatum.ledger.postgresql import PostgresLedger
from probatum.ledger.propagation.database import Database
from probatum.ledger.sqlite import Ledger
from probatum.tlog.tiles import EntryBundle, Tile
from tests.unit.ledger.propagation import server
from tests.unit.ledger.test_sqlite import (
    HERE,
    SIGNED,
    SLOT,
    publish,
    round_id,
    seal,
    test_an_expired_round_is_never_published,
    test_an_unknown_hash_has_no_bundle,
    test_epochs_are_logged_once_and_never_change,
    test_every_part_of_a_slot_counts,
    test_expire_older,
    test_expiring_twice_is_expiring_once,
    test_proofs_hold_at_every_size,
    test_publishing_twice_gives_the_first_bundle_and_one_leaf,
    test_the_first_ballots_stay_whoever_comes_later,
    test_the_latest_open_round_of_a_job,
)

__all__ = [
    "test_an_expired_round_is_never_published",
    "test_an_unknown_hash_has_no_bundle",
    "test_epochs_are_logged_once_and_never_change",
    "test_every_part_of_a_slot_counts",
    "test_expire_older",
    "test_expiring_twice_is_expiring_once",
    "test_proofs_hold_at_every_size",
    "test_publishing_twice_gives_the_first_bundle_and_one_leaf",
    "test_the_first_ballots_stay_whoever_comes_later",
    "test_the_latest_open_round_of_a_job",
]  # run here on PostgreSQL


@pytest.fixture(scope="session")
def shared(postgresql: str) -> str:
    """A database with the tables."""
    with Database(server.new_database(postgresql, "consensus")) as database:
        assert database.libpq is not None
        return database.libpq


@pytest.fixture
def url(shared: str) -> str:
    """The same with nothing in them."""
    with psycopg.connect(shared) as connection:
        connection.execute("TRUNCATE " + ", ".join(f"consensus.{table}" for table in COLUMNS))
    return shared


@pytest.fixture
def ledger(url: str) -> Iterator[PostgresLedger]:
    with PostgresLedger(url) as one:  # type: ignore[attr-defined]
        yield one


def test_locks_and_rounds_are_there_for_another_process(url: str) -> None:
    with PostgresLedger(url) as one, PostgresLedger(url) as other:
        assert one.hold(SLOT, b"one") == b"one"
        assert other.hold(SLOT, b"two") == b"one"
        one.open_round(round_id(0), "job", 5, b"request \0 %s ?")
        found = other.find_round(round_id(0))
        assert found is not None
        assert (found.state, found.opened_at, found.request, found.bundle) == ("open", 5, b"request \0 %s ?", None)
        with pytest.raises(LedgerError, match="nothing was written"):
            other.open_round(round_id(0), "job", 6, b"other")


def test_a_slot_that_many_take_at_once_is_bound_once(url: str) -> None:
    ledgers = [PostgresLedger(url) for _ in range(8)]
    slots = [Slot("v0", "testnet", 0, f"{number:032x}", Step.OUTCOME) for number in range(20)]

    def take(number: int) -> list[bytes]:
        return ledgers[number].hold_all([(slot, b"payload %d" % number) for slot in slots])

    with ThreadPoolExecutor(len(ledgers)) as pool:
        results = list(pool.map(take, range(len(ledgers))))
    assert len({tuple(result) for result in results}) == 1
    for one in ledgers:
        one.close()


def test_the_log_grows_by_one_leaf_at_a_time_whoever_appends(url: str) -> None:
    ledgers = [PostgresLedger(url) for _ in range(4)]

    def append(seed: int) -> int:
        return publish(ledgers[seed % 4], seed).index

    with ThreadPoolExecutor(4) as pool:
        indexes = list(pool.map(append, range(len(SIGNED))))
    assert sorted(indexes) == list(range(len(SIGNED)))
    entries = [bytes(row[0]) for row in ledgers[0]._rows("SELECT entry FROM leaves ORDER BY leaf")]
    assert ledgers[0].head().root == merkle.root([merkle.leaf_hash(entry) for entry in entries])
    for one in ledgers:
        one.close()


def test_a_round_that_two_publish_has_one_statement(url: str) -> None:
    with PostgresLedger(url) as one, PostgresLedger(url) as other:
        one.open_round(round_id(0), "job", 1, b"")
        output, envelope = SIGNED[0].outcome.opening.output, SIGNED[0].envelope

        def run(pair: tuple[PostgresLedger, bytes]) -> bytes:
            return pair[0].publish(envelope, round_id(0), output, seal, lambda _: pair[1])

        with ThreadPoolExecutor(2) as pool:
            assert len(set(pool.map(run, [(one, b"one"), (other, b"other")]))) == 1
        assert one.head().size == 1


def test_a_failure_while_publishing_leaves_nothing(ledger: PostgresLedger) -> None:
    publish(ledger, 0)
    ledger.open_round(round_id(1), "job", 1, b"")

    def broken(*_: object) -> bytes:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        publish(ledger, 1, open_first=False, make=broken)
    assert ledger.head().size == 1
    assert publish(ledger, 1, open_first=False).index == 1


def test_a_connection_that_was_lost_is_made_again(ledger: PostgresLedger, url: str) -> None:
    ledger.hold(SLOT, b"one")
    pid = ledger._session._connection.info.backend_pid
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
    with pytest.raises(LedgerError, match="cannot be read"):
        ledger.held(SLOT)
    assert ledger.held(SLOT) == b"one"


def test_a_connection_that_is_lost_inside_a_transaction_takes_all_of_it_along(ledger: PostgresLedger, url: str) -> None:
    """A new connection would be outside of it, and without the lock: the second half alone would be written."""
    ledger.open_round(round_id(0), "job", 1, b"")

    def cut(_: object) -> bytes:
        pid = ledger._session._connection.info.backend_pid
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        return b"bundle"

    with pytest.raises(LedgerError, match="nothing was written"):
        publish(ledger, 0, open_first=False, make=cut)
    assert (ledger.head().size, ledger.bundle(SIGNED[0].envelope.digest)) == (0, None)
    assert publish(ledger, 0, open_first=False).index == 0


def test_a_server_that_is_not_there_is_refused_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be used") as caught:
        PostgresLedger(f"postgresql://user:hunter2@/db?host={tmp_path}")
    assert "hunter2" not in str(caught.value)


def test_the_reader_reads_what_was_written_and_cannot_write(ledger: PostgresLedger, url: str) -> None:
    for seed in range(3):
        publish(ledger, seed)
    reader = ledger.reader()
    assert reader.size() == 3
    note = reader.checkpoint()
    assert note is not None
    assert note.decode() == ledger.checkpoint()
    statement = reader.statement(SIGNED[1].envelope.digest)
    assert statement is not None
    assert reader.of_round(round_id(1)) == statement
    assert reader.of_output(statement.output) == (statement,)
    kept = reader.round(round_id(1))
    assert kept is not None
    assert kept.state == "finished"
    tile = Tile(0, 0, 3)
    assert reader.tile(tile) is not None
    assert reader.entries(EntryBundle(0, 3)) is not None
    assert (reader.revocation(Digest.of(b"x")), reader.revocations()) == (None, ())
    with pytest.raises(LedgerError, match="read-only"):
        reader._rows("DELETE FROM leaves RETURNING leaf")
    reader.close()


# -- moving -----------------------------------------------------------------------------------------------------------------


def filled(path: Path) -> Ledger:
    """A file with an epoch, a lock, three statements and an open round."""
    file = Ledger(path, sync=False)
    file.log_epoch(0, HERE.genesis, seal)
    file.hold(SLOT, b"one")
    for seed in range(3):
        publish(file, seed)
    file.open_round(round_id(3), "job 3", 3, b"request")
    file.add_ballots(round_id(3), [("v0", SIGNED[3].ballots[0])])
    return file


def content(ledger: Ledger) -> dict[str, list[tuple[object, ...]]]:
    return {table: sorted(ledger._rows(f"SELECT {columns} FROM {table}"), key=repr) for table, columns in COLUMNS.items()}  # noqa: S608


def test_everything_is_moved_and_goes_on_where_it_was(path: Path, ledger: PostgresLedger) -> None:
    file = filled(path)
    before = content(file)
    assert move(file, ledger) == sum(len(rows) for rows in before.values())
    assert content(ledger) == before
    assert ledger.hold(SLOT, b"two") == b"one"
    found = ledger.find_open("job 3")
    assert found is not None
    assert found.ballots == SIGNED[3].ballots[:1]
    assert publish(ledger, 4).index == 4
    assert move(file, ledger) == 0, "and again changes nothing"
    file.close()


def test_the_file_refuses_every_change_afterwards_for_whoever_has_it_open(path: Path, ledger: PostgresLedger) -> None:
    """Two logs under one key would be a split view."""
    file = filled(path)
    with Ledger(path) as before_the_move:
        move(file, ledger)
        for one in (file, before_the_move):
            for write in (lambda one=one: one.hold(SLOT._replace(epoch=9), b"x"), lambda one=one: publish(one, 5)):
                with pytest.raises(LedgerError, match="was moved into PostgreSQL"):
                    write()
    file.close()
    with Ledger(path) as after, pytest.raises(LedgerError, match="was moved into PostgreSQL"):
        after.expire(round_id(3))


class Killed(BaseException):
    """The process is gone."""


def test_a_move_that_was_killed_is_done_again(path: Path, ledger: PostgresLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the two commits; and the file has grown since, because nothing said that it was moved."""
    file = filled(path)
    with monkeypatch.context() as patch:
        patch.setattr("probatum.ledger.moving.COLUMNS", Dies(COLUMNS))
        with pytest.raises(Killed):
            move(file, ledger)
    assert ledger.head() == file.head()
    publish(file, 4)
    assert move(file, ledger) > 0
    assert content(ledger) == content(file)
    file.close()


class Dies(dict[str, str]):
    """May be walked once; the second walk, which closes the file, dies."""

    walks = 0

    def __iter__(self) -> Iterator[str]:
        self.walks += 1
        if self.walks > 1:
            raise Killed
        return super().__iter__()


def test_another_networks_ledger_is_not_written_over(path: Path, ledger: PostgresLedger) -> None:
    ledger.log_epoch(0, HERE.succeed().epochs[-1], seal)
    file = filled(path)
    before = content(ledger)
    with pytest.raises(LedgerError, match="holds another log"):
        move(file, ledger)
    assert content(ledger) == before
    file.hold(SLOT._replace(epoch=9), b"works")  # and the file is not closed
    file.close()
