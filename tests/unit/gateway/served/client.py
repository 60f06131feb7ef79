"""A client of the app, without a network between them; it can leave in the middle of an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.types import ASGIApp

from tests.unit.gateway.asgi import Exchange, http_scope


class Client:
    """Asks ``app`` as the holder of ``key``."""

    def __init__(self, app: ASGIApp, key: str | None = "alice") -> None:
        self._app, self._key = app, key

    async def get(self, path: str, **headers: str) -> Exchange:
        """The whole answer, from where the path leads."""
        answer = await self.get_here(path, **headers)
        if answer.status != 303:
            return answer
        there = urlsplit(answer.headers["location"])
        return await self.get(f"{there.path}?{there.query}", **headers)

    async def get_here(self, path: str, **headers: str) -> Exchange:
        """The whole answer of this very path."""
        return await self._ask("GET", path, b"", headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> Exchange:
        """The whole answer to JSON, or to bytes as they are."""
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        return await self._ask("POST", path, data, headers)

    @asynccontextmanager
    async def stream(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> AsyncIterator[Exchange]:
        """An answer that is still coming; the client leaves at the end of the block."""
        exchange = Exchange((b"" if body is None else orjson.dumps(body),))
        task = asyncio.create_task(self._app(self._scope(method, path, headers), exchange.receive, exchange.send))
        try:
            yield exchange
        finally:
            exchange.gone.set()
            await task

    async def _ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Exchange:
        exchange = Exchange((body,))
        await self._app(self._scope(method, path, headers), exchange.receive, exchange.send)
        return exchange

    def _scope(self, method: str, path: str, headers: Mapping[str, str]) -> Any:
        path, _, query = path.partition("?")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {} if self._key is None else {"authorization": f"Bearer {self._key}"}
        return http_scope(method, path, sent, query_string=query.encode())


def read_events(body: bytes) -> list[dict[str, Any]]:
    """The events of a feed: ``id``, ``event`` and the JSON of ``data``; comments are left out."""
    found = []
    for block in body.decode().split("\n\n"):
        lines = [line.partition(": ") for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            fields = {name: value for name, _, value in lines}
            found.append(fields | {"data": orjson.loads(fields["data"])})
    return found


def as_json(exchange: Exchange) -> Any:
    """The JSON of an answer."""
    return orjson.loads(exchange.body)


async def until(there: Any) -> None:
    """Give threads and tasks time until ``there()``; it must come true."""
    async with asyncio.timeout(20):
        while not there():
            await asyncio.sleep(0.001)
