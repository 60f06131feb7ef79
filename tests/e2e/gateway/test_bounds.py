"""A real process at its limits: the disk is full, prompts are huge, streams are too many, readers do not read."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import orjson
import pytest
from sqlalchemy import select

from probatum.ledger.propagation import chain, generations, releases
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.schema import generations as table
from probatum.ledger.records import State
from probatum.testing.upstream import FakeUpstream, Script
from tests.e2e.gateway.clients import Answer, chat, question
from tests.e2e.gateway.program import evidence, text
from tests.e2e.gateway.running import Running, gateway, saying, upstream

CHAT = "/v1/chat/completions"
PAD = 100_000  # characters before every word: more than the buffers of a connection hold
STREAMS = 4


@contextmanager
def full_disk(running: Running) -> Iterator[None]:
    """No file of the process can be written meanwhile."""
    resource = pytest.importorskip("resource")
    if not hasattr(resource, "prlimit"):
        pytest.skip("needs Linux: the limit is set from outside")
    before = resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE, before)


async def post(session: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> tuple[int, str, str]:
    """The status, the error's code and its message."""
    async with session.post(url + CHAT, json=body) as response:
        error = orjson.loads(await response.read())["error"]
        return response.status, error["code"], error["message"]


async def certified(session: aiohttp.ClientSession, url: str, number: int) -> str:
    """The certificate of an answer."""
    answer = Answer()
    await chat(session, url, question(number, evidence(number)), answer)
    assert (answer.text, answer.verification["state"]) == (text(number), "certified")
    return str(answer.verification["cert_hash"])


def test_disk_full_refuses_what_is_new_and_loses_nothing(tmp_path: Path) -> None:
    async def story(running: Running) -> None:
        async with aiohttp.ClientSession() as session:
            kept = await certified(session, running.url, 1)
            with full_disk(running):
                for stream in (True, False):
                    status, code, message = await post(session, running.url, question(2, evidence(2), stream=stream))
                    assert (status, code) == (503, "ledger_unavailable")
                    assert message.startswith("nothing may go out that cannot be recorded")
                async with session.get(f"{running.url}/v1/certificates/{kept}") as response:
                    assert response.status == 200, "what was there can still be read"
            await certified(session, running.url, 2)

    folder = tmp_path / "net"
    with upstream(saying(text)) as base, gateway(folder, upstream=base) as running:
        asyncio.run(story(running))
        assert running.stop() == 0
    assert [state for state, _ in recorded(folder)] == [State.CERTIFIED, State.CERTIFIED]


def test_disk_full_in_mid_stream_ends_it_with_an_error_and_leaves_it_incomplete(tmp_path: Path) -> None:
    async def story(running: Running) -> None:
        async with aiohttp.ClientSession() as session, session.post(running.url + CHAT, json=question(1, evidence(1))) as response:
            assert response.status == 200
            await response.content.readuntil(b"Tower")
            with full_disk(running):
                rest = (await response.read()).decode()
            assert '"code":"ledger_unavailable"' in rest
            assert '"certified"' not in rest

    folder = tmp_path / "net"
    with upstream(saying(text, token_ms=30)) as base:
        with gateway(folder, upstream=base) as running:
            asyncio.run(story(running))
            assert running.stop() == 0
        with gateway(folder, upstream=base) as running:
            assert running.wait_for(re.compile("^1 texts broke off"))
    assert recorded(folder) == [(State.INCOMPLETE, 1)]


def test_a_prompt_of_10_mb_is_answered_and_one_above_the_limit_is_refused(tmp_path: Path) -> None:
    def ask(running: Running, size: int) -> httpx.Response:
        body = question(1, evidence(1), stream=False)
        body["messages"] = [{"role": "system", "content": "x" * size}, {"role": "user", "content": "1"}]
        body["probatum"]["linger_ms"] = 60_000
        return httpx.post(running.url + CHAT, content=orjson.dumps(body), timeout=60)

    with upstream(saying(text)) as base, gateway(tmp_path / "net", upstream=base) as running:
        answered, refused = ask(running, 10_000_000), ask(running, 13_000_000)
    assert (answered.status_code, answered.json()["verification"]["state"]) == (200, "certified")
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "request_too_large")
    assert "12582912 bytes" in refused.json()["error"]["message"]


def test_streams_beyond_the_limit_are_told_when_to_come_back(tmp_path: Path) -> None:
    async def story(running: Running) -> None:
        async with aiohttp.ClientSession() as session:
            held = [await session.post(running.url + CHAT, json=question(number, None)) for number in range(STREAMS)]
            assert [one.status for one in held] == [200] * STREAMS
            async with session.post(running.url + CHAT, json=question(99, None)) as refused:
                assert refused.status == 503
                assert int(refused.headers["retry-after"]) > 0
                assert orjson.loads(await refused.read())["error"]["code"] == "too_many_streams"
            for one in held:
                one.close()

    with upstream(saying(text, token_ms=100)) as base, gateway(tmp_path / "net", upstream=base, max_streams=STREAMS) as running:
        asyncio.run(story(running))


def test_who_does_not_read_is_dropped_and_the_text_is_recorded_all_the_same(tmp_path: Path) -> None:
    said = FakeUpstream(lambda body: Script(text=" ".join(["word"] * 40), token_ms=1, pad=PAD))
    folder = tmp_path / "net"
    with upstream(said) as base, gateway(folder, upstream=base, stall_ms=200) as running, closing(socket.socket()) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, _, port = running.url.removeprefix("http://").partition(":")
        reader.connect((host, int(port)))
        body = orjson.dumps(question(1, None))
        head = f"POST {CHAT} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        reader.sendall(head.encode() + body)
        assert running.wait_for(re.compile(r'"route":"/v1/chat/completions"')), "the request is over, though nobody read"
        assert running.stop() == 0
    assert recorded(folder) == [(State.PROVISIONAL, 1)]


def recorded(folder: Path) -> list[tuple[State, int]]:
    """Every generation's state and how often it went out, if the journal's chain is whole; those that never went out left out."""
    with Database.in_folder(folder) as database, database.read() as connection:
        chain.check_chain(connection)
        ids = [row.id for row in connection.execute(select(table.c.id).order_by(table.c.started_at))]
        out = releases.of(connection, ids)
        found = [(generations.find(connection, one), len(out.get(one, ()))) for one in ids]
    return [(standing.state, count) for standing, count in found if standing is not None and count]
