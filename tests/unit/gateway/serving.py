"""The whole gateway on fakes, in virtual time, and a client that may leave or stop reading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson
from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope, Send

from probatum.frozen import replace
from probatum.gateway.answers.sse import Splitter, payload
from probatum.gateway.answers.upstream import Timeouts
from probatum.gateway.app import create_app
from probatum.gateway.parts import Limits, Parts
from probatum.testing import timeless
from probatum.testing.gateway import MemoryJournal, ScriptedVerifier
from probatum.testing.upstream import FakeUpstream, InProcess, Script

T = TypeVar("T")
CHAT = "/v1/chat/completions"
SOURCES = {"evidence": [{"name": "voyager.txt", "text": "Voyager 1 was launched in 1977."}]}


def ask(content: str = "Tell me.", **fields: Any) -> dict[str, Any]:
    """The body of a chat request."""
    return {"model": "fake-1", "messages": [{"role": "user", "content": content}]} | fields


class Canned(FakeUpstream):
    """Answers with exactly these bytes."""

    def __init__(self, kind: str, pieces: list[bytes]) -> None:
        super().__init__()
        self._kind, self._pieces = kind, pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", self._kind.encode())]})
        for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


@dataclass
class Answer:
    """One answer, perhaps still coming."""

    status: int
    headers: dict[str, str]
    _messages: asyncio.Queue[Message | None]
    _leave: asyncio.Event
    _flow: asyncio.Event
    _task: asyncio.Task[None]
    read: bytes = b""

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, as it is sent."""
        while (message := await self._messages.get()) is not None:
            self.read += message.get("body", b"")
            yield message.get("body", b"")

    async def body(self) -> bytes:
        """The whole body."""
        async for _ in self.pieces():
            pass
        return self.read

    async def json(self) -> Any:
        """The whole body as JSON."""
        return orjson.loads(await self.body())

    async def events(self) -> list[Any]:
        """The data of all events, JSON read; ``[DONE]`` as text. Checks that the stream ends with a whole event."""
        splitter = Splitter(2**24)
        contents = [payload(event) for event in splitter.feed(await self.body())]
        assert not splitter.rest
        return ["[DONE]" if content == b"[DONE]" else orjson.loads(content) for content in contents if content is not None]

    def leave(self) -> None:
        """Close the connection from the client's side."""
        self._leave.set()

    def block(self) -> None:
        """Read nothing any more, with the connection open."""
        self._flow.clear()

    @property
    def over(self) -> bool:
        """Whether the gateway is done with it."""
        return self._task.done()


class Left(Exception):
    """The client was gone before an answer came."""


@dataclass
class Gateway:
    """The app and everything behind it."""

    script: Script | Callable[[dict[str, Any]], Script] = field(default_factory=Script)
    limits: Limits = field(default_factory=Limits)
    timeouts: Timeouts = field(default_factory=Timeouts)
    settings: Mapping[str, Any] = field(default_factory=dict)
    slow_ms: int = 0
    fake: FakeUpstream = field(default_factory=FakeUpstream)

    def __post_init__(self) -> None:
        if type(self.fake) is FakeUpstream:
            self.fake = FakeUpstream(self.script)
        self.upstream = InProcess(self.fake)
        self.journal = MemoryJournal(slow_ms=self.slow_ms)
        self.verifier = ScriptedVerifier(journal=self.journal)
        self.observed: list[str] = []
        parts = Parts(self.journal, self.journal, self.verifier, self.upstream, self.timeouts, limits=self.limits, clock=self.now)
        self.parts = replace(parts, observe=self._observe, **self.settings)
        self.app: Starlette = create_app(self.parts)

    def _observe(self, what: str, generation: str, state: object, at: int) -> None:
        self.observed.append(what)

    @staticmethod
    def now() -> int:
        """Virtual ms."""
        return round(asyncio.get_running_loop().time() * 1000)

    async def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        left: asyncio.Event | None = None,
    ) -> Answer:
        """Send a request; returns when the answer's headers are there. Set ``left`` to leave; raises Left where none come then."""
        sent = [{"type": "http.request", "body": body, "more_body": False}]
        left, flow, messages = left or asyncio.Event(), asyncio.Event(), asyncio.Queue[Message | None]()
        flow.set()

        async def receive() -> Message:
            if sent:
                return sent.pop()
            await left.wait()
            return {"type": "http.disconnect"}

        async def out(message: Message) -> None:
            await flow.wait()
            if not left.is_set():
                await messages.put(message)

        async def serve() -> None:
            try:
                await self.app(_scope(method, path, headers or {}), receive, out)
            finally:
                await messages.put(None)

        task = asyncio.create_task(serve())
        start = await messages.get()
        if start is None:
            await task
            raise Left
        told = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], told, messages, left, flow, task)

    async def post(
        self,
        body: Mapping[str, Any],
        path: str = CHAT,
        headers: Mapping[str, str] | None = None,
        left: asyncio.Event | None = None,
    ) -> Answer:
        """Send JSON, as :meth:`send`."""
        return await self.send("POST", path, orjson.dumps(body), headers, left)

    async def get(self, path: str) -> Answer:
        """Fetch."""
        return await self.send("GET", path)

    async def idle(self, ms: int = 3_600_000) -> None:
        """Let everything happen that happens within an hour."""
        await asyncio.sleep(ms / 1000)


def _scope(method: str, path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    base = {"type": "http", "http_version": "1.1", "scheme": "http", "query_string": b"", "root_path": ""}
    asgi = {"version": "3.0", "spec_version": "2.3"}
    return base | {"method": method, "path": path, "headers": raw, "client": ("192.0.2.1", 1), "server": ("test", 80), "asgi": asgi}


def run(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a test's coroutine in virtual time."""
    return timeless.run(main())


def verifications(events: list[Any]) -> list[dict[str, Any]]:
    """The ``verification`` objects of a chat stream."""
    return [event["verification"] for event in events if isinstance(event, dict) and "verification" in event]


def text(events: list[Any]) -> str:
    """The text of a chat stream."""
    choices = [choice for event in events if isinstance(event, dict) for choice in event.get("choices", [])]
    return "".join(choice["delta"].get("content") or "" for choice in choices)
