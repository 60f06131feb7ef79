"""in-toto statements: one subject, one digest, one reading."""

from __future__ import annotations

import pytest

from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.errors import CanonicalError, ConsensusError
from probatum.signing.statement import STATEMENT_TYPE, Statement

HEX = Digest.of(b"x").hex()
SUBJECT: dict[str, Json] = {"digest": {"sha256": HEX}, "name": "output"}


def statement(**changed: Json) -> dict[str, Json]:
    return {
        "_type": STATEMENT_TYPE,
        "predicate": {"a": 1},
        "predicateType": "https://probatum.dev/ballot/v1",
        "subject": [SUBJECT],
        **changed,
    }


REFUSED: dict[str, Json] = {
    "not-an-object": [],
    "another-statement-type": statement(_type="https://in-toto.io/Statement/v0.1"),
    "unknown-field": statement(extra=1),
    "foreign-predicate": statement(predicateType="https://example.com/ballot/v1"),
    "predicate-of-another-version": statement(predicateType="https://probatum.dev/ballot/v2"),
    "predicate-type-a-number": statement(predicateType=1),
    "predicate-not-an-object": statement(predicate=[]),
    "no-subject": statement(subject=[]),
    "two-subjects": statement(subject=[SUBJECT, SUBJECT]),
    "subject-without-name": statement(subject=[{"digest": {"sha256": HEX}}]),
    "subject-with-more": statement(subject=[{**SUBJECT, "uri": "x"}]),
    "two-digests": statement(subject=[{"digest": {"sha256": HEX, "sha512": HEX}, "name": "output"}]),
    "digest-of-another-kind": statement(subject=[{"digest": {"sha512": HEX}, "name": "output"}]),
    "digest-upper-case": statement(subject=[{"digest": {"sha256": HEX.upper()}, "name": "output"}]),
    "digest-short": statement(subject=[{"digest": {"sha256": HEX[2:]}, "name": "output"}]),
    "name-a-number": statement(subject=[{"digest": {"sha256": HEX}, "name": 1}]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    with pytest.raises(ConsensusError):
        Statement.decode(canonical.encode(REFUSED[name]))


def test_not_canonical() -> None:
    with pytest.raises(CanonicalError):
        Statement.decode(canonical.encode(statement()) + b"\n")


def test_round_trip() -> None:
    made = Statement("ballot", "output", Digest.of(b"x"), {"a": 1})
    assert made.encode() == canonical.encode(statement())
    assert Statement.decode(made.encode()) == made
