"""A network and a propagation ledger on disk, and a builder of houses on them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from probatum.ledger.propagation.database import FILE, Database
from probatum.testing.embedded import embedded
from tests.unit.gateway.served.house import Builder
from tests.unit.gateway.test_verifier import HERE


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / FILE
    Database(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def here(tmp_path: Path, empty_ledger: Path) -> Iterator[Builder]:
    path = shutil.copy(empty_ledger, tmp_path / FILE)
    with embedded(HERE, tmp_path, sync=False) as network, Database(f"sqlite:///{path}", sync=False) as database:
        yield Builder(network, database, tmp_path)
