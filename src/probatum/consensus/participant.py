"""A validator's side of a round: vote once, sign one outcome (protocol section 5, steps 2 to 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from probatum.consensus.ballot import Ballot, Vote, commitment_digest, commitment_payload, verify_ballots
from probatum.consensus.epoch import Epoch
from probatum.consensus.opening import Opening
from probatum.consensus.outcome import decide
from probatum.consensus.request import Request
from probatum.errors import ConsensusError, LockConflict
from probatum.signing.dsse import Envelope, sign
from probatum.signing.keys import PrivateKey


class Step(StrEnum):
    """What a key signs at most once in a round; and of a certificate, for which its hash stands in the slot in place of a round."""

    BALLOT = "ballot"
    OUTCOME = "outcome"
    REVOCATION = "revocation"


class Slot(NamedTuple):
    """Where a key may sign only one payload."""

    validator: str
    network: str
    epoch: int
    round_id: str
    step: Step


class Locks(Protocol):
    """One-signature locks that survive a crash."""

    def hold(self, slot: Slot, payload: bytes) -> bytes:
        """Bind ``slot`` to ``payload`` unless it is bound already, durably, *before returning*; return what it is bound to."""
        ...

    def hold_all(self, bindings: Sequence[tuple[Slot, bytes]]) -> list[bytes]:
        """:meth:`hold` for several slots at once, durable together before returning."""
        ...

    def held(self, slot: Slot) -> bytes | None:
        """What ``slot`` is bound to, if anything."""
        ...


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the coordinator asks everyone to sign: a payload, and the ballots it claims to be the outcome of."""

    payload: bytes
    ballots: tuple[Envelope, ...]


@dataclass(frozen=True, slots=True)
class Participant:
    """One validator in one epoch: it signs with its key and asks its locks before each signature."""

    id: str
    key: PrivateKey
    epoch: Epoch
    locks: Locks

    def cast(self, request: Request, votes: Sequence[Vote], now: int) -> Envelope:
        """Sign the ballot of this round; after a crash the ballot that was locked is signed again, whatever ``votes`` say now.

        Args:
            request: the round's material.
            votes: one per assigned fragment, in order.
            now: the validator's clock, milliseconds since 1970.
        """
        return cast_all([(self, votes)], request, now)[0]

    def recast(self, opening: Opening) -> Envelope | None:
        """The ballot that was locked before a restart, signed again; ``None`` if none was."""
        payload = self.locks.held(self.slot(opening, Step.BALLOT))
        return None if payload is None else sign(payload, [self.key])

    def commit(self, opening: Opening, ballot: Envelope, nonce: bytes) -> Envelope:
        """Sign the hash of a ballot and a nonce (see :meth:`nonce`), to be sent before anyone's ballot is shown."""
        return sign(commitment_payload(opening, self.id, commitment_digest(ballot, nonce)), [self.key])

    def nonce(self, ballot: Envelope) -> bytes:
        """A secret nonce for committing to ``ballot``; derived from the key, so that after a crash it is the same again."""
        return self.key.derive(b"commitment nonce" + ballot.digest)

    def countersign(self, request: Request, proposal: Proposal) -> Envelope:
        """Recheck every ballot and the tally, take the lock, and sign the outcome.

        Raises:
            ConsensusError: the proposal is not the outcome of its ballots, a ballot is not valid, or a sender stands twice.
            LockConflict: this validator has already signed another outcome of this round.
        """
        self.recheck(request, proposal)
        return sign_all([self], request, proposal)[0]

    def recheck(self, request: Request, proposal: Proposal) -> None:
        """Recheck every ballot, signature by signature, and the tally; raises ConsensusError as :meth:`countersign` does."""
        request.opening.check_epoch(self.epoch)
        request.check()
        assigned = request.assigned(self.epoch)
        ballots = verify_ballots(proposal.ballots, request.opening, self.epoch, assigned)
        if len({ballot.member.id for ballot in ballots}) != len(ballots):
            raise ConsensusError("the proposal counts one validator's ballot twice")
        outcome = decide(request.opening, self.epoch, request.records, assigned, ballots, request.uncovered)
        if outcome.encode() != proposal.payload:
            raise ConsensusError("the proposed outcome is not what its ballots give")

    def slot(self, opening: Opening, step: Step) -> Slot:
        """Where this validator's signature of a round's ballot or outcome is locked."""
        return Slot(self.id, opening.network, opening.epoch, opening.round_id, step)


def cast_all(votes: Sequence[tuple[Participant, Sequence[Vote]]], request: Request, now: int) -> list[Envelope]:
    """:meth:`Participant.cast` for validators that share their locks: all locks are taken in one step, then each signs."""
    bindings: list[tuple[Slot, bytes]] = []
    for one, said in votes:
        request.opening.check_epoch(one.epoch)
        payload = Ballot(request.opening, one.id, tuple(said), now).encode()
        bindings.append((one.slot(request.opening, Step.BALLOT), payload))
    held = votes[0][0].locks.hold_all(bindings) if votes else []
    return [sign(payload, [one.key]) for (one, _), payload in zip(votes, held, strict=True)]


def sign_all(participants: Sequence[Participant], request: Request, proposal: Proposal) -> list[Envelope]:
    """The signatures of validators that share their locks and have all rechecked the proposal: all locks are taken in one step,
    then each signs; raises LockConflict if one of them has signed another outcome."""
    slots = [one.slot(request.opening, Step.OUTCOME) for one in participants]
    held = participants[0].locks.hold_all([(slot, proposal.payload) for slot in slots]) if participants else []
    for slot, payload in zip(slots, held, strict=True):
        if payload != proposal.payload:
            raise LockConflict(f"{slot.validator} has already signed another outcome of round {slot.round_id}")
    return [sign(proposal.payload, [one.key]) for one in participants]
