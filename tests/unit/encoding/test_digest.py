"""Digests: 32 bytes, one textual form."""

from __future__ import annotations

import pytest

from probatum.encoding.digest import Digest
from probatum.errors import DigestError

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # FIPS 180-4: SHA-256 of nothing

REFUSED = {
    "upper-case": EMPTY[:7] + EMPTY[7:].upper(),
    "no-algorithm": EMPTY[7:],
    "another-algorithm": "sha512:" + EMPTY[7:],
    "algorithm-upper-case": "SHA256:" + EMPTY[7:],
    "too-short": EMPTY[:-1],
    "too-long": EMPTY + "0",
    "newline-at-the-end": EMPTY + "\n",
    "space-before": " " + EMPTY,
    "not-hex": EMPTY[:-1] + "g",
    "full-width-digits": EMPTY[:-1] + "５",
    "bytes": EMPTY.encode(),
    "null": None,
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(DigestError):
        Digest.parse(REFUSED[name])


def test_round_trip() -> None:
    assert Digest.of(b"") == Digest.parse(EMPTY)
    assert str(Digest.of(b"")) == EMPTY
    assert repr(Digest.of(b"")) == f"Digest({EMPTY})"


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_another_length(size: int) -> None:
    with pytest.raises(DigestError, match=f"this has {size}"):
        Digest(bytes(size))
