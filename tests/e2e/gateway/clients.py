"""What an application sees: answers as they stream in, and the state that came with them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp


@dataclass(slots=True)
class Answer:
    """A streamed answer so far.

    Attributes:
        text: what was said.
        verification: the newest ``verification`` object.
        done: whether ``[DONE]`` came.
        broken: whether the connection broke before.
    """

    text: str = ""
    verification: dict[str, Any] = field(default_factory=dict)
    done: bool = False
    broken: bool = False


def question(number: int, evidence: str | None, **more: Any) -> dict[str, Any]:
    """The body of a chat request."""
    body: dict[str, Any] = {"model": "fake-1", "stream": True, "messages": [{"role": "user", "content": str(number)}]} | more
    if evidence is not None:
        body["probatum"] = {"evidence": [{"name": f"towers-{number}.txt", "text": evidence}]}
    return body


async def chat(session: aiohttp.ClientSession, url: str, body: dict[str, Any], answer: Answer) -> None:
    """Ask, and fill ``answer`` as it comes; a connection that breaks is noted."""
    try:
        async with session.post(f"{url}/v1/chat/completions", json=body) as response:
            assert response.status == 200, await response.text()
            async for event in _events(response):
                if event == "[DONE]":
                    answer.done = True
                    return
                _take(json.loads(event), answer)
    except (aiohttp.ClientError, OSError):
        answer.broken = True


def _take(chunk: dict[str, Any], answer: Answer) -> None:
    for choice in chunk.get("choices", ()):
        answer.text += choice["delta"].get("content") or ""
    answer.verification = chunk.get("verification", answer.verification)


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[str]:
    async for line in response.content:
        if line.startswith(b"data: "):
            yield line[6:].strip().decode()


async def fetch(session: aiohttp.ClientSession, url: str) -> tuple[int, dict[str, Any]]:
    """GET some JSON."""
    async with session.get(url) as response:
        return response.status, json.loads(await response.read())
