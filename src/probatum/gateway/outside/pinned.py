"""Requests over aiohttp to addresses that were checked before, and to no others."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from probatum import __version__
from probatum.gateway.outside.addresses import Address
from probatum.gateway.outside.fetch import HEADERS, Answer, Unreachable
from probatum.gateway.outside.target import Target

_CONNECT_S: Final = 5.0  # for one address; the fetch as a whole has its own limit
_CHUNK: Final = 64 * 1024


def connector_to(addresses: Sequence[Address]) -> aiohttp.TCPConnector:
    """Connects to one of these addresses, whatever the host is called, and for one request only."""
    return aiohttp.TCPConnector(resolver=_Pinned(addresses), use_dns_cache=False, force_close=True, limit=1)


@asynccontextmanager
async def ask(target: Target, addresses: Sequence[Address]) -> AsyncIterator[Answer]:
    """GET ``target`` at one of ``addresses``: no redirect, cookie, cache, proxy, compression or connection from before.

    Raises:
        Unreachable: no response came.
    """
    try:
        async with (
            aiohttp.ClientSession(
                connector=connector_to(addresses),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S),
            ) as session,
            session.get(
                URL(str(target), encoded=True),
                allow_redirects=False,
                headers={**HEADERS, "user-agent": f"probatum/{__version__}"},
            ) as response,
        ):
            yield _Response(response)
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable(str(error) or type(error).__name__) from None


class _Pinned(AbstractResolver):
    """Knows the one host that is asked, and its addresses."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


class _Response:
    """A response of aiohttp as a fetch sees it."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return {name.lower(): value for name, value in self._response.headers.items()}

    def chunks(self) -> AsyncIterator[bytes]:
        return self._response.content.iter_chunked(_CHUNK)
