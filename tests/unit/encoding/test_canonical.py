"""Canonical JSON, canonical or reject: one test for each way to write a value twice."""

from __future__ import annotations

import pytest

from probatum.encoding import canonical
from probatum.encoding.canonical import MAX_DEPTH, MAX_INT, Json
from probatum.errors import CanonicalError

CANONICAL: dict[str, tuple[Json, bytes]] = {
    "empty-object": ({}, b"{}"),
    "empty-array": ([], b"[]"),
    "keys-sorted": ({"b": 1, "a": 2, "B": 3, "": 4}, b'{"":4,"B":3,"a":2,"b":1}'),
    "literals": ([None, True, False], b"[null,true,false]"),
    "largest-integers": ([MAX_INT, -MAX_INT, 0], b"[9007199254740991,-9007199254740991,0]"),
    "short-escapes": ('\b\t\n\f\r"\\', b'"\\b\\t\\n\\f\\r\\"\\\\"'),
    "control-characters": ("\x00\x1f\x7f", b'"\\u0000\\u001f\x7f"'),
    "not-escaped": ("é€😀/\u2028<", '"é€😀/\u2028<"'.encode()),
    "never-normalised": ("A\u030a", '"A\u030a"'.encode()),
}


@pytest.mark.parametrize("name", CANONICAL)
def test_canonical(name: str) -> None:
    value, data = CANONICAL[name]
    assert canonical.encode(value) == data
    assert canonical.decode(data) == value


REFUSED_BYTES = {
    "empty-input": (b"", "not JSON"),
    "white-space-inside": (b'{"a": 1}', "not canonical"),
    "white-space-before": (b" {}", "not canonical"),
    "newline-after": (b"{}\n", "not canonical"),
    "second-value": (b"{}{}", "not JSON"),
    "key-order": (b'{"b":1,"a":2}', "not canonical"),
    "duplicate-key": (b'{"a":1,"a":2}', "stands twice"),
    "duplicate-key-same-value": (b'{"a":1,"a":1}', "stands twice"),
    "duplicate-key-deep": (b'{"x":[{"a":1,"a":2}]}', "stands twice"),
    "duplicate-key-by-escape": (b'{"a":1,"\\u0061":2}', "stands twice"),
    "float": (b"[1.0]", "a float cannot"),
    "float-not-whole": (b"[0.5]", "a float cannot"),
    "exponent": (b"[1e3]", "a float cannot"),
    "not-a-number": (b"[NaN]", "a float cannot"),
    "infinity": (b"[-Infinity]", "a float cannot"),
    "minus-zero": (b"[-0]", "not canonical"),
    "leading-zero": (b"[01]", "not JSON"),
    "plus-sign": (b"[+1]", "not JSON"),
    "integer-beyond-2^53": (b"[9007199254740992]", "is beyond"),
    "integer-below-minus-2^53": (b"[-9007199254740992]", "is beyond"),
    "integer-of-5000-digits": (b"[" + b"9" * 5000 + b"]", "is beyond"),
    "escape-not-needed": (b'"\\u0041"', "not canonical"),
    "escape-upper-case": (b'"\\u001F"', "not canonical"),
    "escape-long-form": (b'"\\u000a"', "not canonical"),
    "escaped-solidus": (b'"\\/"', "not canonical"),
    "escaped-non-ascii": (b'"\\u00e9"', "not canonical"),
    "raw-control-character": (b'"\x01"', "not JSON"),
    "lone-surrogate-escape": (b'"\\ud800"', "lone surrogate"),
    "lone-surrogate-bytes": (b'"\xed\xa0\x80"', "not UTF-8"),
    "overlong-utf8": (b'"\xc0\xaf"', "not UTF-8"),
    "cut-off-utf8": (b'"\xe2\x82"', "not UTF-8"),
    "byte-order-mark": (b"\xef\xbb\xbf{}", "not JSON"),
    "utf-16": ("{}".encode("utf-16-le"), "not JSON"),
    "key-beyond-ascii": ('{"é":1}'.encode(), "not ASCII"),
    "key-beyond-ascii-escaped": (b'{"\\u00e9":1}', "not ASCII|not canonical"),
    "trailing-comma": (b"[1,]", "not JSON"),
    "truncated": (b'{"a":[1', "not JSON"),
    "too-deep": (b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), "nested deeper"),
    "far-too-deep": (b"[" * 200_000, "nested deeper"),
    "far-too-deep-objects": (b'{"a":' * 100_000, "nested deeper"),
}


@pytest.mark.parametrize("name", REFUSED_BYTES)
def test_refused(name: str) -> None:
    data, reason = REFUSED_BYTES[name]
    with pytest.raises(CanonicalError, match=reason):
        canonical.decode(data)


REFUSED_VALUES = {
    "float": (1.0, "a float"),
    "float-in-object": ({"a": [1.5]}, "a float"),
    "bytes": (b"x", "a bytes"),
    "tuple": ((1,), "a tuple"),
    "integer-subclass": (type("Mine", (int,), {})(1), "a Mine"),
    "text-subclass": (type("Mine", (str,), {})("x"), "a Mine"),
    "key-of-another-type": ({1: "x"}, "not ASCII"),
    "key-beyond-ascii": ({"é": "x"}, "not ASCII"),
    "lone-surrogate": ("\ud800", "lone surrogate"),
    "integer-too-large": (2**53, "is beyond"),
    "integer-enormous": (10**5000, "is beyond"),
}


@pytest.mark.parametrize("name", REFUSED_VALUES)
def test_values_that_are_never_written(name: str) -> None:
    value, reason = REFUSED_VALUES[name]
    with pytest.raises(CanonicalError, match=reason):
        canonical.encode(value)  # type: ignore[arg-type]


def test_the_greatest_depth_is_allowed_and_no_more() -> None:
    value: Json = 1
    for _ in range(MAX_DEPTH):
        value = [value]
    assert canonical.decode(canonical.encode(value)) == value
    with pytest.raises(CanonicalError, match="nested deeper"):
        canonical.encode([value])


def test_an_empty_container_counts_as_a_level() -> None:
    assert canonical.decode(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    with pytest.raises(CanonicalError, match="nested deeper"):
        canonical.decode(b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1))


def test_a_value_that_holds_itself_is_refused() -> None:
    endless: list[Json] = []
    endless.append(endless)
    with pytest.raises(CanonicalError, match="nested deeper"):
        canonical.encode(endless)


def test_size_is_capped_before_parsing() -> None:
    with pytest.raises(CanonicalError, match="more than the 4"):
        canonical.decode(b"[1,2]", max_bytes=4)


def test_the_first_differing_byte_is_named() -> None:
    with pytest.raises(CanonicalError, match="at byte 5"):
        canonical.decode(b'{"a":\t1}')


def test_a_part_stands_as_it_is() -> None:
    inner = canonical.encode("ü")
    value: Json = {"b": canonical.part(inner), "a": [canonical.part(b'{"x":1}')]}
    assert canonical.encode_parts(value) == b'{"a":[{"x":1}],"b":' + inner + b"}"
    with pytest.raises(CanonicalError, match="lone surrogate"):
        canonical.encode_parts({"a": canonical.part(b"1"), "b": "\ud800"})
    with pytest.raises(CanonicalError, match="Raw cannot stand"):
        canonical.encode(value)
