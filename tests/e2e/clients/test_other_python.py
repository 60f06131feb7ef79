"""LangChain, pydantic-ai and LiteLLM. They drop fields they do not know: what they cannot show is fetched by response id."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import Any

import pytest

from tests.e2e.clients.conftest import TEXT, Server, missing

pytestmark = pytest.mark.filterwarnings("default")  # the clients' own warnings are theirs
SOURCES = [{"name": "voyager.txt", "text": "Voyager 1 was launched in 1977."}]
EVIDENCE = {"probatum": {"evidence": SOURCES}}
HEADER = {"Probatum-Options": json.dumps(EVIDENCE["probatum"])}
HELD = {"Probatum-Options": json.dumps(EVIDENCE["probatum"] | {"wait": "certificate"})}


def standing(gateway: Server, path: str) -> Any:
    """What the gateway says of a response."""
    with urllib.request.urlopen(gateway.v1 + path, timeout=10) as answer:  # noqa: S310 - our own server
        return json.load(answer)


class TestLangChain:
    @pytest.fixture
    def make(self, gateway: Server) -> Any:
        pytest.importorskip("langchain_openai", reason=missing("langchain-openai"))
        from langchain_openai import ChatOpenAI

        def chat(**more: Any) -> Any:
            settings = {"model": "fake-1", "base_url": gateway.v1, "api_key": "none", "max_retries": 0, "extra_body": EVIDENCE}
            return ChatOpenAI(**settings | more)

        return chat

    def test_a_stream_and_its_standing(self, make: Any, gateway: Server) -> None:
        chunks = list(make(stream_usage=True).stream("langchain stream"))
        assert "".join(chunk.text for chunk in chunks) == TEXT
        assert any(chunk.usage_metadata for chunk in chunks)
        assert standing(gateway, "/chat/completions/chatcmpl-fake/verification")["state"] == "certified"

    def test_an_answer(self, make: Any) -> None:
        assert make().invoke("langchain invoke").text == TEXT

    def test_waiting_for_the_certificate(self, make: Any) -> None:
        assert make(default_headers=HELD, extra_body=None).invoke("langchain held").text == TEXT

    def test_a_call(self, make: Any) -> None:
        message = make(model="fake-tools").invoke("langchain tools")
        assert [(call["name"], call["args"]) for call in message.tool_calls] == [("weather", {"city": "Paris"})]

    def test_a_response(self, make: Any, gateway: Server) -> None:
        message = make(use_responses_api=True).invoke("langchain response")
        assert message.text == TEXT
        assert message.response_metadata["metadata"]["probatum_state"] == "provisional"
        assert standing(gateway, f"/responses/{message.response_metadata['id']}/verification")["verification"].startswith("ver_")

    def test_a_streamed_response(self, make: Any) -> None:
        chunks = list(make(use_responses_api=True).stream("langchain events"))
        assert "".join(chunk.text for chunk in chunks) == TEXT

    def test_a_cut_stream_raises(self, make: Any) -> None:
        with pytest.raises(Exception, match="broke off"):
            list(make(model="fake-cut").stream("langchain cut"))


class TestPydanticAI:
    @pytest.fixture
    def make(self, gateway: Server) -> Any:
        pytest.importorskip("pydantic_ai", reason=missing("pydantic-ai-slim[openai]"))
        from pydantic_ai import Agent
        from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
        from pydantic_ai.providers.openai import OpenAIProvider

        def agent(responses: bool = False, model: str = "fake-1") -> Any:
            kind = OpenAIResponsesModel if responses else OpenAIChatModel
            provider = OpenAIProvider(base_url=gateway.v1, api_key="none")
            return Agent(kind(model, provider=provider), model_settings={"extra_body": EVIDENCE}, retries=0)

        return agent

    @pytest.mark.parametrize("responses", [False, True], ids=["chat", "responses"])
    def test_an_answer(self, make: Any, responses: bool) -> None:
        result = asyncio.run(self.answered(make(responses), f"pydantic-ai {responses}"))
        assert result.output == TEXT

    async def answered(self, agent: Any, prompt: str) -> Any:
        return await agent.run(prompt)

    @pytest.mark.parametrize("responses", [False, True], ids=["chat", "responses"])
    def test_a_stream(self, make: Any, responses: bool) -> None:
        async def main() -> tuple[str, int]:
            async with make(responses).run_stream(f"pydantic-ai stream {responses}") as result:
                deltas = [delta async for delta in result.stream_text(delta=True)]
                return "".join(deltas), result.usage.output_tokens

        text, tokens = asyncio.run(main())
        assert text == TEXT
        assert tokens > 0


class TestLiteLLM:
    @pytest.fixture
    def litellm(self) -> Any:
        return pytest.importorskip("litellm", reason=missing("litellm"))

    @pytest.fixture
    def asked(self, gateway: Server) -> Any:
        def settings(content: str, **more: Any) -> dict[str, Any]:
            where = {"api_base": gateway.v1, "api_key": "none", "num_retries": 0, "extra_headers": HEADER}
            return {"model": "openai/fake-1", "messages": [{"role": "user", "content": content}]} | where | more

        return settings

    def test_an_answer(self, litellm: Any, asked: Any) -> None:
        answer = litellm.completion(**asked("litellm whole"))
        assert answer.choices[0].message.content == TEXT
        assert answer.verification["state"] == "provisional"

    def test_a_stream_and_its_standing(self, litellm: Any, asked: Any, gateway: Server) -> None:
        chunks = list(litellm.completion(**asked("litellm stream"), stream=True, stream_options={"include_usage": True}))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == TEXT
        assert any(getattr(chunk, "usage", None) for chunk in chunks)
        assert standing(gateway, "/chat/completions/chatcmpl-fake/verification")["id"].startswith("gen_")

    def test_the_async_client(self, litellm: Any, asked: Any) -> None:
        async def main() -> str:
            stream = await litellm.acompletion(**asked("litellm async"), stream=True)
            return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

        assert asyncio.run(main()) == TEXT

    def test_a_response(self, litellm: Any, gateway: Server) -> None:
        where = {"api_base": gateway.v1, "api_key": "none", "extra_headers": HELD}
        answer = litellm.responses(model="openai/fake-1", input="litellm response", **where)
        assert answer.output[0].content[0].text == TEXT
        assert answer.metadata["probatum_state"] == "certified"

    def test_waiting_in_vain_is_an_error(self, litellm: Any, asked: Any) -> None:
        with pytest.raises(litellm.BadRequestError, match="rejected"):
            litellm.completion(**asked("litellm held", model="openai/fake-wrong", extra_headers=HELD))
