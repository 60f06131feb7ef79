"""The model behind the gateway: any server that speaks OpenAI's chat completions.

Nothing is retried here: a request that reached the model may have been paid for, and clients have retries of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import aiohttp
import orjson
from yarl import URL

from probatum.errors import SettingsRefused
from probatum.gateway.errors import UPSTREAM, HttpRefusal

PASSED: Final = ("retry-after", "retry-after-ms", "x-request-id", "openai-", "x-ratelimit-")  # response headers, by their beginning
SOURCE: Final = {"probatum-error-source": "upstream"}
KEPT_S: Final = 4  # idle connections; most servers close theirs after 5 s or more, and a request must not meet a closing one
MAX_ERROR: Final = 1024 * 1024  # bytes of an error's body that are read


class Reply(Protocol):
    """An upstream's answer, its body not yet read."""

    @property
    def status(self) -> int:
        """HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Response headers; keys are found in any case."""

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """The body as it comes. Raises HttpRefusal where it breaks off."""

    async def close(self) -> None:
        """Give the connection up; does nothing after the body's end."""


class Upstream(Protocol):
    """Sends requests to the model's server."""

    async def send(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """Ask; ``path`` is below the base URL, as ``/chat/completions``. Raises HttpRefusal 502 or 504 without an answer."""

    async def close(self) -> None:
        """Close all connections."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long an upstream may take, in milliseconds.

    Attributes:
        connect: until the connection stands.
        answer: until the answer's headers are here.
        idle: between two pieces of the body.
        total: for the whole answer.
    """

    connect: int = 10_000
    answer: int = 120_000
    idle: int = 60_000
    total: int = 900_000


@dataclass(frozen=True, slots=True)
class UpstreamSettings:
    """Where the model is.

    Attributes:
        base_url: as OpenAI's clients take it, such as ``http://127.0.0.1:11434/v1``.
        key: sent as a bearer token; ``None`` sends none.
        headers: further request headers.
    """

    base_url: str
    key: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeouts: Timeouts = Timeouts()

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise SettingsRefused(f"the upstream's base URL must be http(s)://HOST[:PORT][/PATH], got {self.base_url!r}")


def unreachable(why: str) -> HttpRefusal:
    """No connection."""
    return HttpRefusal(502, "upstream_unreachable", f"the upstream cannot be reached: {why}", UPSTREAM)


def too_slow(what: str, ms: int) -> HttpRefusal:
    """A limit of :class:`Timeouts` has passed."""
    return HttpRefusal(504, "upstream_timeout", f"the upstream did not {what} within {ms / 1000:g} s", UPSTREAM)


def cut(why: str) -> HttpRefusal:
    """The body ended before its end."""
    return HttpRefusal(502, "upstream_cut", f"the upstream broke off: {why}", UPSTREAM)


def garbage(why: str) -> HttpRefusal:
    """Not what the API says."""
    return HttpRefusal(502, "upstream_garbage", f"the upstream's answer is not OpenAI-compatible: {why}", UPSTREAM)


class HttpUpstream:
    """Implements :class:`Upstream` over aiohttp, with kept connections. Made and used on one event loop."""

    def __init__(self, settings: UpstreamSettings) -> None:
        self._base = settings.base_url.rstrip("/")
        self._timeouts = settings.timeouts
        self._headers = {"accept-encoding": "identity", "content-type": "application/json"} | dict(settings.headers)
        if settings.key:
            self._headers["authorization"] = f"Bearer {settings.key}"
        self._session: aiohttp.ClientSession | None = None

    async def send(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """See :class:`Upstream`."""
        url = URL(self._base + path, encoded=True)
        try:
            response = await self._open().request(method, url, data=body, headers=self._headers, allow_redirects=False)
        except aiohttp.ConnectionTimeoutError:
            raise too_slow("accept a connection", self._timeouts.connect) from None
        except aiohttp.ClientConnectorError as error:
            raise unreachable(error.strerror or str(error)) from None
        except aiohttp.ClientResponseError as error:
            raise garbage(f"it is not HTTP ({error.message.splitlines()[0] if error.message else error.status})") from None
        except (aiohttp.ClientError, OSError) as error:
            raise unreachable(f"no answer came ({type(error).__name__})") from None
        return _HttpReply(response)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._timeouts.connect / 1000),
            )
        return self._session

    async def close(self) -> None:
        """See :class:`Upstream`."""
        if self._session is not None:
            await self._session.close()


class _HttpReply:
    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            async for chunk in self._response.content.iter_any():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise cut(type(error).__name__) from None

    async def close(self) -> None:
        self._response.close()


@asynccontextmanager
async def answer(upstream: Upstream, timeouts: Timeouts, path: str, body: bytes | None = None) -> AsyncIterator[Reply]:
    """An answer with status 200; POST with a body, GET without. Any other answer is raised as the refusal it amounts to."""
    try:
        async with asyncio.timeout(timeouts.answer / 1000):
            reply = await upstream.send("GET" if body is None else "POST", path, body)
    except TimeoutError:
        raise too_slow("answer", timeouts.answer) from None
    try:
        if reply.status != 200:
            raise await passed_on(reply)
        yield reply
    finally:
        await reply.close()


async def pieces(reply: Reply, timeouts: Timeouts) -> AsyncGenerator[bytes, None]:
    """The body as it comes; raises HttpRefusal 504 after a silence of ``timeouts.idle``."""
    async with aclosing(reply.chunks()) as chunks:
        while True:
            try:
                async with asyncio.timeout(timeouts.idle / 1000):
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise too_slow("go on", timeouts.idle) from None
            yield chunk


async def whole(reply: Reply, timeouts: Timeouts, limit: int) -> bytes:
    """The whole body; raises HttpRefusal 502 above ``limit`` bytes."""
    parts, size = [], 0
    async for piece in pieces(reply, timeouts):
        parts.append(piece)
        size += len(piece)
        if size > limit:
            raise garbage(f"it has more than {limit} bytes")
    return b"".join(parts)


def passed_headers(reply: Reply) -> dict[str, str]:
    """The response headers that clients of OpenAI's API look at."""
    return {name.lower(): value for name, value in reply.headers.items() if name.lower().startswith(PASSED)}


async def passed_on(reply: Reply) -> HttpRefusal:
    """An upstream's error with its status, in OpenAI's shape whatever shape it has."""
    body = await whole(reply, Timeouts(), MAX_ERROR)
    if not 400 <= reply.status <= 599:
        return garbage(f"status {reply.status}")
    message, fields = _error_fields(body)
    kind, code, param = fields.pop("type", None), fields.pop("code", None), fields.pop("param", None)
    return HttpRefusal(
        reply.status,
        "upstream_error" if code is None else code,
        message or f"the upstream answered with status {reply.status}",
        kind or UPSTREAM,
        param=param,
        more=fields,
        headers=passed_headers(reply) | SOURCE,
    )


def _error_fields(body: bytes) -> tuple[str, dict[str, Any]]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return body[:200].decode("utf-8", "replace").strip(), {}
    error = value.get("error", value) if isinstance(value, dict) else value
    if not isinstance(error, dict):
        return str(error)[:1000], {}
    fields = dict(error)
    return str(fields.pop("message", None) or fields.pop("detail", None) or ""), fields
