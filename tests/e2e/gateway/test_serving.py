"""One gateway process: a text streams, is certified, is found again; then it ends in good order and begins again."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from probatum.encoding.digest import Digest
from probatum.verify import decode_bundle, verify
from tests.e2e.gateway.clients import Answer, chat, fetch, question
from tests.e2e.gateway.program import evidence, false_text, text
from tests.e2e.gateway.running import Running, gateway, saying, upstream
from tests.e2e.scripted_network import HERE

CANARY = "kanarienvogel-4711"


def with_session(work: Callable[[aiohttp.ClientSession], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with aiohttp.ClientSession() as session:
            return await work(session)

    return asyncio.run(run())


def ask(running: Running, number: int, **more: Any) -> Answer:
    answer = Answer()
    with_session(lambda session: chat(session, running.url, question(number, evidence(number), **more), answer))
    return answer


def certificate_verifies(running: Running, cert_hash: str, output: str) -> bool:
    async def read(session: aiohttp.ClientSession) -> bytes:
        async with session.get(f"{running.url}/v1/certificates/{cert_hash}") as response:
            assert response.status == 200
            return await response.read()

    return verify(decode_bundle(with_session(read)), HERE.trust, output=output.encode()).verified is not None


def test_a_text_streams_is_certified_and_is_still_there_after_a_restart(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    with upstream(saying(text)) as base:
        with gateway(folder, upstream=base) as running:
            answer = ask(running, 1)
            assert (answer.text, answer.done, answer.verification["state"]) == (text(1), True, "certified")
            assert certificate_verifies(running, answer.verification["cert_hash"], text(1))
            assert running.stop() == 0
            assert running.wait_for(re.compile("^stopped"))
        with gateway(folder, upstream=base) as running:
            assert certificate_verifies(running, answer.verification["cert_hash"], text(1))
            again = ask(running, 1)
            assert again.verification["generation"] == answer.verification["generation"], "out of the certified cache"


def test_without_an_upstream_texts_are_verified_and_chat_says_why_not(tmp_path: Path) -> None:
    with gateway(tmp_path / "net") as running:

        async def story(session: aiohttp.ClientSession) -> None:
            async with session.post(f"{running.url}/v1/chat/completions", json=question(1, None)) as response:
                assert response.status == 503
                assert (await response.json())["error"]["code"] == "no_upstream"
            given = {"text": text(2), "evidence": [{"name": "towers.txt", "text": evidence(2)}]}
            async with session.post(f"{running.url}/v1/verifications", json=given) as response:
                assert response.status == 202
                place = response.headers["location"]
            async with session.get(running.url + place, headers={"prefer": "wait=30"}) as response:
                assert (await response.json())["state"] == "certified"

        with_session(story)


def test_sigterm_lets_an_answer_end_and_certify_and_ends_feeds_at_once(tmp_path: Path) -> None:
    with upstream(saying(text, token_ms=40)) as base, gateway(tmp_path / "net", upstream=base) as running:
        answer = Answer()

        async def story(session: aiohttp.ClientSession) -> None:
            async with session.get(f"{running.url}/v1/recalls/stream") as feed:
                asking = asyncio.create_task(chat(session, running.url, question(3, evidence(3)), answer))
                while not answer.text:
                    await asyncio.sleep(0)
                running.process.send_signal(signal.SIGTERM)
                await feed.content.read()
                assert not answer.done, "the feed ended first"
                await asking

        with_session(story)
        assert running.process.wait(timeout=60) == 0
        assert (answer.text, answer.done, answer.verification["state"]) == (text(3), True, "certified")


def test_what_had_not_ended_in_the_grace_period_is_taken_up_by_the_next_gateway(tmp_path: Path) -> None:
    """The certificate takes longer than the grace period: a validator that never answers within it."""
    folder = tmp_path / "net"
    slow = {"grace_ms": 0}
    with upstream(saying(text)) as base:
        with gateway(folder, upstream=base, **slow) as running:
            body = question(4, evidence(4))
            body["probatum"]["linger_ms"] = 0
            answer = Answer()
            with_session(lambda session: chat(session, running.url, body, answer))
            assert answer.text == text(4)
            running.stop()
        with gateway(folder, upstream=base) as running:
            settled = _settled(running, answer.verification["verification"])
            assert settled["state"] == "certified"
            assert certificate_verifies(running, settled["cert_hash"], text(4))


def _settled(running: Running, verification: str) -> dict[str, Any]:
    async def read(session: aiohttp.ClientSession) -> dict[str, Any]:
        async with session.get(f"{running.url}/v1/verifications/{verification}", headers={"prefer": "wait=30"}) as response:
            assert response.status == 200
            return dict(await response.json())

    return dict(with_session(read))


def test_no_text_is_in_the_log_or_the_metrics(tmp_path: Path) -> None:
    def canary(number: int) -> str:
        return f"{CANARY} says: {text(number)} {false_text(number)}"

    with upstream(saying(canary)) as base, gateway(tmp_path / "net", upstream=base, log_level="debug") as running:
        body = question(5, f"{CANARY} {evidence(5)}", user=CANARY)
        body["messages"].insert(0, {"role": "system", "content": CANARY})
        answer = Answer()

        async def story(session: aiohttp.ClientSession) -> str:
            await chat(session, running.url, body, answer)
            for method, path in (("GET", f"/v1/{CANARY}"), ("POST", "/v1/verifications"), ("GET", f"/v1/trace?text={CANARY}")):
                async with session.request(method, running.url + path, data=f"{CANARY}{{") as response:
                    await response.read()
            async with session.get(f"{running.url}/metrics") as response:
                return await response.text()

        metrics = with_session(story)
        assert CANARY in answer.text
        running.stop()
        assert CANARY not in metrics
        assert CANARY not in "".join(running.lines)
        logged = [json.loads(line) for line in running.lines if line.startswith("{")]
        assert {"POST"} <= {line.get("method") for line in logged}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/openapi.json"])
def test_operators_find_what_they_expect(tmp_path: Path, path: str) -> None:
    with gateway(tmp_path / "net") as running:

        async def read(session: aiohttp.ClientSession) -> int:
            async with session.get(running.url + path) as response:
                await response.read()
                return response.status

        assert with_session(read) == 200


def test_a_broken_network_connection_of_a_client_does_not_lose_the_text(tmp_path: Path) -> None:
    with upstream(saying(text, token_ms=5)) as base, gateway(tmp_path / "net", upstream=base) as running:
        seen: dict[str, Any] = {}

        async def story(session: aiohttp.ClientSession) -> dict[str, Any]:
            body = question(6, evidence(6))
            async with session.post(f"{running.url}/v1/chat/completions", json=body) as response:
                seen["generation"] = response.headers["probatum-generation"]
                await response.content.readline()
                response.close()
            digest = Digest.of(text(6).encode())
            while True:
                status, body = await fetch(session, f"{running.url}/v1/generations/{seen['generation']}")
                assert status == 200
                if body["state"] not in ("generating", "provisional"):
                    return {**body, "output": await fetch(session, f"{running.url}/v1/outputs/{digest}")}

        found = with_session(story)
        assert found["state"] == "certified"
        assert found["output"][1]["cert_hash"] == found["cert_hash"]


def test_two_gateways_do_not_share_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    with gateway(folder), pytest.raises(AssertionError, match="another gateway serves from"), gateway(folder):
        pass


def test_two_gateways_do_not_share_an_embedded_database(tmp_path: Path) -> None:
    shared = {"database": f"sqlite:///{tmp_path / 'shared.sqlite3'}"}
    with (
        gateway(tmp_path / "one", **shared),
        pytest.raises(AssertionError, match="another gateway serves from"),
        gateway(tmp_path / "two", **shared),
    ):
        pass


def test_a_port_in_use_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    with gateway(tmp_path / "one") as running:
        port = int(running.url.rpartition(":")[2])
        with pytest.raises(AssertionError, match=r"in use.*choose another port with --port"), gateway(tmp_path / "two", port=port):
            pass
        assert os.listdir(tmp_path / "two") == []
