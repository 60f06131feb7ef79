"""A validator's side: it votes once, signs one outcome, and a crash changes neither."""

from __future__ import annotations

import pytest

from probatum.consensus.participant import Participant, Proposal, Slot, Step
from probatum.consensus.round import Round
from probatum.consensus.verdict import Verdict
from probatum.encoding.digest import Digest
from probatum.errors import ConsensusError, LockConflict
from probatum.frozen import replace
from probatum.signing.dsse import Envelope, sign
from probatum.testing.committee import MemoryLocks, committee, scripted_request, votes_for

HERE = committee(4)
REQUEST = scripted_request(HERE.epoch, 2)
S, R = Verdict.SUPPORTED, Verdict.REFUTED


def ballot(name: str, *verdicts: Verdict | None, request: object = REQUEST) -> Envelope:
    voter = Participant(name, HERE.keys[name], HERE.epoch, MemoryLocks())
    return voter.cast(REQUEST, votes_for(REQUEST, HERE.epoch, name, verdicts), 1)


def proposal(*ballots: Envelope) -> Proposal:
    round_ = Round(REQUEST, HERE.epoch)
    for one in ballots:
        round_.add_ballot(one)
    return round_.propose()


ALL = [ballot(f"v{i}", S, S) for i in range(4)]
RIGHT = proposal(*ALL)


def participant(locks: MemoryLocks | None = None) -> Participant:
    return Participant("v0", HERE.keys["v0"], HERE.epoch, MemoryLocks() if locks is None else locks)


class Crash(Exception):
    """The process dies here."""


class CrashingLocks(MemoryLocks):
    """Dies after the disk has the lock and before the signature leaves."""

    def hold(self, slot: Slot, payload: bytes) -> bytes:
        """See ``MemoryLocks``."""
        MemoryLocks.hold(self, slot, payload)
        raise Crash


def test_the_lock_is_taken_before_the_signature_exists() -> None:
    disk = CrashingLocks()
    with pytest.raises(Crash):
        participant(disk).cast(REQUEST, votes_for(REQUEST, HERE.epoch, "v0", [S, R]), 1)
    restarted = participant(MemoryLocks(disk.bound))
    again = restarted.cast(REQUEST, votes_for(REQUEST, HERE.epoch, "v0", [R, R]), 2)
    assert again == ballot("v0", S, R), "what was locked is signed, whatever the validator thinks now"


def test_a_crash_between_lock_and_signature_of_the_outcome() -> None:
    disk = CrashingLocks()
    with pytest.raises(Crash):
        participant(disk).countersign(REQUEST, RIGHT)
    restarted = participant(MemoryLocks(disk.bound))
    with pytest.raises(LockConflict, match="v0 has already signed another outcome"):
        restarted.countersign(REQUEST, proposal(*ALL[:3]))
    assert restarted.countersign(REQUEST, RIGHT).payload == RIGHT.payload


def test_two_outcomes_of_one_round() -> None:
    one = participant()
    one.countersign(REQUEST, RIGHT)
    for subset in (ALL[:3], ALL[1:], ALL[:1]):
        with pytest.raises(LockConflict):
            one.countersign(REQUEST, proposal(*subset))
    assert one.countersign(REQUEST, RIGHT) == one.countersign(REQUEST, RIGHT)


def test_another_round_is_another_lock() -> None:
    one = participant()
    other = scripted_request(HERE.epoch, 2, seed=1)
    assert one.cast(REQUEST, votes_for(REQUEST, HERE.epoch, "v0", [S, S]), 1) != one.cast(
        other, votes_for(other, HERE.epoch, "v0", [S, S]), 1
    )


def test_one_round_id_for_two_outputs_gives_one_ballot() -> None:
    """A coordinator opens the same round twice with different texts."""
    one, other = participant(), scripted_request(HERE.epoch, 2, seed=1)
    twin = replace(other, opening=replace(other.opening, round_id=REQUEST.opening.round_id))
    first = one.cast(REQUEST, votes_for(REQUEST, HERE.epoch, "v0", [S, S]), 1)
    assert one.cast(twin, votes_for(twin, HERE.epoch, "v0", [S, S]), 1) == first


