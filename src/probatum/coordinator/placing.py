"""A network's ledger is moved into the database that several gateways share."""

from __future__ import annotations

from dataclasses import replace

from probatum.coordinator.keyfile import write_new
from probatum.coordinator.network import PLACE, Network
from probatum.errors import SettingsRefused
from probatum.ledger.moving import move
from probatum.ledger.postgresql import PostgresLedger


def place(network: Network, url: str) -> Network:
    """The network with its ledger in PostgreSQL. The first time, everything is copied there, and the file refuses further changes.

    Args:
        network: open; its present ledger is closed if it was moved.
        url: of a database that has the tables, as libpq takes it.

    Raises:
        SettingsRefused: the ledger is in another database already.
        LedgerError: the database cannot be used, or holds another network's ledger; nothing was changed.
    """
    if isinstance(network.ledger, PostgresLedger):
        _check_same(network, url)
        return network
    if (network.folder / PLACE).exists():
        _check_same(network, url)
    database = PostgresLedger(url)
    try:
        move(network.ledger, database)
        _say_where(network, url)
    except BaseException:
        database.close()
        raise
    network.ledger.close()
    return replace(network, ledger=database)


def _say_where(network: Network, url: str) -> None:
    try:
        write_new(network.folder / PLACE, url.encode() + b"\n")
    except SettingsRefused:
        if not (network.folder / PLACE).exists():
            raise
        _check_same(network, url)


def _check_same(network: Network, url: str) -> None:
    if (network.folder / PLACE).read_text("utf-8").strip() != url:
        raise SettingsRefused(
            f"the ledger of {network.folder} is in another database, which {network.folder / PLACE} names; give that one, "
            "or correct the file if only its address has changed"
        )
