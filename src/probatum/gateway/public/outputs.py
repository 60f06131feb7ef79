"""``/v1/outputs``: where a text stands, by the hash of its bytes.

Every state has a URL that names it, and that of a certified text names its certificate too. The plain URL only leads there: a 303
is no answer that caches keep, not even one that ignores ``no-store``. So what such a cache keeps of a provisional text stands under
a URL that says *provisional*, and nobody is led there any more once the text is certified, rejected or revoked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from probatum.consensus.outcome import Scope
from probatum.encoding.digest import Digest
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.headers import CERT_HASH, CHANGING, STATE, UNKEPT
from probatum.gateway.public.library import Seen
from probatum.gateway.public.resource import SAFE, tagged, unkept
from probatum.gateway.public.service import Service, digest_in, statement_json
from probatum.ledger.propagation.generations import Standing
from probatum.ledger.propagation.states import CERTIFIED
from probatum.ledger.records import State

_STATES: Final = {Scope.COMPLETE: State.CERTIFIED, Scope.PARTIAL: State.PARTIALLY_CERTIFIED, Scope.NONE: State.REJECTED}


@dataclass(frozen=True, slots=True)
class Known:
    """What may be told of one text, at one moment.

    Attributes:
        output: SHA-256 of the text.
        tenant: who asks.
        standings: its generations, the newest first.
        statements: about it, the newest last.
    """

    output: Digest
    tenant: str
    standings: list[Standing]
    statements: list[Seen]

    @property
    def certifying(self) -> Seen | None:
        """The newest statement in force that certifies the whole text."""
        whole = (one for one in reversed(self.statements) if one.revoked is None and one.outcome.scope is Scope.COMPLETE)
        return next((one for one in whole if not self._superseded(one)), None)

    def _superseded(self, seen: Seen) -> bool:
        concerned = [one for one in self.standings if one.cert_hash == seen.statement.record_hash]
        return bool(concerned) and all(one.state is not State.CERTIFIED for one in concerned)

    @property
    def state(self) -> State:
        """Certified if a statement says so; else where its newest generation stands."""
        if self.certifying is not None:
            return State.CERTIFIED
        if self.standings:
            return self.state_of(self.standings[0])
        newest = self.statements[-1]
        return State.REVOKED if newest.revoked is not None else _STATES[newest.outcome.scope]

    def state_of(self, one: Standing) -> State:
        """Where a generation stands. A revocation that is signed counts, also before the propagation ledger knows it."""
        gone = {seen.statement.record_hash for seen in self.statements if seen.revoked is not None}
        return State.REVOKED if one.state in CERTIFIED and one.record_hash in gone else one.state

    @property
    def path(self) -> str:
        """The one path under which this state stands."""
        certifying = self.certifying
        named = str(self.state) if certifying is None else f"certified/{certifying.statement.record_hash}"
        return f"/v1/outputs/{self.output.hex()}/{named}"

    def to_json(self, base: str) -> dict[str, Any]:
        """The state, and what it rests on: of a certified text the one certificate alone, so that the body changes with it only."""
        certifying = self.certifying
        told = self.statements if certifying is None else [certifying]
        own = [one for one in self.standings if one.generation.tenant == self.tenant]
        concerned = own if certifying is None else [one for one in own if one.cert_hash == certifying.statement.record_hash]
        return {
            "object": "output",
            "sha256": self.output.hex(),
            "state": str(self.state),
            "cert_hash": None if certifying is None else str(certifying.statement.record_hash),
            "statements": [statement_json(one, base) for one in told],
            "generations": [{"id": one.generation.id, "state": str(self.state_of(one))} for one in concerned],
        }


async def located(service: Service, request: Request) -> Response:
    """Leads to the URL of the state in which the text is now."""
    return _lead(service, await _known(service, request))


async def stated(service: Service, request: Request) -> Response:
    """One state of a text, as long as it is in that state; leads to the other one if not."""
    known = await _known(service, request)
    if request.path_params["state"] not in set(State) - {State.CERTIFIED}:
        problem = f"{request.path_params['state']!r:.40} is no state of a text; ask at /v1/outputs/{known.output.hex()}"
        raise HttpRefusal(404, "output_not_found", problem)
    if request.path_params["state"] != known.state:
        return _lead(service, known)
    return unkept(known.to_json(service.parts.public_url), {STATE: str(known.state)})


async def certified(service: Service, request: Request) -> Response:
    """That a text is certified by this certificate, as long as it is; leads to what it is instead if not."""
    known, named = await _known(service, request), digest_in(request, "certificate", "cert_hash")
    if known.certifying is None or known.certifying.statement.record_hash != named:
        return _lead(service, known)
    headers = {STATE: str(State.CERTIFIED), CERT_HASH: str(named), "cache-control": "no-cache"} | CHANGING
    return tagged(request, orjson.dumps(known.to_json(service.parts.public_url)), str(named), headers)


PATHS: Final[dict[str, Callable[[Service, Request], Awaitable[Response]]]] = {
    "/v1/outputs/{hash}": located,
    "/v1/outputs/{hash}/certified/{cert_hash}": certified,
    "/v1/outputs/{hash}/{state}": stated,
}


async def _known(service: Service, request: Request) -> Known:
    caller, digest = await service.parts.identify(request), digest_in(request, "output")
    standings = await service.library.standings(caller.tenant, digest)
    statements = await service.library.statements_of(caller.tenant, digest)
    if not standings and not statements:
        raise HttpRefusal(404, "output_not_found", f"nothing is known of an output {digest}")
    return Known(digest, caller.tenant, standings, statements)


def _lead(service: Service, known: Known) -> Response:
    """303, without a word on the state but in the URL that it leads to (RFC 9110, section 15.4.4)."""
    url = f"{service.parts.public_url}{known.path}"
    body = {"object": "see_other", "url": url}
    return Response(orjson.dumps(body), 303, SAFE | UNKEPT | {"location": url}, "application/json")
