"""A ledger with nothing in it: every test that takes ``database`` runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from probatum.ledger.propagation.database import FILE, Database
from probatum.ledger.propagation.schema import HEAD, metadata
from tests.unit.ledger.propagation import server


@pytest.fixture(scope="session")
def postgresql_tables(postgresql: str) -> str:
    """The URL of a database with the tables: one for the whole run, emptied before each test."""
    url = server.new_database(postgresql, "tables")
    Database(url).close()
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tables and nothing in them."""
    path = tmp_path_factory.mktemp("made") / FILE
    Database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that has the tables and nothing in them."""
    if request.param == "sqlite":
        copied = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / FILE)
        return f"sqlite:///{copied}"
    tables: str = request.getfixturevalue("postgresql_tables")
    server.empty(tables, [table.name for table in metadata().sorted_tables], HEAD)
    return tables


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An open ledger; without fsync, which these tests cannot observe."""
    with Database(url, sync=False) as one:
        yield one


@pytest.fixture
def sqlite_only(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """An open ledger in SQLite, for what only a file does."""
    copied = shutil.copy(sqlite_template, tmp_path / FILE)
    with Database(f"sqlite:///{copied}") as one:
        yield one
