"""Ballots and commitments: cast by one validator, for one round, on exactly its fragments."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from probatum.consensus.ballot import (
    Ballot,
    VerifiedBallot,
    Vote,
    commitment_digest,
    commitment_payload,
    verify_ballot,
    verify_commitment,
)
from probatum.consensus.epoch import Policy
from probatum.consensus.opening import Opening
from probatum.consensus.verdict import Verdict
from probatum.encoding import canonical
from probatum.encoding.canonical import MAX_INT, Json
from probatum.encoding.digest import Digest
from probatum.errors import CanonicalError, ConsensusError
from probatum.frozen import replace
from probatum.signing.dsse import Envelope, SignatureLine, sign
from probatum.signing.keys import PrivateKey
from probatum.testing.committee import committee, fixed_key, scripted_request, votes_for

HERE = committee(4)
REQUEST = scripted_request(HERE.epoch, 2, asides=1)
OPENING = REQUEST.opening
ASSIGNED = REQUEST.assigned(HERE.epoch)
VOTES = votes_for(REQUEST, HERE.epoch, "v0", [Verdict.SUPPORTED, Verdict.REFUTED, None])
PAYLOAD = Ballot(OPENING, "v0", VOTES, 1000).encode()


@pytest.mark.parametrize("clock", [-1, MAX_INT + 1, 2**64])
def test_a_clock_that_no_reader_takes_is_refused_before_anything_is_locked_or_signed(clock: int) -> None:
    voter = HERE.participants()[0]
    with pytest.raises(ConsensusError, match=r"ballot\.cast_at: expected milliseconds from 0 to 2\^53-1"):
        voter.cast(REQUEST, VOTES, clock)
    assert voter.recast(OPENING) is None
    assert check(voter.cast(REQUEST, VOTES, MAX_INT)).cast_at == MAX_INT


@pytest.mark.parametrize("sure", [-1, 10_001])
def test_a_confidence_that_no_reader_takes_is_not_written(sure: int) -> None:
    with pytest.raises(ConsensusError, match=f"confidence of fragment {VOTES[1].index}: expected 0 to 10000, got {sure}"):
        Ballot(OPENING, "v0", (VOTES[0], replace(VOTES[1], confidence=sure), *VOTES[2:]), 1000).encode()


def check(envelope: Envelope) -> VerifiedBallot:
    return verify_ballot(envelope, OPENING, HERE.epoch, ASSIGNED)


def signed(payload: bytes, key: PrivateKey = HERE.keys["v0"]) -> Envelope:
    return sign(payload, [key])


def edited(field: str, value: Json) -> Envelope:
    body = canonical.decode(PAYLOAD)
    body["predicate"][field] = value  # type: ignore[index,call-overload]
    return signed(canonical.encode(body))


def other(opening: Opening) -> Envelope:
    return signed(Ballot(opening, "v0", VOTES, 1000).encode())


def twin_network_ballot() -> Envelope:
    """The same keys in another network: everything else equal."""
    return other(replace(OPENING, network="othernet"))


ANOTHER = Digest.of(b"another")
REFUSED: dict[str, tuple[Callable[[], Envelope], str]] = {
    "signed-by-another-member": (lambda: signed(PAYLOAD, HERE.keys["v1"]), "unknown key"),
    "signed-by-a-stranger": (lambda: signed(PAYLOAD, fixed_key("stranger")), "unknown key"),
    "another-members-name-own-key": (lambda: signed(Ballot(OPENING, "v1", VOTES, 1).encode()), "unknown key"),
    "bad-signature": (
        lambda: Envelope(payload=PAYLOAD, signatures=(SignatureLine(HERE.keys["v0"].public.id, bytes(64)),)),
        "does not verify",
    ),
    "no-signature": (lambda: Envelope(payload=PAYLOAD, signatures=()), "not signed"),
    "signed-twice": (lambda: replace(signed(PAYLOAD), signatures=signed(PAYLOAD).signatures * 2), "signed twice"),
    "a-second-signer": (lambda: sign(PAYLOAD, [HERE.keys["v0"], HERE.keys["v1"]]), "unknown key"),
    "not-a-member": (lambda: signed(Ballot(OPENING, "v9", VOTES, 1).encode()), "no validator 'v9'"),
    "another-network": (twin_network_ballot, "another network"),
    "another-epoch-number": (lambda: other(replace(OPENING, epoch=1)), "another network, epoch"),
    "another-epoch-digest": (lambda: other(replace(OPENING, epoch_digest=ANOTHER)), "another network, epoch"),
    "another-round": (lambda: other(replace(OPENING, round_id="0" * 32)), "round"),
    "another-output": (lambda: other(replace(OPENING, output=ANOTHER)), "output"),
    "other-fragments": (lambda: other(replace(OPENING, root=ANOTHER)), "fragments"),
    "a-vote-missing": (lambda: edited("verdicts", "S"), "exactly its 2 assigned"),
    "a-vote-too-many": (lambda: edited("verdicts", "SRS"), "exactly its 2 assigned"),
    "a-confidence-missing": (lambda: edited("confidence", [1]), "exactly its 2 assigned"),
    "a-reason-too-many": (lambda: edited("reasons", ["", "", ""]), "exactly its 2 assigned"),
    "unknown-verdict": (lambda: edited("verdicts", "SX"), "letters S, R, I, A"),
    "lower-case-verdict": (lambda: edited("verdicts", "sr"), "letters S, R, I, A"),
    "verdict-of-an-outcome": (lambda: edited("verdicts", "SU"), "letters S, R, I, A"),
    "verdicts-newline": (lambda: edited("verdicts", "S\n"), "letters S, R, I, A"),
    "verdicts-a-list": (lambda: edited("verdicts", ["S", "R"]), r"ballot\.verdicts"),
    "confidence-above-all": (lambda: edited("confidence", [10_001, 0]), r"ballot\.confidence\[0\]: expected `int`"),
    "confidence-negative": (lambda: edited("confidence", [-1, 0]), r"ballot\.confidence\[0\]: expected `int`"),
    "confidence-true": (lambda: edited("confidence", [True, 0]), r"ballot\.confidence\[0\]: expected `int`"),
    "confidence-text": (lambda: edited("confidence", ["1", 0]), r"ballot\.confidence\[0\]: expected `int`"),
    "reason-too-long": (lambda: edited("reasons", ["x" * 501, ""]), r"ballot\.reasons\[0\]: expected `str`"),
    "reason-a-number": (lambda: edited("reasons", [1, ""]), r"ballot\.reasons\[0\]: expected `str`"),
    "cast-before-1970": (lambda: edited("cast_at", -1), "cast_at"),
    "cast-at-true": (lambda: edited("cast_at", True), "cast_at"),
    "unknown-field": (lambda: edited("weight", 2), "unknown field 'weight'"),
    "validator-with-newline": (lambda: edited("validator", "v0\n"), "validator"),
    "validator-null": (lambda: edited("validator", None), "validator"),
    "a-commitment": (lambda: signed(commitment_payload(OPENING, "v0", ANOTHER)), "expected a ballot, got a commitment"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    make, reason = REFUSED[name]
    with pytest.raises(ConsensusError, match=reason):
        check(make())


def test_subject_of_another_name() -> None:
    body = canonical.decode(PAYLOAD)
    body["subject"][0]["name"] = "outputs"  # type: ignore[index,call-overload]
    with pytest.raises(ConsensusError, match="not of output"):
        check(signed(canonical.encode(body)))


def test_payload_that_is_not_canonical() -> None:
    with pytest.raises(CanonicalError):
        check(signed(PAYLOAD.replace(b'"cast_at":1000', b'"cast_at":1e3')))


def test_accepted() -> None:
    ballot = check(signed(PAYLOAD))
    assert ballot.member.id == "v0"
    assert {index: vote.verdict for index, vote in ballot.votes.items()} == {0: Verdict.SUPPORTED, 1: Verdict.REFUTED}
    assert ballot.cast_at == 1000


def test_an_abstention_has_no_confidence() -> None:
    votes = (Vote(0, None, 0, "timeout"), VOTES[1])
    assert check(signed(Ballot(OPENING, "v0", votes, 1).encode())).votes[0].verdict is None
    with pytest.raises(ConsensusError, match="0 in an abstention"):
        check(signed(Ballot(OPENING, "v0", (Vote(0, None, 1, "timeout"), VOTES[1]), 1).encode()))


def test_a_drawn_member_votes_on_its_own_fragments_only() -> None:
    drawn = committee(6, policy=Policy(min_families=1, committee=2))
    request = scripted_request(drawn.epoch, 8)
    assigned = request.assigned(drawn.epoch)
    for member in drawn.epoch.members:
        mine = [i for i, members in enumerate(assigned.members) if member in members]
        everything = tuple(Vote(i, Verdict.SUPPORTED, 1, "") for i in range(8))
        right = tuple(vote for vote in everything if vote.index in mine)
        key = drawn.keys[member.id]
        cast = sign(Ballot(request.opening, member.id, right, 1).encode(), [key])
        assert list(verify_ballot(cast, request.opening, drawn.epoch, assigned).votes) == mine
        if len(mine) < 8:
            cast = sign(Ballot(request.opening, member.id, everything, 1).encode(), [key])
            with pytest.raises(ConsensusError, match=f"exactly its {len(mine)} assigned"):
                verify_ballot(cast, request.opening, drawn.epoch, assigned)


def test_true_is_not_the_number_one() -> None:
    """Python says True == 1; a signed payload must have one reading."""
    later = HERE.succeed()
    request = scripted_request(later.epoch, 1)
    votes = votes_for(request, later.epoch, "v0", [Verdict.SUPPORTED])
    body = canonical.decode(Ballot(request.opening, "v0", votes, 1).encode())
    assigned = request.assigned(later.epoch)
    verify_ballot(signed(canonical.encode(body)), request.opening, later.epoch, assigned)
    body["predicate"]["epoch"]["number"] = True  # type: ignore[index,call-overload]
    with pytest.raises(ConsensusError, match=r"ballot\.epoch\.number"):
        verify_ballot(signed(canonical.encode(body)), request.opening, later.epoch, assigned)


# -- commitments ------------------------------------------------------------------------------------------------------------

NONCE = bytes(range(32))
COMMITMENT = commitment_digest(signed(PAYLOAD), NONCE)


def test_commitment() -> None:
    member, digest = verify_commitment(signed(commitment_payload(OPENING, "v0", COMMITMENT)), OPENING, HERE.epoch)
    assert (member.id, digest) == ("v0", COMMITMENT)


def test_a_commitment_binds_ballot_and_nonce() -> None:
    ballot = signed(Ballot(OPENING, "v0", VOTES, 1001).encode())
    assert len({COMMITMENT, commitment_digest(ballot, NONCE), commitment_digest(signed(PAYLOAD), bytes(32))}) == 3


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_nonce_of_another_length(size: int) -> None:
    with pytest.raises(ConsensusError, match="a nonce has 32 bytes"):
        commitment_digest(signed(PAYLOAD), bytes(size))


COMMITMENTS: dict[str, tuple[Callable[[], Envelope], str]] = {
    "a-ballot": (lambda: signed(PAYLOAD), "expected a commitment, got a ballot"),
    "copied-from-another-member": (lambda: signed(commitment_payload(OPENING, "v0", COMMITMENT), HERE.keys["v1"]), "unknown key"),
    "another-round": (
        lambda: signed(commitment_payload(replace(OPENING, round_id="0" * 32), "v0", COMMITMENT)),
        "made for another round",
    ),
    "another-network": (
        lambda: signed(commitment_payload(replace(OPENING, network="othernet"), "v0", COMMITMENT)),
        "made for another round",
    ),
    "another-output": (
        lambda: signed(commitment_payload(replace(OPENING, output=ANOTHER), "v0", COMMITMENT)),
        "made for another round",
    ),
    "not-a-member": (lambda: signed(commitment_payload(OPENING, "v9", COMMITMENT)), "no validator 'v9'"),
}


@pytest.mark.parametrize("name", COMMITMENTS)
def test_commitment_refused(name: str) -> None:
    make, reason = COMMITMENTS[name]
    with pytest.raises(ConsensusError, match=reason):
        verify_commitment(make(), OPENING, HERE.epoch)
