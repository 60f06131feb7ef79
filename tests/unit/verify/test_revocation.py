"""A revocation is checked offline: what withdraws a certificate, and every way to make one that does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probatum.consensus.revocation import Revocation
from probatum.consensus.verdict import Verdict
from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.errors import BundleError, ProbatumError
from probatum.frozen import replace
from probatum.signing.dsse import SignatureLine, sign
from probatum.signing.statement import Statement
from probatum.testing.committee import Committee, committee, fixed_key, scripted_request
from probatum.tlog.checkpoint import Checkpoint
from probatum.tlog.leaf import LogEntry
from probatum.verify import RevocationFile, Standing, VerifiedBundle, decode_revocation, verify, verify_revocation

HERE = committee(4)
LATER = HERE.succeed()
REASON = "the source was withdrawn"


def certificate(where: Committee = HERE, verdict: Verdict = Verdict.SUPPORTED) -> VerifiedBundle:
    request = scripted_request(where.epoch, 2)
    verified = verify(where.bundle(request, where.run(request, [verdict] * 2)), where.trust).verified
    assert verified is not None
    return verified


ISSUED = certificate()
CERT = ISSUED.record_hash
GOOD = HERE.revoke(CERT, REASON, index=2, size=5)
A, B, C, D = GOOD.statement.signatures


def step_that_fails(file: RevocationFile, held: VerifiedBundle | None = ISSUED) -> tuple[int, str]:
    check = verify_revocation(decode_revocation(file.encode()), HERE.trust, certificate=held)
    assert check.verified is None
    assert [one.standing for one in check.checks[check.failures[0].number :]] == [Standing.SKIP] * (6 - check.failures[0].number)
    return check.failures[0].number, check.failures[0].detail


def test_a_good_revocation_passes_every_step() -> None:
    check = verify_revocation(decode_revocation(GOOD.encode()), HERE.trust, certificate=ISSUED)
    assert {one.standing for one in check.checks} == {Standing.PASS}
    assert check.verified is not None
    assert (check.verified.revocation.certificate, check.verified.revocation.reason) == (CERT, REASON)
    assert check.verified.hash == GOOD.statement.digest
    assert (check.verified.signer_ids, check.verified.log_index) == (("v0", "v1", "v2", "v3"), 2)


def test_without_the_certificate_the_last_step_is_skipped() -> None:
    check = verify_revocation(GOOD, HERE.trust)
    assert check.verified is not None
    assert check.checks[-1].standing is Standing.SKIP


def test_it_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(verify_revocation(GOOD, HERE.trust))


def test_a_later_epoch_may_withdraw_what_an_earlier_one_certified() -> None:
    check = verify_revocation(LATER.revoke(CERT, REASON), HERE.trust, certificate=ISSUED)
    assert check.verified is not None
    assert check.verified.epoch.number == 1


def signed_by(*names: str, payload: bytes | None = None) -> RevocationFile:
    statement = sign(payload or GOOD.statement.payload, [HERE.keys[name] for name in names])
    return RevocationFile(statement=statement, epochs=HERE.epochs, log=HERE.log(statement))


def changed(payload: bytes) -> RevocationFile:
    """The signatures of the good one under another payload."""
    statement = replace(GOOD.statement, payload=payload)
    return RevocationFile(statement=statement, epochs=HERE.epochs, log=HERE.log(statement))


def said(**more: object) -> bytes:
    fields = {"certificate": CERT, "network": "testnet", "epoch": 0, "epoch_digest": HERE.epoch.digest, "reason": REASON}
    return Revocation(**(fields | more)).encode()  # type: ignore[arg-type]


def two_lines() -> RevocationFile:
    note = Checkpoint(HERE.epoch.log.origin, 1, Digest(LogEntry(GOOD.statement.payload).leaf_hash))
    both = note.sign(HERE.log_key).encode().decode() + note.sign(fixed_key("stranger")).encode().decode().split("\n\n")[1]
    return replace(GOOD, log=replace(HERE.log(GOOD.statement), checkpoint=both))


OTHER = committee(4, network="othernet")
STRANGER = fixed_key("stranger")
ATTACKS: dict[str, tuple[RevocationFile, int, str]] = {
    "foreign-network": (OTHER.revoke(CERT, REASON), 2, "a foreign network or epoch"),
    "no-epochs": (replace(GOOD, epochs=()), 2, "the epoch chain is empty"),
    "reason-edited": (changed(said(reason="no reason at all")), 4, "does not verify"),
    "other-certificate-written-in": (changed(said(certificate=Digest.of(b"other"))), 4, "does not verify"),
    "epoch-that-does-not-exist": (changed(said(epoch=7)), 3, "the revocation is of epoch 7"),
    "other-network-named": (changed(said(network="othernet")), 3, "of othernet"),
    "half-of-the-stake": (signed_by("v0", "v1"), 4, "signed by 2 of 4 stake"),
    "one-signer-three-times": (replace(GOOD, statement=replace(GOOD.statement, signatures=(A, A, A))), 4, "signed twice"),
    "one-key-under-two-ids": (
        replace(GOOD, statement=replace(GOOD.statement, signatures=(A, SignatureLine(B.keyid, A.sig), C, D))),
        4,
        "does not verify",
    ),
    "a-stranger-signs-too": (
        replace(
            GOOD,
            statement=replace(
                GOOD.statement,
                signatures=(A, B, C, D, SignatureLine(STRANGER.public.id, STRANGER.sign(GOOD.statement.signed_bytes))),
            ),
        ),
        4,
        "unknown key",
    ),
    "not-in-the-log": (replace(GOOD, log=HERE.log(sign(said(reason="another"), [HERE.keys["v0"]]))), 5, "root"),
    "another-leaf": (replace(GOOD, log=replace(GOOD.log, index=3)), 5, "root"),
    "a-checkpoint-of-another-log": (replace(GOOD, log=OTHER.log(GOOD.statement)), 5, "not of the log 'testnet/log'"),
    "a-second-line-under-the-checkpoint": (two_lines(), 5, "a signature line that nobody vouches for"),
    "of-another-certificate": (HERE.revoke(Digest.of(b"other"), REASON), 6, "the bundle is"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks(name: str) -> None:
    file, step, why = ATTACKS[name]
    number, detail = step_that_fails(file)
    assert number == step
    assert why in detail


def test_without_a_trust_anchor_nothing_is_revoked() -> None:
    check = verify_revocation(GOOD, None, certificate=ISSUED)
    assert check.verified is None
    assert check.failures[0].number == 1


def test_an_earlier_set_cannot_withdraw_what_a_later_one_certified() -> None:
    """Keys of a set that was replaced may have been stolen since."""
    held = certificate(LATER)
    assert step_that_fails(HERE.revoke(held.record_hash, REASON), held) == (
        6,
        "epoch 0 signed, the certificate is of epoch 1: an earlier set cannot withdraw it",
    )


def test_a_rejection_has_nothing_that_could_be_withdrawn() -> None:
    held = certificate(verdict=Verdict.REFUTED)
    assert step_that_fails(HERE.revoke(held.record_hash, REASON), held)[0] == 6


@settings(deadline=None)
@given(st.integers(0, len(GOOD.encode()) * 8 - 1))
def test_every_flipped_bit_is_noticed(bit: int) -> None:
    data = bytearray(GOOD.encode())
    data[bit // 8] ^= 1 << bit % 8
    try:
        file = decode_revocation(bytes(data))
    except BundleError:
        return
    assert verify_revocation(file, HERE.trust, certificate=ISSUED).verified is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        GOOD.encode()[:-1],
        GOOD.encode() + b" ",
        GOOD.encode().replace(b'"log":{', b'"log": {'),
        GOOD.encode().replace(b"probatum-revocation/v1", b"probatum-revocation/v2"),
        GOOD.encode().replace(b'"format"', b'"extra":1,"format"'),
        GOOD.encode().replace(b'"format":"probatum-revocation/v1",', b""),
    ],
    ids=["empty", "no-fields", "array", "cut", "longer", "white-space", "version", "unknown-field", "no-format"],
)
def test_bytes_that_are_no_revocation_are_refused(data: bytes) -> None:
    with pytest.raises(BundleError):
        decode_revocation(data)


def statement(about: str = "certificate", **more: Json) -> bytes:
    predicate: dict[str, Json] = {
        "epoch": {"digest": str(HERE.epoch.digest), "number": 0},
        "network": "testnet",
        "reason": REASON,
        "successor": None,
    }
    return Statement("revocation", about, CERT, predicate | more).encode()


REFUSED: dict[str, tuple[bytes, str]] = {
    "a-certificate": (HERE.run(scripted_request(HERE.epoch), [Verdict.SUPPORTED] * 4).envelope.payload, "got a certificate"),
    "of-an-output": (statement("output"), "of 'output'"),
    "no-reason": (statement(reason=""), "needs a reason"),
    "a-blank-reason": (statement(reason=" \n"), "needs a reason"),
    "a-long-reason": (statement(reason="x" * 1001), "at most 1000"),
    "a-reason-that-is-no-text": (statement(reason=1), "revocation.reason: expected `str`, got `int`"),
    "unknown-field": (statement(more=1), "unknown field"),
    "a-negative-epoch": (
        statement(epoch={"digest": str(HERE.epoch.digest), "number": -1}),
        "revocation.epoch.number: expected `int` >= 0, got -1",
    ),
    "its-own-successor": (statement(successor=str(CERT)), "in its own place"),
    "a-successor-that-is-no-hash": (statement(successor="x"), "revocation.successor: "),
    "a-network-that-is-no-name": (statement(network="Test Net"), "revocation.network: .* got 'Test Net'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_statements_that_are_refused(name: str) -> None:
    payload, why = REFUSED[name]
    with pytest.raises(ProbatumError, match=why):
        Revocation.decode(payload)


@given(st.text(min_size=1, max_size=1000).filter(lambda text: bool(text.strip())), st.none() | st.binary(min_size=32, max_size=32))
def test_what_is_said_is_read_again(reason: str, successor: bytes | None) -> None:
    made = Revocation(CERT, "testnet", 3, HERE.epoch.digest, reason, None if successor is None else Digest(successor))
    assert Revocation.decode(made.encode()) == made
    assert canonical.encode(canonical.decode(made.encode())) == made.encode()
