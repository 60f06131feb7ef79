"""Canonical JSON: RFC 8785 (JCS), restricted to what signed payloads need, *canonical or reject*.

Payloads hold objects with ASCII keys, arrays, strings, integers within ±(2^53-1), booleans and null. Floats are refused, so
that no two parsers can read two values; with ASCII keys, sorting by code point equals JCS's sorting by UTF-16 unit. Under
these restrictions the standard library's encoder writes exactly the bytes of RFC 8785, which the vectors and a property
test against an independent implementation pin.
"""

from __future__ import annotations

import json
import re
from typing import Final, NoReturn, TypeAlias

from probatum.errors import CanonicalError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 32
MAX_INT: Final = 2**53 - 1  # RFC 7493 (I-JSON) section 2.2


def encode(value: Json) -> bytes:
    """The canonical UTF-8 bytes of ``value``.

    Raises:
        CanonicalError: a float, an integer beyond 2^53-1, a key that is not ASCII text, a lone surrogate, a cycle or a
            value nested deeper than 32.
    """
    _check(value, MAX_DEPTH)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CanonicalError(f"a string holds a lone surrogate at character {error.start}; it has no UTF-8 form") from None


def decode(data: bytes, *, max_bytes: int = MAX_BYTES) -> Json:
    """Parse bytes that must already be canonical.

    Raises:
        CanonicalError: the bytes are not UTF-8 JSON, hold a duplicate key, a float or a number out of range, are nested deeper
            than 32 or larger than ``max_bytes``, or differ from their canonical form (the first differing byte is named).
    """
    if len(data) > max_bytes:
        raise CanonicalError(f"{len(data)} bytes are more than the {max_bytes} allowed here")
    try:
        text = data.decode("utf-8")
        value: Json = _DECODER.decode(text)
        again = encode(value)
    except UnicodeDecodeError as error:
        raise CanonicalError(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise CanonicalError(f"not JSON at character {error.pos}: {error.msg}") from None
    except RecursionError:
        raise CanonicalError(f"nested deeper than {MAX_DEPTH}") from None
    if again != data:
        at = next((i for i, (a, b) in enumerate(zip(again, data, strict=False)) if a != b), min(len(again), len(data)))
        raise CanonicalError(f"not canonical (RFC 8785) at byte {at}: whitespace, key order, escapes or number form differ")
    return value


def _check(value: Json, depth: int) -> None:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -MAX_INT <= value <= MAX_INT:  # type: ignore[operator]
            raise CanonicalError(f"the integer {value} is beyond 2^53-1")
        return
    if depth <= 0:
        raise CanonicalError(f"nested deeper than {MAX_DEPTH}")
    if kind is dict:
        for key, item in value.items():  # type: ignore[union-attr]
            if type(key) is not str or not key.isascii():
                raise CanonicalError(f"the key {key!r:.40} is not ASCII text")
            if type(item) is not str:
                _check(item, depth - 1)
    elif kind is list:
        for item in value:  # type: ignore[union-attr]
            if type(item) is not str:
                _check(item, depth - 1)
    else:
        raise CanonicalError(f"a {kind.__name__} cannot stand in a canonical payload")


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise CanonicalError(f"the key {twice!r:.40} stands twice in one object")
    return result


_INTEGER = re.compile(r"-?\d{1,16}\Z")


def _integer(digits: str) -> int:
    if not _INTEGER.match(digits):
        raise CanonicalError(f"the integer {digits[:24]} is beyond 2^53-1")
    return int(digits)


def _no_float(digits: str) -> NoReturn:
    raise CanonicalError(f"the number {digits[:24]} is not an integer; floats are refused")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_pairs, parse_int=_integer, parse_float=_no_float, parse_constant=_no_float)
