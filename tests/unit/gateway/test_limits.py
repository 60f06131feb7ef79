"""Bytes, time and places; slow senders, slow readers, and how it stops. Waiting is done by events, never by the clock."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import Message

from probatum.gateway.entrance.limits import ABORT, Bounds, Limits
from tests.unit.gateway.asgi import Exchange, ask, http_scope, taking_app

CHAT = "/v1/chat/completions"


def test_a_body_within_bounds_passes() -> None:
    app = Limits(taking_app, Bounds(body_bytes=10))
    found = asyncio.run(ask(app, "POST", CHAT, {"content-length": "10"}, b"12345", b"67890"))
    assert (found.status, found.body) == (200, b"10")


def test_a_body_that_says_it_is_too_large_is_refused_unread() -> None:
    app = Limits(taking_app, Bounds(body_bytes=10))
    found = asyncio.run(ask(app, "POST", CHAT, {"content-length": "11"}, b"never read"))
    assert (found.status, found.code, found._taken) == (413, "request_too_large", 0)
    assert found.headers["connection"] == "close"


def test_a_body_without_a_length_is_cut_off_where_it_is_too_large() -> None:
    app = Limits(taking_app, Bounds(body_bytes=10))
    found = asyncio.run(ask(app, "POST", CHAT, {"content-length": "lies"}, *[b"1234"] * 1000))
    assert (found.status, found.code, found._taken) == (413, "request_too_large", 3)


def test_a_body_that_never_ends_is_given_up() -> None:
    class Dripping(Exchange):
        async def receive(self) -> Message:
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"", "more_body": True}

    exchange = Dripping()
    app = Limits(taking_app, Bounds(body_ms=1))
    asyncio.run(app(http_scope("POST", CHAT), exchange.receive, exchange.send))
    assert (exchange.status, exchange.code) == (408, "request_timeout")


class Streaming:
    """Starts to answer and goes on until it is let."""

    def __init__(self) -> None:
        self.running = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        feed = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": feed})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        self.running.set()
        await self.go_on.wait()
        await send({"type": "http.response.body", "body": b"last", "more_body": False})


def test_only_so_many_streams_are_open_and_the_place_is_free_again() -> None:
    async def story() -> None:
        inner = Streaming()
        app = Limits(inner, Bounds(streams=1))
        first = asyncio.create_task(ask(app, "POST", CHAT))
        await inner.running.wait()
        assert app.open == 1
        second = await ask(app, "POST", CHAT)
        assert (second.status, second.code, second.headers["retry-after"]) == (503, "too_many_streams", "5")
        inner.go_on.set()
        assert (await first).body == b"firstlast"
        assert app.open == 0
        assert (await ask(app, "POST", CHAT)).status == 200

    asyncio.run(story())


def test_looking_needs_no_place() -> None:
    app = Limits(taking_app, Bounds(streams=0))
    assert asyncio.run(ask(app, "GET", "/healthz")).status == 200
    assert asyncio.run(ask(app, "POST", CHAT)).status == 503


def test_when_it_stops_answers_go_on_and_feeds_end() -> None:
    async def story() -> None:
        answer, feed = Streaming(), Streaming()
        app = Limits(_by_method(answer, feed), Bounds())
        answering, feeding = asyncio.create_task(ask(app, "POST", CHAT)), asyncio.create_task(ask(app, "GET", "/v1/recalls/events"))
        await asyncio.gather(answer.running.wait(), feed.running.wait())
        app.stop()
        fed = await feeding
        assert fed.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}
        assert fed.body == b"first"
        refused = await ask(app, "POST", CHAT)
        assert (refused.status, refused.code, refused.headers["retry-after"]) == (503, "shutting_down", "5")
        assert (await ask(app, "GET", "/v1/recalls/events")).status == 200, "one that comes now ends at once"
        answer.go_on.set()
        assert (await answering).body == b"firstlast"

    asyncio.run(story())


def _by_method(post: Streaming, get: Streaming) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await (post if scope["method"] == "POST" else get)(scope, receive, send)

    return app


def test_a_cancellation_that_is_not_ours_goes_on() -> None:
    async def story() -> bool:
        feed = Streaming()
        task = asyncio.create_task(ask(Limits(feed, Bounds()), "GET", "/v1/recalls/events"))
        await feed.running.wait()
        task.cancel()
        await asyncio.wait({task})
        return task.cancelled()

    assert asyncio.run(story())


def test_a_reader_that_takes_nothing_is_dropped_with_its_buffer() -> None:
    async def story() -> tuple[list[str], bool]:
        exchange, dropped = Exchange(), []

        async def never(message: Message) -> None:
            if message["type"] == "http.response.body":
                await asyncio.Event().wait()

        def abort() -> None:
            dropped.append("aborted")
            exchange.gone.set()

        inner = Streaming()
        inner.go_on.set()
        app = Limits(inner, Bounds(stall_ms=1))
        await app(http_scope("POST", CHAT, **{ABORT: abort}), exchange.receive, never)
        return dropped, inner.running.is_set()

    assert asyncio.run(story()) == (["aborted"], False)


def test_what_is_no_request_passes() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    exchange = Exchange()
    asyncio.run(Limits(app, Bounds())({"type": "lifespan"}, exchange.receive, exchange.send))
    assert seen == ["lifespan"]
