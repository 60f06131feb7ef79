"""A small HTTP/1.1 load generator for chat completions, and the upstream it is measured against; both do as little as they can.

Closed loop: each connection sends its next request when the answer to the last one is whole.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

_HEAD = {"id": "chatcmpl-bench", "created": 1_700_000_000, "model": "fake-1", "system_fingerprint": None}
_WORDS = ["Certified "] * 20
CONTENT = b'"content":"Certified'  # in the first chunk that has text


def request(path: str, port: int, *, stream: bool, salt: int) -> bytes:
    """One request; requests with different salts are different questions."""
    body = orjson.dumps({"model": "fake-1", "messages": [{"role": "user", "content": f"Question {salt}?"}], "stream": stream})
    lines = [f"POST {path} HTTP/1.1", f"host: 127.0.0.1:{port}", "content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "authorization: Bearer sk-bench", "", ""]).encode() + body


def chunk_of(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    event = b"data: " + orjson.dumps(_HEAD | {"object": "chat.completion.chunk", "choices": [choice]}) + b"\n\n"
    return b"%x\r\n%b\r\n" % (len(event), event)


def _whole() -> bytes:
    message = {"role": "assistant", "content": "".join(_WORDS)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}
    body = orjson.dumps(_HEAD | {"object": "chat.completion", "choices": [choice], "usage": usage})
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)


class Upstream(asyncio.Protocol):
    """Answers every request with the same 20 words; a stream begins after ``first`` seconds, one word each ``pause`` seconds."""

    first, pause = 0.03, 0.05
    whole = _whole()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    events = (*[chunk_of({"role": "assistant", "content": word} if not n else {"content": word}) for n, word in enumerate(_WORDS)],)
    end = chunk_of({}, "stop") + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._read = transport, b""

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head):
            self._read = b""
            if b'"stream":true' in body or b'"stream": true' in body:
                asyncio.get_running_loop().call_later(self.first, self._begin)
            else:
                self._transport.write(self.whole)

    def _begin(self) -> None:
        self._transport.write(self.head)
        self._next(0)

    def _next(self, number: int) -> None:
        if number == len(self.events):
            self._transport.write(self.end)
            return
        self._transport.write(self.events[number])
        asyncio.get_running_loop().call_later(self.pause, self._next, number + 1)


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


async def serve(port: int, kind: type[asyncio.Protocol] = Upstream) -> None:
    """Run the upstream."""
    server = await asyncio.get_running_loop().create_server(kind, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


@dataclass(frozen=True, slots=True)
class Load:
    """What a load brought.

    Attributes:
        seconds: how long it took.
        whole: seconds from each request to the end of its answer.
        first: seconds from each request to its first text.
    """

    seconds: float
    whole: tuple[float, ...]
    first: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.whole) / self.seconds


async def load(port: int, path: str, *, connections: int, seconds: float, stream: bool, salts: Iterator[int]) -> Load:
    """Keep ``connections`` busy for ``seconds``.

    Raises:
        RuntimeError: an answer is not 200.
    """
    whole: list[float] = []
    first: list[float] = []
    start = time.perf_counter()

    async def keep_busy(number: int) -> None:
        if stream:  # not all in step
            await asyncio.sleep(number / connections)
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
        while time.perf_counter() - start < seconds:
            begun = time.perf_counter()
            writer.write(request(path, port, stream=stream, salt=next(salts)))
            await _answer(reader, first, begun)
            whole.append(time.perf_counter() - begun)
        writer.close()

    await asyncio.gather(*[keep_busy(number) for number in range(connections)])
    return Load(time.perf_counter() - start, tuple(whole), tuple(first))


async def _answer(reader: asyncio.StreamReader, first: list[float], begun: float) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 200 " not in head[:16]:
        raise RuntimeError(f"not answered: {head[:200]!r} {await reader.read(500)!r}")
    if b"chunked" not in head.lower():
        await reader.readexactly(_length(head))
        return
    seen = False
    while (line := await reader.readuntil(b"\r\n")) != b"0\r\n":
        chunk = await reader.readexactly(int(line, 16) + 2)
        if not seen and CONTENT in chunk:
            first.append(time.perf_counter() - begun)
            seen = True
    await reader.readexactly(2)


if __name__ == "__main__":
    Upstream.first = float(sys.argv[2])
    asyncio.run(serve(int(sys.argv[1])))