def test_recast_after_a_restart() -> None:
    disk = MemoryLocks()
    assert participant(disk).recast(REQUEST.opening) is None
    cast = participant(disk).cast(REQUEST, votes_for(REQUEST, HERE.epoch, "v0", [S, S]), 1)
    assert participant(disk).recast(REQUEST.opening) == cast
    assert participant(disk).recast(scripted_request(HERE.epoch, 2, seed=1).opening) is None


def test_locks_are_by_validator_network_epoch_round_and_step() -> None:
    disk, slot = MemoryLocks(), Slot("v0", "testnet", 0, "r", Step.BALLOT)
    disk.hold(slot, b"first")
    assert disk.hold(slot, b"second") == b"first"
    for other in (
        slot._replace(validator="v1"),
        slot._replace(network="othernet"),
        slot._replace(epoch=1),
        slot._replace(round_id="s"),
        slot._replace(step=Step.OUTCOME),
    ):
        assert disk.held(other) is None


FORGED = sign(ALL[1].payload, [HERE.keys["v0"]])
WRONG: dict[str, tuple[Proposal, str]] = {
    "verdicts-of-other-ballots": (Proposal(RIGHT.payload, (ballot("v0", R, R), *ALL[1:])), "not what its ballots give"),
    "a-ballot-left-out-after-counting": (Proposal(RIGHT.payload, tuple(ALL[:3])), "not what its ballots give"),
    "no-ballots": (Proposal(RIGHT.payload, ()), "no validator cast a ballot"),
    "a-ballot-counted-twice": (Proposal(RIGHT.payload, (*ALL, ALL[0])), "counts one validator's ballot twice"),
    "an-equivocators-two-ballots": (Proposal(RIGHT.payload, (*ALL, ballot("v0", R, R))), "counts one validator's ballot twice"),
    "a-forged-ballot": (Proposal(RIGHT.payload, (ALL[0], FORGED, *ALL[2:])), "unknown key"),
    "a-ballot-of-another-round": (
        Proposal(RIGHT.payload, (*ALL[:3], replace(ALL[3], payload=ALL[3].payload.replace(b'"round":"', b'"round":"0')))),
        "does not verify",
    ),
    "payload-with-white-space": (replace(RIGHT, payload=RIGHT.payload + b" "), "not what its ballots give"),
    "payload-of-another-kind": (replace(RIGHT, payload=ALL[0].payload), "not what its ballots give"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_proposal_is_not_signed_and_takes_no_lock(name: str) -> None:
    wrong, reason = WRONG[name]
    disk = MemoryLocks()
    with pytest.raises(ConsensusError, match=reason):
        participant(disk).countersign(REQUEST, wrong)
    assert not disk.bound


def test_ballots_in_any_order_give_the_same_outcome() -> None:
    assert participant().countersign(REQUEST, Proposal(RIGHT.payload, tuple(reversed(ALL)))).payload == RIGHT.payload


ANOTHER = committee(4, network="othernet")
OTHER_OUTPUT = replace(REQUEST, output=REQUEST.output.replace(b"holds", b"folds"))
REQUESTS = {
    "another-network": (scripted_request(ANOTHER.epoch, 2), "the round is of epoch 0"),
    "another-epoch": (scripted_request(HERE.succeed().epoch, 2), "the round is of epoch 1"),
    "another-output": (OTHER_OUTPUT, "the output is not the one"),
    "a-record-edited": (
        replace(REQUEST, records=(replace(REQUEST.records[0], start=1), REQUEST.records[1])),
        "do not hash to the round's root",
    ),
    "records-swapped": (replace(REQUEST, records=REQUEST.records[::-1]), "do not hash to the round's root"),
    "a-record-missing": (replace(REQUEST, records=REQUEST.records[:1]), "do not hash to the round's root"),
    "length-lied-about": (replace(REQUEST, opening=replace(REQUEST.opening, output_bytes=1)), "the output is not the one"),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_that_does_not_hold_together_is_not_countersigned(name: str) -> None:
    request, reason = REQUESTS[name]
    disk = MemoryLocks()
    with pytest.raises(ConsensusError, match=reason):
        participant(disk).countersign(request, RIGHT)
    assert not disk.bound


def test_a_ballot_for_another_epoch_is_not_cast() -> None:
    request = scripted_request(HERE.succeed().epoch, 2)
    with pytest.raises(ConsensusError, match="the round is of epoch 1"):
        participant().cast(request, votes_for(request, HERE.epoch, "v0", [S, S]), 1)
    assert Digest.of(b"") != request.opening.epoch_digest
