"""Strict base64: one text for one byte string."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probatum.encoding.base64 import decode64, encode64
from probatum.errors import EncodingError

REFUSED = {
    "missing-padding": "YQ",
    "too-much-padding": "YWJj====",
    "padding-inside": "YQ==YQ==",
    "stray-bits": "YR==",
    "stray-bits-two-bytes": "YWK=",
    "url-safe-alphabet": "-_-_",
    "white-space": "YW Jj",
    "newline-at-the-end": "YWJj\n",
    "not-ascii": "YWJｊ",
    "one-character": "Y",
    "not-text": b"YWJj",
    "null": None,
    "number": 7,
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(EncodingError):
        decode64(REFUSED[name])


@given(st.binary(max_size=80))
def test_round_trip(data: bytes) -> None:
    assert decode64(encode64(data)) == data


@given(st.text(alphabet="ABab01+/=-_ \n", max_size=12))
def test_what_is_accepted_is_the_one_text(text: str) -> None:
    try:
        data = decode64(text)
    except EncodingError:
        return
    assert encode64(data) == text
