"""Formats as types: what a reader takes, and how it says what is wrong."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

import probatum
from probatum.encoding import canonical
from probatum.encoding.canonical import MAX_INT
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Name, Reader, Size, write
from probatum.errors import BundleError, CanonicalError


class Inner(Form, frozen=True):
    """A part."""

    data: bytes
    many: Annotated[tuple[Size, ...], Meta(max_length=3)]


class Outer(Form, frozen=True):
    """The whole."""

    also: str = msgspec.field(name="_also")
    digest: Digest | None
    inner: Inner
    name: Name


PACKAGE = Path(probatum.__file__).parent
DIGEST = Digest.of(b"x")
GOOD = Outer("é", DIGEST, Inner(b"\x00\xff", (1, 2)), "a-name")
DATA = write(GOOD)
READ = Reader(Outer, "thing", BundleError, max_bytes=1000)


def test_literal_bytes() -> None:
    assert (
        b'{"_also":"\xc3\xa9","digest":"%b","inner":{"data":"AP8=","many":[1,2]},"name":"a-name"}' % str(DIGEST).encode()
    ) == DATA
    assert READ(DATA) == GOOD
    assert canonical.encode(GOOD.to_json()) == DATA


def forms(above: type[Form] = Form) -> Iterator[type[Form]]:
    """Every form of the package that is loaded."""
    for one in above.__subclasses__():
        if one.__module__.startswith("probatum."):
            yield one
        yield from forms(one)


def test_fields_stand_in_the_order_of_their_canonical_names() -> None:
    for source in PACKAGE.rglob("*.py"):
        if re.search(r"^class .*\(Form\b", source.read_text(encoding="utf-8"), re.MULTILINE):
            importlib.import_module(".".join(("probatum", *source.relative_to(PACKAGE).with_suffix("").parts)))
    names = {one.__name__: [field.encode_name for field in msgspec.structs.fields(one)] for one in forms()}
    assert len(names) > 20
    assert {one: listed for one, listed in names.items() if listed != sorted(listed)} == {}


WRONG = {
    "unknown-field": (b'"a-name"', b'"a-name","named":1', "thing: unknown field 'named'"),
    "missing-field": (b',"name":"a-name"', b"", "missing field 'name'"),
    "unknown-field-inside": (b'"many"', b'"lots":1,"many"', "thing.inner: unknown field 'lots'"),
    "another-type": (b"[1,2]", b'[1,"2"]', r"thing\.inner\.many\[1\]: expected `int`, got `str`"),
    "truth-for-a-number": (b"[1,2]", b"[1,true]", r"thing\.inner\.many\[1\]: expected `int`, got `bool`"),
    "below-the-bound": (b"[1,2]", b"[1,-2]", r"thing\.inner\.many\[1\]: expected `int` >= 0, got -2"),
    "too-many": (b"[1,2]", b"[1,2,3,4]", r"thing\.inner\.many: expected `array` of length <= 3"),
    "pattern": (b'"a-name"', b'"A"', r"thing\.name: expected `str` matching .*, got 'A'"),
    "pattern-and-a-newline": (b'"a-name"', b'"a\\n"', r"thing\.name"),
    "digest": (b"sha256:", b"sha512:", r"thing\.digest: expected 'sha256:'"),
    "base64-with-stray-bits": (b"AP8=", b"AP9=", "does not re-encode"),
    "base64-of-another-alphabet": (b"AP8=", b"_P8=", r"thing\.inner\.data"),
    "array-for-an-object": (b'{"data":"AP8=","many":[1,2]}', b"[]", r"thing\.inner: expected `object`, got `array`"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_field_is_named(name: str) -> None:
    old, new, reason = WRONG[name]
    data = DATA.replace(old, new)
    assert data != DATA
    with pytest.raises(BundleError, match=reason):
        READ(data)


NOT_CANONICAL = {
    "white-space": DATA.replace(b",", b", ", 1),
    "key-order": DATA.replace(b'"data":"AP8=","many":[1,2]', b'"many":[1,2],"data":"AP8="'),
    "key-twice": DATA.replace(b'"many":[1,2]', b'"many":[1,2],"many":[1,2]'),
    "escape": DATA.replace(b"\xc3\xa9", b"\\u00e9"),
    "float": DATA.replace(b"[1,2]", b"[1,2.0]"),
    "exponent": DATA.replace(b"[1,2]", b"[1,2e0]"),
    "minus-zero": DATA.replace(b"[1,2]", b"[1,-0]"),
    "beyond-2-53": DATA.replace(b"[1,2]", b"[1,%d]" % (MAX_INT + 1)),
    "deep": DATA.replace(b"[1,2]", b"[" * 5000 + b"]" * 5000)[:990],
    "trailing-newline": DATA + b"\n",
    "cut-off": DATA[:-1],
    "not-utf-8": DATA.replace(b"\xc3\xa9", b"\xc3"),
    "lone-surrogate": DATA.replace(b"\xc3\xa9", b"\\ud800"),
    "too-large": DATA.replace(b"\xc3\xa9", b"e" * 1000),
    "nothing": b"",
}


@pytest.mark.parametrize("name", NOT_CANONICAL)
def test_not_canonical(name: str) -> None:
    with pytest.raises(CanonicalError):
        READ(NOT_CANONICAL[name])


def test_the_place_is_the_callers() -> None:
    with pytest.raises(BundleError, match=r"^elsewhere\[3\]\.name: "):
        READ(DATA.replace(b"a-name", b"A"), "elsewhere[3]")
    with pytest.raises(BundleError, match=r"^part\.many\[0\]: "):
        Reader(Outer, "part", BundleError, inside=".inner")(DATA.replace(b"[1,2]", b"[-1]"))


def test_a_lone_surrogate_is_never_written() -> None:
    with pytest.raises(CanonicalError, match="lone surrogate"):
        write(Outer("a", GOOD.inner, None, "\ud800"))


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_one_edited_byte_is_refused_or_another_thing(at: int, change: int) -> None:
    edited = bytearray(DATA)
    edited[at] ^= change
    try:
        other = READ(bytes(edited))
    except (BundleError, CanonicalError):
        return
    assert other != GOOD
    assert write(other) == edited
