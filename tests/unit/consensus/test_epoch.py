"""Epochs: every rule by name, then the chain from genesis."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

import pytest

from probatum.consensus.epoch import (
    MAX_STAKE,
    Epoch,
    LogKey,
    Member,
    Policy,
    Threshold,
    check_chain,
    possession_payload,
    prove_possession,
    sign_epoch,
)
from probatum.encoding import canonical
from probatum.encoding.base64 import encode64
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.form import write
from probatum.errors import CanonicalError, ConsensusError
from probatum.frozen import replace
from probatum.signing.dsse import PAYLOAD_TYPE, pae, sign
from probatum.signing.keys import PublicKey
from probatum.signing.statement import Statement
from probatum.testing.committee import committee, fixed_key
from tests.reference import ed25519

GOOD = committee(4)
MEMBERS = GOOD.epoch.members
LOG = GOOD.epoch.log
POLICY = GOOD.epoch.policy


def build(
    members: tuple[Member, ...] = MEMBERS,
    *,
    network: str = "testnet",
    number: int = 0,
    previous: Digest | None = None,
    policy: Policy = POLICY,
    log: LogKey = LOG,
) -> Epoch:
    return Epoch.build(network, number, previous, members, policy, log)


def first(**changes: object) -> tuple[Member, ...]:
    return (replace(MEMBERS[0], **changes), *MEMBERS[1:])  # type: ignore[arg-type]


def reproved(key_name: str, member_id: str) -> tuple[Member, ...]:
    key = fixed_key(key_name)
    return first(id=member_id, key=key.public, possession=prove_possession("testnet", member_id, key))


def test_names_that_look_like_fields_do_not_move_the_list_that_is_hashed() -> None:
    name, fake = "validators", '","validators":[{"id":"v0"}],"x":"'
    members, log = reproved("testnet v0", name), replace(LOG, origin=fake)
    model = replace(members[0].model, name=fake, training=(fake,))
    policy = replace(POLICY, thresholds=(Threshold(name, 1, 1, 1),))
    epoch = build((replace(members[0], model=model), *members[1:]), policy=policy, log=log)
    assert (epoch.members[0].model, epoch.log) == (model, log)
    assert Statement.decode(epoch.payload).subject == Digest.of(write(epoch.members))


IDENTITY = PublicKey(bytes([1]) + bytes(31))
ELSEWHERE = prove_possession("othernet", "v0", fixed_key("testnet v0"))
FOR_OTHER_ID = prove_possession("testnet", "v9", fixed_key("testnet v0"))

REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "empty-set": (lambda: build(()), "without validators"),
    "duplicate-id": (lambda: build(reproved("another", "v1")), "one validator id stands twice"),
    "one-key-two-ids": (lambda: build(reproved("testnet v1", "v0")), "one key stands under two ids"),
    "possession-by-another-key": (lambda: build(first(possession=MEMBERS[1].possession)), "does not prove possession"),
    "possession-for-another-network": (lambda: build(first(possession=ELSEWHERE)), "does not prove possession"),
    "possession-for-another-id": (lambda: build(first(possession=FOR_OTHER_ID)), "does not prove possession"),
    "possession-missing": (lambda: build(first(possession=b"")), "does not prove possession"),
    "possession-too-long": (lambda: build(first(possession=MEMBERS[0].possession + b"x")), "does not prove possession"),
    "identity-key": (lambda: build(first(key=IDENTITY, possession=IDENTITY + bytes(32))), "prime order"),
    "identity-log-key": (lambda: build(log=LogKey(IDENTITY, "testnet/log")), "prime order"),
    "log-origin-with-space": (lambda: build(log=LogKey(LOG.key, "test net")), "origin"),
    "log-origin-with-newline": (lambda: build(log=LogKey(LOG.key, "testnet\n")), "origin"),
    "log-origin-with-plus": (lambda: build(log=LogKey(LOG.key, "test+net")), "origin"),
    "genesis-with-previous": (lambda: build(previous=Digest.of(b"")), "no previous epoch"),
    "later-epoch-without-previous": (lambda: build(number=1), "no previous epoch"),
    "negative-number": (lambda: build(number=-1), r"epoch\.number"),
    "min-families-too-large": (lambda: build(policy=Policy(min_families=5)), "more model families than the set has"),
    "min-families-zero": (lambda: build(policy=Policy(min_families=0)), "min_families"),
    "committee-of-none": (lambda: build(policy=Policy(committee=0)), "committee"),
    "no-time-for-ballots": (lambda: build(policy=Policy(ballot_ms=0)), "ballot_ms"),
    "no-round": (lambda: build(policy=Policy(max_rounds=0)), "max_rounds"),
    "stake-zero": (lambda: build(first(stake=0)), r"validators\[0\]\.stake"),
    "stake-negative": (lambda: build(first(stake=-1)), r"validators\[0\]\.stake"),
    "stake-too-large": (lambda: build(first(stake=MAX_STAKE + 1)), r"validators\[0\]\.stake"),
    "stake-is-true": (lambda: build(first(stake=True)), r"validators\[0\]\.stake"),
    "id-upper-case": (lambda: build(first(id="V0")), r"validators\[0\]\.id"),
    "id-with-newline": (lambda: build(first(id="v0\n")), r"validators\[0\]\.id"),
    "id-empty": (lambda: build(first(id="")), r"validators\[0\]\.id"),
    "id-look-alike": (lambda: build(first(id="ｖ0")), r"validators\[0\]\.id"),
    "operator-upper-case": (lambda: build(first(operator="ME")), r"validators\[0\]\.operator"),
    "family-empty": (lambda: build(first(model=replace(MEMBERS[0].model, family=""))), "family"),
    "network-with-slash": (lambda: build(network="test/net"), r"epoch\.network"),
    "thresholds-of-a-stranger": (lambda: build(policy=Policy(thresholds=(Threshold("v9", 1, 1, 1),))), "no validator of the set"),
    "threshold-above-one": (
        lambda: build(policy=Policy(thresholds=(Threshold("v0", 10_001, 0, 0),))),
        r"policy\.thresholds.*supported",
    ),
    "too-many-validators": (lambda: build(MEMBERS * 257), "1024"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    make, reason = REFUSED[name]
    with pytest.raises(ConsensusError, match=reason):
        make()


def test_mixed_order_key_with_a_possession_that_verifies_is_refused() -> None:
    """A holder can grind a possession signature for A + T until the torsion cancels; verifying it is not enough."""
    secret, base = 12345, ed25519.decode(b"\x58" + b"\x66" * 31)
    torsion = ed25519.decode(bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"))
    key = PublicKey(ed25519.encode(ed25519.add(ed25519.multiply(secret, base), torsion)))
    message = pae(PAYLOAD_TYPE, possession_payload("testnet", "v0", key))
    for nonce in range(1, 50):
        r = ed25519.encode(ed25519.multiply(nonce, base))
        k = int.from_bytes(hashlib.sha512(r + key + message).digest(), "little") % ed25519.ORDER
        if k % 2 == 0:
            break
    possession = r + ((nonce + k * secret) % ed25519.ORDER).to_bytes(32, "little")
    assert key.verify(possession, message), "the attack is real"
    with pytest.raises(ConsensusError, match="prime order"):
        build(first(key=key, possession=possession))


WEAK = {
    "identity": "01" + "00" * 31,
    "order-2": "ec" + "ff" * 30 + "7f",
    "order-4": "00" * 32,
    "order-8": "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "identity-not-canonical": "ee" + "ff" * 30 + "7f",
    "order-4-not-canonical": "ed" + "ff" * 30 + "7f",
    "good-key-with-y-not-canonical": "f0" + "ff" * 30 + "7f",
    "off-the-curve": "02" + "00" * 31,
}


@pytest.mark.parametrize("possession", [*WEAK.values(), MEMBERS[0].possession.hex()[:64]])
@pytest.mark.parametrize("name", WEAK)
def test_a_reader_refuses_a_key_of_small_order_or_not_canonical(name: str, possession: str) -> None:
    """Whoever only reads an epoch does not ask for prime order: that such a key proves no possession is the check."""
    listed = [member.to_json() for member in MEMBERS]
    listed[0] |= {"key": WEAK[name], "possession": encode64(bytes.fromhex(possession) + bytes(32))}
    statement = Statement.decode(GOOD.epoch.payload)
    subject = Digest.of(canonical.encode(list[Json](listed)))
    forged = replace(statement, subject=subject, predicate={**statement.predicate, "validators": list[Json](listed)})
    with pytest.raises(ConsensusError, match=r"validator v0.*prime order"):
        Epoch.decode(forged.encode())


def test_round_trip() -> None:
    epoch = Epoch.decode(GOOD.epoch.payload)
    assert epoch == GOOD.epoch
    assert epoch.digest == GOOD.genesis.digest
    assert (epoch.stake, epoch.stake_of([MEMBERS[0].key, MEMBERS[0].key, fixed_key("x").public])) == (4, 1)


def test_largest_stakes_are_counted_exactly() -> None:
    epoch = committee(3, stakes=[MAX_STAKE] * 3).epoch
    assert epoch.stake == 3 * MAX_STAKE


def edit(path: str, value: Json) -> bytes:
    """The genesis payload with one field set, canonical again."""
    body = canonical.decode(GOOD.epoch.payload)
    at: Json = body
    *way, last = path.split("/")
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]  # type: ignore[index,call-overload]
    at[last] = value  # type: ignore[index,call-overload]
    return canonical.encode(body)


EDITED: dict[str, tuple[str, Json, str]] = {
    "set-edited-under-an-old-subject": ("predicate/validators/0/stake", 2, "subject is not the digest"),
    "subject-of-another-name": ("subject/0/name", "output", "not of validators"),
    "another-kind-of-statement": ("predicateType", "https://probatum.dev/ballot/v1", "expected an epoch, got a ballot"),
    "unknown-field": ("predicate/extra", 1, "unknown field 'extra'"),
    "policy-with-unknown-field": ("predicate/policy/quorum", 1, "unknown field 'quorum'"),
    "commit-is-a-number": ("predicate/policy/commit", 1, r"policy\.commit: expected `bool`, got `int`"),
    "log-key-upper-case": ("predicate/log/key", "AB" * 32, "lower-case hex"),
    "previous-not-a-digest": ("predicate/previous", "x", r"epoch\.previous"),
}


@pytest.mark.parametrize("name", EDITED)
def test_edited_payload(name: str) -> None:
    path, value, reason = EDITED[name]
    with pytest.raises(ConsensusError, match=reason):
        Epoch.decode(edit(path, value))


def test_payload_that_is_not_canonical() -> None:
    with pytest.raises(CanonicalError):
        Epoch.decode(GOOD.epoch.payload + b" ")


# -- the chain --------------------------------------------------------------------------------------------------------------

NEW_MEMBER = replace(committee(5).epoch.members[4], id="v4")
NEW_KEYS = {**GOOD.keys, "v4": fixed_key("testnet v4")}
NEXT = build((*MEMBERS[2:], NEW_MEMBER), number=1, previous=GOOD.epoch.digest)  # v0, v1 leave; v4 joins


def chain(*signers: str, epoch: Epoch = NEXT) -> None:
    check_chain([GOOD.genesis, sign_epoch(epoch, [NEW_KEYS[name] for name in signers])], GOOD.genesis.digest)


def test_a_chain_signed_by_both_sets() -> None:
    chain("v0", "v1", "v2", "v3", "v4")
    chain("v1", "v2", "v3", "v4")
    third = GOOD.succeed().succeed()
    assert [one.epoch.number for one in check_chain(third.epochs, GOOD.genesis.digest)] == [0, 1, 2]


PICTURES = """
    signers          what is missing
    v2 v3 v4         2 of 4 stake of epoch 0
    v0 v2 v4         2 of 4 stake of epoch 0
    v0 v1 v2 v3      2 of 3 stake of epoch 1
    v0 v1 v2         1 of 3 stake of epoch 1
    v4               0 of 4 stake of epoch 0
