"""One round in the embedded network: every validator votes, rechecks and signs; the outcome is logged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Final, TypeAlias

from probatum.consensus.ballot import VerifiedBallot, Vote
from probatum.consensus.participant import Participant, cast_all, sign_all
from probatum.consensus.request import Request
from probatum.consensus.round import Phase, Round, SignedOutcome
from probatum.coordinator.events import BallotIn, Observer, OutcomeSigned, Published, ValidatorSilent, VoteIn
from probatum.coordinator.network import Network
from probatum.errors import ConsensusError, ValidatorUnavailable
from probatum.frozen import known
from probatum.signing.dsse import Envelope
from probatum.validators.protocol import Validator
from probatum.validators.worker import questions_of, vote
from probatum.verify.bundle import Bundle, LogProof

_idle: Final[list[ThreadPoolExecutor]] = []  # threads of rounds that have ended

Load = Callable[[str], Validator]
Answer: TypeAlias = tuple[str, tuple[Vote, ...] | Exception]  # a validator's id, its votes or what went wrong
GRACE_S: Final = 5  # a validator stops at the deadline by itself; one that hangs is left behind this much later
TOGETHER_S: Final = 0.05  # ballots that come this soon after one another are locked in one transaction
WORKERS: Final = 2  # validators judging at the same time; each model may use more than one thread itself


@dataclass(frozen=True, slots=True)
class Clocks:
    """Time, from outside: ``now`` is wall time in ms since 1970, ``ticks`` never goes back (ms)."""

    now: Callable[[], int]
    ticks: Callable[[], int]


def run_round(
    network: Network, request: Request, load: Load, clocks: Clocks, observe: Observer, *, spent_ms: int = 0
) -> bytes | None:
    """Bring a round that is kept in the ledger to its end.

    Args:
        network: the embedded network.
        request: what is judged; the ledger holds its round as open.
        load: gives the model of a validator by the validator's id.
        clocks: wall and steady time.
        observe: told of every event.
        spent_ms: time that the round took before a restart.

    Returns:
        The bundle's bytes, or ``None`` if the round expired: no certificate, no rejection, nothing signed counts.
    """
    round_ = Round(request, network.epoch)
    participants = {m.id: Participant(m.id, network.keys[m.id], network.epoch, network.ledger) for m in network.epoch.members}
    end = clocks.ticks() - spent_ms + network.epoch.policy.time_to_vote(request.claims)
    ballots = _acknowledged(network, request)
    if not ballots:
        cast = dict(sorted(_ballots(network, request, participants, load, clocks, end, observe)))
        ours = network.ledger.add_ballots(request.opening.round_id, list(cast.items()))
        ballots = cast if ours else _acknowledged(network, request)
    _count(round_, participants, ballots, observe)
    signed = _sign(round_, participants, observe)
    if signed is None:
        round_.expire()
        network.ledger.expire(request.opening.round_id)
        return None
    bundle = _publish(network, request, signed)
    observe(Published(signed.outcome, signed.envelope.digest))
    return bundle


def _acknowledged(network: Network, request: Request) -> dict[str, Envelope]:
    """The ballots of this round that the ledger holds: voting has ended, and an outcome of exactly these may be signed already."""
    epoch = network.epoch
    ballots = network.ledger.ballots(request.opening.round_id)
    return {epoch.by_key[epoch.keys[ballot.signatures[0].keyid]].id: ballot for ballot in ballots}


def _ballots(
    network: Network,
    request: Request,
    participants: Mapping[str, Participant],
    load: Load,
    clocks: Clocks,
    end: int,
    observe: Observer,
) -> Iterator[tuple[str, Envelope]]:
    """Every validator's ballot: the one it locked before a restart, or the one it casts now."""
    assigned = request.assigned(network.epoch)

    def judge(name: str) -> tuple[Vote, ...]:
        member, validator = network.epoch.by_id[name], load(name)
        if validator.descriptor != member.model:
            raise ValidatorUnavailable(f"runs {validator.descriptor.weights}, the epoch lists {member.model.weights}")
        mine = assigned.fragments_of(member)
        return vote(
            validator, request, mine, on_vote=lambda made: observe(VoteIn(name, made)), out_of_time=lambda: clocks.ticks() >= end
        )

    request.once(questions_of)  # here, so that the threads do not each make it
    todo: list[str] = []
    for name, participant in participants.items():
        if (ballot := participant.recast(request.opening)) is not None:
            yield name, ballot
        else:
            todo.append(name)
    yet, answers = deque(todo), SimpleQueue[Answer]()

    def work() -> None:
        while True:
            try:
                name = yet.popleft()
            except IndexError:
                return
            try:
                answers.put((name, judge(name)))
            except Exception as error:  # whatever a model raises: its validator is silent, and the round goes on
                answers.put((name, error))

    pool = _idle.pop() if _idle else ThreadPoolExecutor(WORKERS, "validator")
    for _ in range(WORKERS):
        pool.submit(work)
    out = dict.fromkeys(todo)
    try:
        while out and (came := _next(answers, len(out), max(0, end + 1000 * GRACE_S - clocks.ticks()) / 1000)):
            ready: list[tuple[str, tuple[Vote, ...]]] = []
            for name, said in came:
                del out[name]
                if isinstance(said, Exception):
                    observe(ValidatorSilent(name, str(said) or type(said).__name__))
                else:
                    ready.append((name, said))
            signed = cast_all([(participants[name], votes) for name, votes in ready], request, clocks.now())
            yield from zip([name for name, _ in ready], signed, strict=True)
        for name in out:
            observe(ValidatorSilent(name, "no ballot by the deadline"))
    finally:
        if out:  # a model that hangs keeps its threads
            yet.clear()
            pool.shutdown(wait=False)
        else:
            _idle.append(pool)


