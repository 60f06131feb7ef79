"""``/v1/trace``, ``/v1/releases`` and ``/v1/recalls``."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import orjson
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from probatum.gateway.errors import HttpRefusal
from probatum.gateway.feed import Feeding, last_event_id, numbered
from probatum.gateway.headers import UNKEPT
from probatum.gateway.journal import LedgerJournal
from probatum.gateway.openai.asking import body_of, parse
from probatum.gateway.parts import Parts
from probatum.gateway.propagation.recalling import Newest
from probatum.gateway.propagation.reporting import read_release, report_release
from probatum.gateway.propagation.telling import PREFIX, Telling, Told
from probatum.gateway.public.resource import versioned
from probatum.gateway.webhooks.endpoints import Endpoints
from probatum.ledger.propagation import notices, recalls, trace, trace_json
from probatum.ledger.propagation.search import Kind, Sought

PAGE: Final = 100
MAX_QUERY: Final = 100_000  # characters of a text that is traced
_NUMBER: Final = re.compile(r"\d{1,18}\Z")
_TOKEN: Final = re.compile(rf"{PREFIX}([0-9a-f]{{32}})\Z")
_SOUGHT: Final = ("q", "generation", "hash", "text")


@dataclass(frozen=True, slots=True)
class Service:
    """Who calls, the propagation ledger, the rules for addresses, what is told of recalls, how feeds are sent, what has news."""

    parts: Parts
    ledger: LedgerJournal
    endpoints: Endpoints
    telling: Telling
    feeding: Feeding = field(default_factory=Feeding)
    newest: Newest = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "newest", Newest(self.ledger, self.feeding.timing))


Handler = Callable[[Service, Request], Awaitable[Response]]


def routes(service: Service) -> list[Route]:
    """Handlers with their service."""

    def route(method: str, path: str, handler: Handler) -> Route:
        return Route(path, partial(handler, service), methods=[method], name=f"{method} {path}")

    return [
        route("GET", "/v1/trace", traced),
        route("POST", "/v1/trace", traced),
        route("POST", "/v1/releases", released),
        route("GET", "/v1/recalls", listed),
        route("GET", "/v1/recalls/stream", streamed),
        route("POST", "/v1/recalls/{id}/acknowledge", acknowledged),
    ]


async def traced(service: Service, request: Request) -> Response:
    """Which versions of a text went out, in which order, to whom, in which state; of the caller's own tenant only."""
    caller = await service.parts.identify(request)
    given = request.query_params if request.method == "GET" else parse(await body_of(request, service.parts.limits.request_bytes))
    look = partial(trace.trace, sought=_sought(given), tenant=caller.tenant, now=service.feeding.timing.now())
    return _json(200, trace_json.to_json(await service.ledger.read(look)))


async def released(service: Service, request: Request) -> Response:
    """An application reports that it copied a text or passed it on; whoever has it now is told of a recall."""
    caller = await service.parts.identify(request)
    given = read_release(parse(await body_of(request, service.parts.limits.request_bytes)))
    endpoint = None
    if given.callback is not None:
        endpoint = await service.endpoints.accept(caller.tenant, given.callback, where="callback")
    at = service.feeding.timing.now()
    body = await service.ledger.write(partial(report_release, given=given, tenant=caller.tenant, at=at))
    more = {} if endpoint is None else {"webhook": {"url": endpoint.url, "secret": str(endpoint.secret)}}
    return _json(201, body | more)


async def listed(service: Service, request: Request) -> Response:
    """The recalls after a number, for receivers that poll."""
    caller, query = await service.parts.identify(request), request.query_params
    page = await _page(service, caller.tenant, _number(query, "after"), query.get("receiver"))
    items = [one.to_json(service.parts.public_url) for one in page]
    following = items[-1]["seq"] if items else _number(query, "after")
    body = {"object": "list", "recalls": items, "next": following, "more": len(page) == PAGE}
    return versioned(request, service.parts.public_url, body, {})


async def streamed(service: Service, request: Request) -> Response:
    """The recalls after a number that nobody acknowledged yet, as they come."""
    caller, query = await service.parts.identify(request), request.query_params
    last = last_event_id(request)
    after = int(last) if _NUMBER.match(last) else _number(query, "after")
    return service.feeding.response(_open_recalls(service, caller.tenant, after, query.get("receiver")))


async def _open_recalls(service: Service, tenant: str, after: int, receiver: str | None) -> AsyncGenerator[bytes, None]:
    seen = after  # of all recalls, other tenants' included
    while True:
        page = await _page(service, tenant, after, receiver)
        for one in page:
            after = one.recall.seq
            if one.recall.acknowledged_at is None:
                yield numbered(str(after), "recall", one.to_json(service.parts.public_url))
        if len(page) < PAGE:
            seen = await service.newest.above(max(seen, after))


async def acknowledged(service: Service, request: Request) -> Response:
    """The receiver confirms that it was told; doing it again changes nothing."""
    caller, found = await service.parts.identify(request), _TOKEN.match(request.path_params["id"])
    token = found[1] if found else ""
    held = await service.ledger.read(partial(notices.find, token=token)) if found else None
    if held is None or held.tenant != caller.tenant:
        raise HttpRefusal(404, "recall_not_found", f"there is no recall {request.path_params['id']!r:.100}")
    now = await service.ledger.write(partial(recalls.acknowledge, token=token, at=service.feeding.timing.now()))
    about = await service.ledger.read(partial(service.telling.tell, recall=now))
    return _json(200, about.to_json(service.parts.public_url))


async def _page(service: Service, tenant: str, after: int, receiver: str | None) -> list[Told]:
    def read(connection: Connection) -> list[Told]:
        found = recalls.feed(connection, tenant, after=after, receiver=receiver, limit=PAGE)
        return [service.telling.tell(connection, recall) for recall in found]

    return await service.ledger.read(read)


def _sought(given: Mapping[str, Any]) -> Sought:
    named = [name for name in _SOUGHT if given.get(name) is not None]
    value = given[named[0]] if len(named) == 1 else None
    if not isinstance(value, str) or not 0 < len(value) <= MAX_QUERY:
        problem = f"give exactly one of {', '.join(_SOUGHT)}, as text of 1 to {MAX_QUERY} characters"
        raise HttpRefusal(400, "invalid_request", problem, param=named[0] if named else "q")
    sought = Sought(Kind.TEXT, value) if named == ["text"] else Sought.read(value)
    if named[0] in ("generation", "hash") and sought.kind != named[0]:
        raise HttpRefusal(400, "invalid_request", f"{value!r:.100} is no {named[0]}", param=named[0])
    return sought


def _number(query: Mapping[str, str], name: str) -> int:
    value = query.get(name, "0")
    if not _NUMBER.match(value):
        raise HttpRefusal(400, "invalid_request", f"{name} must be a number of the feed, not {value!r:.40}", param=name)
    return int(value)


def _json(status: int, body: Mapping[str, Any]) -> Response:
    headers = UNKEPT | {"x-content-type-options": "nosniff"}
    return Response(orjson.dumps(body), status, headers, "application/json")
