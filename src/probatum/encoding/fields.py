"""Read a parsed JSON object field by field, strictly: exact keys, exact types, ranges, a place in every error."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final, TypeVar

from probatum.encoding.canonical import MAX_INT, Json
from probatum.encoding.digest import Digest
from probatum.errors import DigestError, EncodingError, ProbatumError

T = TypeVar("T")
_HEX: Final = re.compile(r"[0-9a-f]*\Z")


@cache  # the key lists are literals of the code
def _keys(keys: str) -> frozenset[str]:
    return frozenset(keys.split())


class Fields:
    """The fields of one JSON object.

    Args:
        value: the parsed value; must be an object with exactly the ``keys``.
        keys: every key that must be there; no other may.
        where: the place, for error texts, such as ``certificate.coverage``.
        error: the exception class that is raised.
    """

    __slots__ = ("error", "value", "where")

    def __init__(self, value: Json, keys: str, where: str, error: type[ProbatumError] = EncodingError) -> None:
        self.where, self.error = where, error
        if type(value) is not dict:
            raise error(f"{where}: expected an object")
        if value.keys() != _keys(keys):
            odd = sorted(value.keys() ^ _keys(keys))
            raise error(f"{where}: missing or unknown field {', '.join(repr(k)[:40] for k in odd[:4])}")
        self.value = value

    def fail(self, key: str, expected: str) -> ProbatumError:
        """The error that says what ``key`` should have been; the caller raises it."""
        return self.error(f"{self.where}.{key}: expected {expected}, got {self.value[key]!r:.60}")

    def text(self, key: str, max_chars: int = 100_000) -> str:
        """A string of at most ``max_chars`` characters."""
        item = self.value[key]
        if type(item) is not str or len(item) > max_chars:
            raise self.fail(key, f"text of at most {max_chars} characters")
        return item

    def match(self, key: str, pattern: re.Pattern[str], expected: str) -> str:
        """A string that the whole ``pattern`` matches."""
        item = self.value[key]
        if type(item) is not str or not pattern.fullmatch(item):
            raise self.fail(key, expected)
        return item

    def integer(self, key: str, low: int = 0, high: int = MAX_INT) -> int:
        """An integer from ``low`` to ``high``."""
        item = self.value[key]
        if type(item) is not int or not low <= item <= high:
            raise self.fail(key, f"an integer from {low} to {high}")
        return item

    def boolean(self, key: str) -> bool:
        """``true`` or ``false``."""
        item = self.value[key]
        if type(item) is not bool:
            raise self.fail(key, "true or false")
        return item

    def digest(self, key: str) -> Digest:
        """A ``sha256:`` digest."""
        try:
            return Digest.parse(self.value[key])
        except DigestError as error:
            raise self.error(f"{self.where}.{key}: {error}") from None

    def hexadecimal(self, key: str, size: int) -> bytes:
        """Exactly ``size`` bytes in lower-case hex."""
        item = self.value[key]
        if type(item) is not str or len(item) != 2 * size or not _HEX.match(item):
            raise self.fail(key, f"{size} bytes in lower-case hex")
        return bytes.fromhex(item)

    def items(self, key: str, max_items: int = 100_000) -> list[Json]:
        """An array of at most ``max_items`` values."""
        item = self.value[key]
        if type(item) is not list or len(item) > max_items:
            raise self.fail(key, f"an array of at most {max_items} values")
        return item

    def each(self, key: str, read: Callable[[Json, str], T], max_items: int = 100_000) -> tuple[T, ...]:
        """Every value of an array, each read with its place, which is spelt out only when something is wrong there."""
        items = self.items(key, max_items)
        try:
            return tuple([read(item, "") for item in items])
        except ProbatumError:
            return tuple([read(item, f"{self.where}.{key}[{i}]") for i, item in enumerate(items)])

    def optional(self, key: str, read: Callable[[str], T]) -> T | None:
        """``null``, or what ``read`` makes of the field."""
        return None if self.value[key] is None else read(key)
