"""``GET /v1/models``: the upstream's own list."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from probatum.gateway.answers.upstream import answer, passed_headers, whole
from probatum.gateway.openai.serving import Service


async def models(service: Service, request: Request) -> Response:
    """All models, or the one that the path names."""
    parts = service.parts
    await parts.identify(request)
    name = request.path_params.get("model")
    path = "/models" if name is None else f"/models/{quote(name)}"
    async with answer(parts.upstream, parts.timeouts, path) as reply:
        body = await whole(reply, parts.timeouts, parts.limits.answer_bytes)
        return Response(body, 200, passed_headers(reply), "application/json")