"""


@pytest.mark.parametrize("line", [line.strip() for line in PICTURES.strip().splitlines()[1:]])
def test_a_new_epoch_needs_both_sets(line: str) -> None:
    who, missing = re.split(r"\s{2,}", line)
    with pytest.raises(ConsensusError, match=f"signed by {missing}"):
        chain(*who.split())


def test_exactly_two_thirds_of_the_set_is_not_enough() -> None:
    three = committee(3)
    for count, enough in ((2, False), (3, True)):
        envelope = sign_epoch(three.epoch, list(three.keys.values())[:count])
        if enough:
            check_chain([envelope], envelope.digest)
        else:
            with pytest.raises(ConsensusError, match="signed by 2 of 3"):
                check_chain([envelope], envelope.digest)


FOREIGN = committee(4, network="othernet")
TWO = GOOD.succeed().succeed()
CHAINS = {
    "empty": ([], "is empty"),
    "foreign-genesis": (FOREIGN.epochs, "foreign network"),
    "genesis-missing": (TWO.epochs[1:], "foreign network"),
    "skipped-epoch": ((TWO.epochs[0], TWO.epochs[2]), "epoch 2 does not follow epoch 0"),
    "repeated-epoch": ((TWO.epochs[0], *TWO.epochs), "epoch 0 does not follow epoch 0"),
    "reordered-epochs": ((TWO.epochs[0], TWO.epochs[2], TWO.epochs[1]), "epoch 2 does not follow epoch 0"),
    "epoch-of-another-network": ((GOOD.genesis, FOREIGN.succeed().epochs[1]), "does not follow"),
    "another-previous": (
        (GOOD.genesis, sign_epoch(build(number=1, previous=Digest.of(b"x")), list(GOOD.keys.values()))),
        "does not follow",
    ),
    "fork-of-genesis-policy": (
        (GOOD.genesis, *committee(4, policy=Policy(min_families=3)).succeed().epochs[1:]),
        "does not follow",
    ),
    "unknown-signature-line": (
        (sign(GOOD.epoch.payload, [*GOOD.keys.values(), fixed_key("stranger")]),),
        "unknown key",
    ),
    "one-signer-twice": (
        (replace(GOOD.genesis, signatures=GOOD.genesis.signatures[:3] + GOOD.genesis.signatures[2:3]),),
        "signed twice",
    ),
    "not-an-epoch": ((replace(GOOD.genesis, payload=b"{}"),), "foreign network"),
}


@pytest.mark.parametrize("name", CHAINS)
def test_chain_refused(name: str) -> None:
    envelopes, reason = CHAINS[name]
    with pytest.raises(ConsensusError, match=reason):
        check_chain(tuple(envelopes), GOOD.genesis.digest)


def test_min_families_counts_families_not_members() -> None:
    with pytest.raises(ConsensusError, match="more model families"):
        committee(4, families=1, policy=Policy(min_families=2))
    assert committee(4, families=2, policy=Policy(min_families=2)).epoch.policy.min_families == 2
