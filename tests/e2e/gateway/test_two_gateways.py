"""Two gateways over one folder and one PostgreSQL: what one certifies the other knows, and no text is judged twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from probatum.ledger.postgresql import PostgresLedger
from tests.e2e.gateway.program import evidence, text
from tests.e2e.gateway.running import gateway
from tests.e2e.scripted_network import open_scripted
from tests.unit.ledger.propagation import server

TEXTS = 6


def test_two_gateways_share_their_work(tmp_path: Path) -> None:
    if server.installed() is None:
        pytest.skip(server.NEEDED)
    folder = tmp_path / "net"
    with server.running() as url:
        database = server.new_database(url, "shared")
        with gateway(folder, database=database) as one, gateway(folder, database=database) as other:
            states = asyncio.run(hand_in([one.url, other.url]))
            assert states == ["certified"] * TEXTS
            assert (one.stop(), other.stop()) == (0, 0)
        with open_scripted(folder) as network:
            assert isinstance(network.ledger, PostgresLedger)
            assert len(network.ledger._rows("SELECT hash FROM statements")) == TEXTS


async def hand_in(urls: list[str]) -> list[str]:
    """Each text to one gateway, all at once; what became of it, as the other one says."""
    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*(_hand_in(session, urls[n % 2], urls[1 - n % 2], n) for n in range(TEXTS)))


async def _hand_in(session: aiohttp.ClientSession, here: str, there: str, number: int) -> str:
    given: dict[str, Any] = {"text": text(number), "evidence": [{"name": "towers.txt", "text": evidence(number)}]}
    async with session.post(f"{here}/v1/verifications", json=given) as response:
        place = response.headers["location"]
    async with session.get(there + place, headers={"prefer": "wait=50"}) as response:
        return str((await response.json())["state"])
