"""The coordinator's state machine: phases, duplicates, equivocation, wrong signatures, expiry."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from probatum.consensus.ballot import NONCE_BYTES, Equivocation, VerifiedBallot, commitment_digest, commitment_payload
from probatum.consensus.epoch import Policy
from probatum.consensus.participant import Participant
from probatum.consensus.round import Phase, Round
from probatum.consensus.verdict import Verdict
from probatum.errors import ConsensusError
from probatum.frozen import replace
from probatum.signing.dsse import Envelope, sign
from probatum.testing.committee import Committee, MemoryLocks, committee, fixed_key, scripted_request, votes_for

S, R = Verdict.SUPPORTED, Verdict.REFUTED
HERE = committee(4)
SECRET = committee(4, policy=Policy(commit=True))
REQUEST = scripted_request(HERE.epoch, 2)
NONCE = bytes(NONCE_BYTES)


def voter(name: str, where: Committee = HERE) -> Participant:
    return Participant(name, where.keys[name], where.epoch, MemoryLocks())


def ballot(name: str, *verdicts: Verdict | None, where: Committee = HERE) -> Envelope:
    request = scripted_request(where.epoch, 2)
    return voter(name, where).cast(request, votes_for(request, where.epoch, name, verdicts or (S, S)), 1)


def fresh(*names: str, where: Committee = HERE) -> Round:
    round_ = Round(scripted_request(where.epoch, 2), where.epoch)
    for name in names:
        round_.add_ballot(ballot(name, where=where))
    return round_


def proposed(*names: str) -> Round:
    round_ = fresh(*(names or ("v0", "v1", "v2", "v3")))
    round_.propose()
    return round_


def signature(round_: Round, name: str) -> Envelope:
    return voter(name).countersign(REQUEST, round_.propose())


def test_from_open_to_finished() -> None:
    round_ = fresh()
    assert round_.phase is Phase.BALLOT
    assert round_.awaiting == ("v0", "v1", "v2", "v3")
    for name in ("v2", "v0", "v3", "v1"):
        assert isinstance(round_.add_ballot(ballot(name)), VerifiedBallot)
    assert round_.awaiting == ()
    assert [one.member.id for one in round_.ballots] == ["v0", "v1", "v2", "v3"]
    round_.propose()
    assert round_.phase is Phase.OUTCOME
    signed = [round_.add_signature(signature(round_, f"v{i}")) for i in range(4)]
    assert signed[:3] == [None, None, None]
    assert signed[3] is not None
    assert len(signed[3].envelope.signatures) == 4
    assert round_.phase is Phase.FINISHED


def test_a_fragment_is_open_only_while_a_missing_ballot_could_decide_it() -> None:
    round_ = fresh()
    assert round_.open_fragments == 2
    for name, verdicts, still_open in (("v0", (S, S), 2), ("v1", (S, R), 2), ("v2", (S, None), 0)):
        round_.add_ballot(ballot(name, *verdicts))
        assert round_.open_fragments == still_open


PHASES: dict[str, tuple[Callable[[], object], str]] = {
    "signature-before-proposal": (lambda: fresh("v0").add_signature(ballot("v0")), "in its ballot phase"),
    "ballot-after-proposal": (lambda: proposed("v0").add_ballot(ballot("v1")), "in its outcome phase"),
    "commitment-where-there-is-no-such-phase": (lambda: fresh().add_commitment(ballot("v0")), "in its ballot phase"),
    "closing-commitments-where-there-are-none": (lambda: fresh().close_commitments(), "in its ballot phase"),
    "ballot-before-commitments-are-closed": (
        lambda: fresh(where=SECRET).add_ballot(ballot("v0", where=SECRET), NONCE),
        "in its commit phase",
    ),
    "proposal-before-commitments-are-closed": (lambda: fresh(where=SECRET).propose(), "in its commit phase"),
    "proposal-without-a-ballot": (lambda: fresh().propose(), "no validator cast a ballot"),
}


@pytest.mark.parametrize("name", PHASES)
def test_out_of_phase(name: str) -> None:
    act, reason = PHASES[name]
    with pytest.raises(ConsensusError, match=reason):
        act()


def test_a_failed_proposal_leaves_the_round_open() -> None:
    round_ = fresh()
    with pytest.raises(ConsensusError):
        round_.propose()
    round_.add_ballot(ballot("v0"))
    assert round_.propose() == round_.propose()


def test_the_same_ballot_again_changes_nothing() -> None:
    round_ = fresh("v0", "v1")
    round_.add_ballot(ballot("v0"))
    assert len(round_.ballots) == 2
    assert not round_.equivocations


def test_equivocation_voids_both_and_is_kept_as_proof() -> None:
    round_ = fresh("v0", "v1", "v2", "v3")
    found = round_.add_ballot(ballot("v3", R, R))
    assert isinstance(found, Equivocation)
    assert (found.first, found.second) == (ballot("v3"), ballot("v3", R, R))
    for again in (ballot("v3"), ballot("v3", R, R), ballot("v3", S, R)):
        assert round_.add_ballot(again) is found, "whatever it sends now, it is not told that it counts"
        assert [one.member.id for one in round_.ballots] == ["v0", "v1", "v2"]
    assert round_.awaiting == ()
    assert round_.equivocations == [found]
    assert len(round_.propose().ballots) == 3


REFUSED: dict[str, tuple[Callable[[], Envelope], str]] = {
    "stranger": (lambda: sign(ballot("v0").payload, [fixed_key("stranger")]), "unknown key"),
    "another-round": (lambda: other_rounds_ballot(), "another network"),
    "another-network": (lambda: ballot("v0", where=committee(4, network="othernet")), "unknown key"),
}


def other_rounds_ballot() -> Envelope:
    request = scripted_request(HERE.epoch, 2, seed=1)
    return voter("v0").cast(request, votes_for(request, HERE.epoch, "v0", [S, S]), 1)


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_ballot_changes_nothing(name: str) -> None:
    make, reason = REFUSED[name]
    round_ = fresh("v1")
    with pytest.raises(ConsensusError, match=reason):
        round_.add_ballot(make())
    assert [one.member.id for one in round_.ballots] == ["v1"]


def test_a_wrong_request_opens_no_round() -> None:
    for wrong in (
        replace(REQUEST, output=b"x"),
        replace(REQUEST, records=REQUEST.records[:1]),
        replace(REQUEST, opening=replace(REQUEST.opening, epoch=1)),
    ):
        with pytest.raises(ConsensusError):
            Round(wrong, HERE.epoch)


# -- commit and reveal ------------------------------------------------------------------------------------------------------


def secret(name: str, *verdicts: Verdict) -> tuple[Envelope, bytes]:
    """A ballot and the nonce that opens the commitment to it."""
    cast = ballot(name, *verdicts, where=SECRET)
    return cast, voter(name, SECRET).nonce(cast)


def commit(round_: Round, name: str, *verdicts: Verdict) -> None:
    round_.add_commitment(voter(name, SECRET).commit(round_.request.opening, *secret(name, *verdicts)))


def test_commit_then_reveal() -> None:
    round_ = fresh(where=SECRET)
    assert round_.phase is Phase.COMMIT
    for i in range(4):
        commit(round_, f"v{i}")
    assert round_.phase is Phase.BALLOT, "everyone has committed"
    round_.add_ballot(*secret("v0"))
    assert len(round_.ballots) == 1


REVEALS: dict[str, tuple[Envelope, bytes | None]] = {
    "another-ballot-than-committed": secret("v0", R, R),
    "another-ballots-nonce": (ballot("v0", where=SECRET), secret("v0", R, R)[1]),
    "another-nonce": (ballot("v0", where=SECRET), b"x" * 32),
    "short-nonce": (ballot("v0", where=SECRET), b""),
    "no-nonce": (ballot("v0", where=SECRET), None),
    "never-committed": secret("v1"),
}


@pytest.mark.parametrize("name", REVEALS)
def test_a_reveal_that_does_not_open_its_commitment(name: str) -> None:
    revealed, nonce = REVEALS[name]
    round_ = fresh(where=SECRET)
    commit(round_, "v0")
    round_.close_commitments()
    with pytest.raises(ConsensusError, match=r"does not open a commitment|a nonce has 32 bytes"):
        round_.add_ballot(revealed, nonce)
    assert not round_.ballots


def test_a_second_commitment_is_refused_and_the_first_stays() -> None:
    round_ = fresh(where=SECRET)
    commit(round_, "v0")
    commit(round_, "v0")
    with pytest.raises(ConsensusError, match="already committed to another"):
        commit(round_, "v0", R, R)
    round_.close_commitments()
    round_.add_ballot(*secret("v0"))


def test_a_restarted_validator_commits_to_the_same_bytes() -> None:
    assert secret("v0") == secret("v0")
    nonces = {secret("v0")[1], secret("v0", R, R)[1], voter("v1", SECRET).nonce(ballot("v0", where=SECRET))}
    assert len(nonces) == 3, "a nonce belongs to one key and one ballot"


def test_a_copied_commitment_is_refused() -> None:
    """Copying v0's commitment under its own name does not let v1 open it: the ballot inside names v0."""
    round_ = fresh(where=SECRET)
    cast, nonce = secret("v0")
    commit(round_, "v0")
    copied = commitment_payload(round_.request.opening, "v1", commitment_digest(cast, nonce))
    round_.add_commitment(sign(copied, [SECRET.keys["v1"]]))
    round_.close_commitments()
    for attempt in (secret("v1"), (ballot("v1", where=SECRET), nonce), (sign(cast.payload, [SECRET.keys["v1"]]), nonce)):
        with pytest.raises(ConsensusError):
            round_.add_ballot(*attempt)


