"""``/v1/verifications``: hand in a text, look at what became of it, follow it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from probatum.gateway.errors import HttpRefusal
from probatum.gateway.feed import Feeding, last_event_id
from probatum.gateway.headers import UNKEPT, state_headers
from probatum.gateway.parts import Parts
from probatum.gateway.public.resource import names_version, versioned
from probatum.gateway.verifications import events
from probatum.gateway.verifications.prefer import waiting
from probatum.gateway.verifications.reading import read
from probatum.gateway.verifications.runner import Names, Runner
from probatum.gateway.verifications.view import View, Viewer

MAX_WAIT_S: Final = 60
MAX_KEY: Final = 255
PATH: Final = "/v1/verifications"


@dataclass(frozen=True, slots=True)
class Service:
    """What the handlers need.

    Attributes:
        parts: who calls, limits, and how evidence is fetched.
        runner: runs verifications.
        viewer: finds them.
        feeding: how events are sent.
    """

    parts: Parts
    runner: Runner
    viewer: Viewer
    feeding: Feeding = field(default_factory=Feeding)


Handler = Callable[[Service, Request], Awaitable[Response]]


def routes(service: Service) -> list[Route]:
    """Handlers with their service."""

    def route(method: str, path: str, handler: Handler) -> Route:
        return Route(path, partial(handler, service), methods=[method], name=f"{method} {path}")

    return [
        route("POST", PATH, create),
        route("GET", PATH + "/{id}", show),
        route("GET", PATH + "/{id}/events", follow),
    ]


async def create(service: Service, request: Request) -> Response:
    """Accept a text. What is answered with 202 is on disk, and will be judged even if the gateway is killed now.

    With ``Prefer: wait`` the answer is 200 and what became of it, if that is known in time (RFC 7240, section 4.3).
    """
    caller = await service.parts.identify(request)
    given = await read(service.parts, service.runner.endpoints, caller, request)
    names, key = _names(caller.tenant, request), "idempotency-key" in request.headers
    before = await service.runner.find(names.job) if key else None
    if before is None:
        before = await service.runner.submit(names, given.handed)
    if before is not None and not given.same_as(before):
        message = "this Idempotency-Key came with another request before; use a new key for a new request"
        raise HttpRefusal(422, "idempotency_key_reused", message, param="Idempotency-Key")
    view = await service.viewer.find(caller.tenant, names.job)
    assert view is not None
    view, applied = await _waited(service, request, caller.tenant, view)
    url = f"{service.parts.public_url}{PATH}/{names.job}"
    ended = bool(applied) and view.over
    body = await _whole(service, view) if ended else _accepted(view, url)
    if given.endpoint is not None:
        body |= {"webhook": {"url": given.endpoint.url, "secret": str(given.endpoint.secret)}}
    headers = state_headers(view.state, view.generation, view.cert_hash) | UNKEPT | {"location": url}
    return _json(200 if ended else 202, body, headers | applied)


def _accepted(view: View, url: str) -> dict[str, Any]:
    return {
        "id": view.id,
        "object": "verification",
        "generation": view.generation,
        "state": str(view.state),
        "url": url,
        "events_url": f"{url}/events",
    }


async def show(service: Service, request: Request) -> Response:
    """What became of it; held back until it is settled, or as long as ``Prefer: wait`` says."""
    caller, name = await service.parts.identify(request), request.path_params["id"]
    view = _found(await service.viewer.find(caller.tenant, name), name)
    view, applied = await _waited(service, request, caller.tenant, view)
    headers = state_headers(view.state, view.generation, view.cert_hash) | applied
    return versioned(request, service.parts.public_url, await _whole(service, view), headers)


async def _waited(service: Service, request: Request, tenant: str, view: View) -> tuple[View, dict[str, str]]:
    """The verification once it is over or the client has waited long enough, and the header that says how long that may be."""
    if (wait := waiting(request, MAX_WAIT_S)) is None:
        return view, {}
    left = 0 if names_version(request) else wait * 1000  # who was led to a version has waited already
    return await service.viewer.wait(tenant, view, left), {"preference-applied": f"wait={wait}"}


async def _whole(service: Service, view: View) -> dict[str, Any]:
    return view.to_json(service.parts.public_url) | {"report": await service.viewer.report(view)}


async def follow(service: Service, request: Request) -> Response:
    """Its events; 204 tells a client that has them all to stop asking (WHATWG HTML, section 9.2.3)."""
    caller, name, last = await service.parts.identify(request), request.path_params["id"], last_event_id(request)
    view = _found(await service.viewer.find(caller.tenant, name), name)
    if view.entry is not None:
        if view.over and not await _any(view, last):
            return Response(status_code=204, headers=UNKEPT)
        return service.feeding.response(events.live(view.entry, last), {"probatum-generation": view.generation})
    if last == events.SETTLED and view.over:
        return Response(status_code=204, headers=UNKEPT)
    return service.feeding.response(_later(service, caller.tenant, view, last), {"probatum-generation": view.generation})


async def _any(view: View, last: str) -> bool:
    assert view.entry is not None
    async for _ in events.live(view.entry, last):
        return True
    return False


async def _later(service: Service, tenant: str, view: View, last: str) -> AsyncGenerator[bytes, None]:
    """For one that another process runs, or that ended long ago."""
    while not view.over:
        view = await service.viewer.wait(tenant, view, MAX_WAIT_S * 1000)
    report = await service.viewer.report(view)
    for event in events.known(view.end(), view.standing.record_hash, report, last):
        yield event


def _names(tenant: str, request: Request) -> Names:
    """New names; for the same ``Idempotency-Key`` of a tenant the same again, so that the ledger itself refuses a second one."""
    key = request.headers.get("idempotency-key")
    if key is None:
        token = secrets.token_hex(32)
    elif not 0 < len(key) <= MAX_KEY:
        raise HttpRefusal(400, "invalid_idempotency_key", f"an Idempotency-Key has 1 to {MAX_KEY} characters")
    else:
        token = sha256(orjson.dumps(["probatum idempotency key", tenant, key])).hexdigest()
    return Names(f"ver_{token[:32]}", f"gen_{token[32:]}")


def _found(view: View | None, name: str) -> View:
    if view is None:
        raise HttpRefusal(404, "verification_not_found", f"there is no verification {name!r:.100}")
    return view


def _json(status: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(body), status, {"x-content-type-options": "nosniff"} | dict(headers), "application/json")
