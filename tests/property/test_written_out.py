"""Bytes that are written out by hand, and checks that are cut short, against the general way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from probatum.claims import inline
from probatum.claims.words import Reader, content, negations
from probatum.consensus.epoch import possession_payload
from probatum.consensus.fragment import ClaimRecord, NotCheckableRecord, record_bytes
from probatum.encoding import canonical
from probatum.encoding.canonical import MAX_INT, Json
from probatum.encoding.digest import Digest
from probatum.errors import CanonicalError
from probatum.signing.keys import PublicKey
from probatum.signing.statement import Statement

TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
SIZE = st.integers(0, MAX_INT)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(SIZE, SIZE, SIZE, TEXT, TEXT, st.binary(min_size=16, max_size=16))
@example(0, 0, 1, '"\\\x7f\x00/\u2028é😀', "\b\f\n\r\t\x1f", bytes(16))
def test_a_claim_record(index: int, start: int, end: int, claim: str, context: str, salt: bytes) -> None:
    record = ClaimRecord(
        claim=claim, context=context, end=end, evidence=str(Digest.of(salt)), index=index, salt=salt.hex(), start=start
    )
    value: dict[str, Json] = {"claim": claim, "context": context, "end": end, "evidence": str(Digest.of(salt)), "index": index}
    assert record_bytes(record) == canonical.encode({**value, "salt": salt.hex(), "start": start})


@given(SIZE, SIZE, SIZE, st.binary(min_size=16, max_size=16))
def test_a_not_checkable_record(index: int, start: int, end: int, salt: bytes) -> None:
    record = NotCheckableRecord(end=end, index=index, reason="question", salt=salt.hex(), start=start)
    value: dict[str, Json] = {"end": end, "index": index, "not_checkable": "question", "salt": salt.hex(), "start": start}
    assert record_bytes(record) == canonical.encode(value)


def test_a_lone_surrogate_has_no_bytes() -> None:
    with pytest.raises(CanonicalError, match="lone surrogate"):
        record_bytes(ClaimRecord(claim="\ud800", context="", end=1, evidence=str(Digest.of(b"")), index=0, salt="00" * 16, start=0))


@given(TEXT, TEXT, st.binary(min_size=32, max_size=32))
def test_a_proof_of_possession(network: str, name: str, key: bytes) -> None:
    said = Statement("possession", "key", Digest.of(key), {"id": name, "network": network})
    assert possession_payload(network, name, PublicKey(key)) == said.encode()


@given(TEXT, TEXT, TEXT, SIZE)
def test_a_statement(kind: str, name: str, value: str, number: int) -> None:
    made = Statement(kind, name, Digest.of(b""), {"a": value, "b": [number]}).encode()
    assert made == canonical.encode(
        {
            "_type": "https://in-toto.io/Statement/v1",
            "predicate": {"a": value, "b": [number]},
            "predicateType": f"https://probatum.dev/{kind}/v1",
            "subject": [{"digest": {"sha256": Digest.of(b"").hex()}, "name": name}],
        }
    )


@given(JSON)
@example([MAX_INT])
@example([MAX_INT + 1])
@example([-MAX_INT - 1])
@example({"a": -MAX_INT - 1})
@example(MAX_INT + 1)
@example([[[1.5]]])
def test_decoding_accepts_what_encoding_makes_and_nothing_else(value: Any) -> None:
    data = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    try:
        wanted = canonical.encode(value)
    except CanonicalError:
        with pytest.raises(CanonicalError):
            canonical.decode(data)
    else:
        assert wanted == data
        assert canonical.decode(data) == value


@pytest.mark.parametrize("number", [MAX_INT + 1, -MAX_INT - 1, 10**40])
@pytest.mark.parametrize("form", ["%d", "[%d]", "[0,%d]", '{"a":%d}', '["%d",%d]'])
def test_a_number_out_of_range_is_found_wherever_it_stands(form: str, number: int) -> None:
    data = (form % ((number,) * form.count("%d"))).encode()
    with pytest.raises(CanonicalError, match="beyond 2"):
        canonical.decode(data)


@given(st.text("ab1 .,:;!?()'\"-/\n\t\\`<>&[]【】*_~#xé", max_size=30))
@example("see http://a.b/c-d?e=f&g")
def test_plain_text_is_its_own_visible_text(raw: str) -> None:
    if inline.is_plain(raw):
        assert inline.visible(raw, [(0, 0)]).text == raw
        assert not inline.comments(raw)


@given(st.lists(st.text("abN noft'’.5-/ \n不是é%", max_size=30), max_size=4))
@example(["No. 5 is not no. 5, and no", "never-ending isn't 不是 50% o'clock's"])
def test_a_reader_reads_as_the_functions_do(texts: list[str]) -> None:
    reader = Reader()
    for text in texts * 2:
        said = reader.read(text)
        assert (said.content, said.negations) == (content(text), negations(text))
        assert len(said.starts) == len(said.content)
