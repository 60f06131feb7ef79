"""A real server on loopback in front of a real fake upstream; clients get nothing but its address.

``./check clients`` installs and runs them all: the Python ones of ``requirements/clients.txt``, the JavaScript ones of
``package-lock.json`` beside this file. Elsewhere a client that is not installed is skipped.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp

from probatum.gateway.answers.upstream import HttpUpstream, UpstreamSettings
from probatum.gateway.app import create_app
from probatum.gateway.parts import Limits, Parts
from probatum.ledger.records import State
from probatum.testing.gateway import MemoryJournal, ScriptedVerifier, Verdict
from probatum.testing.upstream import FakeUpstream, Fault, Script

PYTHON = ("openai", "langchain-openai", "pydantic-ai-slim", "litellm", "mira-network")
JAVASCRIPT = ("openai", "ai", "@ai-sdk/openai", "@ai-sdk/openai-compatible")
JS_FOLDER = Path(os.environ.get("PROBATUM_JS_CLIENTS", Path(__file__).parent))
TEXT = "Voyager 1 was launched in 1977. Voyager 2 visited Neptune in 1989."
CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}}
SCRIPTS = {
    "fake-1": Script(TEXT, token_ms=2),
    "fake-wrong": Script("Voyager 1 was launched in 1492.", token_ms=2),
    "fake-tools": Script("", extra={"content": None, "tool_calls": [{"index": 0} | CALL]}, finish="tool_calls"),
    "fake-cut": Script(TEXT, token_ms=2, fault=Fault.CUT, after=4),
    "fake-limit": Script(status=429, error={"message": "slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}),
}


def missing(client: str) -> str:
    """What a skipped test says."""
    return f"{client} is not installed here; './check clients' runs it"


def pytest_report_header() -> str:
    """Which clients this run is about."""
    python = [f"{name} {found}" for name in PYTHON if (found := _version(name))]
    javascript = [f"{name} {found} (npm)" for name in JAVASCRIPT if (found := _npm_version(name))]
    return f"clients: {', '.join([*python, *javascript]) or 'none'}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _npm_version(name: str) -> str | None:
    package = JS_FOLDER / "node_modules" / name / "package.json"
    return str(json.loads(package.read_text("utf-8"))["version"]) if package.is_file() else None


@dataclass(frozen=True)
class Server:
    """Where the gateway is, and what it has recorded."""

    url: str
    journal: MemoryJournal
    fake: FakeUpstream

    @property
    def v1(self) -> str:
        """The base URL as OpenAI's clients take it."""
        return f"{self.url}/v1"


@pytest.fixture(scope="session")
def gateway() -> Iterator[Server]:
    """The server, for all tests of a run."""
    fake = FakeUpstream(lambda body: SCRIPTS[str(body.get("model", "fake-1"))])
    journal = MemoryJournal()
    verifier = ScriptedVerifier(verdict, journal)
    with serving(fake) as upstream:
        sender = HttpUpstream(UpstreamSettings(f"{upstream}/v1"))
        parts = Parts(journal, journal, verifier, sender, limits=Limits(linger_ms=5_000))
        with serving(create_app(parts)) as url:
            yield Server(url, journal, fake)


def verdict(text: str) -> Verdict:
    """One falsehood is known."""
    return Verdict(State.REJECTED, 30, "a claim is refuted") if "1492" in text else Verdict(State.CERTIFIED, 30)


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serve an app on a free port of loopback, in a thread; gives its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    config: dict[str, Any] = {"log_level": "warning", "access_log": False, "ws": "none"}
    server = uvicorn.Server(uvicorn.Config(app, **config))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()
