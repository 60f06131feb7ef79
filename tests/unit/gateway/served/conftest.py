"""A network and a propagation ledger on disk, and a builder of houses on them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from probatum.coordinator.network import Network
from probatum.coordinator.settings import Settings
from probatum.evidence.content_store import ContentStore
from probatum.ledger.propagation.database import FILE, Database
from probatum.ledger.sqlite import Ledger
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
    with Ledger(tmp_path / "ledger.sqlite3", sync=False) as ledger, Database(f"sqlite:///{path}", sync=False) as database:
        network = Network(
            tmp_path,
            Settings(HERE.epoch.network, ()),
            HERE.epoch,
            HERE.genesis.digest,
            dict(HERE.keys),
            HERE.log_key,
            ledger,
            ContentStore(tmp_path / "sources"),
        )
        ledger.log_epoch(0, HERE.genesis, network.seal)
        yield Builder(network, database, tmp_path)
