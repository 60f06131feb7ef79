"""``docs/http``: the examples of OpenAI's API are what the gateway sends, byte for byte, and the codes are those there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from probatum.testing.upstream import Script
from tests.unit.gateway.serving import Gateway, ask, run

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/http/openai.md").read_text("utf-8")
WIDTH = 120


def example(stream: bytes) -> str:
    """A stream as the page shows it: no empty lines, and lines broken."""
    lines = [line for line in stream.decode().split("\n") if line]
    return "\n".join(line[start : start + WIDTH] for line in lines for start in range(0, len(line), WIDTH))


def shown(heading: str) -> str:
    """The first block of text below a heading."""
    return PAGE.split(f"## {heading}\n", 1)[1].split("```text\n", 1)[1].split("\n```", 1)[0]


@pytest.fixture
def numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids that are not random."""
    numbers = count(1)
    monkeypatch.setattr("secrets.token_hex", lambda size: f"{next(numbers):0{2 * size}x}")


def streamed(path: str, **fields: object) -> bytes:
    async def main() -> bytes:
        gateway = Gateway(Script("Voyager 1 flew. Hello!", token_ms=10))
        evidence = [{"name": "voyager.txt", "text": "Voyager 1 flew."}]
        return await (await gateway.post(ask(stream=True, probatum={"evidence": evidence}, **fields), path)).body()

    return run(main)


@pytest.mark.usefixtures("numbered")
def test_the_chat_stream_is_what_is_sent() -> None:
    assert shown("Chat completions") == example(streamed("/v1/chat/completions"))


@pytest.mark.usefixtures("numbered")
def test_the_events_of_a_response_are_what_is_sent() -> None:
    events = streamed("/v1/responses", input="Tell me.").split(b"\n\n")
    ours = b"\n\n".join(event for event in events if event.startswith(b"event: response.verification."))
    assert shown("Responses") == example(ours)


def codes() -> Iterator[str]:
    """Every code that a refusal of the gateway is made with, as it stands in the source."""
    makes = ("HttpRefusal", "_unknown", "digest_in", "_found")  # the last two add ``_not_found`` to what they are given
    for path in (ROOT / "src/probatum/gateway").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and (name := ast.unparse(call.func)) in makes:
                for value in (one for argument in call.args[1:2] for one in ast.walk(argument)):
                    if isinstance(value, ast.Constant) and re.fullmatch(r"[a-z]+(_[a-z]+)*", str(value.value)):
                        yield f"{value.value}_not_found" if name in ("digest_in", "_found") else str(value.value)


def test_every_code_is_documented_and_every_documented_code_exists() -> None:
    pages = "".join(path.read_text("utf-8") for path in (ROOT / "docs/http").glob("*.md"))
    rows = re.findall(r"^\| (`[^|]*) \| [45]\d\d \|", (ROOT / "docs/http/errors.md").read_text("utf-8"), re.M)
    documented = {code for row in rows for code in re.findall(r"`([a-z_]+)`", row)}
    used = set(codes())
    assert used - set(re.findall(r"`([a-z_]+)`", pages)) == set()
    assert documented - used == {"not_found", "method_not_allowed", "unsupported"}, "of routing, and one that is a default"
