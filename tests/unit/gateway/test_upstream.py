"""The client of the upstream, over real sockets on loopback: what goes wrong is told apart, and keys stay where they belong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from probatum.errors import SettingsRefused
from probatum.gateway.answers.upstream import HttpUpstream, Timeouts, UpstreamSettings, answer, passed_headers, pieces, whole
from probatum.gateway.errors import HttpRefusal

OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\nx-request-id: r\r\nset-cookie: a=b\r\n"


@asynccontextmanager
async def server(say: bytes, heard: list[bytes] | None = None) -> AsyncIterator[HttpUpstream]:
    """A server that hears one request on each connection, says its bytes and closes."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if heard is not None:
            heard.append(head)
        writer.write(say)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    upstream = HttpUpstream(UpstreamSettings(f"http://127.0.0.1:{port}/v1/", key="sk-secret"))
    async with listening:
        try:
            yield upstream
        finally:
            await upstream.close()


async def code(upstream: HttpUpstream) -> tuple[int, str | None]:
    with pytest.raises(HttpRefusal) as caught:
        async with answer(upstream, Timeouts(), "/chat/completions", b"{}") as reply:
            await whole(reply, Timeouts(), 100)
    assert "sk-secret" not in str(caught.value)
    return caught.value.status, caught.value.code


def test_an_answer_comes_in_pieces_with_the_headers_that_clients_look_at() -> None:
    async def main() -> None:
        heard: list[bytes] = []
        async with server(OK + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", heard) as upstream:
            async with answer(upstream, Timeouts(), "/models") as reply:
                assert [piece async for piece in pieces(reply, Timeouts())] == [b"{}"]
                assert passed_headers(reply) == {"x-request-id": "r"}
            async with answer(upstream, Timeouts(), "/chat/completions", b"{}") as reply:
                assert await whole(reply, Timeouts(), 100) == b"{}"
        assert heard[0].startswith(b"GET /v1/models HTTP/1.1\r\n")
        assert heard[1].startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
        assert all(
            b"Authorization: Bearer sk-secret\r\n" in head or b"authorization: Bearer sk-secret\r\n" in head for head in heard
        )
        assert b"cookie" not in heard[1].lower()

    asyncio.run(main())


def error(status: str, body: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\ncontent-length: %d\r\n\r\n%b" % (status.encode(), len(body), body)


CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
ANSWERS: dict[str, tuple[bytes, tuple[int, str]]] = {
    "closed at once": (b"", (502, "upstream_unreachable")),
    "another protocol": (b"SSH-2.0-OpenSSH_9.6\r\n", (502, "upstream_garbage")),
    "cut short": (OK + b"content-length: 10\r\n\r\n{}", (502, "upstream_cut")),
    "chunks without an end": (CHUNKED + b"2\r\n{}\r\n", (502, "upstream_cut")),
    "chunks that are none": (CHUNKED + b"zz\r\n", (502, "upstream_garbage")),
    "too long": (OK + b"content-length: 101\r\n\r\n" + b"x" * 101, (502, "upstream_garbage")),
    "a redirect": (error("307 Temporary Redirect", b""), (502, "upstream_garbage")),
    "an error as text": (error("401 Unauthorized", b'{"error": "no key"}'), (401, "upstream_error")),
    "an error as detail": (error("400 Bad Request", b'{"detail": "no such model"}'), (400, "upstream_error")),
    "an error as a list": (error("400 Bad Request", b"[1]"), (400, "upstream_error")),
    "an error without a body": (error("503 Service Unavailable", b""), (503, "upstream_error")),
}


@pytest.mark.parametrize(("say", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_answers_that_are_none(say: bytes, expected: tuple[int, str]) -> None:
    async def main() -> None:
        async with server(say) as upstream:
            assert await code(upstream) == expected

    asyncio.run(main())


def test_nobody_there() -> None:
    async def main() -> None:
        listening = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        listening.close()
        await listening.wait_closed()
        upstream = HttpUpstream(UpstreamSettings(f"http://127.0.0.1:{port}/v1"))
        assert await code(upstream) == (502, "upstream_unreachable")
        await upstream.close()

    asyncio.run(main())


def test_the_key_is_not_shown() -> None:
    assert "sk-secret" not in repr(UpstreamSettings("http://127.0.0.1/v1", key="sk-secret", headers={"x": "sk-secret"}))


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ftp://host/v1", "http://", "http://host/v1?key=1", "http://host/v1#x"])
def test_base_urls_that_cannot_be_used(url: str) -> None:
    with pytest.raises(SettingsRefused, match="base URL"):
        UpstreamSettings(url)
