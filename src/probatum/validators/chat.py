"""One request to an OpenAI-compatible chat endpoint: the text of the answer, or a plain reason why there is none."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from probatum.errors import ValidatorUnavailable

if TYPE_CHECKING:
    import httpx

_MAX_ANSWER_BYTES = 256_000


@dataclass(frozen=True, slots=True)
class RemoteSettings:
    """How to reach the endpoint.

    Attributes:
        base_url: up to and including the version, e.g. ``https://api.example.com/v1``; http or https.
        model: the endpoint's model name.
        family: the model family for ``min_families``; the operator states it.
        key_variable: NAME of the environment variable that holds the key; empty for endpoints without a key.
        timeout: seconds for one request, connecting included.
        structured: ask for ``response_format`` json_schema; off for servers that refuse it (the answer is checked as strictly
            either way).
        minimum: confidence in basis points under which it abstains.
        max_evidence: characters of evidence sent at most; a question with more is an abstention, not a silent cut.
    """

    base_url: str
    model: str
    family: str
    key_variable: str = ""
    timeout: float = 30.0
    structured: bool = True
    minimum: int = 5_000
    max_evidence: int = 40_000


class NoAnswer(Exception):
    """The endpoint gave no usable text; the message is a plain reason."""


class ChatEndpoint:
    """A chat endpoint with its key.

    Args:
        settings: address and limits.
        transport: an httpx transport for tests; None for the network.

    Raises:
        ValidatorUnavailable: the address is not http(s), or the named variable is not set.
    """

    def __init__(self, settings: RemoteSettings, transport: httpx.BaseTransport | None = None) -> None:
        if not settings.base_url.startswith(("https://", "http://")):
            raise ValidatorUnavailable(f"the endpoint {settings.base_url!r} is not an http or https address")
        headers = {"Content-Type": "application/json"}
        if settings.key_variable:
            key = os.environ.get(settings.key_variable, "")
            if not key:
                raise ValidatorUnavailable(f"the environment variable {settings.key_variable} with the endpoint's key is not set")
            headers["Authorization"] = f"Bearer {key}"
        import httpx

        self._settings = settings
        self._client = httpx.Client(timeout=settings.timeout, headers=headers, transport=transport, follow_redirects=False)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(self, body: dict[str, Any]) -> str:
        """Post a chat completion request and return the message's text.

        Raises:
            NoAnswer: unreachable, slow, another status than 200, too long, refused, cut off, or not a chat completion.
        """
        import httpx

        address = self._settings.base_url.rstrip("/") + "/chat/completions"
        try:
            with self._client.stream("POST", address, json=body) as response:
                if response.status_code != 200:
                    raise NoAnswer(f"the endpoint answered HTTP {response.status_code}")
                received = bytearray()
                for chunk in response.iter_bytes():
                    received += chunk
                    if len(received) > _MAX_ANSWER_BYTES:
                        raise NoAnswer("the endpoint's answer is too long")
        except httpx.TimeoutException:
            raise NoAnswer(f"the endpoint did not answer within {self._settings.timeout:g} s") from None
        except httpx.HTTPError as problem:
            raise NoAnswer(f"the endpoint could not be reached ({type(problem).__name__})") from None
        return _text(bytes(received))


def _text(raw: bytes) -> str:
    try:
        choice = json.loads(raw)["choices"][0]
        message = choice["message"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        raise NoAnswer("the endpoint's answer is not a chat completion") from None
    if isinstance(message, dict) and message.get("refusal"):
        raise NoAnswer("the model refused to judge")
    if choice.get("finish_reason") not in (None, "stop"):
        raise NoAnswer(f"the model did not finish its answer ({str(choice.get('finish_reason'))[:40]})")
    content = message.get("content") if isinstance(message, dict) else None
    if not isinstance(content, str):
        raise NoAnswer("the model gave no text")
    return content
