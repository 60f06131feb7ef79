"""Whole committees in one process, from one seed: real rounds and participants, virtual time, faults of every kind.

Each node is the real thing (``consensus.Round``, ``consensus.Participant``) behind a faulty network. A crash takes everything
but the locks, and may strike between a lock and its signature. After every step the invariants of protocol section 5 are
checked by counting here, apart from the code under test; :class:`InvariantBroken` carries the seed and the last events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import NoReturn

from probatum.consensus.ballot import verify_ballot
from probatum.consensus.epoch import Policy
from probatum.consensus.outcome import FragmentVerdict, Outcome
from probatum.consensus.participant import Step
from probatum.consensus.request import Request
from probatum.consensus.round import Phase
from probatum.consensus.verdict import Verdict
from probatum.signing.dsse import Envelope, signers
from probatum.testing.clock import VirtualClock
from probatum.testing.committee import Committee, committee, scripted_request
from probatum.testing.network import FaultyNetwork
from probatum.testing.nodes import BALLOT_MS, COORDINATOR, OUTCOME_MS, CoordinatorNode, TwoFacedNode, ValidatorNode
from probatum.testing.scenario import Conduct, Scenario


class InvariantBroken(AssertionError):
    """The protocol promised something that did not hold."""


@dataclass(slots=True)
class Simulation:
    """One scenario, step by step. After :meth:`run`, ``phase`` and ``finished`` say how the round ended."""

    scenario: Scenario
    random: Random = field(init=False, repr=False)
    clock: VirtualClock = field(default_factory=VirtualClock)
    trace: list[str] = field(default_factory=list)
    finished: list[Outcome] = field(default_factory=list)
    phase: Phase = Phase.BALLOT
    committee: Committee = field(init=False, repr=False)
    request: Request = field(init=False, repr=False)
    network: FaultyNetwork = field(init=False, repr=False)
    validators: dict[str, ValidatorNode] = field(init=False, repr=False)
    coordinator: CoordinatorNode = field(init=False, repr=False)
    outcome_signers: dict[bytes, set[str]] = field(default_factory=dict)
    slots: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plan = self.scenario
        self.random = Random(plan.seed)  # noqa: S311 - a seeded simulation, no secrets
        self.committee = _committee(plan.stakes, plan.commit, plan.draw)
        self.request = scripted_request(self.committee.epoch, plan.claims, seed=plan.seed)
        self.network = FaultyNetwork(self.clock, self.random, plan.weather)
        self.validators = {
            member.id: ValidatorNode(self, member.id, plan.conduct.get(i, Conduct.HONEST))
            for i, member in enumerate(self.committee.epoch.members)
        }
        self.coordinator = TwoFacedNode(self) if plan.two_faced else CoordinatorNode(self)
        for when in plan.coordinator_crashes:
            self.clock.at(when, self.coordinator.crash)

    def run(self) -> Simulation:
        """Run until nothing is left to happen, checking every invariant after every step.

        Raises:
            InvariantBroken: with the seed and the last events.
        """
        while self.clock.step():
            self._check_safety()
        if self.phase not in (Phase.FINISHED, Phase.EXPIRED):
            self._broken(f"the round ended in its {self.phase} phase; a failure must be explicit")
        return self

    def note(self, event: str) -> None:
        """Add to the trace."""
        self.trace.append(f"{self.clock.now:>6} {event}")

    def saw_signed(self, name: str, step: str, envelope: Envelope) -> None:
        """Every signature that a validator makes passes here, whether or not it arrives anywhere."""
        honest = self.validators[name].conduct is Conduct.HONEST
        if honest and self.slots.setdefault((name, step), envelope.payload) != envelope.payload:
            self._broken(f"honest {name} signed two different payloads in its {step} slot")
        if step == Step.OUTCOME:
            for key in signers(envelope, self.committee.epoch.by_key).keys:
                self.outcome_signers.setdefault(envelope.payload, set()).add(self.committee.epoch.by_key[key].id)

    def certified(self) -> list[bytes]:
        """Every payload that signatures of more than two thirds of the stake exist for, wherever they are."""
        whole = sum(self.scenario.stakes)
        return [payload for payload, names in self.outcome_signers.items() if 3 * self._stake(names) > 2 * whole]

    def end(self, phase: Phase, envelope: Envelope | None = None, ballots: Sequence[Envelope] = ()) -> None:
        """The coordinator says how the round ended, and with what."""
        self.phase = phase
        self.note(f"{COORDINATOR}: {phase}")
        if envelope is not None:
            self._check_certificate(envelope, ballots)
            self.finished.append(Outcome.decode(envelope.payload))

    def _check_safety(self) -> None:
        if 3 * self.scenario.dishonest <= sum(self.scenario.stakes) and len(self.certified()) > 1:
            self._broken("two different outcomes of one round have a supermajority each")

    def _check_certificate(self, envelope: Envelope, ballots: Sequence[Envelope]) -> None:
        """Count again what a certificate rests on."""
        epoch = self.committee.epoch
        names = {epoch.by_key[key].id for key in signers(envelope, epoch.by_key).keys}
        if 3 * self._stake(names) <= 2 * epoch.stake:
            self._broken(f"a certificate signed by {self._stake(names)} of {epoch.stake} stake only")
        assigned = self.request.assigned(epoch)
        counted = [verify_ballot(one, self.request.opening, epoch, assigned) for one in ballots]
        for index, verdict in enumerate(Outcome.decode(envelope.payload).verdicts):
            if verdict is FragmentVerdict.SUPPORTED:
                whole = sum(member.stake for member in assigned.members[index])
                said = {b.member.id for b in counted if index in b.votes and b.votes[index].verdict is Verdict.SUPPORTED}
                honest = {name for name in said if self.validators[name].conduct is Conduct.HONEST}
                false = sum(m.stake for m in assigned.members[index] if self.validators[m.id].conduct is not Conduct.HONEST)
                if 3 * self._stake(said) <= 2 * whole:
                    self._broken(f"fragment {index} is SUPPORTED by {self._stake(said)} of {whole} stake only")
                if 3 * false <= whole and 3 * self._stake(honest) <= whole:
                    self._broken(f"fragment {index} is SUPPORTED against the votes of the honest stake")

    def _stake(self, names: set[str]) -> int:
        return sum(self.committee.epoch.by_id[name].stake for name in names)

    def _broken(self, what: str) -> NoReturn:
        raise InvariantBroken("\n".join([f"seed {self.scenario.seed}: {what}", repr(self.scenario), *self.trace[-30:]]))


@lru_cache(maxsize=512)
def _committee(stakes: tuple[int, ...], commit: bool, draw: int | None) -> Committee:
    policy = Policy(min_families=1, commit=commit, committee=draw, ballot_ms=BALLOT_MS, claim_ms=0, outcome_ms=OUTCOME_MS)
    return committee(len(stakes), stakes=stakes, policy=policy)
