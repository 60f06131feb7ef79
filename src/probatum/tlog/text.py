"""Strict pieces of text that the C2SP formats share: decimals, hash lines and lines."""

from __future__ import annotations

import re
from typing import Final

from probatum.encoding.base64 import decode64
from probatum.encoding.digest import Digest
from probatum.encoding.merkle import MAX_SIZE
from probatum.errors import EncodingError, LogError

_FORBIDDEN: Final = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_DECIMAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,18})\Z")


def parse_decimal(text: str, what: str) -> int:
    """An ASCII decimal up to 2^63-1 without leading zeroes or sign.

    Raises:
        LogError: anything else.
    """
    if not _DECIMAL.match(text) or int(text) > MAX_SIZE:
        raise LogError(f"{what} must be a decimal up to 2^63-1 without leading zeroes, not {text!r:.40}")
    return int(text)


def parse_base64(text: str, what: str) -> bytes:
    """Strict base64; raises LogError naming ``what``."""
    try:
        return decode64(text)
    except EncodingError as error:
        raise LogError(f"{what}: {error}") from None


def parse_hash(text: str, what: str) -> Digest:
    """A line that holds one hash in base64; raises LogError naming ``what``."""
    data = parse_base64(text, what)
    if len(data) != 32:
        raise LogError(f"{what} has {len(data)} bytes, a hash has 32")
    return Digest(data)


def parse_utf8(data: bytes, what: str, *, max_bytes: int) -> str:
    """UTF-8 text without control characters other than newline (signed-note, section Format); raises LogError."""
    if len(data) > max_bytes:
        raise LogError(f"{what} has {len(data)} bytes, more than the {max_bytes} allowed")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LogError(f"{what} is not UTF-8 at byte {error.start}") from None
    check_text(text, what)
    return text


def check_text(text: str, what: str) -> None:
    """Refuse control characters other than newline and text that has no UTF-8 form."""
    if bad := _FORBIDDEN.search(text):
        raise LogError(f"{what} holds the character U+{ord(bad[0]):04X} at {bad.start()}, which a note cannot hold")
