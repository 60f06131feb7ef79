"""Keys that must never be registered, and signatures that must never count."""

from __future__ import annotations

import pytest

from probatum.errors import KeyRefused
from probatum.signing.keys import PrivateKey, PublicKey
from probatum.testing.committee import fixed_key
from tests.reference import ed25519

SMALL_ORDER = {  # the eight points of the torsion subgroup, and every other encoding of them that a lenient decoder takes
    "order-1": "0100000000000000000000000000000000000000000000000000000000000000",
    "order-2": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "order-4-a": "0000000000000000000000000000000000000000000000000000000000000000",
    "order-4-b": "0000000000000000000000000000000000000000000000000000000000000080",
    "order-8-a": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "order-8-b": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "order-8-c": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "order-8-d": "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "order-1-negative-zero": "0100000000000000000000000000000000000000000000000000000000000080",
    "order-1-y-is-p-plus-1": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "order-1-y-is-p-plus-1-negative-zero": "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "order-2-negative-zero": "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "order-4-y-is-p": "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "order-4-y-is-p-negative": "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
}
GOOD = fixed_key("good")
MESSAGE = b"a message"


@pytest.mark.parametrize("name", SMALL_ORDER)
def test_small_order_key_is_refused(name: str) -> None:
    key = PublicKey.parse(SMALL_ORDER[name])
    assert ed25519.multiply(8, ed25519.decode(key)) == ed25519.IDENTITY, "the list itself is right"
    with pytest.raises(KeyRefused, match="prime order"):
        key.registrable()


@pytest.mark.parametrize("name", SMALL_ORDER)
def test_a_signature_that_fits_a_small_order_key_does_not_verify(name: str) -> None:
    """With R = A and S = 0 the equation holds for a share of all messages; libsodium's rule refuses the key first."""
    key = PublicKey.parse(SMALL_ORDER[name])
    assert not any(key.verify(bytes.fromhex(r) + bytes(32), b"%d" % i) for i in range(16) for r in SMALL_ORDER.values())


@pytest.mark.parametrize("torsion", ["order-2", "order-4-a", "order-8-a", "order-8-c"])
def test_mixed_order_key_is_refused(torsion: str) -> None:
    mixed = ed25519.add(ed25519.decode(GOOD.public), ed25519.decode(bytes.fromhex(SMALL_ORDER[torsion])))
    assert ed25519.multiply(ed25519.ORDER, mixed) != ed25519.IDENTITY
    with pytest.raises(KeyRefused, match="prime order"):
        PublicKey(ed25519.encode(mixed)).registrable()


@pytest.mark.parametrize("y", range(ed25519.P, 2**255))
@pytest.mark.parametrize("sign", [0, 1])
def test_key_that_is_not_canonical_is_refused(y: int, sign: int) -> None:
    """All 38 encodings with y >= p, on the curve or not."""
    with pytest.raises(KeyRefused):
        PublicKey((y | sign << 255).to_bytes(32, "little")).registrable()


def test_key_off_the_curve_is_refused() -> None:
    with pytest.raises(KeyRefused):
        PublicKey((2).to_bytes(32, "little")).registrable()


@pytest.mark.parametrize("text", ["", "00" * 31, "00" * 33, "AB" * 32, "ab" * 31 + "g0", "ab" * 32 + "\n", None, 5, b"ab" * 32])
def test_key_text_is_strict(text: object) -> None:
    with pytest.raises(KeyRefused):
        PublicKey.parse(text)


def test_good_key() -> None:
    key = GOOD.public.registrable()
    assert PublicKey.parse(str(key)) == key
    assert key.verify(GOOD.sign(MESSAGE), MESSAGE)
    assert PrivateKey(GOOD.seed()).public == key
    assert PrivateKey.generate().public != PrivateKey.generate().public


def test_malleable_signature_is_refused() -> None:
    """S + L satisfies the same equation; only a strict verifier tells the two apart."""
    signature = GOOD.sign(MESSAGE)
    for times in range(1, 15):
        s = int.from_bytes(signature[32:], "little") + times * ed25519.ORDER
        assert not GOOD.public.verify(signature[:32] + s.to_bytes(32, "little"), MESSAGE)


def test_every_flipped_bit_of_a_signature_is_refused() -> None:
    signature = GOOD.sign(MESSAGE)
    for bit in range(512):
        edited = bytearray(signature)
        edited[bit // 8] ^= 1 << bit % 8
        assert not GOOD.public.verify(bytes(edited), MESSAGE)


@pytest.mark.parametrize("size", [0, 63, 65, 128])
def test_signature_of_another_length_is_refused(size: int) -> None:
    assert not GOOD.public.verify((GOOD.sign(MESSAGE) * 2)[:size], MESSAGE)


def test_a_signature_with_part_of_the_message_attached_is_refused() -> None:
    """A verifier that glues signature and message could let the border slide."""
    signature = GOOD.sign(MESSAGE)
    assert not GOOD.public.verify(signature + MESSAGE[:1], MESSAGE[1:])


def test_rfc_8032_first_vector() -> None:
    key = PrivateKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert str(key.public) == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )


def test_a_private_key_never_prints_itself() -> None:
    assert GOOD.seed().hex() not in repr(GOOD) + str(GOOD)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(KeyRefused):
        PrivateKey(bytes(size))
