"""The good bundle, and every honest variation of it."""

from __future__ import annotations

import pytest

from probatum.frozen import replace
from probatum.verify import Standing, decode_bundle
from probatum.verify.verifier import TITLES
from tests.unit.verify.attacked import (
    GOOD,
    SIGNED,
    check,
)


def test_the_good_bundle() -> None:
    result = check(GOOD)
    assert [(one.number, one.title) for one in result.checks] == list(enumerate(TITLES, start=1))
    assert [one.standing for one in result.checks] == [Standing.PASS] * 10 + [Standing.SKIP]
    assert result.verified is not None
    assert result.verified.cert_hash == SIGNED.envelope.digest
    assert (result.verified.log_index, result.verified.log_size) == (5, 11)
    assert [claim.cert_hash is not None for claim in result.verified.claims] == [True, False, True]
    assert decode_bundle(GOOD.encode()) == GOOD


def test_a_verification_has_no_truth_value() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(check(GOOD))


def test_every_quorum_of_signers_has_the_same_hash() -> None:
    lines = GOOD.statement.signatures
    for left_out in range(4):
        kept = tuple(line for i, line in enumerate(lines) if i != left_out)
        result = check(replace(GOOD, statement=replace(GOOD.statement, signatures=kept)))
        assert result.verified is not None
        assert result.verified.cert_hash == SIGNED.envelope.digest
        assert len(result.verified.non_signer_ids) == 1
