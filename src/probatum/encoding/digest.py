"""SHA-256 digests as a type of their own (FIPS 180-4)."""

from __future__ import annotations

import hashlib
from typing import Self

from probatum.errors import DigestError


def from_hex(text: str) -> bytes | None:
    """The bytes of lower-case hex; ``None`` for any other text. Writing them again is as strict as a pattern, and faster."""
    try:
        made = bytes.fromhex(text)
    except ValueError:
        return None
    return made if made.hex() == text else None


class Digest(bytes):
    """A SHA-256 digest: exactly 32 bytes. ``str()`` gives its one textual form, ``sha256:<64 lower-case hex digits>``.

    Raises:
        DigestError: the value is not 32 bytes, or the text is not of that form.
    """

    __slots__ = ()

    def __new__(cls, value: bytes) -> Self:
        if len(value) != 32:
            raise DigestError(f"a SHA-256 digest has 32 bytes, this has {len(value)}")
        return super().__new__(cls, value)

    @classmethod
    def of(cls, data: bytes) -> Self:
        """The digest of ``data``."""
        return bytes.__new__(cls, hashlib.sha256(data).digest())

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read ``sha256:<hex>``; upper case, other lengths and other algorithms are refused."""
        made = from_hex(text[7:]) if type(text) is str and text.startswith("sha256:") else None
        if made is None or len(made) != 32:
            raise DigestError(f"expected 'sha256:' and 64 lower-case hex digits, got {text!r:.90}")
        return bytes.__new__(cls, made)

    def __str__(self) -> str:
        return "sha256:" + self.hex()

    def __repr__(self) -> str:
        return f"Digest({self})"
