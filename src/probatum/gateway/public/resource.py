"""HTTP answers with entity tags, digests of what is sent, and how long each may be kept (RFC 9110, 9111, 9530)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from probatum.encoding.base64 import encode64
from probatum.encoding.digest import Digest
from probatum.gateway.headers import UNKEPT

YEAR: Final = 31_536_000  # seconds
VERSION: Final = "version"  # the query parameter that names one version of what can change
NOW: Final = "now"  # a version that none has: leads to the one of now
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
    return Response(orjson.dumps(value), 200, SAFE | UNKEPT | dict(headers or {}), "application/json")


def versioned(request: Request, base: str, value: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    """JSON that can still change: at its plain URL as no cache may keep it, with the URL of this very version beside it.

    Some caches keep each answer of success by its URL, whatever its headers say. For whoever stands behind one, a URL that names
    another version than the present one, as ``?version=now`` does, leads by 303 to the one that names these bytes.

    Args:
        request: what was asked; its query may name a version.
        base: put before paths.
        value: the representation now; the same for as long as nothing happens.
        headers: ``Cache-Control`` and others.
    """
    body = orjson.dumps(value)
    version = Digest.of(body).hex()
    together = UNKEPT | {name: line for name, line in headers.items() if name != "etag"}  # its tag is the version
    asked = request.query_params.get(VERSION)
    if asked == version:
        return tagged(request, body, version, together)
    query = [pair for pair in request.query_params.multi_items() if pair[0] != VERSION]
    path = quote(request.url.path, safe="/:")
    url = f"{base}{path}?{urlencode([*query, (VERSION, version)])}"
    if asked is None:
        return tagged(request, body, version, together | {"content-location": url})
    return Response(body, 303, SAFE | together | UNKEPT | {"location": url}, "application/json")


def names_version(request: Request) -> bool:
    """Whether the request was led here by :func:`versioned`, so that there is nothing to wait for any more."""
    return request.query_params.get(VERSION, NOW) != NOW


def has_already(request: Request, tag: str) -> bool:
    """Whether ``If-None-Match`` names the tag, compared weakly (RFC 9110, section 13.1.2)."""
    tags = [one.strip() for line in request.headers.getlist("if-none-match") for one in line.split(",")]
    return any(one == "*" or one.removeprefix("W/") == f'"{tag}"' for one in tags)
