"""``docs/http/openai.md``: its example is what the gateway sends, byte for byte, and its codes are those there are."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

import pytest

from probatum.testing.upstream import Script
from tests.unit.gateway.serving import Gateway, ask, run

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/http/openai.md").read_text("utf-8")
SOURCE = ROOT / "src/probatum/gateway"
OURS = ("errors.py", "options.py", "parts.py", "answers/*.py", "openai/*.py")
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


def test_every_code_is_documented_and_every_documented_code_exists() -> None:
    code = "".join(path.read_text("utf-8") for pattern in OURS for path in SOURCE.glob(pattern))
    used = set(re.findall(r'\b[45]\d\d,\s*"([a-z_]+)"', code)) | set(re.findall(r'_refuse\([^\n]*, "([a-z_]+)"\)', code))
    used |= {"invalid_request", "upstream_error", "not_found", "method_not_allowed"}
    documented = set(re.findall(r"^\| `([a-z_]+)` \| [45]\d\d", PAGE, re.M))
    assert documented == used
