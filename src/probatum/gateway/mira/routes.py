"""``POST /verify/v1/stream`` and ``GET /verify/v1/health``."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from probatum.claims.draft import Claim, Draft
from probatum.coordinator.preparation import check_output
from probatum.coordinator.verification import Evidence
from probatum.errors import OutputRefused
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.feed import Feeding
from probatum.gateway.headers import UNKEPT
from probatum.gateway.mira.assessment import Committee, Terms
from probatum.gateway.mira.stream import Asked, judged, without_evidence
from probatum.gateway.openai.asking import body_of, parse
from probatum.gateway.parts import Parts
from probatum.gateway.verifications.runner import Handed, Names, Runner

PREFIX: Final = "/verify/"
DOMAINS: Final = ("general", "legal")
_NAMES: Final = {429: "Rate Limit Exceeded"}  # where that API does not use HTTP's own phrase


@dataclass(frozen=True, slots=True)
class Service:
    """What the handlers need.

    Attributes:
        parts: who calls, and limits.
        runner: runs verifications.
        committee: who votes.
        splitter: from a text to its claims; the one that rounds use.
        corpora: the corpus that facts of a domain are judged against.
        feeding: how events are sent.
    """

    parts: Parts
    runner: Runner
    committee: Committee
    splitter: Callable[[bytes], Sequence[Draft]]
    corpora: Mapping[str, str]
    feeding: Feeding = field(default_factory=Feeding)


Handler = Callable[[Service, Request], Awaitable[Response]]


def routes(service: Service) -> list[Route]:
    """Handlers with their service."""
    return [
        Route("/verify/v1/stream", partial(stream, service), methods=["POST"], name="POST /verify/v1/stream"),
        Route("/verify/v1/health", health, methods=["GET"], name="GET /verify/v1/health"),
    ]


async def health(request: Request) -> Response:
    """The service answers."""
    return Response(b'{"status":"ok"}', 200, UNKEPT, "application/json")


async def stream(service: Service, request: Request) -> Response:
    """Verify one fact, telling of every step. A refusal comes before the stream begins."""
    caller = await service.parts.identify(request)
    body = parse(await body_of(request, service.parts.limits.request_bytes))
    fact, domain, terms = _fact(body), _domain(body), Terms.read(body, service.committee)
    drafts = await asyncio.to_thread(service.splitter, fact.encode())
    claims = tuple(draft.text for draft in drafts if isinstance(draft, Claim))
    names, at = Names(f"ver_{secrets.token_hex(16)}", f"gen_{secrets.token_hex(16)}"), service.feeding.timing.now()
    asked, corpus = Asked(names.job, fact, claims, terms, at), service.corpora.get(domain)
    if corpus is None:
        reason = f"this gateway has no corpus for the domain {domain}: without evidence nothing can be judged"
        return service.feeding.response(without_evidence(asked, reason))
    await service.runner.submit(names, Handed(caller.tenant, fact, Evidence(corpus=corpus)))
    entry = service.runner.register.find(names.job)
    assert entry is not None
    base = service.parts.public_url
    addition = {
        "verification": names.job,
        "generation": names.generation,
        "corpus": corpus,
        "url": f"{base}/v1/verifications/{names.job}",
    }
    return service.feeding.response(judged(asked, entry.verification, addition), {"probatum-generation": names.generation})


def _fact(body: Mapping[str, Any]) -> str:
    fact = body.get("fact")
    if not isinstance(fact, str):
        raise HttpRefusal(400, "invalid_request", "fact must be given, as text", param="fact")
    try:
        check_output(fact.encode())
    except OutputRefused as error:
        raise HttpRefusal(400, "text_refused", f"fact: {error}", param="fact") from None
    return fact


def _domain(body: Mapping[str, Any]) -> str:
    domain = body.get("domain", DOMAINS[0])
    if domain not in DOMAINS:
        raise HttpRefusal(400, "invalid_request", f"domain must be one of {', '.join(DOMAINS)}", param="domain")
    return str(domain)


class MiraErrors:
    """ASGI middleware: every refusal below ``/verify/``, whoever it comes from, in that API's form ``{"error", "message"}``.

    Our stable ``code`` is added.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Rewriting(send))


class _Rewriting:
    """Holds a refusal back until it is whole; everything else passes."""

    def __init__(self, send: Send) -> None:
        self._send, self._start, self._body = send, dict[str, Any](), b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= HTTPStatus.BAD_REQUEST:
            self._start = dict(message)
        elif not self._start:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._refuse()

    async def _refuse(self) -> None:
        body = _rewritten(self._start["status"], self._body)
        MutableHeaders(scope=self._start)["content-length"] = str(len(body))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


def _rewritten(status: int, body: bytes) -> bytes:
    try:
        error = orjson.loads(body)["error"]
        message, code = error["message"], error["code"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return body
    return orjson.dumps({"error": _NAMES.get(status, HTTPStatus(status).phrase), "message": message, "code": code})
