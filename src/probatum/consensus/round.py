"""The coordinator's side of a round, as a state machine without I/O or clock (protocol section 5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from probatum.consensus.assignment import Assignment
from probatum.consensus.ballot import Equivocation, VerifiedBallot, commitment_digest, verify_ballot, verify_commitment
from probatum.consensus.epoch import Epoch, supermajority
from probatum.consensus.outcome import Outcome, ballot_order, decide, tally_all
from probatum.consensus.participant import Proposal
from probatum.consensus.request import Request
from probatum.consensus.tally import Pending
from probatum.encoding.digest import Digest
from probatum.errors import ConsensusError
from probatum.signing.dsse import Envelope, SignatureLine, signers_by_id


class Phase(StrEnum):
    """Where a round stands."""

    COMMIT = "commit"
    BALLOT = "ballot"
    OUTCOME = "outcome"
    FINISHED = "finished"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class SignedOutcome:
    """An outcome that more than two thirds of the epoch's stake signed: a certificate, or a rejection."""

    outcome: Outcome
    envelope: Envelope
    ballots: tuple[Envelope, ...]


@dataclass(slots=True)
class Round:
    """Collects commitments, ballots and signatures. Every input is checked; a wrong one raises and changes nothing."""

    request: Request
    epoch: Epoch
    phase: Phase = Phase.BALLOT
    equivocations: list[Equivocation] = field(default_factory=list)
    _assigned: Assignment = field(init=False, repr=False)
    _commitments: dict[str, Digest] = field(default_factory=dict)
    _ballots: dict[str, VerifiedBallot] = field(default_factory=dict)
    _proposal: Proposal | None = None
    _outcome: Outcome | None = None
    _lines: dict[str, SignatureLine] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.request.check()
        self.request.opening.check_epoch(self.epoch)
        self._assigned = self.request.assigned(self.epoch)
        if self.epoch.policy.commit:
            self.phase = Phase.COMMIT

    def add_commitment(self, envelope: Envelope) -> None:
        """Take a commitment; the phase ends by :meth:`close_commitments` or when every member has committed."""
        self._expect(Phase.COMMIT)
        member, digest = verify_commitment(envelope, self.request.opening, self.epoch)
        if self._commitments.setdefault(member.id, digest) != digest:
            raise ConsensusError(f"{member.id} has already committed to another ballot")
        if len(self._commitments) == len(self.epoch.members):
            self.phase = Phase.BALLOT

    def close_commitments(self) -> None:
        """The deadline for commitments has passed; who has not committed may not vote."""
        self._expect(Phase.COMMIT)
        self.phase = Phase.BALLOT

    def add_ballot(self, envelope: Envelope, nonce: bytes | None = None) -> VerifiedBallot | Equivocation:
        """Take a ballot. The same one again changes nothing; a different one by the same key is an equivocation and voids both.

        Raises:
            ConsensusError: the ballot is not valid in this round, or does not open its commitment.
        """
        self._expect(Phase.BALLOT)
        ballot = verify_ballot(envelope, self.request.opening, self.epoch, self._assigned)
        name = ballot.member.id
        if self.epoch.policy.commit and self._commitments.get(name) != commitment_digest(envelope, nonce or b""):
            raise ConsensusError(f"the ballot of {name} does not open a commitment it made")
        known = next((one for one in self.equivocations if one.member.id == name), None)
        if known is not None:
            return known
        before = self._ballots.get(name)
        if before is not None and before.envelope.payload != envelope.payload:
            found = Equivocation(ballot.member, before.envelope, envelope)
            self.equivocations.append(found)
            del self._ballots[name]
            return found
        self._ballots[name] = ballot
        return ballot

    @property
    def ballots(self) -> tuple[VerifiedBallot, ...]:
        """The ballots that count, in the epoch's order."""
        return ballot_order(self.epoch, self._ballots.values())

    @property
    def awaiting(self) -> tuple[str, ...]:
        """Members whose ballot is still out."""
        gone = {one.member.id for one in self.equivocations}
        return tuple(m.id for m in self.epoch.members if m.id not in self._ballots and m.id not in gone)

    @property
    def open_fragments(self) -> int:
        """How many fragments a missing ballot could still decide."""
        tallies = tally_all(self.epoch, self.request.records, self._assigned, self._ballots.values(), closed=False)
        return sum(isinstance(one, Pending) for one in tallies)

    def propose(self) -> Proposal:
        """End the voting and say what everyone is asked to sign.

        Raises:
            ConsensusError: no ballot was cast.
        """
        if self._proposal is None:
            self._expect(Phase.BALLOT)
            self._outcome = decide(
                self.request.opening, self.epoch, self.request.records, self._assigned, self.ballots, self.request.uncovered
            )
            self._proposal = Proposal(self._outcome.encode(), tuple(ballot.envelope for ballot in self.ballots))
            self.phase = Phase.OUTCOME
        return self._proposal

    def add_signature(self, envelope: Envelope) -> SignedOutcome | None:
        """Take a validator's signature of the proposed outcome; the result once nobody else can join, or by :meth:`finish`.

        Raises:
            ConsensusError: it signs something else, or the signature does not verify.
        """
        self._expect(Phase.OUTCOME)
        if self._proposal is None or envelope.payload != self._proposal.payload:
            raise ConsensusError("the signature is for another outcome than the one proposed")
        who = signers_by_id(envelope, self.epoch.keys)
        if who.problems:
            raise ConsensusError(f"outcome: {who.problems[0]}")
        self._lines.update((line.keyid, line) for line in envelope.signatures)
        return self.finish() if len(self._lines) == len(self.epoch.members) else None

    def finish(self) -> SignedOutcome | None:
        """The signed outcome if more than two thirds of the whole epoch's stake signed it, else ``None``; never after expiry."""
        if self._proposal is None or self._outcome is None or self.phase is Phase.EXPIRED:
            return None
        if not supermajority(self.epoch.stake_of([self.epoch.keys[keyid] for keyid in self._lines]), self.epoch.stake):
            return None
        self.phase = Phase.FINISHED
        envelope = Envelope(payload=self._proposal.payload, signatures=()).with_signatures(self._lines.values())
        return SignedOutcome(self._outcome, envelope, self._proposal.ballots)

    def expire(self) -> None:
        """The last deadline has passed without an outcome. Silence is no verdict: nothing is certified."""
        if self.phase is not Phase.FINISHED:
            self.phase = Phase.EXPIRED

    def _expect(self, phase: Phase) -> None:
        if self.phase is not phase:
            raise ConsensusError(f"the round is in its {self.phase} phase, not in {phase}")
