"""A network's folder whose ledger is moved into PostgreSQL: whoever opens the folder finds it there."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from probatum.coordinator.network import PLACE, Network, open_ledger
from probatum.coordinator.placing import place
from probatum.coordinator.revoking import revoke
from probatum.errors import LedgerError, SettingsRefused
from probatum.ledger.postgresql import PostgresLedger
from probatum.ledger.propagation.database import Database
from probatum.testing.embedded import embedded
from tests.unit.coordinator.test_once import HERE, run, statements
from tests.unit.ledger.propagation import server


@pytest.fixture(scope="module")
def running() -> Iterator[str]:
    if server.installed() is None:
        pytest.skip(server.NEEDED)
    with server.running() as url:
        yield url


def database(running: str, name: str) -> str:
    with Database(server.new_database(running, name)) as made:
        assert made.libpq is not None
        return made.libpq


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with embedded(HERE, tmp_path, sync=False) as made:
        yield made


def test_rounds_go_on_in_the_database_and_the_folder_says_where_they_are(running: str, network: Network) -> None:
    url, before = database(running, "one"), run(network)
    placed = place(network, url)
    assert run(placed).bundle == before.bundle, "the same work has the statement that it had"
    assert run(placed, work="gen_" + 32 * "1").verified is not None
    assert statements(placed) == 2
    assert before.verified is not None
    assert revoke(placed, before.verified.record_hash, "wrong").log_index == 3
    with open_ledger(network.folder) as found:
        assert isinstance(found, PostgresLedger)
        assert found.head() == placed.ledger.head()
    assert stat.S_IMODE((network.folder / PLACE).stat().st_mode) == 0o600
    assert place(placed, url) is placed
    placed.close()


def test_another_gateway_that_still_had_the_file_open_finds_the_database_too(
    running: str, tmp_path: Path, network: Network
) -> None:
    url = database(running, "two")
    with embedded(HERE, tmp_path, sync=False) as other:
        first = place(network, url)
        certified = run(first)
        second = place(other, url)
        assert run(second).bundle == certified.bundle
        first.close()
        second.close()


def test_a_folder_stays_with_its_database(running: str, network: Network) -> None:
    placed, elsewhere = place(network, database(running, "three")), database(running, "four")
    with pytest.raises(SettingsRefused, match="in another database"):
        place(placed, elsewhere)
    placed.close()


def test_a_database_that_is_away_leaves_the_file_as_it_is(tmp_path: Path, network: Network) -> None:
    with pytest.raises(LedgerError, match="cannot be used"):
        place(network, f"postgresql://user@/db?host={tmp_path}")
    assert not (network.folder / PLACE).exists()
    assert run(network).verified is not None
