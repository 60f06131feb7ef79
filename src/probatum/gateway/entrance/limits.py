"""What one request may take: bytes, time, a place among the open streams. And how everything ends when the gateway stops.

Pure ASGI, because a wrapper that buffers would break streaming.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from probatum.gateway.errors import RETRY_S, SERVER, HttpRefusal, shutting_down

ABORT: Final = "probatum.abort"  # in the ASGI scope: drops the connection (gateway.connection puts it there)
_FEED: Final = b"text/event-stream"
_STREAMS: Final = frozenset({"/v1/chat/completions", "/v1/responses", "/v1/verifications", "/verify/v1/stream"})


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of every request.

    Attributes:
        body_bytes: of the request.
        body_ms: until the whole body must be here.
        stall_ms: how long a receiver may take nothing while something is ready for it.
        streams: answers open at one time.
    """

    body_bytes: int = 12 * 1024 * 1024
    body_ms: int = 60_000
    stall_ms: int = 60_000
    streams: int = 2000


class Stalled(ConnectionError):
    """The receiver reads too slowly, or the sender sends too slowly; the connection is given up."""


class Limits:
    """ASGI middleware that keeps requests within :class:`Bounds`, and lets the gateway stop."""

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._bounds = bounds
        self._feeds: set[asyncio.Task[object]] = set()
        self.open = 0
        self.stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        passage = _Passage(self._bounds, receive, send)
        try:
            passage.check_length(Headers(scope=scope))
            with self._place(scope):
                await self._app(scope, passage.receive, self._watched(scope, passage))
        except HttpRefusal as refusal:
            if not passage.begun:
                await refusal.response()(scope, receive, send)
        except asyncio.CancelledError:
            if not self._ended_by_us():
                raise
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except Stalled:
            await _give_up(scope, receive)
        finally:
            self._feeds.discard(_this_task())

    def stop(self) -> None:
        """Let no new answers begin, and end feeds: whoever reads one can take it up again where it ended."""
        self.stopping = True
        for task in self._feeds:
            task.cancel()

    def _ended_by_us(self) -> bool:
        task = _this_task()
        return self.stopping and task in self._feeds and task.uncancel() == 0

    @contextmanager
    def _place(self, scope: Scope) -> Iterator[None]:
        if scope["method"] != "POST" or scope["path"] not in _STREAMS:
            yield
            return
        if self.stopping or self.open >= self._bounds.streams:
            raise _stops() if self.stopping else _full(self._bounds.streams)
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1

    def _watched(self, scope: Scope, passage: _Passage) -> Send:
        """The passage's ``send``, which for GETs notices that an answer is a feed."""
        if scope["method"] != "GET":
            return passage.send
        task = _this_task()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_feed(message):
                self._feeds.add(task)
                if self.stopping:
                    task.cancel()
            await passage.send(message)

        return send


class _Passage:
    """One request on its way in and its answer on its way out."""

    def __init__(self, bounds: Bounds, receive: Receive, send: Send) -> None:
        self._bounds = bounds
        self._receive = receive
        self._send = send
        self._taken = 0
        self._whole = False
        self._until: float | None = None
        self.begun = False

    def check_length(self, headers: Headers) -> None:
        """Refuse at once what says that it is too large."""
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self._bounds.body_bytes:
            raise _too_large(self._bounds.body_bytes)

    async def receive(self) -> Message:
        """The next piece of the body, or the news that the client is gone."""
        if self._whole:
            return await self._receive()
        loop = asyncio.get_running_loop()
        self._until = self._until or loop.time() + self._bounds.body_ms / 1000
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise _too_slow(self._bounds.body_ms) from None
        self._taken += len(message.get("body", b""))
        if self._taken > self._bounds.body_bytes:
            raise _too_large(self._bounds.body_bytes)
        self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Send a piece; waits while the receiver's buffer is full, but not for ever."""
        self.begun = True
        try:
            async with asyncio.timeout(self._bounds.stall_ms / 1000):
                await self._send(message)
        except TimeoutError:
            raise Stalled from None


def _this_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task is not None
    return task


def _is_feed(start: Message) -> bool:
    return any(name == b"content-type" and value.startswith(_FEED) for name, value in start.get("headers", ()))


async def _give_up(scope: Scope, receive: Receive) -> None:
    """Drop the connection with what is still buffered for it: a close that waits for the reader would wait for ever."""
    if ABORT in scope:
        scope[ABORT]()
        while (await receive())["type"] != "http.disconnect":
            pass


def _too_large(limit: int) -> HttpRefusal:
    message = f"the request's body has more than {limit} bytes; send less, or put large evidence into a corpus"
    return HttpRefusal(413, "request_too_large", message, headers={"connection": "close"})


def _too_slow(limit_ms: int) -> HttpRefusal:
    message = f"the request's body did not arrive within {limit_ms / 1000:g} s"
    return HttpRefusal(408, "request_timeout", message, headers={"connection": "close"})


def _full(limit: int) -> HttpRefusal:
    message, after = f"{limit} answers are open already; try again soon", {"retry-after": str(RETRY_S)}
    return HttpRefusal(503, "too_many_streams", message, SERVER, headers=after)


def _stops() -> HttpRefusal:
    return shutting_down("the gateway is stopping; try again soon", begun=False)
