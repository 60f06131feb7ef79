"""Two further upstreams: none at all, and one that knows a single model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from probatum.gateway.answers.upstream import Reply, Upstream
from probatum.gateway.errors import UPSTREAM, HttpRefusal


class NoUpstream:
    """Implements ``gateway.answers.upstream.Upstream`` where none is configured: texts can be verified, not generated."""

    async def send(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """Refuses, always."""
        message = "this gateway has no model behind it; it was started without --upstream, and only verifies texts"
        raise HttpRefusal(503, "no_upstream", message, UPSTREAM)

    async def close(self) -> None:
        """Nothing is open."""


class OneModel:
    """Implements ``gateway.answers.upstream.Upstream``: every request goes to the same model, whatever model it names.

    Args:
        upstream: does the work.
        model: as the upstream calls it.
    """

    def __init__(self, upstream: Upstream, model: str) -> None:
        self._upstream, self._model = upstream, model

    async def send(self, method: str, path: str, body: bytes | None = None) -> Reply:
        """See ``Upstream``."""
        return await self._upstream.send(method, path, None if body is None else self._named(body))

    async def close(self) -> None:
        """See ``Upstream``."""
        await self._upstream.close()

    def _named(self, body: bytes) -> bytes:
        asked: Mapping[str, Any] = orjson.loads(body)
        return orjson.dumps({**asked, "model": self._model})
