"""A response of Server-Sent Events that notices when its reader leaves or stops reading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from probatum.gateway.answers.sse import MEDIA_TYPE


class EventStream(Response):
    """Sends what a generator yields, piece by piece.

    Args:
        events: bytes to send; closed when the reader is gone.
        headers: response headers.
        stall_ms: how long the reader may leave a piece unread before it is given up.
    """

    def __init__(self, events: AsyncGenerator[bytes, None], headers: Mapping[str, str], stall_ms: int) -> None:
        self._events, self._stall = events, stall_ms / 1000
        super().__init__(headers={"x-accel-buffering": "no"} | dict(headers), media_type=MEDIA_TYPE)
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything, unless the reader leaves before."""
        sending = asyncio.create_task(self._send(send))
        leaving = asyncio.create_task(_left(receive))
        try:
            await asyncio.wait({sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            if not sending.done():
                sending.cancel()
                with suppress(asyncio.CancelledError):
                    await sending
        if not sending.cancelled():
            sending.result()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._events) as events:
            async for event in events:
                try:
                    async with asyncio.timeout(self._stall):
                        await send({"type": "http.response.body", "body": event, "more_body": True})
                except TimeoutError:
                    return  # the server closes the connection of an answer that was not ended
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def has_left(request: Request) -> bool:
    """Whether the reader is gone."""
    try:
        return await request.is_disconnected()
    except ClientDisconnect:
        return True
