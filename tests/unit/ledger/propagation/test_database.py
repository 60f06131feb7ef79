"""Opening: which URLs, which settings, migrations that make exactly the tables there are, and what is refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from probatum.errors import LedgerError, SettingsRefused
from probatum.ledger.propagation import database as module
from probatum.ledger.propagation import schema
from probatum.ledger.propagation.database import FILE, Database
from tests.unit.ledger.propagation import server
from tests.unit.ledger.propagation.given import begin, id_of, state_of

MIGRATIONS = Path(module.__file__).with_name("migrations")


def test_the_migrations_make_exactly_the_tables_of_the_schema(database: Database) -> None:
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), schema.metadata()) == []


def test_the_newest_migration_is_the_schema_s() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]


def test_a_new_database_is_migrated_and_then_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / FILE}"
    with Database(url) as first:
        begin(first, 1)
    monkeypatch.setattr(module, "_upgrade", None)
    with Database(url) as again:
        assert state_of(again, 1) == "provisional"


def test_an_empty_postgresql_database_is_migrated(postgresql: str) -> None:
    with Database(server.new_database(postgresql, "empty")) as made:
        begin(made, 1)
        assert state_of(made, 1) == "provisional"


def test_what_a_newer_version_wrote_is_refused(database: Database, url: str) -> None:
    with database.work() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError, match=r"newer Probatum \(schema 9999\); upgrade"):
        Database(url)


def test_the_default_lies_in_the_network_folder_and_syncs_every_commit(tmp_path: Path) -> None:
    folder = tmp_path / "with space & 100%"
    folder.mkdir()
    with Database.in_folder(folder) as made, made.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    assert (folder / FILE).exists()


def test_a_checkpoint_copies_what_was_committed_and_others_wait_for_nothing(sqlite_only: Database) -> None:
    begin(sqlite_only, 1)
    with sqlite_only.read() as reading:
        assert reading.execute(text("SELECT count(*) FROM generations")).scalar() == 1
        sqlite_only.checkpoint()
        begin(sqlite_only, 2)
    without_log = sqlite3.connect(f"file:{sqlite_only.engine.url.database}?immutable=1", uri=True)
    assert without_log.execute("SELECT id FROM generations").fetchall() == [(id_of(1),)]
    without_log.close()


def test_every_table_is_strict(sqlite_only: Database) -> None:
    with sqlite_only.read() as connection:
        tables = dict(connection.exec_driver_sql("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").all())
        ours = set(inspect(connection).get_table_names()) - {"alembic_version"}
    assert all(tables[name] for name in ours)


@pytest.mark.parametrize(
    "url", ["", "gateway.sqlite3", "sqlite://", "sqlite:///:memory:", "mysql://host/db", "postgresql", "x://y"]
)
def test_urls_of_nothing_usable_are_refused(url: str) -> None:
    with pytest.raises(SettingsRefused, match="sqlite:///PATH or postgresql://"):
        Database(url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(LedgerError, match="not a database"):
        Database(f"sqlite:///{path}")


def test_a_server_that_is_not_there_is_named_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="nothing was written") as caught:
        Database(f"postgresql://user:hunter2@/db?host={tmp_path}")
    assert "hunter2" not in str(caught.value)


def test_a_damaged_file_says_so_when_read(sqlite_only: Database) -> None:
    begin(sqlite_only, 1)
    sqlite_only.engine.dispose()
    path = sqlite_only.engine.url.database
    assert path is not None
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE texts")
    connection.close()
    with pytest.raises(LedgerError, match="cannot be read"), sqlite_only.read() as reading:
        reading.execute(text("SELECT * FROM texts"))


def test_a_reader_sees_one_state_throughout(database: Database) -> None:
    with database.read() as connection:
        count = text("SELECT count(*) FROM generations")
        assert connection.execute(count).scalar() == 0
        begin(database, 1)
        assert connection.execute(count).scalar() == 0
    assert state_of(database, 1) == "provisional"
