"""Outermost of all: every request is counted, logged and traced, whatever becomes of it further in. Pure ASGI."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from probatum.gateway.entrance.auth import CALLER, KEY
from probatum.gateway.headers import GENERATION
from probatum.gateway.parts import Moment
from probatum.gateway.watching.logs import access
from probatum.gateway.watching.metrics import Metrics
from probatum.gateway.watching.tracing import Tracing
from probatum.ledger.records import State

UNKNOWN: Final = "(none)"  # the route of a path that no route has
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_GENERATION: Final = GENERATION.encode()


class Observing:
    """ASGI middleware around everything else.

    Args:
        app: everything else.
        metrics, tracing: where it is told.
        ticks: seconds that never go back.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, tracing: Tracing, ticks: Callable[[], float] = time.perf_counter) -> None:
        self._app = app
        self._metrics = metrics
        self._tracing = tracing
        self._ticks = ticks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, generation, began = 0, "", self._ticks()

        async def watched(message: Message) -> None:
            nonlocal status, generation
            if message["type"] == "http.response.start":
                status = message["status"]
                generation = next((v.decode("latin-1") for k, v in message.get("headers", ()) if k == _GENERATION), "")
            await send(message)

        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        with self._tracing.request(method, Headers(scope=scope)) as annotate:
            try:
                await self._app(scope, receive, watched)
            finally:
                route, ms = _pattern(scope), (self._ticks() - began) * 1000
                more = _who(scope) | ({"generation": generation} if generation else {})
                self._metrics.request(route, method, status)
                access(method, route, status, ms, **more)
                annotate(route, status, **{f"probatum.{name}": value for name, value in more.items()})


def both(*told: Moment) -> Moment:
    """A moment that several hear of."""

    def tell(what: str, generation: str, state: State, at: int) -> None:
        for one in told:
            one(what, generation, state, at)

    return tell


def _pattern(scope: Scope) -> str:
    route = scope.get("route")
    return route.path if isinstance(route, Route) else UNKNOWN


def _who(scope: Scope) -> dict[str, str]:
    caller = scope.get(CALLER)
    return {} if caller is None else {"tenant": caller.tenant} | ({"key": scope[KEY]} if scope[KEY] else {})
