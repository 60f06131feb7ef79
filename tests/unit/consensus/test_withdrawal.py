"""Validators withdraw a certificate: locks before signatures, one reason each."""

from __future__ import annotations

import pytest

from probatum.consensus.revocation import Revocation
from probatum.consensus.withdrawal import sign_revocation, slot
from probatum.encoding.digest import Digest
from probatum.errors import ConsensusError, LockConflict
from probatum.signing.dsse import signers
from probatum.testing.committee import MemoryLocks, committee

HERE = committee(4)
CERT = Digest.of(b"certificate")


def said(reason: str = "the source was withdrawn", certificate: Digest = CERT) -> Revocation:
    return Revocation(certificate, "testnet", 0, HERE.epoch.digest, reason)


def test_everyone_signs_the_same_bytes_and_all_locks_are_held_before() -> None:
    locks = MemoryLocks()
    envelope = sign_revocation(HERE.participants(locks), said())
    assert signers(envelope, HERE.epoch.keys.values()).keys == {key.public for key in HERE.keys.values()}
    assert locks.bound == {slot(name, HERE.epoch, CERT): said().encode() for name in HERE.keys}


def test_nothing_is_signed_if_a_lock_cannot_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> list[bytes]:
        raise OSError("disk full")

    def sign(*_: object) -> bytes:
        raise AssertionError("signed without a lock")

    monkeypatch.setattr(MemoryLocks, "hold_all", full)
    monkeypatch.setattr("probatum.signing.keys.PrivateKey.sign", sign)
    with pytest.raises(OSError, match="disk full"):
        sign_revocation(HERE.participants(), said())


def test_the_same_again_is_signed_again_and_another_reason_is_not() -> None:
    locks = MemoryLocks()
    first = sign_revocation(HERE.participants(locks), said())
    assert sign_revocation(HERE.participants(locks), said()) == first
    with pytest.raises(LockConflict, match="has signed another revocation"):
        sign_revocation(HERE.participants(locks), said("another reason"))


def test_one_validator_that_said_otherwise_stops_all() -> None:
    locks = MemoryLocks()
    sign_revocation(HERE.participants(locks)[3:], said("another reason"))
    with pytest.raises(LockConflict, match="v3 has signed another"):
        sign_revocation(HERE.participants(locks), said())


def test_other_certificates_have_locks_of_their_own() -> None:
    locks = MemoryLocks()
    sign_revocation(HERE.participants(locks), said())
    sign_revocation(HERE.participants(locks), said("another reason", Digest.of(b"other")))


def test_a_revocation_of_another_epoch_is_not_signed() -> None:
    with pytest.raises(ConsensusError, match="this is epoch 1"):
        sign_revocation(HERE.succeed().participants(), said())


def test_nobody_withdraws_nothing() -> None:
    with pytest.raises(ConsensusError, match="nobody signs"):
        sign_revocation((), said())
