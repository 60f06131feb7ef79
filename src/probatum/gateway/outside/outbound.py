"""What the gateway sends on behalf of somebody else: evidence that it fetches, notices that it brings to addresses it was given.

All of it goes to addresses that were checked, and to no others.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Final

import aiohttp
from yarl import URL

from probatum.errors import EvidenceRefused, SettingsRefused
from probatum.gateway.outside.fetch import Ask, Fetcher, Resolve, resolve
from probatum.gateway.outside.pinned import ask, connector_to
from probatum.gateway.outside.target import Target, parse
from probatum.gateway.webhooks.delivery import Answer, Unreachable

POST_S: Final = 30.0
_SECONDS: Final = re.compile(r"\d{1,7}\Z")


class Outbound:
    """Fetches and posts.

    Args:
        ask: sends a GET request.
        resolve: finds a host's addresses.
    """

    def __init__(self, ask: Ask = ask, resolve: Resolve = resolve) -> None:
        self._fetcher = Fetcher(ask, resolve)

    async def fetch(self, url: str) -> tuple[str, bytes]:
        """File name and content of the document at a URL; raises EvidenceRefused."""
        fetched = await self._fetcher.fetch(url)
        return fetched.name, fetched.data

    async def check(self, url: str) -> None:
        """Whether notices may be sent to a URL; raises SettingsRefused if not."""
        try:
            await self._fetcher.check(parse(url))
        except EvidenceRefused as error:
            raise SettingsRefused(str(error).replace("; send its content instead", "")) from None

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """For ``gateway.webhooks.delivery``: one POST request, following nothing; raises Unreachable."""
        try:
            target = parse(url)
            addresses = await self._fetcher.check(target)
            async with (
                asyncio.timeout(POST_S),
                aiohttp.ClientSession(
                    connector=connector_to(addresses), cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
                ) as session,
            ):
                return await _post(session, target, headers, body)
        except EvidenceRefused as error:
            raise Unreachable(str(error)) from None
        except (aiohttp.ClientError, OSError) as error:
            raise Unreachable(str(error) or type(error).__name__) from None


async def _post(session: aiohttp.ClientSession, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
    url = URL(str(target), encoded=True)
    async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
        after = response.headers.get("retry-after", "")
        return Answer(response.status, int(after) if _SECONDS.match(after) else None)
