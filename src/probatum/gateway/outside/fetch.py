"""Evidence by URL, fetched so that nobody can make the gateway reach what only the gateway can reach.

Every address that a host resolves to must be outside (:mod:`probatum.gateway.outside.addresses`), and the connection goes to the
very addresses that were checked: a name that resolves differently the next time (DNS rebinding) changes nothing. A redirect is a
new URL and checked like one. Size, time and the number of redirects are bounded; types are those that evidence readers know.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Protocol
from urllib.parse import unquote

from probatum.errors import EvidenceRefused
from probatum.evidence.names import safe_name
from probatum.evidence.readers import supported
from probatum.gateway.outside.addresses import Address, inside
from probatum.gateway.outside.target import Target, follow, parse

ACCEPT: Final = "text/html, application/xhtml+xml, application/pdf, text/markdown, text/plain"
HEADERS: Final = {"accept": ACCEPT, "accept-encoding": "identity"}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_SUFFIXES: Final[Mapping[str, tuple[str, ...]]] = {
    "text/html": ("html", "htm"),
    "application/xhtml+xml": ("xhtml", "html", "htm"),
    "application/pdf": ("pdf",),
    "text/markdown": ("md", "markdown"),
    "text/x-markdown": ("md", "markdown"),
    "text/plain": ("txt", "text", "md", "markdown"),
}
_UNTYPED: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})  # then the name's suffix says what it is


class Answer(Protocol):
    """A response whose head is there and whose body is still to come."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """By lower-case name."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it was sent, piece by piece."""
        ...


class Unreachable(Exception):
    """No response came, or it broke off; the text says why."""


Resolve = Callable[[str, int], Awaitable[Sequence[str]]]  # host and port to addresses; raises OSError
Ask = Callable[[Target, Sequence[Address]], AbstractAsyncContextManager[Answer]]
"""GET a target at one of these addresses and no other, following nothing; raises :class:`Unreachable`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one fetch may cost.

    Attributes:
        body_bytes: of the document.
        redirects: followed at most.
        seconds: for all of it, redirects included.
        ports: that may be asked.
    """

    body_bytes: int = 16 * 1024 * 1024
    redirects: int = 5
    seconds: float = 20.0
    ports: frozenset[int] = frozenset({80, 443, 8080, 8443})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document: a name that evidence readers know, its bytes, the URL it came from in the end, and when (ms since 1970)."""

    name: str
    data: bytes
    url: str
    fetched_at: int


class Fetcher:
    """Fetches documents.

    Args:
        ask: sends one request.
        resolve: finds a host's addresses.
        limits: of each fetch.
        now: ms since 1970.
    """

    def __init__(
        self, ask: Ask, resolve: Resolve, limits: Limits | None = None, now: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._ask = ask
        self._resolve = resolve
        self._limits = limits or Limits()
        self._now = now

    async def fetch(self, url: str) -> Fetched:
        """The document at a URL.

        Raises:
            EvidenceRefused: the URL is not to be fetched, leads inside, or what comes is too large, too slow or of another type.
        """
        target = parse(url)
        try:
            async with asyncio.timeout(self._limits.seconds):
                return await self._follow(target)
        except TimeoutError:
            raise EvidenceRefused(f"{target}: not here after {self._limits.seconds:g} seconds; send its content instead") from None
        except Unreachable as error:
            raise EvidenceRefused(f"{target}: cannot be fetched ({error})") from None

    async def check(self, target: Target) -> tuple[Address, ...]:
        """The addresses of a target, all of them outside.

        Raises:
            EvidenceRefused: one of them is not, there is none, or the port is not allowed.
        """
        if target.port not in self._limits.ports:
            allowed = ", ".join(map(str, sorted(self._limits.ports)))
            raise EvidenceRefused(f"{target}: port {target.port} is not asked; allowed are {allowed}")
        addresses = (target.address,) if target.address is not None else await self._addresses(target)
        for address in addresses:
            if what := inside(address):
                raise EvidenceRefused(
                    f"{target}: leads to an address that is not public ({address}: {what}); send its content instead"
                )
        return addresses

    async def _addresses(self, target: Target) -> tuple[Address, ...]:
        try:
            found = tuple(dict.fromkeys(ip_address(text) for text in await self._resolve(target.host, target.port)))
        except (OSError, ValueError) as error:
            raise EvidenceRefused(f"{target}: the host cannot be found ({error})") from None
        if not found:
            raise EvidenceRefused(f"{target}: the host has no address")
        return found

    async def _follow(self, target: Target) -> Fetched:
        for _ in range(self._limits.redirects + 1):
            async with self._ask(target, await self.check(target)) as answer:
                if answer.status not in _REDIRECTS:
                    return await self._take(target, answer)
                location = answer.headers.get("location")
            if not location:
                raise EvidenceRefused(f"{target}: redirects to nowhere")
            target = follow(target, location)
        raise EvidenceRefused(f"{target}: more than {self._limits.redirects} redirects; give the URL where the document is")

    async def _take(self, target: Target, answer: Answer) -> Fetched:
        if answer.status != 200:
            raise EvidenceRefused(f"{target}: the server answers with status {answer.status}")
        if (coding := answer.headers.get("content-encoding", "identity").strip().lower()) not in ("", "identity"):
            raise EvidenceRefused(f"{target}: comes compressed ({coding:.40}) though it was asked for as it is")
        name = _name(target, answer.headers.get("content-type", ""))
        limit = self._limits.body_bytes
        length = answer.headers.get("content-length", "")
        if length.isascii() and length.isdigit() and (len(length) > 15 or int(length) > limit):
            raise EvidenceRefused(f"{target}: has {length:.20} bytes; at most {limit} are fetched")
        body = bytearray()
        async for chunk in answer.chunks():
            body += chunk
            if len(body) > limit:
                raise EvidenceRefused(f"{target}: has more than {limit} bytes, which are the most that is fetched")
        return Fetched(name, bytes(body), str(target), self._now())


async def resolve(host: str, port: int) -> Sequence[str]:
    """A host's addresses by the system's resolver; raises OSError."""
    import socket

    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def _name(target: Target, content_type: str) -> str:
    """Host and path as a name, with a suffix that says what the type says.

    Raises:
        EvidenceRefused: no evidence reader knows the type.
    """
    path = unquote(target.path.partition("?")[0], errors="replace").strip("/")
    name = safe_name(f"{target.host}/{path}" if path else f"{target.host}/index")
    kind = content_type.partition(";")[0].strip().lower()
    has = path.rpartition("/")[2].rpartition(".")[2].lower() if path else ""
    if kind in _UNTYPED and supported(path):
        return name
    if kind not in _SUFFIXES:
        raise EvidenceRefused(f"{target}: is {kind[:80] or 'of no type'}; evidence can be html, pdf, markdown or plain text")
    return name if has in _SUFFIXES[kind] else safe_name(f"{name}.{_SUFFIXES[kind][0]}")
