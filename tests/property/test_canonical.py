"""Canonical JSON against an independent implementation, and under edits."""

from __future__ import annotations

import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from probatum.encoding import canonical
from probatum.encoding.canonical import MAX_INT, Json
from probatum.errors import CanonicalError

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
KEY = st.text(st.characters(max_codepoint=127), max_size=6)
LEAF = st.none() | st.booleans() | st.integers(-MAX_INT, MAX_INT) | TEXT
VALUES: st.SearchStrategy[Json] = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4), max_leaves=12
)


@given(VALUES)
def test_equals_the_independent_encoder(value: Json) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)


@given(VALUES)
def test_round_trip(value: Json) -> None:
    assert canonical.decode(canonical.encode(value)) == value


@given(st.binary(max_size=24) | st.text(alphabet='{}[]",:\\/u0a1-.eE tn', max_size=16).map(str.encode))
def test_accepted_bytes_are_the_only_bytes_of_their_value(data: bytes) -> None:
    try:
        value = canonical.decode(data)
    except CanonicalError:
        return
    assert canonical.encode(value) == data == rfc8785.dumps(value)


@settings(max_examples=200)
@given(VALUES, st.data())
def test_one_edited_byte_is_refused_or_canonical_too(value: Json, data: st.DataObject) -> None:
    edited = bytearray(canonical.encode(value))
    at = data.draw(st.integers(0, len(edited) - 1))
    edited[at] ^= data.draw(st.integers(1, 255))
    try:
        other = canonical.decode(bytes(edited))
    except CanonicalError:
        return
    assert other != value or type(other) is not type(value)
    assert canonical.encode(other) == edited
