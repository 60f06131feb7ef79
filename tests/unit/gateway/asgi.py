"""An ASGI server in miniature: one request in, its messages out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Scope


def http_scope(method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any) -> Scope:
    """The scope of a request from 192.0.2.1."""
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    target: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": raw,
        "query_string": b"",
        "client": ("192.0.2.1", 1),
    }
    return target | more


@dataclass(slots=True)
class Exchange:
    """A request whose body comes in ``pieces``, and what was answered."""

    pieces: Sequence[bytes] = (b"",)
    sent: list[Message] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    _taken: int = 0

    async def receive(self) -> Message:
        """The next piece; after the last one the client stays until ``gone``."""
        if self._taken < len(self.pieces):
            self._taken += 1
            return {"type": "http.request", "body": self.pieces[self._taken - 1], "more_body": self._taken < len(self.pieces)}
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take what is answered."""
        self.sent.append(message)

    @property
    def status(self) -> int:
        """Of the answer."""
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        """Of the answer."""
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        """Of the answer."""
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        return str(orjson.loads(self.body)["error"]["code"])


async def ask(app: ASGIApp, method: str, path: str, headers: Mapping[str, str] | None = None, *pieces: bytes) -> Exchange:
    """One request from beginning to end."""
    exchange = Exchange(pieces or (b"",))
    await app(http_scope(method, path, headers), exchange.receive, exchange.send)
    return exchange


async def taking_app(scope: Scope, receive: Any, send: Any) -> None:
    """Reads the whole body and answers with its size."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size, "more_body": False})
