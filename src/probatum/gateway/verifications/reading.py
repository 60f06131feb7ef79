"""The body of ``POST /v1/verifications``, read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from probatum.coordinator.preparation import check_output
from probatum.encoding import canonical
from probatum.encoding.digest import Digest
from probatum.errors import CanonicalError, OutputRefused
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.openai.asking import body_of, gather, parse
from probatum.gateway.options import Options, read_options
from probatum.gateway.parts import Caller, Parts
from probatum.gateway.verifications.material import Hook, named
from probatum.gateway.verifications.runner import Handed
from probatum.gateway.webhooks.delivery import Endpoint
from probatum.gateway.webhooks.endpoints import Endpoints
from probatum.ledger.propagation.submissions import Submitted

_FIELDS: Final = ("text", "evidence", "corpus", "webhook", "receiver")
_MAX_RECEIVER: Final = 256


@dataclass(frozen=True, slots=True)
class Given:
    """A request, read; ``endpoint`` is where its end is to be told."""

    handed: Handed
    endpoint: Endpoint | None

    def same_as(self, before: Submitted) -> bool:
        """Whether a verification was asked for with the very same."""
        handed = self.handed
        material = named(handed.evidence, handed.hook, handed.receiver).to_json()
        return before.standing.output == Digest.of(handed.text.encode()) and before.material == material


async def read(parts: Parts, endpoints: Endpoints, caller: Caller, request: Request) -> Given:
    """Read the request, and fetch what of the evidence is remote.

    Raises:
        HttpRefusal: 400, and ``param`` names the field; 413 for a body too large.
    """
    body = parse(await body_of(request, parts.limits.request_bytes))
    if odd := sorted(body.keys() - set(_FIELDS)):
        raise _invalid(f"{odd[0]:.40} is not known; known are {', '.join(_FIELDS)}", odd[0])
    text, options = _text(body.get("text")), _options(body, parts.corpus)
    endpoint, hook = await _hook(endpoints, caller.tenant, body.get("webhook"))
    evidence = await gather(parts, options.evidence, options.corpus)
    return Given(Handed(caller.tenant, text, evidence, hook, _receiver(body.get("receiver"))), endpoint)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _invalid("text must be text", "text")
    try:
        check_output(canonical.utf8(value))
    except (CanonicalError, OutputRefused) as error:
        raise HttpRefusal(400, "text_refused", f"text: {error}", param="text") from None
    return value


def _options(body: dict[str, Any], corpus: str | None) -> Options:
    """Evidence and corpus as the option ``probatum`` has them; errors name the fields as they stand here."""
    try:
        options = read_options({name: body[name] for name in ("evidence", "corpus") if name in body}, corpus)
    except HttpRefusal as refusal:
        raise _invalid(str(refusal).replace("probatum.", ""), (refusal.param or "").replace("probatum.", "")) from None
    if not options.judged:
        problem = "without evidence or a corpus nothing can be checked; give one of them"
        raise HttpRefusal(400, "evidence_required", problem, param="evidence")
    return options


async def _hook(endpoints: Endpoints, tenant: str, value: object) -> tuple[Endpoint | None, Hook | None]:
    if value is None:
        return None, None
    if not isinstance(value, dict) or not {"url"} <= value.keys() <= {"url", "secret"}:
        raise _invalid('webhook must be an object with "url", and "secret" if you have one of your own', "webhook")
    endpoint = await endpoints.accept(tenant, value["url"], value.get("secret"))
    return endpoint, Hook(value["url"], value.get("secret"))


def _receiver(value: object) -> str | None:
    if value is not None and not (isinstance(value, str) and value.strip() and len(value) <= _MAX_RECEIVER):
        raise _invalid(f"receiver must be text of 1 to {_MAX_RECEIVER} characters", "receiver")
    return value


def _invalid(message: str, param: str) -> HttpRefusal:
    return HttpRefusal(400, "invalid_request", message, param=param)
