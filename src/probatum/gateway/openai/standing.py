"""Where a text stands, by generation id or by response id, for clients that drop fields and headers they do not know."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from probatum.gateway.answers.generation import Generation
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.headers import state_headers
from probatum.gateway.openai.serving import Service
from probatum.gateway.parts import Standing
from probatum.gateway.public.resource import versioned
from probatum.ledger.records import State


async def standing(service: Service, request: Request) -> Response:
    """State, hashes and addresses of one generation; 404 where the caller's tenant has none of that name."""
    caller = await service.parts.identify(request)
    name = _generation_id(request.path_params["name"])
    found = await service.parts.directory.standing(caller.tenant, name)
    running = service.flights.find(caller.tenant, name)
    if running is not None and (found is None or found.generation == running.id):
        found = _of(running, found)
    if found is None:
        raise HttpRefusal(404, "generation_not_found", f"there is no generation or response {name!r:.100}")
    base = service.parts.public_url
    headers = state_headers(found.state, found.generation, found.cert_hash) | {"cache-control": "no-store"}
    return versioned(request, base, _body(found, base), headers)


def _generation_id(name: str) -> str:
    """A response's id that we made ourselves says which generation it is."""
    return "gen_" + name.removeprefix("resp_") if name.startswith("resp_") else name


def _of(running: Generation, found: Standing | None) -> Standing:
    """One that is under way, as far as it is; what the ledger has settled stands."""
    if found is not None and found.state not in (State.GENERATING, State.PROVISIONAL):
        return found
    return Standing(running.id, running.notice.state, None, None, running.verification, running.record.started_at)


def _body(found: Standing, base: str) -> dict[str, Any]:
    cert_hash = None if found.cert_hash is None else str(found.cert_hash)
    return {
        "object": "generation",
        "id": found.generation,
        "state": str(found.state),
        "verification": found.verification,
        "cert_hash": cert_hash,
        "record_hash": None if found.record_hash is None else str(found.record_hash),
        "started_at": found.at,
        "url": f"{base}/v1/generations/{found.generation}",
        "verification_url": None if found.verification is None else f"{base}/v1/verifications/{found.verification}",
        "certificate_url": None if cert_hash is None else f"{base}/v1/certificates/{cert_hash}",
    }
