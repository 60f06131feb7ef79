"""What a request needs to be let in: nothing, or a scope of its key. Whatever is not named here needs the most."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """What a key may do. None includes another: a key that generates and reads has both."""

    GENERATE = "generate"  # have text written by the upstream
    VERIFY = "verify"  # hand in texts
    READ = "read"  # look at the tenant's texts, states and releases, and report copies
    ADMIN = "admin"  # revoke, and see the gateway's metrics


OPEN: Final = frozenset({"/healthz", "/readyz", "/openapi.json", "/verify/v1/health"})
"""Paths that anyone may ask for: they tell nothing of any text."""

OPEN_BELOW: Final = ("/log/",)
"""The transparency log is public by nature; it holds hashes."""

PUBLIC_BELOW: Final = ("/v1/certificates/", "/v1/rounds/", "/v1/outputs/", "/v1/fragments/")
"""Named by hash. With ``public certificates`` anyone who knows the hash may read them, otherwise the tenant alone."""

NEEDED: Final[Mapping[tuple[str, str], Scope]] = {
    ("POST", "/v1/chat/completions"): Scope.GENERATE,
    ("POST", "/v1/responses"): Scope.GENERATE,
    ("POST", "/v1/verifications"): Scope.VERIFY,
    ("POST", "/verify/v1/stream"): Scope.VERIFY,
    ("POST", "/v1/releases"): Scope.READ,
    ("POST", "/v1/trace"): Scope.READ,
    ("GET", "/metrics"): Scope.ADMIN,
}
READ_BELOW: Final = ("/v1/recalls/",)
"""Whoever may read of a recall may acknowledge it."""

_LOOKING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def needed(method: str, path: str, *, public: bool) -> Scope | None:
    """The scope a request needs; ``None`` if it needs no key. ``public``: whether certificates are."""
    if path in OPEN or path.startswith(OPEN_BELOW) or (public and path.startswith(PUBLIC_BELOW)):
        return None if method in _LOOKING else Scope.ADMIN
    if path.startswith(READ_BELOW) and method == "POST":
        return Scope.READ
    method = "GET" if method == "HEAD" else method
    return NEEDED.get((method, path.rstrip("/") or "/"), Scope.READ if method in _LOOKING else Scope.ADMIN)
