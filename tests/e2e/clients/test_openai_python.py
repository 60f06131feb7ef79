"""The ``openai`` package, sync and async: chat completions and responses, streamed and whole."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.e2e.clients.conftest import TEXT, Server, missing

openai = pytest.importorskip("openai", reason=missing("openai"))

pytestmark = pytest.mark.filterwarnings("default")  # the client's own warnings are its own
EVIDENCE = {"probatum": {"evidence": [{"name": "voyager.txt", "text": "Voyager 1 was launched in 1977."}]}}
HELD = {"probatum": EVIDENCE["probatum"] | {"wait": "certificate"}}


def asked(content: str, **more: Any) -> dict[str, Any]:
    return {"model": "fake-1", "messages": [{"role": "user", "content": content}], "extra_body": EVIDENCE} | more


@pytest.fixture(scope="module")
def client(gateway: Server) -> Any:
    with openai.OpenAI(base_url=gateway.v1, api_key="none", max_retries=0) as client:
        yield client


def test_a_stream_brings_the_text_the_certificate_and_nothing_after_it(client: Any) -> None:
    chunks = list(client.chat.completions.create(**asked("stream"), stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == TEXT
    states = [chunk.verification["state"] for chunk in chunks if getattr(chunk, "verification", None)]
    assert states[0] == "generating"
    assert states[-1] == "certified"
    assert chunks[-1].verification["cert_hash"].startswith("sha256:")
    assert next(chunk.usage for chunk in chunks if chunk.usage).total_tokens > 0
    assert {chunk.id for chunk in chunks} == {"chatcmpl-fake"}


def test_the_accumulating_helper_takes_the_stream(client: Any) -> None:
    with client.chat.completions.stream(**asked("helper")) as stream:
        for _ in stream:
            pass
        final = stream.get_final_completion()
    assert final.choices[0].message.content == TEXT
    assert final.choices[0].finish_reason == "stop"


def test_a_whole_completion_has_state_in_body_and_headers(client: Any) -> None:
    raw = client.chat.completions.with_raw_response.create(**asked("whole"))
    completion = raw.parse()
    assert completion.choices[0].message.content == TEXT
    assert completion.verification["state"] == raw.headers["probatum-state"] == "provisional"
    assert completion.verification["generation"] == raw.headers["probatum-generation"]


def test_waiting_for_the_certificate_brings_it(client: Any) -> None:
    completion = client.chat.completions.create(**asked("held", extra_body=HELD))
    assert completion.verification["state"] == "certified"
    assert completion.verification["cert_hash"].startswith("sha256:")


def test_a_text_that_fails_is_an_error_not_an_answer(client: Any) -> None:
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        client.chat.completions.create(**asked("held", model="fake-wrong", extra_body=HELD))
    assert caught.value.code == "not_certified"
    with pytest.raises(openai.APIError, match="rejected"):
        list(client.chat.completions.create(**asked("held", model="fake-wrong", extra_body=HELD), stream=True))


def test_a_cut_stream_raises_after_the_text_that_came(client: Any) -> None:
    got: list[str] = []
    stream = client.chat.completions.create(**asked("cut", model="fake-cut"), stream=True)
    with pytest.raises(openai.APIError) as caught:
        got.extend(chunk.choices[0].delta.content or "" for chunk in stream)
    assert "".join(got) == "Voyager 1 was "
    assert caught.value.code == "upstream_cut"


def test_tool_calls_come_through(client: Any) -> None:
    with client.chat.completions.stream(**asked("tools", model="fake-tools")) as stream:
        call = stream.get_final_completion().choices[0].message.tool_calls[0]
    assert (call.function.name, call.function.arguments) == ("weather", '{"city": "Paris"}')


def test_the_upstreams_own_errors_keep_their_class(client: Any) -> None:
    with pytest.raises(openai.RateLimitError, match="slow down"):
        client.chat.completions.create(**asked("limit", model="fake-limit"))


def test_bad_options_are_named(client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**asked("bad", extra_body={"probatum": {"wiat": "certificate"}}))
    assert (caught.value.code, caught.value.param) == ("invalid_options", "probatum.wiat")


def test_models_are_listed(client: Any) -> None:
    assert [model.id for model in client.models.list()] == ["fake-1"]


def test_a_response_is_parsed_strictly(client: Any) -> None:
    response = client.responses.create(model="fake-1", input="response", instructions="Be short.", extra_body=HELD)
    assert response.output_text == TEXT
    assert response.metadata["probatum_state"] == "certified"
    assert response.metadata["probatum_cert_hash"].startswith("sha256:")
    type(response).model_validate(response.model_dump())


def test_a_streamed_response_has_typed_events_in_order(client: Any) -> None:
    events = list(client.responses.create(model="fake-1", input="events", stream=True, extra_body=EVIDENCE))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == TEXT
    told = [event for event in events if event.type.startswith("response.verification.")]
    assert told[0].type == "response.verification.generating"
    assert told[-1].type == "response.verification.settled"
    assert told[-1].verification["state"] == "certified"
    assert events[-1].type == "response.completed"
    assert events[-1].response.metadata["probatum_state"] == "certified"
    known = [event for event in events if event not in told]
    for event in known:
        type(event).model_validate(event.model_dump(warnings="none"))


def test_the_response_helper_takes_the_stream(client: Any) -> None:
    with client.responses.stream(model="fake-1", input="helper", extra_body=EVIDENCE) as stream:
        for _ in stream:
            pass
        final = stream.get_final_response()
    assert final.output_text == TEXT


def test_a_cut_response_ends_with_its_failure(client: Any) -> None:
    events = client.responses.create(model="fake-cut", input="cut", stream=True)
    assert [event.type for event in events][-2:] == ["error", "response.failed"]


def test_calls_are_items_of_a_response(client: Any) -> None:
    tool = {"type": "function", "name": "weather", "parameters": {"type": "object", "properties": {}}, "strict": False}
    response = client.responses.create(model="fake-tools", input="calls", tools=[tool])
    assert [(item.type, item.name, item.arguments) for item in response.output] == [
        ("function_call", "weather", '{"city": "Paris"}')
    ]
    events = list(client.responses.create(model="fake-tools", input="calls", tools=[tool], stream=True))
    assert events[-1].response.output[0].call_id == "call_1"


def test_the_async_client_streams_and_waits(gateway: Server) -> None:
    async def main() -> tuple[str, Any]:
        async with openai.AsyncOpenAI(base_url=gateway.v1, api_key="none", max_retries=0) as client:
            stream = await client.chat.completions.create(**asked("async"), stream=True)
            text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
            return text, await client.responses.create(model="fake-1", input="async", extra_body=HELD)

    text, response = asyncio.run(main())
    assert text == response.output_text == TEXT
