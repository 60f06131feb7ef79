"""Three answers to one question, nearly alike, one of them wrong: which version went first, to whom, and who is told afterwards."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from probatum.cli.main import main
from probatum.testing.say import in_turn
from probatum.testing.upstream import FakeUpstream
from tests.e2e.gateway.running import Running, gateway, upstream
from tests.e2e.scripted_network import open_scripted

FIRST = "Tower 7 is 330 metres tall. Tower 7 was finished in 1889."
WRONG = "Tower 7 is 303 metres tall and made of wood. Tower 7 was finished in 1889."
REWORDED = "Tower 7 has a height of 330 metres. In 1889, tower 7 was finished."
EVIDENCE = {"evidence": [{"name": "tower.txt", "text": "Tower 7 is made of iron and 330 metres tall. It was finished in 1889."}]}
RECEIVERS = ("ana", "ben", "cleo")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("story") / "network"


@pytest.fixture(scope="module")
def answered(folder: Path) -> Iterator[tuple[Running, list[dict[str, Any]]]]:
    """The gateway after each of the three has asked the same, and been answered afresh."""
    with upstream(FakeUpstream(in_turn([FIRST, WRONG, REWORDED], 0))) as behind, gateway(folder, upstream=behind) as running:
        yield running, [ask(running, receiver) for receiver in RECEIVERS]


def ask(running: Running, receiver: str) -> dict[str, Any]:
    """Ask for a new answer; its settled state."""
    body = {"model": "any", "messages": [{"role": "user", "content": "How tall is tower 7?"}], "probatum": EVIDENCE}
    headers = {"cache-control": "no-cache", "probatum-receiver": receiver}
    answer = httpx.post(f"{running.url}/v1/chat/completions", json=body, headers=headers).raise_for_status().json()
    verification = answer["verification"]["verification"]
    wait = {"prefer": "wait=60"}
    settled = httpx.get(f"{running.url}/v1/verifications/{verification}", headers=wait, timeout=90, follow_redirects=True)
    found: dict[str, Any] = settled.raise_for_status().json()
    return found


def test_each_answer_was_settled_for_itself(answered: tuple[Running, list[dict[str, Any]]]) -> None:
    _, answers = answered
    assert [one["state"] for one in answers] == ["certified", "partially_certified", "certified"]
    assert len({one["generation"] for one in answers}) == 3


def test_trace_says_which_version_went_first_and_to_whom(
    answered: tuple[Running, list[dict[str, Any]]], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, answers = answered
    assert main(["trace", WRONG, "--json", "--network", str(folder)]) == 0
    traced = json.loads(capsys.readouterr().out)
    assert traced["first_released"] == answers[0]["generation"]
    versions = traced["versions"]
    assert [one["generation"] for one in versions] == [one["generation"] for one in answers]
    assert [one["releases"][0]["receiver"].rpartition("/")[2] for one in versions] == list(RECEIVERS)
    assert [one["releases"][0]["state"] for one in versions] == ["provisional"] * 3


def test_trace_for_a_person_names_the_claim_that_differs(
    answered: tuple[Running, list[dict[str, Any]]], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trace", WRONG, "--network", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "3 versions; the first to go out was" in said
    assert "exactly this text" in said
    assert "ANOTHER CLAIM" in said


def test_a_revocation_reaches_who_received_the_text(
    answered: tuple[Running, list[dict[str, Any]]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("probatum.cli.revoke.open_network", open_scripted)
    running, answers = answered
    url = f"{running.url}/v1/recalls/stream"
    with httpx.stream("GET", url, timeout=60) as recalls:
        assert main(["revoke", answers[0]["cert_hash"], "--reason", "the source was wrong", "--network", str(folder)]) == 0
        coming = (json.loads(line.removeprefix("data:")) for line in recalls.iter_lines() if line.startswith("data:"))
        told = next(one for one in coming if one["state"] == "revoked")  # the version with a false claim is recalled too
    assert told["receiver"].endswith("/ana")
    assert (told["state"], told["reason"]) == ("revoked", "the source was wrong")
    assert told["generation"] == answers[0]["generation"]
    done = httpx.post(f"{running.url}{told['acknowledge_url']}", json={})
    assert done.status_code < 300, done.text
    listed = {one["id"]: one for one in httpx.get(f"{running.url}/v1/recalls").json()["recalls"]}
    assert listed[told["id"]]["acknowledged_at"] is not None
    false = {one["generation"]: one["fragments"] for one in listed.values() if one["state"] == "partially_certified"}
    assert false.keys() == {answers[1]["generation"]}
    assert {part["status"] for parts in false.values() for part in parts} == {"refuted"}
