"""The nodes of a simulation: validators of every conduct, and coordinators, honest and two-faced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from probatum.consensus.ballot import Ballot, VerifiedBallot, Vote, commitment_payload, verify_ballot
from probatum.consensus.epoch import supermajority
from probatum.consensus.outcome import decide
from probatum.consensus.participant import Participant, Proposal, Slot, Step
from probatum.consensus.round import Phase, Round, SignedOutcome
from probatum.consensus.verdict import Verdict
from probatum.encoding.digest import Digest
from probatum.errors import ProbatumError
from probatum.frozen import replace
from probatum.signing.dsse import Envelope, SignatureLine, sign, signers
from probatum.signing.keys import PrivateKey
from probatum.testing.committee import MemoryLocks, votes_for
from probatum.testing.scenario import Conduct

if TYPE_CHECKING:
    from probatum.testing.simulator import Simulation

COORDINATOR: Final = "coordinator"
RETRY_MS: Final = 700
BALLOT_MS: Final = 6_000
OUTCOME_MS: Final = 6_000
_AGAINST: Final = {Verdict.SUPPORTED: Verdict.REFUTED, Verdict.REFUTED: Verdict.SUPPORTED, None: None}


class _Crashed(Exception):
    """A node's process dies in the middle of what it was doing."""


@dataclass(slots=True)
class _Disk(MemoryLocks):
    """Locks that survive; the process may die just before or just after the write."""

    dies: Callable[[], bool] = lambda: False

    def hold(self, slot: Slot, payload: bytes) -> bytes:
        """See ``consensus.participant.Locks``."""
        if self.dies():
            raise _Crashed
        held = MemoryLocks.hold(self, slot, payload)
        if self.dies():
            raise _Crashed
        return held


@dataclass(slots=True)
class ValidatorNode:
    """A validator's process: the participant, its disk, and how it behaves."""

    world: Simulation
    id: str
    conduct: Conduct
    up: bool = True
    disk: _Disk = field(init=False)

    def __post_init__(self) -> None:
        self.disk = _Disk(dies=self._dies)

    def receive(self, act: Callable[[], None]) -> None:
        """Do ``act`` if the process is up; it may die on the way, and comes back later with its disk alone."""
        if not self.up or self.conduct is Conduct.SILENT:
            return
        try:
            act()
        except _Crashed:
            self.up = False
            self.world.note(f"{self.id}: crashed")
            self.world.clock.after(self.world.random.randint(1, 500), self._restart)
        except ProbatumError as error:
            self.world.note(f"{self.id}: refused ({error})")

    def on_open(self) -> None:
        """A round with hidden ballots: vote, and commit to the ballot."""
        for ballot in self._ballots():
            self._send_commitment(ballot)

    def on_reveal(self) -> None:
        """Vote, unless that is done, and show the ballot."""
        for ballot in self._ballots():
            self._send_ballot(ballot)

    def on_proposal(self, proposal: Proposal) -> None:
        """Check and sign; the dishonest sign anything, without a lock."""
        if self.conduct is Conduct.HONEST:
            signature = self._participant.countersign(self.world.request, proposal)
        else:
            signature = self._forged(sign(proposal.payload, [self._key]))
        self.world.saw_signed(self.id, Step.OUTCOME, signature)
        self._send(lambda to: to.on_signature(self.id, signature))

    # -- what it says

    def _ballots(self) -> list[Envelope]:
        if self.conduct is Conduct.HONEST:
            ballot = self._participant.cast(self.world.request, self._opinion(), self.world.clock.now)
            self.world.saw_signed(self.id, Step.BALLOT, ballot)
            return [ballot]
        if self.conduct is Conduct.EQUIVOCATE:
            return [self._unlocked(votes) for votes in (self._said(Verdict.SUPPORTED), self._said(Verdict.REFUTED))]
        if self.conduct is Conduct.COPY:
            return [self._copied()]
        if self.conduct is Conduct.LAZY:
            return [self._unlocked(self._said(None))]
        if self.conduct is Conduct.LIE:
            return [self._unlocked(tuple(Vote(v.index, _AGAINST[v.verdict], v.confidence, "") for v in self._truth()))]
        return [self._forged(self._unlocked(self._truth()))]

    def _copied(self) -> Envelope:
        """The ballot of someone else under its own name, if it can see one; else someone else's envelope as it is."""
        seen = self.world.coordinator.seen
        if not seen:
            return self._unlocked(self._truth())
        assigned = self.world.request.assigned(self.world.committee.epoch)
        other = verify_ballot(seen[0], self.world.request.opening, self.world.committee.epoch, assigned)
        verdicts = [other.votes[i].verdict if i in other.votes else None for i in range(self.world.scenario.claims)]
        return self._unlocked(votes_for(self.world.request, self.world.committee.epoch, self.id, verdicts))

    def _truth(self) -> tuple[Vote, ...]:
        """Even claims hold, odd ones do not."""
        verdicts = [Verdict.REFUTED if i % 2 else Verdict.SUPPORTED for i in range(self.world.scenario.claims)]
        return votes_for(self.world.request, self.world.committee.epoch, self.id, verdicts)

    def _opinion(self) -> tuple[Vote, ...]:
        """What an honest validator finds just now; asked again it may find otherwise, and its lock must win."""
        others = (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.INSUFFICIENT)
        random, doubt = self.world.random, self.world.scenario.doubt
        return tuple(Vote(v.index, random.choice(others), 5000, "") if random.random() < doubt else v for v in self._truth())

    def _said(self, verdict: Verdict | None) -> tuple[Vote, ...]:
        return votes_for(self.world.request, self.world.committee.epoch, self.id, [verdict] * self.world.scenario.claims)

    def _unlocked(self, votes: tuple[Vote, ...]) -> Envelope:
        return sign(Ballot(self.world.request.opening, self.id, votes, 0).encode(), [self._key])

    def _forged(self, envelope: Envelope) -> Envelope:
        if self.conduct is not Conduct.FORGE:
            return envelope
        return replace(envelope, signatures=tuple(replace(line, sig=line.sig[:63] + b"\0") for line in envelope.signatures))

    # -- how it says it

    def _send_commitment(self, ballot: Envelope) -> None:
        if self.conduct is Conduct.COPY and self.world.coordinator.commitments:
            payload = commitment_payload(self.world.request.opening, self.id, self.world.coordinator.commitments[0])
            commitment = sign(payload, [self._key])
        else:
            commitment = self._participant.commit(self.world.request.opening, ballot, self._participant.nonce(ballot))
        self.world.saw_signed(self.id, "commitment", commitment)
        self._send(lambda to: to.on_commitment(self.id, commitment))

    def _send_ballot(self, ballot: Envelope) -> None:
        nonce = self._participant.nonce(ballot)
        self._send(lambda to: to.on_ballot(self.id, ballot, nonce))

    def _send(self, tell: Callable[[CoordinatorNode], None]) -> None:
        to = self.world.coordinator
        self.world.network.send(self.id, COORDINATOR, lambda: to.receive(lambda: tell(to)))

    @property
    def _participant(self) -> Participant:
        return Participant(self.id, self._key, self.world.committee.epoch, self.disk)

    @property
    def _key(self) -> PrivateKey:
        return self.world.committee.keys[self.id]

    def _dies(self) -> bool:
        plan = self.world.scenario
        return self.world.clock.now < plan.crash_until and self.world.random.random() < plan.crash

    def _restart(self) -> None:
        self.up = True
        self.disk = _Disk(self.disk.bound, self._dies)
        self.world.note(f"{self.id}: restarted")