# -- signatures -------------------------------------------------------------------------------------------------------------

SIGNATURES: dict[str, tuple[Callable[[Round], Envelope], str]] = {
    "for-another-outcome": (lambda r: signature(proposed("v0", "v1"), "v0"), "another outcome than the one proposed"),
    "for-a-ballot": (lambda r: ballot("v0"), "another outcome than the one proposed"),
    "by-a-stranger": (lambda r: sign(r.propose().payload, [fixed_key("x")]), "unknown key"),
    "by-a-member-and-a-stranger": (lambda r: sign(r.propose().payload, [HERE.keys["v0"], fixed_key("x")]), "unknown key"),
    "that-does-not-verify": (
        lambda r: replace(signature(r, "v0"), signatures=(replace(signature(r, "v0").signatures[0], sig=bytes(64)),)),
        "does not verify",
    ),
    "twice-in-one-envelope": (lambda r: replace(signature(r, "v0"), signatures=signature(r, "v0").signatures * 2), "signed twice"),
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_wrong_signature_counts_for_nothing(name: str) -> None:
    make, reason = SIGNATURES[name]
    round_ = proposed()
    with pytest.raises(ConsensusError, match=reason):
        round_.add_signature(make(round_))
    for i in (1, 2):
        round_.add_signature(signature(round_, f"v{i}"))
    assert round_.finish() is None


def test_one_signer_many_times_is_one_signer() -> None:
    round_ = proposed()
    for _ in range(5):
        assert round_.add_signature(signature(round_, "v0")) is None
    assert round_.finish() is None


PICTURES = """
    stakes           signers        finished
    1 1 1            v0 v1          no
    1 1 1            v0 v1 v2       yes
    1 1 1 1          v0 v1          no
    1 1 1 1          v0 v1 v2       yes
    1 1 1 1 1 1      v0 v1 v2 v3    no
    4 1 1            v0             no
    5 1 1            v0             yes
    67 33            v0             yes
    66 33            v0             no
    66 34 2          v0 v2          no
    66 34 2          v0 v1          yes
    2 2 2            v1 v2          no
"""


@pytest.mark.parametrize("row", [line.strip() for line in PICTURES.strip().splitlines()[1:]])
def test_more_than_two_thirds_of_the_whole_stake(row: str) -> None:
    stakes, signers, finished = (cell.strip() for cell in row.split("  ") if cell.strip())
    numbers = [int(number) for number in stakes.split()]
    here = committee(len(numbers), stakes=numbers, policy=Policy(min_families=1))
    round_ = fresh("v0", where=here)
    proposal = round_.propose()
    for name in signers.split():
        round_.add_signature(voter(name, here).countersign(round_.request, proposal))
    assert (round_.finish() is not None or round_.phase is Phase.FINISHED) is (finished == "yes")


def test_nothing_is_finished_before_it_is_proposed() -> None:
    assert fresh("v0", "v1", "v2", "v3").finish() is None


def test_expiry_is_explicit_and_final() -> None:
    round_ = proposed()
    for i in range(3):
        round_.add_signature(signature(round_, f"v{i}"))
    round_.expire()
    assert round_.phase is Phase.EXPIRED
    assert round_.finish() is None, "enough signatures were there, but the deadline had passed"
    with pytest.raises(ConsensusError, match="in its expired phase"):
        round_.add_signature(signature(proposed(), "v3"))
    with pytest.raises(ConsensusError, match="in its expired phase"):
        round_.add_ballot(ballot("v0"))


def test_a_finished_round_does_not_expire() -> None:
    round_ = proposed()
    for i in range(4):
        round_.add_signature(signature(round_, f"v{i}"))
    round_.expire()
    assert round_.phase is Phase.FINISHED
    assert round_.finish() is not None
