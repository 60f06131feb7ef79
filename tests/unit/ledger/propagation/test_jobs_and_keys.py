"""Verifications that are to be done once, and keys whose secrets are not kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread

import pytest

from probatum.errors import LedgerError
from probatum.ledger.propagation import api_keys, jobs
from probatum.ledger.propagation.api_keys import ApiKey
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.jobs import Job
from tests.unit.ledger.propagation.given import begin, id_of

ROOT = Path(__file__).parents[4]
EVIDENCE = {"corpus": "manuals", "version": 3}


def add(database: Database, *names: str) -> None:
    begin(database, 1)
    with database.write() as unit:
        for at, name in enumerate(names):
            jobs.add(unit, name, id_of(1), EVIDENCE, at)


def lease(database: Database, owner: str, now: int = 0, limit: int = 1) -> list[str]:
    with database.work() as connection:
        return [job.id for job in jobs.lease(connection, owner, now=now, until=now + 100, limit=limit)]


def test_a_job_is_leased_as_it_was_added(database: Database) -> None:
    add(database, "ver_a")
    with database.work() as connection:
        assert jobs.lease(connection, "one", now=0, until=100) == (Job("ver_a", id_of(1), EVIDENCE, 1),)


def test_the_oldest_come_first_and_nobody_gets_what_is_held(database: Database) -> None:
    add(database, "ver_c", "ver_a", "ver_b")
    assert lease(database, "one", limit=2) == ["ver_c", "ver_a"]
    assert lease(database, "two", limit=5) == ["ver_b"]
    assert lease(database, "two", now=99) == []


def test_a_lease_that_ran_out_is_taken_over_and_the_attempt_counted(database: Database) -> None:
    add(database, "ver_a")
    assert lease(database, "crashed") == ["ver_a"]
    with database.work() as connection:
        assert jobs.lease(connection, "two", now=100, until=200) == (Job("ver_a", id_of(1), EVIDENCE, 2),)
        assert not jobs.renew(connection, "crashed", "ver_a", until=300), "whoever lost the job must stop"
        assert jobs.renew(connection, "two", "ver_a", until=300)
    assert lease(database, "three", now=250) == []


def test_what_is_given_back_is_free_at_once(database: Database) -> None:
    add(database, "ver_a", "ver_b")
    lease(database, "one", limit=2)
    with database.work() as connection:
        assert jobs.release_all(connection, "one") == 2
    assert lease(database, "two", limit=2) == ["ver_a", "ver_b"]


def test_what_ended_is_never_leased_again(database: Database) -> None:
    add(database, "ver_a")
    lease(database, "one")
    with database.write() as unit:
        jobs.end(unit, "ver_a", 50)
        jobs.end(unit, "ver_a", 60)
    assert lease(database, "two", now=1000) == []
    with database.work() as connection:
        assert not jobs.renew(connection, "one", "ver_a", until=300)
        assert jobs.release_all(connection, "one") == 0
    with pytest.raises(LedgerError, match="there is no verification"), database.write() as unit:
        jobs.end(unit, "ver_b", 50)


def test_adding_again_changes_nothing_and_other_material_is_refused(database: Database) -> None:
    add(database, "ver_a")
    with database.write() as unit:
        head = unit.head
        jobs.add(unit, "ver_a", id_of(1), EVIDENCE, 9)
        assert unit.head == head
    with pytest.raises(LedgerError, match="for other material"), database.write() as unit:
        jobs.add(unit, "ver_a", id_of(1), {}, 9)


def test_threads_that_lease_at_the_same_moment_never_get_one_job_twice(database: Database) -> None:
    add(database, *(f"ver_{number:02}" for number in range(40)))
    together, taken = Barrier(4), dict[str, list[str]]()

    def work(owner: str) -> None:
        together.wait()
        got: list[str] = []
        while found := lease(database, owner, limit=3):
            got += found
        taken[owner] = got

    threads = [Thread(target=work, args=(f"owner{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(job for got in taken.values() for job in got) == [f"ver_{number:02}" for number in range(40)]


LEASING = """
import sys
from probatum.ledger.propagation import jobs
from probatum.ledger.propagation.database import Database
with Database(sys.argv[1], sync=False) as database:
    print("ready", flush=True)
    sys.stdin.readline()
    while True:
        with database.work() as connection:
            got = jobs.lease(connection, sys.argv[2], now=0, until=100, limit=2)
        if not got:
            break
        print(*(job.id for job in got), flush=True)
"""


def test_two_processes_on_one_database_never_run_one_job_twice(database: Database, url: str) -> None:
    names = [f"ver_{number:02}" for number in range(60)]
    add(database, *names)
    command = [sys.executable, "-c", LEASING, url]
    processes = [
        subprocess.Popen(  # noqa: S603
            [*command, owner], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT / "src")}
        )
        for owner in ("one", "two")
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    printed = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        printed += out.split()
    assert sorted(printed) == names


def api_key(name: str = "key_1", **more: object) -> ApiKey:
    values = {"tenant": "acme", "scopes": frozenset({"chat", "trace"}), "per_minute": 60, "per_day": None, "created_at": 5}
    return ApiKey(name, "the web shop", **{**values, **more})  # type: ignore[arg-type]


def test_a_key_is_found_by_its_secret_and_by_nothing_else(database: Database) -> None:
    secret = api_keys.new_secret()
    with database.write() as unit:
        api_keys.add(unit, api_key(), secret)
    with database.read() as connection:
        assert api_keys.find(connection, secret) == api_key()
        for wrong in ("", secret[:-1], secret + "x", "key_1", "\udcff"):
            assert api_keys.find(connection, wrong) is None


def test_the_secret_stands_nowhere(database: Database) -> None:
    secret = api_keys.new_secret()
    with database.write() as unit:
        api_keys.add(unit, api_key(), secret)
    with database.read() as connection:
        for table in ("api_keys", "journal"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()  # noqa: S608
            assert rows
            assert secret not in repr(rows)
            assert secret.encode() not in b"".join(bytes(one) for row in rows for one in row if isinstance(one, bytes | memoryview))


def test_a_disabled_key_is_refused_and_still_listed(database: Database) -> None:
    with database.write() as unit:
        api_keys.add(unit, api_key(), "secret")
        api_keys.disable(unit, "key_1", 9)
        api_keys.disable(unit, "key_1", 99)
    with database.read() as connection:
        assert api_keys.find(connection, "secret") is None
        assert api_keys.all_keys(connection) == (api_key(disabled_at=9),)
    with pytest.raises(LedgerError, match="there is no key"), database.write() as unit:
        api_keys.disable(unit, "key_2", 9)


@pytest.mark.parametrize(
    ("second", "secret", "why"),
    [
        (api_key(), "other", "is there already"),
        (api_key("key_2"), "secret", "is there already"),
        (api_key("key_2", scopes=frozenset({"chat trace"})), "other", "one word"),
        (api_key("key_2", scopes=frozenset({""})), "other", "one word"),
    ],
    ids=["same-id", "same-secret", "two-words", "no-word"],
)
def test_a_key_that_cannot_be_told_apart_is_refused(database: Database, second: ApiKey, secret: str, why: str) -> None:
    with database.write() as unit:
        api_keys.add(unit, api_key(), "secret")
    with pytest.raises(LedgerError, match=why), database.write() as unit:
        api_keys.add(unit, second, secret)


def test_secrets_are_long_and_differ() -> None:
    made = {api_keys.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(one) >= 43 and one.startswith(api_keys.PREFIX) for one in made)