def _next(answers: SimpleQueue[Answer], most: int, left_s: float) -> list[Answer]:
    """The next answer, if one comes in time, and up to ``most`` in all that come soon after one another."""
    came: list[Answer] = []
    try:
        while len(came) < most:
            came.append(answers.get(timeout=TOGETHER_S if came else left_s))
    except Empty:
        pass
    return came


def _count(round_: Round, participants: Mapping[str, Participant], ballots: Mapping[str, Envelope], observe: Observer) -> None:
    """Take commitments where the policy wants them, then ballots."""
    opening, nonces = round_.request.opening, dict[str, bytes]()
    if round_.phase is Phase.COMMIT:
        for name, ballot in ballots.items():
            nonces[name] = participants[name].nonce(ballot)
            round_.add_commitment(participants[name].commit(opening, ballot, nonces[name]))
        if round_.phase is Phase.COMMIT:
            round_.close_commitments()
    for name, ballot in ballots.items():
        if isinstance(round_.add_ballot(ballot, nonces.get(name)), VerifiedBallot):
            observe(BallotIn(name))


def _sign(round_: Round, participants: Mapping[str, Participant], observe: Observer) -> SignedOutcome | None:
    """Propose the outcome and collect signatures; ``None`` without ballots or without more than two thirds of the stake."""
    if not round_.ballots:
        return None
    proposal = round_.propose()
    willing: list[Participant] = []
    for name, participant in participants.items():
        try:
            participant.recheck(round_.request, proposal)
        except ConsensusError as error:
            observe(ValidatorSilent(name, str(error)))
        else:
            willing.append(participant)
    for participant, signature in zip(willing, sign_all(willing, round_.request, proposal), strict=True):
        round_.add_signature(signature)
        observe(OutcomeSigned(participant.id))
    return round_.finish()


def _publish(network: Network, request: Request, signed: SignedOutcome) -> bytes:
    def bundle(log: LogProof) -> bytes:
        made = Bundle(signed.envelope, network.ledger.epochs(), request.records, request.evidence, signed.ballots, log)
        return known(made, leaves=request.leaves).encode()

    opening = request.opening
    return network.ledger.publish(signed.envelope, opening.round_id, opening.output, network.seal, bundle)
