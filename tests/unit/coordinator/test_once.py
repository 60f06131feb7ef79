"""One statement for one piece of work, at whatever point a process dies and another begins the work again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from probatum.claims.draft import Claim
from probatum.consensus.epoch import Policy
from probatum.consensus.outcome import Status
from probatum.consensus.verdict import Verdict
from probatum.coordinator.certify import Certification, Tools
from probatum.coordinator.network import Network
from probatum.coordinator.once import decide_once, decided, round_of
from probatum.coordinator.preparation import Prepared, bind
from probatum.coordinator.rounds import Clocks
from probatum.errors import LedgerError
from probatum.evidence.passages import cut
from probatum.evidence.readers import read_source
from probatum.evidence.retrieval import Index
from probatum.frozen import replace
from probatum.ledger.sqlite import Ledger
from probatum.testing.committee import ScriptedValidator, committee
from probatum.testing.embedded import embedded
from probatum.validators.protocol import Validator

HERE = committee(4, policy=Policy(min_families=2, ballot_ms=60_000))
OUTPUT = b"The tower is 330 m tall."
WORK = "gen_" + 32 * "0"
INDEX = Index(cut(read_source("towers.txt", b"The tower is 330 metres tall.")), None)


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with embedded(HERE, tmp_path, sync=False) as made:
        yield made


def prepared() -> Prepared:
    """Salts are new each time, as when a text is prepared again."""
    return bind((Claim(0, len(OUTPUT), OUTPUT.decode()),), INDEX)


def tools(verdict: Verdict | None = Verdict.SUPPORTED, now: int = 1000) -> Tools:
    def load(name: str) -> Validator:
        return ScriptedValidator(HERE.epoch.by_id[name].model, otherwise=verdict)

    return Tools(load, None, clocks=Clocks(lambda: now, lambda: now))


def run(network: Network, with_tools: Tools | None = None, work: str = WORK) -> Certification:
    return decide_once(network, work, OUTPUT, prepared(), "job", with_tools or tools())


def rounds(network: Network) -> dict[str, str]:
    return dict(network.ledger._rows("SELECT round_id, state FROM rounds"))


def statements(network: Network) -> int:
    return int(network.ledger._rows("SELECT count(*) FROM statements")[0][0])


def test_the_same_work_again_gives_the_same_statement_whatever_models_say_now(network: Network) -> None:
    first, second = run(network), run(network, tools(Verdict.REFUTED))
    assert first.status is second.status is Status.CERTIFIED
    assert first.bundle == second.bundle
    assert second.request is not None
    assert second.request.encode() == first.request.encode()  # type: ignore[union-attr]
    assert statements(network) == 1


def test_other_work_on_the_same_text_has_a_statement_of_its_own(network: Network) -> None:
    assert run(network).bundle != run(network, work="gen_" + 32 * "1").bundle
    assert statements(network) == 2


def test_the_id_of_a_round_needs_the_networks_key(network: Network) -> None:
    ids = {round_of(network, work, attempt) for work in ("a", "b") for attempt in (0, 1)}
    assert len(ids) == 4
    assert all(len(one) == 32 for one in ids)
    assert round_of(replace(network, log_key=HERE.keys["v0"]), "a", 0) not in ids


def fails_in(
    network: Network, patch: pytest.MonkeyPatch, method: str, fails: Callable[..., Any], how: type[BaseException] = Killed
) -> None:
    """Begin the work in a process whose ledger fails in ``method``."""
    with patch.context() as only_here:
        only_here.setattr(Ledger, method, fails)
        with pytest.raises(how):
            run(network)


KILLS: dict[str, str] = {
    "before-the-round-is-kept": "open_round",
    "before-ballots-are-locked": "hold_all",
    "before-ballots-are-acknowledged": "add_ballots",
    "before-the-statement-is-published": "publish",
}


@pytest.mark.parametrize("method", KILLS.values(), ids=KILLS)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_write_and_begun_again(network: Network, method: str, after: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = getattr(Ledger, method)

    def dies(*arguments: Any, **named: Any) -> Any:
        if after:
            real(*arguments, **named)
        raise Killed

    fails_in(network, monkeypatch, method, dies)
    known = decided(network, WORK)
    assert (known is not None) == (method == "publish" and after)
    result = run(network)
    assert result.status is Status.CERTIFIED
    assert known is None or known.bundle == result.bundle
    assert statements(network) == 1
    assert list(rounds(network).values()) == ["finished"]


def test_a_round_whose_time_ran_out_expires_and_the_next_attempt_has_an_id_of_its_own(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_in(network, monkeypatch, "add_ballots", _die)
    result = run(network, tools(now=10_000_000))
    assert result.status is Status.CERTIFIED
    assert rounds(network) == {round_of(network, WORK, 0): "expired", round_of(network, WORK, 1): "finished"}
    found = decided(network, WORK)
    assert found is not None
    assert found.bundle == result.bundle


def _die(*_: object, **__: object) -> Any:
    raise Killed


def test_a_round_of_an_older_epoch_is_not_ended_in_the_new_one(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    fails_in(network, monkeypatch, "publish", _die)
    later = HERE.succeed(policy=replace(HERE.epoch.policy, min_families=3))
    network.ledger.log_epoch(1, later.epochs[-1], network.seal)
    result = run(replace(network, epoch=later.epoch))
    assert result.verified is not None
    assert result.verified.epoch.number == 1
    assert sorted(rounds(network).values()) == ["expired", "finished"]


def test_a_statement_of_an_older_epoch_stands(network: Network) -> None:
    first = run(network)
    later = HERE.succeed(policy=replace(HERE.epoch.policy, min_families=3))
    network.ledger.log_epoch(1, later.epochs[-1], network.seal)
    assert run(replace(network, epoch=later.epoch)).bundle == first.bundle


def test_another_process_opens_the_round_between_looking_and_writing(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    real, other = Ledger.open_round, prepared()

    def late(self: Ledger, *arguments: Any) -> None:
        monkeypatch.setattr(Ledger, "open_round", real)
        decide_once(network, WORK, OUTPUT, other, "job", tools())
        real(self, *arguments)

    monkeypatch.setattr(Ledger, "open_round", late)
    result = run(network)
    assert result.request is not None
    assert result.request.records == other.records
    assert statements(network) == 1


def test_a_process_whose_round_another_one_gave_up_takes_that_ones_statement(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It slept for so long that its round expired and the next attempt was published; its own publication is refused."""
    real, results = Ledger.publish, []

    def late(self: Ledger, *arguments: Any) -> bytes:
        monkeypatch.setattr(Ledger, "publish", real)
        results.append(run(network, tools(now=10_000_000)))
        return real(self, *arguments)

    monkeypatch.setattr(Ledger, "publish", late)
    assert run(network).bundle == results[0].bundle
    assert statements(network) == 1


def test_without_any_ballot_the_round_expires_and_the_same_work_may_try_again(network: Network) -> None:
    def load(name: str) -> Validator:
        raise LedgerError("no model")

    silent = replace(tools(), load=load)
    assert run(network, silent).status is Status.EXPIRED
    assert decided(network, WORK) is None
    assert run(network).status is Status.CERTIFIED


def test_a_ledger_that_cannot_be_written_is_no_other_process(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Any:
        raise LedgerError("disk full")

    for method in ("open_round", "publish"):
        fails_in(network, monkeypatch, method, full, LedgerError)
    assert run(network).status is Status.CERTIFIED


def test_nothing_to_check_opens_no_round(network: Network) -> None:
    result = decide_once(network, WORK, OUTPUT, Prepared((), {}), "job", tools())
    assert result.status is Status.NOTHING_TO_CHECK
    assert rounds(network) == {}
