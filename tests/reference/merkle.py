"""RFC 6962 section 2.1, word for word and slowly: recursive, over the entries themselves. Shares no code with the package."""

from __future__ import annotations

import hashlib


def k_of(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def mth(d: list[bytes]) -> bytes:
    if len(d) == 0:
        return hashlib.sha256(b"").digest()
    if len(d) == 1:
        return hashlib.sha256(b"\x00" + d[0]).digest()
    k = k_of(len(d))
    return hashlib.sha256(b"\x01" + mth(d[:k]) + mth(d[k:])).digest()


def path(m: int, d: list[bytes]) -> list[bytes]:
    if len(d) == 1:
        return []
    k = k_of(len(d))
    if m < k:
        return [*path(m, d[:k]), mth(d[k:])]
    return [*path(m - k, d[k:]), mth(d[:k])]


def proof(m: int, d: list[bytes]) -> list[bytes]:
    return subproof(m, d, True)


def subproof(m: int, d: list[bytes], b: bool) -> list[bytes]:
    n = len(d)
    if m == n:
        return [] if b else [mth(d)]
    k = k_of(n)
    if m <= k:
        return [*subproof(m, d[:k], b), mth(d[k:])]
    return [*subproof(m - k, d[k:], False), mth(d[:k])]


def subtree_proof(start: int, end: int, d: list[bytes], b: bool = True) -> list[bytes]:
    """SUBTREE_SUBPROOF of draft-ietf-plants-merkle-tree-certs section 4.4."""
    n = len(d)
    if start == 0 and end == n:
        return [] if b else [mth(d)]
    k = k_of(n)
    if end <= k:
        return [*subtree_proof(start, end, d[:k], b), mth(d[k:])]
    if k <= start:
        return [*subtree_proof(start - k, end - k, d[k:], b), mth(d[:k])]
    return [*subtree_proof(0, end - k, d[k:], False), mth(d[:k])]
