"""Envelopes: read strictly, counted by key."""

from __future__ import annotations

import pytest

from probatum.encoding import canonical
from probatum.encoding.base64 import encode64
from probatum.encoding.canonical import Json
from probatum.errors import CanonicalError, SignatureInvalid
from probatum.frozen import replace
from probatum.signing.dsse import PAYLOAD_TYPE, Envelope, SignatureLine, pae, sign, signers
from probatum.testing.committee import fixed_key

A, B, C = (fixed_key(name) for name in "abc")
KNOWN = [A.public, B.public]
PAYLOAD = b'{"x":1}'
SIGNED = sign(PAYLOAD, [A, B])
LINE: dict[str, Json] = {"keyid": A.public.id, "sig": encode64(bytes(64))}


def envelope(**changed: Json) -> dict[str, Json]:
    return {"payload": encode64(PAYLOAD), "payloadType": PAYLOAD_TYPE, "signatures": [LINE], **changed}


REFUSED: dict[str, Json] = {
    "not-an-object": [],
    "null": None,
    "unknown-key": envelope(extra=1),
    "missing-signatures": {"payload": "", "payloadType": PAYLOAD_TYPE},
    "another-payload-type": envelope(payloadType="application/json"),
    "payload-type-upper-case": envelope(payloadType=PAYLOAD_TYPE.upper()),
    "payload-not-base64": envelope(payload="é"),
    "payload-url-safe-base64": envelope(payload="-_-_"),
    "payload-base64-stray-bits": envelope(payload="YR=="),
    "payload-null": envelope(payload=None),
    "no-signature": envelope(signatures=[]),
    "signatures-an-object": envelope(signatures={}),
    "signature-short": envelope(signatures=[{**LINE, "sig": encode64(bytes(63))}]),
    "signature-long": envelope(signatures=[{**LINE, "sig": encode64(bytes(65))}]),
    "signature-not-base64": envelope(signatures=[{**LINE, "sig": "!"}]),
    "keyid-a-number": envelope(signatures=[{**LINE, "keyid": 7}]),
    "keyid-missing": envelope(signatures=[{"sig": LINE["sig"]}]),
    "signature-unknown-key": envelope(signatures=[{**LINE, "cert": ""}]),
    "signature-a-text": envelope(signatures=["x"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(SignatureInvalid):
        Envelope.decode(canonical.encode(REFUSED[name]))


def test_not_canonical() -> None:
    with pytest.raises(CanonicalError):
        Envelope.decode(SIGNED.encode() + b"\n")


def test_round_trip() -> None:
    assert Envelope.decode(SIGNED.encode()) == SIGNED


def test_every_line_is_checked() -> None:
    who = signers(SIGNED, KNOWN)
    assert who.keys == {A.public, B.public}
    assert who.problems == ()


def test_signer_order_and_choice_leave_the_hash_alone() -> None:
    assert sign(PAYLOAD, [A, B]) == sign(PAYLOAD, [B, A])
    assert sign(PAYLOAD, [A]).digest == sign(PAYLOAD, [B]).digest == SIGNED.digest


def line(keyid: str, sig: bytes) -> Envelope:
    return replace(SIGNED, signatures=(SignatureLine(keyid, sig),))


ATTACKS = {
    "unknown-key": (sign(PAYLOAD, [C]), "unknown key"),
    "signed-raw-without-pae": (line(A.public.id, A.sign(PAYLOAD)), "does not verify"),
    "signed-for-another-payload-type": (line(A.public.id, A.sign(pae("text/plain", PAYLOAD))), "does not verify"),
    "other-payload": (replace(SIGNED, payload=PAYLOAD + b" "), "does not verify"),
    "other-keys-signature": (line(A.public.id, B.sign(SIGNED.signed_bytes)), "does not verify"),
    "keyid-is-the-key-itself": (line(str(A.public), A.sign(SIGNED.signed_bytes)), "unknown key"),
    "keyid-in-upper-case": (line(A.public.id.upper(), A.sign(SIGNED.signed_bytes)), "unknown key"),
    "keyid-empty": (line("", A.sign(SIGNED.signed_bytes)), "unknown key"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_line_that_counts_for_nothing_is_named(name: str) -> None:
    attack, reason = ATTACKS[name]
    who = signers(attack, KNOWN)
    assert not who.keys
    assert any(reason in problem for problem in who.problems)


def test_one_key_signing_twice_counts_once_and_is_named() -> None:
    twice = replace(SIGNED, signatures=(SIGNED.signatures[0], SIGNED.signatures[0]))
    who = signers(twice, KNOWN)
    assert len(who.keys) == 1
    assert "signed twice" in who.problems[0]


def test_pae_lengths_count_bytes_and_cannot_be_shifted() -> None:
    assert pae("é", "é".encode()) == "DSSEv1 2 é 2 é".encode()
    assert pae("a", b"b c") != pae("a b", b"c")
