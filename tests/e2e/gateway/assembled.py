"""The whole gateway in this process: real ledgers and rounds, scripted validators, requests straight into the app."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.routing import BaseRoute

from probatum.gateway.serving.composition import Gateway
from probatum.gateway.serving.machinery import Ground
from probatum.gateway.serving.settings import ServeSettings
from probatum.ledger.propagation import api_keys
from probatum.ledger.propagation.api_keys import ApiKey
from probatum.ledger.propagation.database import Database
from tests.e2e.gateway.program import equip
from tests.e2e.scripted_network import open_scripted

EVERYTHING = ("generate", "verify", "read", "admin")


def add_key(database: Database, tenant: str, *scopes: str, per_minute: int | None = None) -> str:
    """A key with these scopes, or with all; its secret."""
    secret = api_keys.new_secret()
    key = ApiKey(f"key_{secrets.token_hex(6)}", "test", tenant, frozenset(scopes or EVERYTHING), per_minute, None, 1)
    with database.write() as unit:
        api_keys.add(unit, key, secret)
    return secret


@asynccontextmanager
async def assembled(
    folder: Path, tenants: tuple[str, ...] = (), **settings: Any
) -> AsyncIterator[tuple[Gateway, Mapping[str, httpx.AsyncClient]]]:
    """A gateway, and a client for each tenant; the client ``""`` has no key."""
    folder.mkdir(exist_ok=True)
    with open_scripted(folder) as network, Database.in_folder(folder) as database:
        secrets_of = {tenant: add_key(database, tenant) for tenant in tenants}
        gateway = Gateway(ServeSettings(**settings), Ground(network, database, *equip(network), alone=True))
        await gateway.open()
        clients = {name: _client(gateway, secret) for name, secret in ({"": None} | secrets_of).items()}
        try:
            yield gateway, clients
        finally:
            for client in clients.values():
                await client.aclose()
            await gateway.stop()
            await gateway.close()


def _client(gateway: Gateway, secret: str | None) -> httpx.AsyncClient:
    headers = {} if secret is None else {"authorization": f"Bearer {secret}"}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(gateway.app), base_url="http://127.0.0.1", headers=headers, timeout=60, follow_redirects=True
    )


def assembled_routes() -> list[BaseRoute]:
    """The route table of a gateway."""

    async def build() -> list[BaseRoute]:
        async with assembled(Path(folder)) as (gateway, _):
            return list(gateway.routes)

    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(build())
