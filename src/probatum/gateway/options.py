"""The request option ``probatum``, read strictly: a misspelt field must not silently mean "no evidence".

It stands in the body, or as JSON in the header ``Probatum-Options`` for clients that drop fields they do not know.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NoReturn, TypeAlias, TypeVar

import orjson

from probatum.evidence.names import name_problem
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.headers import OPTIONS

E = TypeVar("E", bound=StrEnum)

MAX_SOURCES: Final = 256
MAX_LINGER_MS: Final = 600_000
MAX_URL: Final = 2048
MAX_CORPUS: Final = 128


class Wait(StrEnum):
    """When the text may go out."""

    NONE = "none"  # at once, as provisional text
    CERTIFICATE = "certificate"  # never before its certificate


class Scope(StrEnum):
    """What ``wait: certificate`` accepts."""

    COMPLETE = "complete"  # every claim survived
    PARTIAL = "partial"  # some did; the fragments say which


@dataclass(frozen=True, slots=True)
class Policy:
    """What a certificate must say for a text that waits for it to go out.

    Attributes:
        scope: how many of the claims must have survived.
    """

    scope: Scope = Scope.COMPLETE


@dataclass(frozen=True, slots=True)
class Inline:
    """A source sent with the request: its name and content."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Remote:
    """A source to fetch."""

    url: str


Source: TypeAlias = Inline | Remote


@dataclass(frozen=True, slots=True)
class Options:
    """What a request asks of the verification.

    Attributes:
        evidence: sources, in the order given.
        corpus: name of a corpus of this gateway.
        wait: when the text may go out.
        linger_ms: how long an answer may be held open after its last token to bring the certificate; ``None``: the default.
        policy: what ``wait: certificate`` asks for.
    """

    evidence: tuple[Source, ...] = ()
    corpus: str | None = None
    wait: Wait = Wait.NONE
    linger_ms: int | None = None
    policy: Policy = Policy()

    @property
    def judged(self) -> bool:
        """Whether there is anything to judge a text against."""
        return bool(self.evidence) or self.corpus is not None


def take_options(body: dict[str, Any], headers: Mapping[str, str], corpus: str | None = None) -> Options:
    """Take the option out of a request's body, or read it from the header.

    Args:
        body: the request's; the option is taken out.
        headers: the request's.
        corpus: what is judged against where a request brings no evidence and names no corpus.

    Raises:
        HttpRefusal: 400 ``invalid_options``; ``param`` names the field.
    """
    given, header = body.pop("probatum", None), headers.get(OPTIONS)
    if header is None:
        return Options(corpus=corpus) if given is None else read_options(given, corpus)
    if given is not None:
        _refuse("probatum", "is given in the body and in the header Probatum-Options; give it once")
    try:
        return read_options(orjson.loads(header.encode("latin-1")), corpus)
    except orjson.JSONDecodeError as error:
        raise HttpRefusal(400, "invalid_options", f"the header Probatum-Options is not JSON: {error}", param=OPTIONS) from None


def read_options(value: object, corpus: str | None = None) -> Options:
    """Read the value of ``probatum``; arguments and errors as :func:`take_options`."""
    given = _object(value, "probatum", "evidence", "corpus", "wait", "linger_ms", "policy")
    evidence, named = _evidence(given.get("evidence")), _optional_text(given.get("corpus"), "probatum.corpus", MAX_CORPUS)
    options = Options(
        evidence,
        named if named is not None or evidence else corpus,
        _choice(given.get("wait", "none"), "probatum.wait", Wait),
        _linger(given.get("linger_ms")),
        _policy(given.get("policy")),
    )
    if options.wait is Wait.CERTIFICATE and not options.judged:
        message = "probatum.wait: without evidence or a corpus no certificate can ever exist; give one of them, or wait: none"
        raise HttpRefusal(400, "evidence_required", message, param="probatum.evidence")
    return options


def _refuse(where: str, problem: str) -> NoReturn:
    raise HttpRefusal(400, "invalid_options", f"{where} {problem}", param=where)


def _object(value: object, where: str, *known: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(where, "must be an object")
    if odd := sorted(value.keys() - set(known)):
        _refuse(f"{where}.{odd[0]:.40}", f"is not known; known are {', '.join(known)}")
    return value


def _optional_text(value: object, where: str, limit: int) -> str | None:
    if value is not None and not (isinstance(value, str) and 0 < len(value) <= limit):
        _refuse(where, f"must be text of 1 to {limit} characters")
    return value


def _choice(value: object, where: str, kind: type[E]) -> E:
    if not isinstance(value, str) or value not in set(kind):
        _refuse(where, f"must be one of {', '.join(map(repr, map(str, kind)))}")
    return kind(value)


def _linger(value: object) -> int | None:
    if value is not None and (type(value) is not int or not 0 <= value <= MAX_LINGER_MS):
        _refuse("probatum.linger_ms", f"must be an integer from 0 to {MAX_LINGER_MS}")
    return value


def _policy(value: object) -> Policy:
    if value is None:
        return Policy()
    given = _object(value, "probatum.policy", "scope")
    return Policy(_choice(given.get("scope", "complete"), "probatum.policy.scope", Scope))


def _evidence(value: object) -> tuple[Source, ...]:
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > MAX_SOURCES:
        _refuse("probatum.evidence", f"must be a list of at most {MAX_SOURCES} sources")
    sources = tuple(_source(item, f"probatum.evidence[{number}]") for number, item in enumerate(value))
    names = [source.name for source in sources if isinstance(source, Inline)]
    if twice := next((name for name in names if names.count(name) > 1), None):
        _refuse("probatum.evidence", f"names two sources {twice!r}")
    return sources


def _source(value: object, where: str) -> Source:
    given = _object(value, where, "name", "text", "data", "url")
    if given.keys() == {"url"}:
        return Remote(_optional_text(given["url"], f"{where}.url", MAX_URL) or _refuse(f"{where}.url", "must be text"))
    if given.keys() not in ({"name", "text"}, {"name", "data"}):
        _refuse(where, 'must have exactly "name" and "text", "name" and "data" (base64), or "url"')
    if problem := name_problem(given["name"]):
        _refuse(f"{where}.name", problem)
    return Inline(given["name"], _content(given, where))


def _content(given: dict[str, Any], where: str) -> bytes:
    field = "text" if "text" in given else "data"
    if not isinstance(given[field], str):
        _refuse(f"{where}.{field}", "must be text")
    try:
        return given["text"].encode() if field == "text" else b64decode(given["data"], validate=True)
    except (binascii.Error, ValueError):
        _refuse(f"{where}.{field}", "is not base64 (RFC 4648 section 4)" if field == "data" else "holds a lone surrogate")
