"""The paths of OpenAI's API that are served, and ours beside them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from probatum.gateway.openai import chat, models, responses, standing
from probatum.gateway.openai.serving import Service

Handler = Callable[[Service, Request], Awaitable[Response]]


def routes(service: Service) -> list[Route]:
    """Handlers with their service."""

    def route(method: str, path: str, handler: Handler) -> Route:
        return Route(path, partial(handler, service), methods=[method], name=f"{method} {path}")

    return [
        route("POST", "/v1/chat/completions", chat.create),
        route("POST", "/v1/responses", responses.create),
        route("GET", "/v1/models", models.models),
        route("GET", "/v1/models/{model:path}", models.models),
        route("GET", "/v1/generations/{name}", standing.standing),
        route("GET", "/v1/chat/completions/{name}/verification", standing.standing),
        route("GET", "/v1/responses/{name}/verification", standing.standing),
    ]
