"""Proof bundles: one surviving claim, nothing else revealed, and nothing else provable."""

from __future__ import annotations

from base64 import b64decode

import pytest

from probatum.consensus.fragment import ClaimRecord, record_bytes
from probatum.consensus.verdict import Verdict
from probatum.encoding import canonical, merkle
from probatum.encoding.digest import Digest
from probatum.errors import BundleError
from probatum.evidence.record import EvidenceRecord
from probatum.frozen import replace
from probatum.testing.committee import committee, scripted_request
from probatum.verify import ProofBundle, Standing, decode_bundle, verify
from probatum.verify.disclose import disclose
from probatum.verify.verifier import TITLES

HERE = committee(4)
REQUEST = scripted_request(HERE.epoch, 5, asides=1)
S, R, N = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INSUFFICIENT
SPLIT = {"v0": [S, R, S, S, N, None], "v1": [S, R, R, S, N, None], "v2": [S, R, N, S, N, None], "v3": [S, R, None, S, N, None]}
WHOLE = HERE.bundle(REQUEST, HERE.run(REQUEST, SPLIT), index=1, size=3)  # S R undecided S I not-checkable
PROOF = disclose(WHOLE, 3)


def refused(bundle: ProofBundle, step: int, reason: str) -> None:
    (failure,) = verify(decode_bundle(bundle.encode()), HERE.trust).failures
    assert (failure.number, failure.title) == (step, TITLES[step - 1])
    assert reason in failure.detail


@pytest.mark.parametrize("index", [0, 3])
def test_a_surviving_claim_is_proved(index: int) -> None:
    result = verify(decode_bundle(disclose(WHOLE, index).encode()), HERE.trust, output=REQUEST.output)
    assert result.verified is not None
    assert [claim.record for claim in result.verified.claims] == [WHOLE.records[index]]
    assert result.verified.claims[0].cert_hash == WHOLE.statement.digest
    assert result.verified.ballots == ()
    assert [one.number for one in result.checks if one.standing is Standing.SKIP] == [7, 8, 11]


def test_nothing_else_is_revealed() -> None:
    """No other claim's text, salt, span or evidence hash, no ballot and no validator's vote, in the file or in what it encodes."""
    data = PROOF.encode()
    body = canonical.decode(data)
    assert isinstance(body, dict)
    assert body.keys().isdisjoint({"ballots", "fragments"})
    shown = data + b"".join(b64decode(envelope["payload"]) for envelope in (body["statement"], *body["epochs"]))  # type: ignore[arg-type,index,call-overload,union-attr]
    for record in WHOLE.records:
        text = REQUEST.output[record.start : record.end]
        assert (text in shown) is (record.index == 3), record
        assert (record.salt.encode() in shown) is (record.index == 3)
    for ballot in WHOLE.ballots:
        assert ballot.payload not in shown
        assert ballot.signatures[0].sig not in shown
    assert b"cast_at" not in shown
    assert b"confidence" not in shown


def test_evidence_of_other_claims_stays_out() -> None:
    (shared,) = WHOLE.evidence.values()
    other = EvidenceRecord((replace(shared.passages[0], source="secret.txt"),))
    assert b"secret.txt" not in disclose(replace(WHOLE, evidence={**WHOLE.evidence, str(other.hash): other}), 3).encode()


FAILED = {1: "REFUTED", 2: "UNDECIDED", 4: "INSUFFICIENT", 5: "NOT_CHECKABLE"}


@pytest.mark.parametrize("index", FAILED)
def test_a_fragment_that_did_not_survive_cannot_be_disclosed(index: int) -> None:
    with pytest.raises(BundleError, match=rf"did not survive \({FAILED[index]}\)"):
        disclose(WHOLE, index)


@pytest.mark.parametrize("index", [-1, 6, 10**9])
def test_no_such_fragment(index: int) -> None:
    with pytest.raises(BundleError, match="there is no fragment"):
        disclose(WHOLE, index)


def test_missing_evidence() -> None:
    with pytest.raises(BundleError, match="is missing from the bundle"):
        disclose(replace(WHOLE, evidence={}), 3)


def proof_of(index: int) -> ProofBundle:
    """A proof made by hand, without the questions that ``disclose`` asks."""
    record = WHOLE.records[index]
    assert isinstance(record, ClaimRecord)
    path = merkle.inclusion_proof([merkle.leaf_hash(record_bytes(one)) for one in WHOLE.records], index)
    return replace(PROOF, record=record, path=path)


@pytest.mark.parametrize("index", [1, 2, 4])
def test_a_hand_made_proof_of_a_failed_claim_is_refused(index: int) -> None:
    refused(proof_of(index), 5, f"fragment {index} did not survive: {FAILED[index]}")


ATTACKS = {
    "claim-text-edited": (replace(PROOF, record=replace(PROOF.record, claim="Something else holds.")), 5, "root"),
    "context-added": (replace(PROOF, record=replace(PROOF.record, context="Not")), 5, "root"),
    "index-edited": (replace(PROOF, record=replace(PROOF.record, index=0)), 5, "proof"),
    "index-outside": (replace(PROOF, record=replace(PROOF.record, index=6)), 5, "out of range"),
    "span-edited": (replace(PROOF, record=replace(PROOF.record, end=PROOF.record.end + 1)), 5, "root"),
    "record-of-a-failed-claim": (replace(PROOF, record=WHOLE.records[1]), 5, "proof"),
    "path-truncated": (replace(PROOF, path=PROOF.path[:-1]), 5, "too short"),
    "path-extended": (replace(PROOF, path=(*PROOF.path, PROOF.path[0])), 5, "too long"),
    "path-edited": (replace(PROOF, path=(Digest.of(b"x"), *PROOF.path[1:])), 5, "root"),
    "path-of-another-claim": (replace(PROOF, path=proof_of(0).path), 5, "proof"),
    "evidence-missing": (replace(PROOF, evidence={}), 6, "is missing or was changed"),
    "too-few-signers": (
        replace(PROOF, statement=replace(PROOF.statement, signatures=PROOF.statement.signatures[:2])),
        4,
        "signed by 2 of 4",
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack(name: str) -> None:
    bundle, step, reason = ATTACKS[name]
    refused(bundle, step, reason)  # type: ignore[arg-type]


def test_a_proof_of_something_not_checkable_cannot_even_be_read() -> None:
    body = canonical.decode(PROOF.encode())
    assert isinstance(body, dict)
    with pytest.raises(BundleError, match="a proof is of a claim"):
        decode_bundle(canonical.encode({**body, "fragment": WHOLE.records[5].to_json()}))


def test_siblings_cannot_be_guessed() -> None:
    """Equal claims in two rounds have different leaves: the salt is in the record."""
    assert isinstance(WHOLE.records[0], ClaimRecord)
    assert len(WHOLE.records[0].salt) == 32
    assert len({record.salt for record in WHOLE.records}) == len(WHOLE.records)
