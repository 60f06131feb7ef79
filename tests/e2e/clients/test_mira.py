"""Mira's published Python client (``mira-network``): chat completions, at once and as a stream."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.e2e.clients.conftest import TEXT, Server, missing

pytestmark = pytest.mark.filterwarnings("default")  # the client's own warnings are its own


@pytest.fixture
def mira() -> Any:
    return pytest.importorskip("mira_network", reason=missing("mira-network"))


def read(lines: list[str]) -> tuple[str, list[dict[str, Any]]]:
    """The text and the ``verification`` objects of a stream, which this client hands on line by line, unread."""
    contents = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    assert contents[-1] == "[DONE]"
    chunks = [json.loads(content) for content in contents[:-1]]
    text = "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
    return text, [chunk["verification"] for chunk in chunks if "verification" in chunk]


class TestSync:
    def test_an_answer(self, mira: Any, gateway: Server) -> None:
        with mira.MiraSyncClient(base_url=gateway.url, api_key="none") as client:
            request = mira.AiRequest(model="fake-1", messages=[mira.Message(role="user", content="mira sync")])
            answer = client.generate(request)
        assert answer["choices"][0]["message"]["content"] == TEXT

    def test_a_stream(self, mira: Any, gateway: Server) -> None:
        with mira.MiraSyncClient(base_url=gateway.url, api_key="none") as client:
            messages = [mira.Message(role="user", content="mira sync stream")]
            lines = [line for line in client.generate(mira.AiRequest(model="fake-1", messages=messages, stream=True)) if line]
        text, states = read(lines)
        assert text == TEXT
        assert states[-1]["state"] == "provisional"  # this client drops fields it does not know: no evidence was given
        assert states[-1]["generation"].startswith("gen_")

    def test_the_models(self, mira: Any, gateway: Server) -> None:
        with mira.MiraSyncClient(base_url=gateway.url, api_key="none") as client:
            assert client.list_models()["object"] == "list"


class TestAsync:
    def test_an_answer(self, mira: Any, gateway: Server) -> None:
        async def main() -> Any:
            async with mira.MiraClient(base_url=gateway.url, api_key="none") as client:
                messages = [mira.Message(role="user", content="mira async")]
                return await client.chat_completions_create(model="fake-1", messages=messages)

        assert asyncio.run(main())["choices"][0]["message"]["content"] == TEXT

    def test_a_stream(self, mira: Any, gateway: Server) -> None:
        async def main() -> list[str]:
            async with mira.MiraClient(base_url=gateway.url, api_key="none") as client:
                messages = [mira.Message(role="user", content="mira async stream")]
                stream = await client.chat_completions_create(model="fake-1", messages=messages, stream=True)
                return [chunk["choices"][0]["delta"]["content"] async for chunk in stream]

        text, states = read(asyncio.run(main()))
        assert text == TEXT
        assert states
