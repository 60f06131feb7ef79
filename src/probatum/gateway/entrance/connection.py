"""A connection whose headers must come in time and in bounds, which uvicorn leaves to a proxy in front."""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from probatum.gateway.entrance.limits import ABORT

HEADER_BYTES: Final = 64 * 1024
HEADER_S: Final = 10.0


class GuardedProtocol(HttpToolsProtocol):
    """HTTP/1.1 with a limit on how large a request's head may be and how long it may take; what breaks it is cut off."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head_bytes = 0
        self._in_head = True
        self._timer: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """The first head is due."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more."""
        self._got_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes while a head is incomplete."""
        super().data_received(data)
        if self._in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._timer is None:
                self._expect_head()
            if self._head_bytes > HEADER_BYTES:
                self._refuse()

    def on_message_begin(self) -> None:
        """A head begins, perhaps on a connection that was kept."""
        super().on_message_begin()
        self.scope[ABORT] = self.transport.abort  # type: ignore[typeddict-unknown-key]
        self._in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._got_head()
        super().on_headers_complete()

    def _expect_head(self) -> None:
        self._timer = self.loop.call_later(HEADER_S, self._refuse)

    def _got_head(self) -> None:
        self._in_head = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self) -> None:
        status = b"431 Request Header Fields Too Large" if self._head_bytes > HEADER_BYTES else b"408 Request Timeout"
        self.transport.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()
