"""Crashes at chosen points inside a round, in process: the next run ends the round that was open, and in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Lock

import pytest

from probatum.consensus.outcome import Status
from probatum.consensus.verdict import Verdict
from probatum.coordinator.certify import Certification, Tools, certify
from probatum.coordinator.events import BallotIn, Event, OutcomeSigned, Published, RoundOpened, VoteIn
from probatum.coordinator.network import Network
from probatum.errors import ValidatorUnavailable
from probatum.testing.committee import ScriptedValidator
from tests.e2e.scripted_network import HERE, open_scripted, run_job, signed_messages, source, split, text
from tests.e2e.test_kill import slots


class Crash(BaseException):
    """The process dies."""


def tools(verdict: Verdict | None = Verdict.SUPPORTED, *, silent: str = "") -> Tools:
    def load(name: str) -> ScriptedValidator:
        if name == silent:
            raise ValidatorUnavailable("away")
        return ScriptedValidator(HERE.epoch.by_id[name].model, otherwise=verdict)

    return Tools(load, None, split)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with open_scripted(tmp_path) as one:
        yield one


def crash_at(network: Network, kind: type[Event], times: int, with_tools: Tools) -> None:
    """Run the job, and die at the n-th event of a kind."""
    left = times

    def observe(event: Event) -> None:
        nonlocal left
        left -= isinstance(event, kind)
        if not left and isinstance(event, kind):
            raise Crash

    with pytest.raises(Crash):
        certify(network, text(0), [source()], with_tools, observe)


POINTS = {
    "just-opened": (RoundOpened, 1),
    "after-a-ballot": (BallotIn, 1),
    "after-all-ballots": (BallotIn, 4),
    "after-one-signature": (OutcomeSigned, 1),
    "after-three-signatures": (OutcomeSigned, 3),
    "after-all-signatures": (OutcomeSigned, 4),
}


@pytest.mark.parametrize("name", POINTS)
def test_the_open_round_is_taken_up_again(name: str, network: Network, tmp_path: Path) -> None:
    """Validators that now think the opposite sign what they had signed, and the round keeps its id."""
    crash_at(network, *POINTS[name], tools())
    changed = tools(Verdict.REFUTED) if name != "just-opened" else tools()
    result = run_job(network, 0, changed)
    assert result.status is Status.CERTIFIED
    assert network.ledger.head().size == 2, "genesis and one certificate"
    assert all(len(payloads) == 1 for payloads in slots(signed_messages(tmp_path)).values())


@pytest.mark.parametrize("signatures", [1, 2])
def test_a_late_ballot_does_not_change_a_proposal_that_was_signed(network: Network, tmp_path: Path, signatures: int) -> None:
    """v3 was away and others signed an outcome without it; after a restart v3 is there, too late for this round."""
    crash_at(network, OutcomeSigned, signatures, tools(silent="v3"))
    result = run_job(network, 0, tools())
    assert result.status is Status.CERTIFIED
    assert result.verified is not None
    assert [ballot.member.id for ballot in result.verified.ballots] == ["v0", "v1", "v2"]
    assert all(len(payloads) == 1 for payloads in slots(signed_messages(tmp_path)).values())


def test_a_finished_job_is_a_new_round(network: Network) -> None:
    first, second = run_job(network, 0, tools()), run_job(network, 0, tools())
    assert first.verified is not None
    assert second.verified is not None
    assert first.verified.record_hash != second.verified.record_hash
    assert network.ledger.head().size == 3


MOMENTS: dict[str, type[Event]] = {
    "opened": RoundOpened,
    "voting": VoteIn,
    "counting": BallotIn,
    "signing": OutcomeSigned,
    "published": Published,
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_two_processes_on_one_job(moment: str, network: Network, tmp_path: Path) -> None:
    """While one runs, another takes the same round up and ends it, with a validator that the first did not reach."""
    inner, first = list[Certification](), Lock()

    def observe(event: Event) -> None:
        if isinstance(event, MOMENTS[moment]) and first.acquire(blocking=False):
            with open_scripted(tmp_path) as other:
                inner.append(run_job(other, 0, tools()))

    outer = certify(network, text(0), [source()], tools(silent="v3"), observe)
    assert outer.verified is not None
    assert inner[0].verified is not None
    same = moment != "published"  # by then the round is over, and the second begins a new one
    assert (inner[0].verified.record_hash == outer.verified.record_hash) is same
    assert network.ledger.head().size == (2 if same else 3)
    assert all(len(payloads) == 1 for payloads in slots(signed_messages(tmp_path)).values())


def test_once_voting_has_ended_no_model_is_asked_again(network: Network) -> None:
    def never(name: str) -> ScriptedValidator:
        raise AssertionError(f"{name} was asked again")

    crash_at(network, OutcomeSigned, 1, tools())
    assert run_job(network, 0, Tools(never, None, split)).status is Status.CERTIFIED
