"""The response headers that say which state a text is in."""

from __future__ import annotations

from typing import Final

from probatum.encoding.digest import Digest
from probatum.ledger.records import State

STATE: Final = "probatum-state"
GENERATION: Final = "probatum-generation"
CERT_HASH: Final = "probatum-cert-hash"
OPTIONS: Final = "probatum-options"  # in requests: the ``probatum`` option as JSON
CHANGING: Final = {"vary": "*"}
"""On all that can be another answer tomorrow: what is kept of it never matches a request (RFC 9111, section 4.1). Caches that are
told to ignore ``Cache-Control`` mostly keep to this all the same."""
UNKEPT: Final = {"cache-control": "no-store"} | CHANGING


def state_headers(state: State, generation: str, cert_hash: Digest | None) -> dict[str, str]:
    """Headers of an answer that carries a text, or speaks of one.

    Only a certified text may be kept, and only if it is asked about again before each use (RFC 9111 section 5.2.2.4).
    """
    headers = {STATE: str(state), GENERATION: generation} | UNKEPT
    if cert_hash is not None:
        headers[CERT_HASH] = str(cert_hash)
    if state is State.CERTIFIED and cert_hash is not None:
        headers |= {"cache-control": "no-cache", "etag": f'"{cert_hash}"'}
    return headers
