"""Reading objects strictly: what is wrong is named with its place."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from probatum.encoding.canonical import Json
from probatum.encoding.fields import Fields
from probatum.errors import BundleError, EncodingError

WORD = re.compile(r"[a-z]+")
READ: dict[str, tuple[Json, Callable[[Fields], object]]] = {
    "text-is-a-number": (1, lambda f: f.text("x")),
    "text-too-long": ("abc", lambda f: f.text("x", 2)),
    "match-only-a-part": ("abc1", lambda f: f.match("x", WORD, "a word")),
    "match-newline-after": ("abc\n", lambda f: f.match("x", WORD, "a word")),
    "match-not-text": (None, lambda f: f.match("x", WORD, "a word")),
    "integer-is-true": (True, lambda f: f.integer("x")),
    "integer-is-text": ("1", lambda f: f.integer("x")),
    "integer-negative": (-1, lambda f: f.integer("x")),
    "integer-too-large": (11, lambda f: f.integer("x", 0, 10)),
    "boolean-is-one": (1, lambda f: f.boolean("x")),
    "boolean-is-null": (None, lambda f: f.boolean("x")),
    "digest-upper-case": ("sha256:" + "AB" * 32, lambda f: f.digest("x")),
    "hex-upper-case": ("AB", lambda f: f.hexadecimal("x", 1)),
    "hex-too-long": ("abab", lambda f: f.hexadecimal("x", 1)),
    "hex-with-space": ("a ", lambda f: f.hexadecimal("x", 1)),
    "array-is-an-object": ({}, lambda f: f.items("x")),
    "array-too-long": ([1, 2], lambda f: f.items("x", 1)),
}


@pytest.mark.parametrize("name", READ)
def test_a_wrong_value_is_named(name: str) -> None:
    value, read = READ[name]
    with pytest.raises(BundleError, match=r"^here\.x: "):
        read(Fields({"x": value}, "x", "here", BundleError))


@pytest.mark.parametrize("value", [{}, {"x": 1, "y": 2, "z": 3}, {"x": 1, "z": 3}, [], "x", None, 1])
def test_exactly_the_keys(value: Json) -> None:
    with pytest.raises(EncodingError, match=r"^here: "):
        Fields(value, "x y", "here")


def test_right_values() -> None:
    value: Json = {"d": "sha256:" + "ab" * 32, "h": "00ff", "i": 7, "l": [1, 2], "n": None, "t": "é", "b": False}
    f = Fields(value, "b d h i l n t", "here")
    assert f.digest("d") == bytes.fromhex("ab" * 32)
    assert (f.hexadecimal("h", 2), f.integer("i", 7, 7), f.items("l")) == (b"\0\xff", 7, [1, 2])
    assert (f.text("t", 1), f.boolean("b")) == ("é", False)
    assert f.optional("n", f.digest) is None
    assert f.optional("d", f.digest) == f.digest("d")


def test_each_names_the_place_in_an_array() -> None:
    f = Fields({"l": [{"x": 1}, {"x": "no"}]}, "l", "here")
    with pytest.raises(EncodingError, match=re.escape("here.l[1].x: expected an integer")):
        f.each("l", lambda item, where: Fields(item, "x", where).integer("x"))
