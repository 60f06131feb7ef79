"""Attacks on who decided: trust, genesis, epochs."""

from __future__ import annotations

import pytest

from probatum.encoding.digest import Digest
from probatum.frozen import replace
from probatum.signing.dsse import Envelope, sign
from probatum.testing.committee import fixed_key, scripted_request
from probatum.verify import Trust
from tests.unit.verify.attacked import (
    GOOD,
    HERE,
    KEYS,
    TWIN,
    R,
    S,
    check,
    refused,
)


def test_no_trust() -> None:
    refused(check(GOOD, trust=None), 1, "no trust anchor given")


TRUST = {
    "another-networks-trust": TWIN.trust,
    "genesis-edited": Trust("testnet", Digest.of(b"x")),
}


@pytest.mark.parametrize("name", TRUST)
def test_foreign_genesis(name: str) -> None:
    refused(check(GOOD, TRUST[name]), 2, "foreign network")


def test_network_renamed_in_the_trust_file() -> None:
    refused(check(GOOD, replace(HERE.trust, network="othernet")), 2, "the chain is of network testnet")


NEXT = HERE.succeed()
EPOCHS: dict[str, tuple[tuple[Envelope, ...], int, str]] = {
    "no-epochs": ((), 2, "the epoch chain is empty"),
    "foreign-epoch": (TWIN.epochs, 2, "foreign network"),
    "epoch-twice": (HERE.epochs * 2, 2, "does not follow"),
    "skipped-epoch": ((HERE.genesis, NEXT.succeed().later[1]), 2, "epoch 2 does not follow epoch 0"),
    "a-later-epoch-than-the-rounds": (NEXT.epochs, 3, "the round is of epoch 0"),
    "genesis-signed-by-two": ((sign(HERE.epoch.payload, KEYS[:2]),), 2, "signed by 2 of 4"),
    "genesis-with-a-stranger": ((sign(HERE.epoch.payload, [*KEYS, fixed_key("x")]),), 2, "unknown key"),
    "genesis-with-a-line-twice": ((replace(HERE.genesis, signatures=HERE.genesis.signatures * 2),), 2, "signed twice"),
}


@pytest.mark.parametrize("name", EPOCHS)
def test_epochs(name: str) -> None:
    epochs, step, reason = EPOCHS[name]
    refused(check(replace(GOOD, epochs=epochs)), step, reason)


def test_a_rounds_certificate_of_the_epoch_before_is_not_one_of_the_next() -> None:
    """Stale epoch: the same keys, the same policy, one epoch later."""
    request = scripted_request(NEXT.epoch, 3, asides=1)
    signed = NEXT.run(request, [S, R, S, None])
    assert check(NEXT.bundle(request, signed)).verified is not None
    refused(check(replace(NEXT.bundle(request, signed), epochs=HERE.epochs)), 3, "the round is of epoch 1")
