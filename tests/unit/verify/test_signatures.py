"""Attacks on the statement and its signatures."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from probatum.encoding import canonical, merkle
from probatum.encoding.digest import Digest
from probatum.frozen import replace
from probatum.signing.dsse import SignatureLine, sign
from probatum.testing.committee import fixed_key, scripted_request
from probatum.tlog.checkpoint import Checkpoint
from probatum.verify import Bundle, LogProof
from tests.unit.verify.attacked import (
    GOOD,
    HERE,
    KEYS,
    OTHER_SIGNED,
    TWIN,
    R,
    S,
    check,
    refused,
)


def lines(*changed: SignatureLine) -> Bundle:
    return replace(GOOD, statement=replace(GOOD.statement, signatures=changed))


A, B, C, D = GOOD.statement.signatures
BY_ID = {key.public.id: key for key in KEYS}
STRANGER = fixed_key("stranger")


def twin_line() -> SignatureLine:
    """The signature of v0's key under the key id of another member."""
    return SignatureLine(B.keyid, A.sig)


def bumped(line: SignatureLine) -> SignatureLine:
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(line.sig[32:], "little") + order
    return replace(line, sig=line.sig[:32] + s.to_bytes(32, "little"))


SIGNATURES: dict[str, tuple[Bundle, str]] = {
    "duplicated-signer-line": (lines(A, A, B, C), "signed twice"),
    "one-signer-three-times": (lines(A, A, A), "signed twice"),
    "one-key-under-two-ids": (lines(A, twin_line(), C, D), "does not verify"),
    "signature-by-a-stranger-added": (
        lines(A, B, C, D, SignatureLine(STRANGER.public.id, STRANGER.sign(GOOD.statement.signed_bytes))),
        "unknown key",
    ),
    "signatures-swapped": (lines(replace(A, sig=B.sig), replace(B, sig=A.sig), C, D), "does not verify"),
    "malleable-signature": (lines(bumped(A), B, C, D), "does not verify"),
    "half-of-the-stake": (lines(A, B), "signed by 2 of 4 stake"),
    "one-signer": (lines(A), "signed by 1 of 4 stake"),
    "signed-raw": (lines(*(replace(x, sig=BY_ID[x.keyid].sign(GOOD.statement.payload)) for x in (A, B, C, D))), "does not verify"),
    "signatures-of-another-round": (
        replace(GOOD, statement=replace(GOOD.statement, signatures=OTHER_SIGNED.envelope.signatures)),
        "does not verify",
    ),
    "signatures-of-the-ballots": (lines(*(envelope.signatures[0] for envelope in GOOD.ballots)), "does not verify"),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures(name: str) -> None:
    bundle, reason = SIGNATURES[name]
    refused(check(bundle), 4, reason)


def payload(change: Callable[[bytes], bytes]) -> Bundle:
    """Another payload, signed by everyone and logged: nothing but its form is wrong."""
    envelope = sign(change(GOOD.statement.payload), KEYS)
    leaf = merkle.leaf_hash(envelope.signed_bytes)
    note = Checkpoint(HERE.epoch.log.origin, 1, leaf).sign(HERE.log_key).encode().decode()
    return replace(GOOD, statement=envelope, log=LogProof(note, 0, ()))


def reordered(data: bytes) -> bytes:
    body = canonical.decode(data)
    assert isinstance(body, dict)
    return json.dumps(dict(reversed(body.items())), separators=(",", ":")).encode()


PAYLOADS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "white-space": (lambda data: data.replace(b'"scope":', b'"scope": '), "not canonical"),
    "newline-at-the-end": (lambda data: data + b"\n", "not canonical"),
    "key-order": (reordered, "not canonical"),
    "duplicate-key": (lambda data: data.replace(b'"scope":', b'"scope":"complete","scope":'), "stands twice"),
    "escaped-letter": (lambda data: data.replace(b'"partial"', b'"p\\u0061rtial"'), "not canonical"),
    "float": (lambda data: data.replace(b'"number":0', b'"number":0.0'), "a float cannot stand"),
    "not-json": (lambda data: data[:-1], "not JSON"),
    "not-utf-8": (lambda data: data.replace(b"partial", b"\xff\xfe"), "not UTF-8"),
    "a-ballot": (lambda data: GOOD.ballots[0].payload, "got a ballot"),
    "an-epoch": (lambda data: HERE.epoch.payload, "got an epoch"),
    "scope-overstated": (lambda data: data.replace(b'"partial"', b'"complete"'), "its verdicts give"),
    "of-another-network": (lambda data: data.replace(b'"testnet"', b'"othernet"'), "of othernet"),
    "of-another-epoch": (lambda data: data.replace(str(HERE.epoch.digest).encode(), str(Digest.of(b"x")).encode()), "epoch 0"),
}


@pytest.mark.parametrize("name", PAYLOADS)
def test_payload(name: str) -> None:
    change, reason = PAYLOADS[name]
    assert change(GOOD.statement.payload) != GOOD.statement.payload
    refused(check(payload(change)), 3, reason)


def test_cross_network_replay() -> None:
    """The twin network decided the same text; its statement, signatures and ballots are worth nothing here."""
    request = scripted_request(TWIN.epoch, 3, asides=1)
    signed = TWIN.run(request, [S, R, S, None])
    theirs = TWIN.bundle(request, signed)
    assert check(theirs, TWIN.trust).verified is not None
    refused(check(replace(theirs, epochs=HERE.epochs)), 3, "of othernet")
    refused(check(replace(GOOD, statement=replace(GOOD.statement, signatures=signed.envelope.signatures))), 4, "unknown key")
    refused(check(replace(GOOD, ballots=signed.ballots)), 7, "unknown key")
