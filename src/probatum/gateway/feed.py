"""Server-Sent Events that a client can leave and come back to: each has an id, and silence is filled with comments."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from probatum.gateway.answers.sse import HEARTBEAT, named
from probatum.gateway.event_stream import EventStream
from probatum.gateway.headers import UNKEPT
from probatum.gateway.timing import Timing, ended

_HEADERS: Final = UNKEPT | {"x-content-type-options": "nosniff"}


def numbered(id_: str, name: str, value: Any) -> bytes:
    """One event with an id and a name that holds JSON."""
    return b"id: " + id_.encode() + b"\n" + named(name, value)


def last_event_id(request: Request) -> str:
    """What a client that comes back saw last; empty if it saw nothing."""
    return request.headers.get("last-event-id", "")


@dataclass(frozen=True, slots=True)
class Feeding:
    """How feeds are sent.

    Attributes:
        timing: clock and waiting.
        heartbeat_ms: silence after which a comment is sent, so that proxies keep the connection.
        stall_ms: how long a receiver may read nothing before it is given up.
    """

    timing: Timing = field(default_factory=Timing)
    heartbeat_ms: int = 15_000
    stall_ms: int = 60_000

    def response(self, events: AsyncGenerator[bytes, None], headers: dict[str, str] | None = None) -> Response:
        """The answer that sends ``events``; a receiver that goes away ends them."""
        beating = with_heartbeats(events, self.heartbeat_ms, self.timing)
        return EventStream(beating, _HEADERS | (headers or {}), self.stall_ms)


async def with_heartbeats(events: AsyncGenerator[bytes, None], every_ms: int, timing: Timing) -> AsyncGenerator[bytes, None]:
    """``events``, and a comment after each ``every_ms`` of silence."""
    coming = asyncio.create_task(_next(events))
    try:
        while True:
            if not await timing.within(coming, every_ms):
                yield HEARTBEAT
            elif (event := coming.result()) is None:
                return
            else:
                coming = asyncio.create_task(_next(events))
                yield event
    finally:
        await ended(coming)
        await events.aclose()


async def _next(events: AsyncGenerator[bytes, None]) -> bytes | None:
    return await anext(events, None)
