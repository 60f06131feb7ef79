"""HTTP answers with entity tags, digests of what is sent, and how long each may be kept (RFC 9110, 9111, 9530)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from probatum.encoding.base64 import encode64
from probatum.encoding.digest import Digest

YEAR: Final = 31_536_000  # seconds
SAFE: Final = {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; sandbox"}
"""On everything that may hold a claim's text: no browser shows it as a page, whatever it holds."""


def forever(*, public: bool) -> str:
    """``Cache-Control`` of what never changes; what only its tenant may read is kept out of shared caches."""
    return f"{'public' if public else 'private'}, max-age={YEAR}, immutable"


def fixed(request: Request, body: bytes, tag: str, headers: Mapping[str, str], media_type: str) -> Response:
    """Bytes that never change, with their digest; 304 to whoever has them.

    Args:
        request: may hold ``If-None-Match``.
        body: the representation.
        tag: its entity tag, without quotes.
        headers: ``Cache-Control`` and others.
        media_type: of ``body``.
    """
    repr_digest = {"repr-digest": f"sha-256=:{encode64(Digest.of(body))}:"}
    return tagged(request, body, tag, dict(headers) | repr_digest, media_type)


def tagged(request: Request, body: bytes, tag: str, headers: Mapping[str, str], media_type: str = "application/json") -> Response:
    """A representation with an entity tag; 304 to whoever has it."""
    together = SAFE | {"etag": f'"{tag}"'} | dict(headers)
    if has_already(request, tag):
        return Response(status_code=304, headers=together)
    return Response(body, 200, together, media_type)


def unkept(value: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """JSON that no cache may keep."""
    return Response(orjson.dumps(value), 200, SAFE | {"cache-control": "no-store"} | dict(headers or {}), "application/json")


def has_already(request: Request, tag: str) -> bool:
    """Whether ``If-None-Match`` names the tag, compared weakly (RFC 9110, section 13.1.2)."""
    tags = [one.strip() for line in request.headers.getlist("if-none-match") for one in line.split(",")]
    return any(one == "*" or one.removeprefix("W/") == f'"{tag}"' for one in tags)
