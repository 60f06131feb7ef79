"""The address, the hold on a folder, and connections that are not taken at their word. Real sockets, no waiting for the clock."""

from __future__ import annotations

import asyncio
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from probatum.errors import SettingsRefused
from probatum.gateway.entrance import connection
from probatum.gateway.entrance.connection import HEADER_BYTES
from probatum.gateway.serving.process import holding, listen, server_of
from tests.unit.gateway.asgi import taking_app


def test_an_address_in_use_is_refused_and_the_advice_is_of_use() -> None:
    with listen("127.0.0.1", 0) as taken, pytest.raises(SettingsRefused, match=r"in use; stop the other process, or .* --port"):
        listen("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize("host", ["192.0.2.77", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_refused(host: str) -> None:
    with pytest.raises(SettingsRefused, match="cannot listen on"):
        listen(host, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="locks of one process do not exclude one another there")
def test_a_folder_is_held_by_one_gateway_or_by_those_that_share(tmp_path: Path) -> None:
    with (
        holding(tmp_path, shared=False),
        pytest.raises(SettingsRefused, match="another gateway serves from"),
        holding(tmp_path, shared=True),
    ):
        pass
    with holding(tmp_path, shared=True), holding(tmp_path, shared=True):
        pass
    with holding(tmp_path, shared=True), pytest.raises(SettingsRefused), holding(tmp_path, shared=False):
        pass
    with holding(tmp_path, shared=False):
        pass


def talk(*pieces: bytes, app: Any = taking_app) -> bytes:
    """What a server answers to these bytes, until it closes the connection."""

    async def story() -> bytes:
        taken, started = listen("127.0.0.1", 0), asyncio.Event()
        server = server_of(_with_lifespan(app), 1000, _nothing, started.set)
        server.capture_signals = _no_signals  # type: ignore[method-assign]
        serving = asyncio.create_task(server.serve([taken]))
        await started.wait()
        reader, writer = await asyncio.open_connection(*taken.getsockname()[:2])
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        answer = await reader.read()
        writer.close()
        server.should_exit = True
        await serving
        return answer

    return asyncio.run(story())


def _with_lifespan(app: Any) -> Any:
    async def whole(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for stage in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{stage}.complete"})
        else:
            await app(scope, receive, send)

    return whole


async def _nothing() -> None:
    pass


def _no_signals() -> Any:
    from contextlib import nullcontext

    return nullcontext()


def test_a_request_in_pieces_is_answered() -> None:
    answer = talk(b"POST / HTTP/1.1\r\nho", b"st: a\r\nconnection: close\r\ncontent-length: 5\r\n\r\n12", b"345")
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(b"5\r\n0\r\n\r\n") or answer.endswith(b"5")


def test_a_head_without_end_is_cut_off() -> None:
    assert talk(b"GET / HTTP/1.1\r\nx: " + b"y" * (HEADER_BYTES + 1)).startswith(b"HTTP/1.1 431")


def test_a_head_that_is_not_sent_in_time_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEADER_S", 0.0)
    assert talk().startswith(b"HTTP/1.1 408")


def test_what_is_no_http_is_refused() -> None:
    assert talk(b"\x16\x03\x01 hello\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_the_socket_is_free_again() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
