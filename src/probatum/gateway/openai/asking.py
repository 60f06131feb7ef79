"""From an HTTP request to the question for the upstream: read it, take our option out, gather the evidence, name the question."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import UnionType
from typing import Any, Final

import orjson
from starlette.requests import Request

from probatum.coordinator.verification import Evidence
from probatum.encoding.digest import Digest
from probatum.gateway.answers.generation import Ask
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.options import Inline, Options, Remote, Source, Wait, take_options
from probatum.gateway.parts import Caller, Parts
from probatum.gateway.ports import CacheKey

NO_EVIDENCE: Final = "no evidence was given: nothing can be checked"
SEVERAL: Final = "several answers were asked for, and one certificate is for one text; ask for one (n: 1)"
_MODE: Final = ("stream", "stream_options")  # how an answer comes, not what is asked
_UNDERSTOOD: Final[tuple[tuple[str, type | UnionType, str], ...]] = (
    ("model", str, "given, as text"),
    ("messages", list, "given, as a list"),
    ("stream", bool | None, "true or false"),
    ("stream_options", dict | None, "an object"),
)


@dataclass(frozen=True, slots=True)
class Asking:
    """A request, read.

    Attributes:
        caller: who asks.
        body: the fields of the request without ``probatum``.
        options: ``probatum``.
        fresh: whether a kept or shared answer is unwanted (``Cache-Control: no-cache``).
    """

    caller: Caller
    body: dict[str, Any]
    options: Options
    fresh: bool

    @property
    def receiver(self) -> str:
        """Who gets the text: the caller, and whom it names as its user."""
        user = self.body.get("safety_identifier") or self.body.get("user")
        return f"{self.caller.receiver} user:{user:.128}" if isinstance(user, str) else self.caller.receiver


async def read(parts: Parts, request: Request) -> Asking:
    """Read a request.

    Raises:
        HttpRefusal: 400 for a body or option that cannot be used, 401 or 429 by ``parts.identify``, 413 for a body too large.
    """
    caller = await parts.identify(request)
    body = parse(await body_of(request, parts.limits.request_bytes))
    control = request.headers.get("cache-control", "")
    return Asking(caller, body, take_options(body, request.headers, parts.corpus), "no-cache" in control or "no-store" in control)


async def body_of(request: Request, limit: int) -> bytes:
    """The request's body; raises HttpRefusal 413 above ``limit`` bytes, without reading on."""
    length = request.headers.get("content-length", "0")
    parts, size = [], int(length) if length.isdecimal() and int(length) > limit else 0
    if not size:
        async for part in request.stream():
            parts.append(part)
            size += len(part)
            if size > limit:
                break
    if size > limit:
        raise HttpRefusal(413, "request_too_large", f"the request's body has more than {limit} bytes; send less text or evidence")
    return b"".join(parts)


def parse(data: bytes) -> dict[str, Any]:
    """A request's JSON; raises HttpRefusal 400."""
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise HttpRefusal(400, "invalid_json", f"the request's body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise HttpRefusal(400, "invalid_json", "the request's body must be a JSON object")
    return body


async def question(parts: Parts, asking: Asking, chat: dict[str, Any]) -> Ask:
    """The question to the upstream.

    Args:
        parts: the ports.
        asking: the request.
        chat: the body of a chat completion: the request's own, or what it was translated to.

    Raises:
        HttpRefusal: 400, by what cannot be used.
    """
    check(chat)
    evidence = await gather(parts, asking.options.evidence, asking.options.corpus)
    several = chat.get("n") not in (None, 1)
    if several and asking.options.wait is Wait.CERTIFICATE:
        raise HttpRefusal(400, "not_certifiable", f"no certificate can ever exist: {SEVERAL}", param="n")
    unjudged = NO_EVIDENCE if not evidence else SEVERAL if several else None
    version = "" if evidence.corpus is None else await parts.corpus_version(asking.caller.tenant, evidence.corpus)
    asked = {key: value for key, value in chat.items() if key not in _MODE}
    key = CacheKey(asking.caller.tenant, _digest(asked, evidence, version), parts.verifier.epoch)
    usage = bool((chat.get("stream_options") or {}).get("include_usage"))
    return Ask(key, chat["model"], orjson.dumps(chat), chat.get("stream") is True, usage, evidence, unjudged)


def check(chat: dict[str, Any]) -> None:
    """Refuse what the gateway itself must understand and cannot; everything else is the upstream's to judge."""
    for name, kind, words in _UNDERSTOOD:
        if not isinstance(chat.get(name), kind):
            raise HttpRefusal(400, "invalid_request", f"{name} must be {words}", param=name)


async def gather(parts: Parts, sources: tuple[Source, ...], corpus: str | None) -> Evidence:
    """The evidence, what is remote fetched at once."""
    fetched = await asyncio.gather(*[parts.fetch(source.url) for source in sources if isinstance(source, Remote)])
    remote = iter(fetched)
    return Evidence(tuple((s.name, s.content) if isinstance(s, Inline) else next(remote) for s in sources), corpus)


def _digest(asked: dict[str, Any], evidence: Evidence, version: str) -> Digest:
    """Equal for equal questions: fields in any order, the evidence by its content."""
    sources = [[name, str(Digest.of(content))] for name, content in evidence.sources]
    named = {"ask": asked, "corpus": [evidence.corpus, version], "sources": sources}
    return Digest.of(orjson.dumps(named, option=orjson.OPT_SORT_KEYS))
