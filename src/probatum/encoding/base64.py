"""Strict base64 (RFC 4648 section 4): one text for one byte string."""

from __future__ import annotations

import binascii

from probatum.errors import EncodingError


def encode64(data: bytes) -> str:
    """Standard base64 with padding."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode64(text: object) -> bytes:
    """Decode, refusing other alphabets, whitespace, missing padding and non-zero trailing bits.

    Raises:
        EncodingError: ``text`` is not the one base64 text of some bytes.
    """
    if not isinstance(text, str) or not text.isascii():
        raise EncodingError(f"expected base64 text, got {text!r:.60}")
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise EncodingError(f"not base64: {error}") from None
    if binascii.b2a_base64(data, newline=False).decode("ascii") != text:
        raise EncodingError("base64 with stray bits: it does not re-encode to itself")
    return data
