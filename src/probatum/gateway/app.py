"""The gateway as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from probatum.errors import ProbatumError
from probatum.gateway.answers.flights import Flights
from probatum.gateway.errors import on_error, on_http_error
from probatum.gateway.openai.routes import routes
from probatum.gateway.openai.serving import Service
from probatum.gateway.parts import Parts


def create_app(parts: Parts, more: Sequence[BaseRoute] = ()) -> Starlette:
    """The app.

    Args:
        parts: what it stands on. The caller closes the journal and the verifier, after the app has stopped.
        more: further routes; each area of the gateway has a function ``routes(parts)``.
    """
    service = Service(parts, Flights(parts))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await service.flights.drain()
        await parts.upstream.close()

    app = Starlette(
        routes=[*routes(service), *more],
        lifespan=lifespan,
        exception_handlers={HTTPException: on_http_error, ProbatumError: on_error, Exception: on_error},
    )
    app.state.drain = service.flights.drain  # for a server that stops: while its connections are still open
    return app
