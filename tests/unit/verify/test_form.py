"""Attacks on the form: what cannot even be read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.errors import BundleError
from probatum.verify import Trust, decode_bundle
from tests.unit.verify.attacked import (
    GOOD,
    HERE,
)

NOTE = GOOD.log.checkpoint
BODY = canonical.decode(GOOD.encode())
assert isinstance(BODY, dict)


def body(**changes: Json) -> bytes:
    return canonical.encode({**BODY, **changes})


def without(key: str) -> bytes:
    return canonical.encode({name: value for name, value in BODY.items() if name != key})


TEXT_OF, RECORDS_OF = BODY["texts"], BODY["evidence"]
assert isinstance(TEXT_OF, dict)
assert isinstance(RECORDS_OF, list)
(TEXT_KEY,) = TEXT_OF
UNREADABLE: dict[str, bytes] = {
    "empty": b"",
    "not-json": b"hello",
    "null": b"null",
    "an-array": b"[]",
    "white-space-before": b" " + GOOD.encode(),
    "newline-after": GOOD.encode() + b"\n",
    "two-bundles": GOOD.encode() * 2,
    "unknown-format": body(format="probatum-bundle/v2"),
    "format-a-number": body(format=1),
    "format-of-a-proof": body(format="probatum-proof/v1"),
    "unknown-field": body(note="x"),
    **{f"{key}-missing": without(key) for key in BODY},
    "ballots-an-object": body(ballots={}),
    "fragments-null": body(fragments=None),
    "statement-unsigned": body(statement={"payload": "", "payloadType": "application/vnd.in-toto+json", "signatures": []}),
    "text-edited": body(texts={TEXT_KEY: "something else"}),
    "text-missing": body(texts={}),
    "text-that-belongs-to-nothing": body(texts={**TEXT_OF, str(Digest.of(b"x")): "x"}),
    "text-key-no-digest": body(texts={**TEXT_OF, "x": "x"}),
    "evidence-twice": body(evidence=RECORDS_OF * 2),
    "evidence-null": body(evidence=[None]),
    "log-index-negative": body(log={"checkpoint": NOTE, "index": -1, "proof": []}),
    "log-proof-of-65": body(log={"checkpoint": NOTE, "index": 0, "proof": [str(Digest.of(b""))] * 65}),
    "log-proof-upper-case": body(log={"checkpoint": NOTE, "index": 0, "proof": [str(Digest.of(b"")).upper()]}),
    "duplicate-key": GOOD.encode().replace(b'"format":', b'"format":"probatum-bundle/v1","format":'),
    "deeply-nested": b'{"a":' * 50_000,
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable(name: str) -> None:
    with pytest.raises(BundleError):
        decode_bundle(UNREADABLE[name])


def cuts() -> Iterator[int]:
    yield from range(0, len(GOOD.encode()), 97)


def test_truncated_anywhere() -> None:
    data = GOOD.encode()
    for cut in cuts():
        with pytest.raises(BundleError):
            decode_bundle(data[:cut])


NO_TRUST: dict[str, bytes] = {
    "empty": b"",
    "not-json": b"genesis",
    "an-array": b"[]",
    "deep": b"[" * 100_000,
    "binary": bytes(range(256)),
    "another-format": HERE.trust.encode().replace(b"/v1", b"/v2"),
    "unknown-field": HERE.trust.encode().replace(b"{", b'{"a":1,', 1),
    "genesis-upper-case": HERE.trust.encode().replace(str(HERE.trust.genesis).encode(), str(HERE.trust.genesis).upper().encode()),
    "genesis-missing": b'{"format":"probatum-trust/v1","network":"testnet"}',
    "network-with-slash": HERE.trust.encode().replace(b"testnet", b"test/net"),
}


@pytest.mark.parametrize("name", NO_TRUST)
def test_a_trust_file_that_cannot_be_read(name: str) -> None:
    with pytest.raises(BundleError):
        Trust.decode(NO_TRUST[name])


def test_a_trust_file_may_be_written_by_hand() -> None:
    assert Trust.decode(HERE.trust.encode()) == HERE.trust
    assert Trust.decode(HERE.trust.encode().replace(b",", b",\n  ")) == HERE.trust
