"""The process that serves: its address, its hold on the network's folder, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Generator, Iterator
from pathlib import Path
from types import FrameType
from typing import Final

from starlette.types import ASGIApp
from uvicorn import Config, Server

from probatum.errors import SettingsRefused
from probatum.gateway.entrance.connection import GuardedProtocol

LOCK: Final = "serve.lock"  # in the network's folder
KEEP_ALIVE_S: Final = 30
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def listen(host: str, port: int) -> socket.socket:
    """Take an address before anything else is begun.

    Raises:
        SettingsRefused: it is in use, or cannot be used.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        taken = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsRefused(f"cannot listen on {host}: {error.strerror}; give an address of this machine with --host") from None
    try:
        if sys.platform != "win32":  # there it would let two processes share the address
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen(2048)
    except OSError as error:
        taken.close()
        advice = "stop the other process, or choose another port with --port"
        raise SettingsRefused(f"cannot listen on {host}, port {port}: {error.strerror}; {advice}") from None
    taken.setblocking(False)
    return taken


@contextlib.contextmanager
def holding(folder: Path, *, shared: bool) -> Iterator[None]:
    """Hold a network's folder while serving from it.

    Args:
        folder: the network's; there already.
        shared: other gateways may hold it too, because they share a database that keeps them apart.

    Raises:
        SettingsRefused: another gateway holds it.
    """
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _take(handle, shared=shared):
            advice = "stop it, give another folder with --network, or one database to both with --database postgresql://..."
            raise SettingsRefused(f"another gateway serves from {folder}; {advice}")
        yield
    finally:
        os.close(handle)  # and with it the lock


if sys.platform == "win32":

    def _take(handle: int, *, shared: bool) -> bool:
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return shared
        return True

else:

    def _take(handle: int, *, shared: bool) -> bool:
        import fcntl

        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class GracefulServer(Server):
    """Uvicorn's server, which on SIGTERM or SIGINT ends in good order and lets the process go on after it.

    Args:
        config: see :func:`server_of`.
        stop: called first, so that what is under way can be brought to its end while connections are still open.
        started: called once the address is served.
    """

    def __init__(self, config: Config, stop: Callable[[], Awaitable[None]], started: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop, self._on_start = stop, started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, then say so."""
        await super().startup(sockets)
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no connection, bring answers to their end, cut what takes longer than the grace period."""
        for server in self.servers:
            server.close()
        stopping = asyncio.ensure_future(self._stop())
        await super().shutdown(sockets)
        await stopping

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """As uvicorn does, but without raising the signal again when all is done: the exit code says that it was in order."""
        before = {number: signal.signal(number, self._signalled) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit and number == signal.SIGINT  # a second Ctrl+C means now
        self.should_exit = True


def server_of(app: ASGIApp, grace_ms: int, stop: Callable[[], Awaitable[None]], started: Callable[[], None]) -> GracefulServer:
    """The server for an app; whoever runs it hands in the socket."""
    config = Config(
        app,
        http=GuardedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=max(1, -(-grace_ms // 1000)),
    )
    return GracefulServer(config, stop, started)
