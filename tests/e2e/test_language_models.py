"""An OpenAI-compatible validator and decomposer over real HTTP, served on loopback by this test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from probatum.cli import verify
from probatum.coordinator.seats import load_seat
from probatum.coordinator.settings import BuiltinModel, Seat
from probatum.validators.protocol import Validator
from tests.e2e.conftest import Cli, Script

Material = tuple[Path, Path]
Answer = Callable[[str], str]


@dataclass
class Endpoint:
    """A chat endpoint that answers what it is told to, and remembers what it was asked."""

    answer: Answer
    url: str = ""
    asked: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    served = Endpoint(lambda prompt: "")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            served.keys.append(self.headers["Authorization"])
            served.asked.append(body["messages"][-1]["content"])
            content = served.answer(served.asked[-1])
            data = json.dumps(
                {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": content}}]}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield served
        server.shutdown()
        thread.join()


@pytest.fixture
def remote_is_real(scripted: Callable[[Script], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Built-in seats follow the script; remote seats are the real thing."""
    by_script = verify.load_seat

    def load(seat: Seat) -> Validator:
        return by_script(seat) if isinstance(seat.model, BuiltinModel) else load_seat(seat)

    monkeypatch.setattr("probatum.cli.verify.load_seat", load)


def says(verdict: str) -> Answer:
    return lambda prompt: json.dumps({"verdict": verdict, "confidence": 97, "reason": "the passage says so"})


@pytest.mark.parametrize(("verdict", "votes"), [("SUPPORTED", 5), ("REFUTED", 4)])
def test_a_remote_validator_votes(
    verdict: str,
    votes: int,
    cli: Cli,
    remote_is_real: None,
    endpoint: Endpoint,
    material: Material,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REMOTE_KEY", "k-123")
    endpoint.answer = says(verdict)
    cli("network", "init", "--validator", f"id=remote,url={endpoint.url},model=big-1,family=big,key_env=REMOTE_KEY")
    ran = cli("verify", material[0], "--evidence", material[1], "--json")
    report = json.loads(ran.out)
    claims = [fragment for fragment in report["fragments"] if fragment["status"] != "not_checkable"]
    assert [claim["votes"]["supported"] for claim in claims] == [votes, votes]
    assert set(endpoint.keys) == {"Bearer k-123"}
    assert all("Voyager" in asked for asked in endpoint.asked)


@pytest.mark.parametrize(
    "answer", ["I think it is true.", '{"verdict":"SUPPORTED"}', "", '{"verdict":"YES","confidence":99,"reason":""}']
)
def test_an_answer_out_of_form_is_an_abstention(
    answer: str, cli: Cli, remote_is_real: None, endpoint: Endpoint, material: Material
) -> None:
    endpoint.answer = lambda prompt: answer
    cli("network", "init", "--validator", f"id=remote,url={endpoint.url},model=big-1,family=big")
    report = json.loads(cli("verify", material[0], "--evidence", material[1], "--json").out)
    assert [f["votes"] for f in report["fragments"] if f["status"] == "certified"] == [
        {"supported": 4, "refuted": 0, "insufficient": 0, "abstained": 1}
    ] * 2


def test_a_decomposer_splits_and_what_it_invents_is_not_used(
    cli: Cli, remote_is_real: None, endpoint: Endpoint, material: Material, tmp_path: Path
) -> None:
    answer = tmp_path / "a.md"
    answer.write_text("Voyager 1 was launched in 1977 by a Titan rocket.\n")
    endpoint.answer = lambda prompt: json.dumps(
        {"1": [{"quote": "Voyager 1 was launched in 1977 by a Titan rocket.", "claim": "Voyager 1 cost nothing."}]}
    )
    spec = f"id=splitter,url={endpoint.url},model=big-1,family=big"
    cli("network", "init", "--decomposer", spec)
    report = json.loads(cli("verify", answer, "--evidence", material[1], "--json").out)
    assert endpoint.asked
    assert [fragment["claim"] for fragment in report["fragments"]] == ["Voyager 1 was launched in 1977 by a Titan rocket."]


def test_a_decomposer_that_is_down_ends_in_a_clear_error(cli: Cli, remote_is_real: None, material: Material) -> None:
    cli("network", "init", "--decomposer", "id=splitter,url=http://127.0.0.1:9/v1,model=m,family=f")
    ran = cli("verify", material[0], "--evidence", material[1])
    assert (ran.code, ran.err.count("\n")) == (5, 1), ran
    assert "could not be reached" in ran.err