@dataclass(slots=True)
class CoordinatorNode:
    """The coordinator's process: one round, asked for again and again until its deadlines. A crash takes the round."""

    world: Simulation
    round: Round = field(init=False)
    up: bool = True
    over: bool = False
    seen: list[Envelope] = field(default_factory=list)
    commitments: list[Digest] = field(default_factory=list)
    signed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.round = Round(self.world.request, self.world.committee.epoch)
        clock = self.world.clock
        clock.at(0, self._tick)
        if self.world.scenario.commit:
            clock.at(BALLOT_MS // 2, self._close_commitments)
        clock.at(BALLOT_MS, self._close_ballots)
        clock.at(BALLOT_MS + OUTCOME_MS, self._close_round)

    def receive(self, act: Callable[[], None]) -> None:
        """Do ``act`` if the process is up; what is wrong is refused and noted."""
        if not self.up or self.over:
            return
        try:
            act()
        except ProbatumError as error:
            self.world.note(f"{COORDINATOR}: refused ({error})")

    def crash(self) -> None:
        """Lose everything but the request; come back a little later."""
        if self.over:
            return
        self.world.note(f"{COORDINATOR}: crashed")
        self.up, self.round = False, Round(self.world.request, self.world.committee.epoch)
        self.signed = set()
        self.world.clock.after(self.world.random.randint(1, 500), self._restart)

    def on_commitment(self, name: str, envelope: Envelope) -> None:
        """A commitment arrived."""
        self.round.add_commitment(envelope)
        if self.round.phase is Phase.BALLOT:
            self._ask()

    def on_ballot(self, name: str, envelope: Envelope, nonce: bytes) -> None:
        """A ballot arrived."""
        self.round.add_ballot(envelope, nonce if self.world.scenario.commit else None)
        self.seen.append(envelope)
        self.world.note(f"{COORDINATOR}: ballot of {name}")
        if not self.round.awaiting:
            self._propose()

    def on_signature(self, name: str, envelope: Envelope) -> None:
        """A signature arrived."""
        signed = self.round.add_signature(envelope)
        self.signed.add(name)
        self.world.note(f"{COORDINATOR}: signature of {name}")
        if signed is not None:
            self._end(signed)

    def _ask(self) -> None:
        """Send everyone that has not answered what is due now."""
        if self.round.phase is Phase.OUTCOME:
            proposal = self.round.propose()
            for name in self.world.validators.keys() - self.signed:
                self._send(name, lambda to: to.on_proposal(proposal))
        else:
            for name in self.round.awaiting:
                self._send(name, ValidatorNode.on_open if self.round.phase is Phase.COMMIT else ValidatorNode.on_reveal)

    def _propose(self) -> None:
        if self.round.phase is Phase.BALLOT and self.round.ballots:
            self.round.propose()
            self.world.note(f"{COORDINATOR}: proposes with {len(self.round.ballots)} ballots")
            self._ask()

    def _send(self, name: str, tell: Callable[[ValidatorNode], None]) -> None:
        to = self.world.validators[name]
        self.world.network.send(COORDINATOR, name, lambda: to.receive(lambda: tell(to)))

    def _tick(self) -> None:
        if not self.over:
            if self.up:
                self._ask()
            self.world.clock.after(RETRY_MS, self._tick)

    def _close_commitments(self) -> None:
        if self.up and self.round.phase is Phase.COMMIT:
            self.round.close_commitments()
            self._ask()

    def _close_ballots(self) -> None:
        if self.up:
            self._propose()

    def _close_round(self) -> None:
        if not self.over:
            self._end(self.round.finish())

    def _end(self, signed: SignedOutcome | None) -> None:
        self.over = True
        if signed is None:
            self.round.expire()
            self.world.end(Phase.EXPIRED)
        else:
            self.world.end(Phase.FINISHED, signed.envelope, signed.ballots)

    def _restart(self) -> None:
        self.up = True
        self.world.note(f"{COORDINATOR}: restarted")
        if self.world.clock.now >= BALLOT_MS // 2:
            self.world.clock.after(2 * RETRY_MS, self._close_commitments)
        if self.world.clock.now >= BALLOT_MS:
            self.world.clock.after(4 * RETRY_MS, self._close_ballots)


@dataclass(slots=True)
class TwoFacedNode(CoordinatorNode):
    """A coordinator that proposes two outcomes: each honest validator is shown one first, the dishonest both."""

    proposals: list[Proposal] = field(default_factory=list)
    lines: dict[bytes, set[SignatureLine]] = field(default_factory=dict)

    def on_ballot(self, name: str, envelope: Envelope, nonce: bytes) -> None:
        """Keep every ballot, also the second one of an equivocator."""
        if envelope not in self.seen:
            self.seen.append(envelope)
        CoordinatorNode.on_ballot(self, name, envelope, nonce)

    def on_signature(self, name: str, envelope: Envelope) -> None:
        """Keep the signature with what it signs."""
        self.lines.setdefault(envelope.payload, set()).update(envelope.signatures)

    def _ask(self) -> None:
        if not self.proposals:
            CoordinatorNode._ask(self)
        for place, (name, node) in enumerate(self.world.validators.items()):
            greedy = node.conduct is not Conduct.HONEST or self.world.random.random() < 0.2
            first = place % max(1, len(self.proposals))
            for proposal in self.proposals if greedy else self.proposals[first : first + 1]:
                self._show(name, proposal)

    def _show(self, name: str, proposal: Proposal) -> None:
        self._send(name, lambda to: to.on_proposal(proposal))

    def _propose(self) -> None:
        if self.proposals or self.round.phase is not Phase.BALLOT:
            return
        for order, left_out in ((self.seen, 0), (self.seen[::-1], 1)):  # of an equivocator, each takes another ballot
            self._add(list({envelope.signatures[0].keyid: envelope for envelope in order}.values())[left_out:])
        self.world.note(f"{COORDINATOR}: proposes {len(self.proposals)} outcomes")
        self._ask()

    def _add(self, envelopes: list[Envelope]) -> None:
        """One more outcome to propose, if these ballots give one that is new."""
        world, assigned = self.world, self.world.request.assigned(self.world.committee.epoch)
        ballots: list[VerifiedBallot] = []
        for envelope in envelopes:
            try:
                ballots.append(verify_ballot(envelope, world.request.opening, world.committee.epoch, assigned))
            except ProbatumError:
                continue
        if ballots:
            epoch, request = world.committee.epoch, world.request
            outcome = decide(request.opening, epoch, request.records, assigned, ballots, request.uncovered)
            proposal = Proposal(outcome.encode(), tuple(ballot.envelope for ballot in ballots))
            if all(proposal.payload != other.payload for other in self.proposals):
                self.proposals.append(proposal)

    def _close_round(self) -> None:
        """Publish everything that has its supermajority."""
        self.over, epoch = True, self.world.committee.epoch
        for proposal in self.proposals:
            envelope = Envelope(payload=proposal.payload, signatures=()).with_signatures(self.lines.get(proposal.payload, ()))
            if supermajority(epoch.stake_of(signers(envelope, epoch.by_key).keys), epoch.stake):
                self.world.end(Phase.FINISHED, envelope, proposal.ballots)
        if self.world.phase is not Phase.FINISHED:
            self.world.end(Phase.EXPIRED)
