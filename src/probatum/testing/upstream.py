"""A fake OpenAI-compatible upstream that says what it is told, at the rate it is told, and fails as it is told.

:class:`FakeUpstream` is an ASGI app, for a real server; :class:`InProcess` hands its answers over without sockets.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

import orjson
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from probatum.gateway.answers.sse import DONE, data
from probatum.gateway.answers.upstream import Reply, cut, unreachable

_WORD: Final = re.compile(r"\S+\s*|\s+")
_MODELS: Final = {"object": "list", "data": [{"id": "fake-1", "object": "model", "created": 1, "owned_by": "probatum"}]}
_HEAD: Final = {"id": "chatcmpl-fake", "created": 1_700_000_000, "model": "fake-1", "system_fingerprint": None}
_HTML: Final = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


class Fault(Enum):
    """What goes wrong; ``Script.after`` says after how many tokens, where it is in mid-stream."""

    DOWN = auto()  # nobody answers (InProcess only; elsewhere, start no server)
    SILENT = auto()  # the request is taken and never answered
    STALL = auto()  # the stream stops and stays open
    CUT = auto()  # the connection breaks
    SHORT = auto()  # the stream ends in order, but without its end
    GARBAGE = auto()  # an event that is not JSON
    ERROR = auto()  # an error event
    HTML = auto()  # a page instead of an answer


@dataclass(frozen=True, slots=True)
class Script:
    """One answer.

    Attributes:
        text: what is said, word by word.
        token_ms: pause before each word.
        first_ms: pause before the answer begins.
        fault: what goes wrong.
        after: how many words come before it does.
        status: an HTTP error instead of an answer.
        error: its ``error`` object.
        extra: further fields of the message, or of the first delta: ``refusal``, ``tool_calls`` and so on.
        finish: the finish reason.
        choices: how often the text is said.
        headers: of the response.
        pad: characters of a comment before every word, to make a long stream.
    """

    text: str = "Voyager 1 was launched in 1977. Voyager 2 visited Neptune in 1989."
    token_ms: int = 0
    first_ms: int = 0
    fault: Fault | None = None
    after: int = 3
    status: int = 200
    error: Mapping[str, Any] = field(
        default_factory=lambda: {"message": "refused by the script", "type": "script", "code": "scripted"}
    )
    extra: Mapping[str, Any] = field(default_factory=dict)
    finish: str = "stop"
    choices: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    pad: int = 0


class FakeUpstream:
    """The app. ``POST /v1/chat/completions`` and ``GET /v1/models``.

    Args:
        script: what it says, or a function of the request's body that gives it.

    Attributes:
        requests: the bodies it was sent, in order.
    """

    def __init__(self, script: Script | Callable[[dict[str, Any]], Script] = Script()) -> None:
        self._script = script
        self.requests: list[dict[str, Any]] = []

    def script(self, body: dict[str, Any]) -> Script:
        """What is said to a request."""
        return self._script if isinstance(self._script, Script) else self._script(body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        if scope["method"] == "GET":
            await _send(send, 200, orjson.dumps(_MODELS))
            return
        body = orjson.loads(await _body(receive))
        self.requests.append(body)
        await _answer(self.script(body), body, send)


async def _body(receive: Receive) -> bytes:
    parts, more = [], True
    while more:
        message = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


async def _send(
    send: Send, status: int, body: bytes, kind: str = "application/json", headers: Mapping[str, str] | None = None
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": _raw({"content-type": kind} | dict(headers or {}))})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


async def _answer(script: Script, body: dict[str, Any], send: Send) -> None:
    if script.fault is Fault.SILENT:
        await asyncio.Event().wait()
    if script.first_ms:
        await asyncio.sleep(script.first_ms / 1000)
    if script.fault is Fault.HTML:
        await _send(send, 502, _HTML, "text/html")
    elif script.status != 200:
        await _send(send, script.status, orjson.dumps({"error": script.error}), headers=script.headers)
    elif not body.get("stream"):
        await _whole(script, send)
    else:
        await _stream(script, bool((body.get("stream_options") or {}).get("include_usage")), send)


async def _whole(script: Script, send: Send) -> None:
    if script.fault is not None:
        garbage = script.fault is Fault.GARBAGE
        await send({"type": "http.response.start", "status": 200, "headers": _raw({"content-type": "application/json"})})
        await send({"type": "http.response.body", "body": b"{garbage", "more_body": not garbage})
        return
    message = {"role": "assistant", "content": script.text, "refusal": None} | dict(script.extra)
    choices = [
        {"index": index, "message": message, "logprobs": None, "finish_reason": script.finish} for index in range(script.choices)
    ]
    whole = _HEAD | {"object": "chat.completion", "choices": choices, "usage": _usage(script)}
    await _send(send, 200, orjson.dumps(whole), headers=script.headers)


def _usage(script: Script) -> dict[str, int]:
    words = len(_WORD.findall(script.text))
    return {"prompt_tokens": 10, "completion_tokens": words, "total_tokens": 10 + words}


def events(script: Script, *, usage: bool = False) -> list[bytes]:
    """The events of a stream that goes well."""
    first = {"role": "assistant", "content": ""} | dict(script.extra)
    deltas = [first, *[{"content": word} for word in _WORD.findall(script.text)] * bool(script.text)]
    told = [_chunk(index, delta) for delta in deltas for index in range(script.choices)]
    told += [_chunk(index, {}, script.finish) for index in range(script.choices)]
    if usage:
        told.append(data(_HEAD | {"object": "chat.completion.chunk", "choices": [], "usage": _usage(script)}))
    return [*told, DONE]


def _chunk(index: int, delta: Mapping[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
    return data(_HEAD | {"object": "chat.completion.chunk", "choices": [choice]})


async def _stream(script: Script, usage: bool, send: Send) -> None:
    kind = {"content-type": "text/event-stream; charset=utf-8"}
    await send({"type": "http.response.start", "status": 200, "headers": _raw(kind | dict(script.headers))})
    for number, event in enumerate(events(script, usage=usage)):
        if script.fault is not None and number == script.after:
            await _fail(script, send)
            return
        if script.token_ms and number:
            await asyncio.sleep(script.token_ms / 1000)
        pad = b": " + b"." * script.pad + b"\n\n" if script.pad else b""
        await send({"type": "http.response.body", "body": pad + event, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _fail(script: Script, send: Send) -> None:
    if script.fault is Fault.STALL:
        await asyncio.Event().wait()
    if script.fault is Fault.GARBAGE:
        await send({"type": "http.response.body", "body": b"data: {garbage\n\n", "more_body": True})
    if script.fault is Fault.ERROR:
        await send({"type": "http.response.body", "body": data({"error": script.error}), "more_body": True})
    if script.fault is not Fault.CUT:
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class InProcess:
    """Implements :class:`probatum.gateway.answers.upstream.Upstream` over a fake, without sockets.

    Attributes:
        open: how many answers are neither read to their end nor closed.
    """

    def __init__(self, fake: FakeUpstream) -> None:
        self._fake = fake
        self.open = 0

    async def send(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """See :class:`Upstream`."""
        script = self._fake.script(orjson.loads(body or b"{}"))
        if script.fault is Fault.DOWN:
            raise unreachable("connection refused")
        messages: asyncio.Queue[Message | None] = asyncio.Queue()
        task = asyncio.create_task(self._serve(method, path, body or b"", messages))
        try:
            start = await messages.get()
        except asyncio.CancelledError:
            task.cancel()
            raise
        assert start is not None
        self.open += 1
        return _Answer(self, task, start, messages)

    async def _serve(self, method: str, path: str, body: bytes, messages: asyncio.Queue[Message | None]) -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": body}

        scope = {"type": "http", "method": method, "path": path}
        await self._fake(scope, receive, messages.put)
        messages.put_nowait(None)

    async def close(self) -> None:
        """See :class:`Upstream`."""


class _Answer:
    def __init__(self, owner: InProcess, task: asyncio.Task[None], start: Message, messages: asyncio.Queue[Message | None]) -> None:
        self._owner, self._task, self._messages = owner, task, messages
        self.status = int(start["status"])
        self.headers: Mapping[str, str] = Headers(raw=start["headers"])
        self._closed = False

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        while (message := await self._messages.get()) is not None:
            if message["body"]:
                yield message["body"]
            if not message["more_body"]:
                return
        raise cut("the connection was closed")

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._owner.open -= 1
            self._task.cancel()
