"""Canonical JSON: RFC 8785 (JCS), restricted to what signed payloads need, *canonical or reject*.

Payloads hold objects with ASCII keys, arrays, strings, integers within ±(2^53-1), booleans and null. Floats are refused, so
that no two parsers can read two values; with ASCII keys, sorting by code point equals JCS's sorting by UTF-16 unit. Under
these restrictions msgspec writes exactly the bytes of RFC 8785, which the vectors and a property test against an independent
implementation pin. Whatever a parser could let slip (duplicate keys, ``-0``, ``1e3``, escapes, white space) does not survive
re-encoding and comparing. Bytes that msgspec does not give back are read again by the standard library, which says what is wrong
(docs/adr/0015).

This module is for JSON of any shape. Formats whose shape is known are read by :mod:`probatum.encoding.form`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from json.encoder import encode_basestring as _quote
from typing import Final, NoReturn, TypeAlias, cast

import msgspec

from probatum.errors import CanonicalError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool | None"

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 32
MAX_INT: Final = 2**53 - 1  # RFC 7493 (I-JSON) section 2.2


def encode(value: Json) -> bytes:
    """The canonical UTF-8 bytes of ``value``.

    Raises:
        CanonicalError: a float, an integer beyond 2^53-1, a key that is not ASCII text, a lone surrogate, or a value nested deeper
            than 32.
    """
    _check(value, ascii_keys=False)
    return encode_parts(value)


def decode(data: bytes, *, max_bytes: int = MAX_BYTES) -> Json:
    """Parse bytes that must already be canonical.

    Raises:
        CanonicalError: the bytes are not UTF-8 JSON, hold a duplicate key, a float or a number out of range, are nested deeper
            than 32 or larger than ``max_bytes``, or differ from their canonical form (the first differing byte is named).
    """
    check_size(data, max_bytes)
    try:
        value: Json = _DECODER.decode(data)
        canonical = _ENCODER.encode(value) == data
    except (msgspec.MsgspecError, ValueError, RecursionError):
        canonical = False
    if not canonical:
        return _decode_slowly(data)
    _check(value, ascii_keys=data.isascii())
    return value


def check_size(data: bytes, max_bytes: int) -> None:
    """Raise CanonicalError if ``data`` is larger than ``max_bytes``."""
    if len(data) > max_bytes:
        raise CanonicalError(f"{len(data)} bytes are more than the {max_bytes} allowed here")


def _decode_slowly(data: bytes) -> Json:
    """:func:`decode` by the standard library: to say what is wrong with bytes that are not canonical."""
    try:
        value: Json = _SLOW_DECODER.decode(data.decode("utf-8"))
        _check(value, ascii_keys=data.isascii())
        again = encode_parts(value)
    except UnicodeDecodeError as error:
        raise CanonicalError(f"not UTF-8 at byte {error.start}") from None
    except json.JSONDecodeError as error:
        raise CanonicalError(f"not JSON at character {error.pos}: {error.msg}") from None
    except RecursionError:
        raise CanonicalError(f"nested deeper than {MAX_DEPTH}") from None
    except ValueError:  # an integer of more digits than Python will parse
        raise CanonicalError("an integer is beyond 2^53-1") from None
    if again != data:
        _explain(data, again)
    return value


def encode_parts(value: Json) -> bytes:
    """:func:`encode` for a value whose parts were checked when they were read. Still refused: a lone surrogate."""
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError as error:
        raise lone_surrogate(error) from None


def part(data: bytes) -> Json:
    """Canonical bytes that are to stand as they are in a value for :func:`encode_parts`."""
    return cast("Json", msgspec.Raw(data))


def quote(text: str) -> str:
    """A string as it stands in canonical JSON, for records whose fields are written out in order. Finish with :func:`utf8`."""
    return _quote(text)


def utf8(text: str) -> bytes:
    """The bytes of canonical text; raises CanonicalError where a lone surrogate has none."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise lone_surrogate(error) from None


def lone_surrogate(error: UnicodeEncodeError) -> CanonicalError:
    return CanonicalError(f"a string holds a lone surrogate at character {error.start}; it has no UTF-8 form")


def _refuse_float(_: str) -> NoReturn:
    raise CanonicalError("a float cannot stand in a canonical payload")


def _levels(value: Json) -> Iterator[list[Json]]:
    """The value, then what lies directly in it, and so on down."""
    level: list[Json] = [value]
    for _ in range(MAX_DEPTH):
        yield level
        below: list[Json] = []
        for one in level:
            if type(one) is dict:
                below += one.values()
            elif type(one) is list:
                below += one
        if not below:
            return
        level = below
    if any(type(one) is dict or type(one) is list for one in level):
        raise CanonicalError(f"nested deeper than {MAX_DEPTH}")
    yield level


def _check(value: Json, *, ascii_keys: bool) -> None:
    """Refuse other types, deep nesting, integers out of range and keys beyond ASCII."""
    for level in _levels(value):
        kinds = set(map(type, level))
        if not kinds <= _KINDS:
            raise CanonicalError(f"a {min(kind.__name__ for kind in kinds - _KINDS)} cannot stand in a canonical payload")
        if int in kinds:
            _check_integers(level)
        if dict in kinds and not ascii_keys:
            _check_keys(level)


def _check_integers(level: list[Json]) -> None:
    for item in level:
        if type(item) is int and not -MAX_INT <= item <= MAX_INT:
            raise CanonicalError(f"the integer {item if abs(item) < 10**24 else 'given'} is beyond 2^53-1")


def _check_keys(level: list[Json]) -> None:
    for one in level:
        if type(one) is dict:
            for key in one:
                if type(key) is not str or not key.isascii():
                    raise CanonicalError(f"the key {key!r:.40} is not ASCII text")


def _explain(data: bytes, again: bytes) -> NoReturn:
    """Say why bytes that parse are not canonical: a duplicate key by name, else the first byte that differs."""
    json.loads(data, object_pairs_hook=_pairs)
    at = next((i for i, (a, b) in enumerate(zip(again, data, strict=False)) if a != b), min(len(again), len(data)))
    raise CanonicalError(f"not canonical (RFC 8785) at byte {at}: white space, key order, escapes or number form differ")


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result: dict[str, Json] = {}
    for key, item in pairs:
        if key in result:
            raise CanonicalError(f"the key {key!r:.40} stands twice in one object")
        result[key] = item
    return result


_KINDS: Final = frozenset({dict, list, str, int, bool, type(None)})
_DECODER: Final = msgspec.json.Decoder()
_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_SLOW_DECODER: Final = json.JSONDecoder(parse_float=_refuse_float, parse_constant=_refuse_float)
