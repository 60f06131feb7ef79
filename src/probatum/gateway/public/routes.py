"""``/v1/certificates``, ``/v1/rounds`` and ``/v1/fragments``: what is named by its hash."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from probatum.consensus.outcome import FragmentVerdict
from probatum.coordinator.report import FRAGMENT_STATUS
from probatum.encoding.digest import Digest
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.public import outputs
from probatum.gateway.public.library import Seen
from probatum.gateway.public.resource import fixed, forever, versioned
from probatum.gateway.public.service import VARY, Service, digest_in, statement_json
from probatum.verify.bundle import Bundle, decode_bundle
from probatum.verify.disclose import disclose

_ASKED_ABOUT: Final = {"cache-control": "no-cache"}
_ROUND: Final = re.compile(r"[0-9a-f]{32}\Z")
REVOCATION: Final = "https://probatum.dev/rel/revocation"
"""The relation of a certificate to where its revocation would be. The link stands there whether or not there is one, because
the answer to a hash never changes."""

Handler = Callable[[Service, Request], Awaitable[Response]]


def routes(service: Service) -> list[Route]:
    """Handlers with their service."""

    def route(path: str, handler: Handler) -> Route:
        return Route(path, partial(handler, service), methods=["GET"], name=f"GET {path}")

    return [
        route("/v1/certificates/{hash}", certificate),
        route("/v1/certificates/{hash}/revocation", revocation),
        route("/v1/rounds/{id}", round_),
        *[route(path, handler) for path, handler in outputs.PATHS.items()],
        route("/v1/fragments/{hash}", fragment),
        route("/v1/fragments/{hash}/proof", proof),
    ]


async def certificate(service: Service, request: Request) -> Response:
    """The bundle of a certificate or rejection: a file that ``probatum audit`` checks without this server."""
    record = digest_in(request, "certificate")
    seen = _found(await _statement(service, request, record), "certificate", record)
    link = {"link": f'<{_revocation_url(service, record)}>; rel="{REVOCATION}"'}
    return fixed(request, seen.statement.bundle, str(record), _kept(seen) | link, "application/json")


async def revocation(service: Service, request: Request) -> Response:
    """The signed revocation of a certificate, which ``probatum audit`` checks without this server; 404 while there is none."""
    caller, record = await service.parts.identify(request), digest_in(request, "certificate")
    found = await service.library.revocation(caller.tenant, record)
    seen, file = (None, None) if found is None else found
    seen = _found(seen, "certificate", record)
    if file is None:
        raise HttpRefusal(
            404, "revocation_not_found", f"the certificate {record} was not revoked so far; ask again before each use"
        )
    return fixed(request, file, str(Digest.of(file)), _kept(seen), "application/json")


async def round_(service: Service, request: Request) -> Response:
    """A round: what became of it, and the statement that ended it."""
    caller, id_ = await service.parts.identify(request), request.path_params["id"]
    found = await service.library.round(caller.tenant, id_) if _ROUND.match(id_) else None
    if found is None:
        raise HttpRefusal(404, "round_not_found", f"there is no round {id_!r:.100}")
    kept, output_, seen = found
    body = {
        "object": "round",
        "id": id_,
        "state": kept.state,
        "opened_at": kept.opened_at,
        "output": output_.hex(),
        "statement": None if seen is None else statement_json(seen, service.parts.public_url),
    }
    return versioned(request, service.parts.public_url, body, {} if seen is None else _ASKED_ABOUT)


async def fragment(service: Service, request: Request) -> Response:
    """One claim's place: the statement that decided it, and what that says of it."""
    digest = digest_in(request, "fragment")
    seen, number = await _fragment(service, request, digest)
    verdict = seen.outcome.verdicts[number]
    survived = verdict is FragmentVerdict.SUPPORTED and seen.revoked is None
    url = f"{service.parts.public_url}/v1/fragments/{digest}/proof"
    body = {
        "object": "fragment",
        "id": str(digest),
        "index": number,
        "status": FRAGMENT_STATUS[verdict],
        "cert_hash": str(seen.statement.record_hash) if survived else None,
        "statement": statement_json(seen, service.parts.public_url),
        "proof_url": url if verdict is FragmentVerdict.SUPPORTED else None,
    }
    return versioned(request, service.parts.public_url, body, _ASKED_ABOUT)


async def proof(service: Service, request: Request) -> Response:
    """The proof of one surviving claim: it shows no other claim and no ballot."""
    digest = digest_in(request, "fragment")
    seen, number = await _fragment(service, request, digest)
    if seen.outcome.verdicts[number] is not FragmentVerdict.SUPPORTED:
        raise HttpRefusal(404, "proof_not_found", f"fragment {digest} did not survive; only a surviving claim has a proof")
    made = await asyncio.to_thread(_disclose, seen.statement.bundle, number)
    return fixed(request, made, str(digest), _kept(seen), "application/json")


def _disclose(bundle: bytes, number: int) -> bytes:
    whole = decode_bundle(bundle)
    assert isinstance(whole, Bundle)
    return disclose(whole, number).encode()


async def _statement(service: Service, request: Request, record: Digest) -> Seen | None:
    caller = await service.parts.identify(request)
    return await service.library.statement(caller.tenant, record)


async def _fragment(service: Service, request: Request, digest: Digest) -> tuple[Seen, int]:
    caller = await service.parts.identify(request)
    found = await service.library.fragment(caller.tenant, digest)
    if found is None:
        raise HttpRefusal(404, "fragment_not_found", f"there is no fragment {digest}")
    return found[0], found[1].number


def _revocation_url(service: Service, record: Digest) -> str:
    return f"{service.parts.public_url}/v1/certificates/{record}/revocation"


def _kept(seen: Seen) -> dict[str, str]:
    headers = {"cache-control": forever(public=seen.public)}
    return headers if seen.public else headers | VARY


def _found(seen: Seen | None, what: str, digest: Digest) -> Seen:
    if seen is None:
        raise HttpRefusal(404, f"{what}_not_found", f"there is no {what} {digest}")
    return seen
