"""A ledger in a fresh folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from probatum.ledger.sqlite import Ledger
from tests.unit.ledger.propagation import server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger lies."""
    return tmp_path / "ledger.sqlite3"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    """An open ledger; without fsync, which these tests cannot observe."""
    with Ledger(path, sync=False) as one:
        yield one


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server, started for this run; its URL with NAME for the database."""
    if server.installed() is None:
        pytest.skip(server.NEEDED)
    with server.running() as url:
        yield url
