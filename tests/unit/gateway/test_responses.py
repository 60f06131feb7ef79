"""``POST /v1/responses``: translated to a chat completion, and its answer back."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from probatum.gateway.answers.sse import Splitter, payload
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.openai.responses_request import to_chat
from probatum.ledger.records import State
from probatum.testing.gateway import Verdict
from probatum.testing.upstream import Fault, Script
from tests.unit.gateway.serving import CHAT, SOURCES, Answer, Gateway, ask, run

PATH = "/v1/responses"
SAID = Script().text
CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"a": 1}'}}


def asked(prompt: Any = "Tell me.", **fields: Any) -> dict[str, Any]:
    return {"model": "fake-1", "input": prompt} | fields


async def events(answer: Answer) -> list[dict[str, Any]]:
    """The data of all events; checks names and numbers."""
    read = []
    for number, event in enumerate(Splitter(10**6).feed(await answer.body())):
        data = orjson.loads(payload(event) or b"")
        assert event.startswith(f"event: {data['type']}\n".encode())
        assert data["sequence_number"] == number
        read.append(data)
    return read


def test_the_events_of_a_text_in_order() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        got = await events(await gateway.post(asked(stream=True, probatum=SOURCES), PATH))
        kinds = [event["type"].removeprefix("response.") for event in got]
        order = list(dict.fromkeys(kinds))
        assert order == [
            *("created", "in_progress", "verification.generating", "output_item.added", "content_part.added", "output_text.delta"),
            *("verification.fragment_decided", "output_text.done", "content_part.done", "output_item.done"),
            *("verification.provisional", "verification.settled", "completed"),
        ]
        assert "".join(event["delta"] for event in got if event["type"] == "response.output_text.delta") == SAID
        done = got[-1]["response"]
        assert done["output"][0]["content"][0]["text"] == SAID
        assert done["metadata"]["probatum_state"] == "certified"
        assert done["metadata"]["probatum_cert_hash"] == done["verification"]["cert_hash"]
        assert done["usage"]["total_tokens"] == 22

    run(main)


def test_a_whole_response_repeats_what_was_asked_and_says_its_state() -> None:
    async def main() -> None:
        gateway = Gateway()
        held = SOURCES | {"wait": "certificate"}
        answer = await gateway.post(asked(instructions="Be short.", temperature=0.5, metadata={"a": "b"}, probatum=held), PATH)
        body = await answer.json()
        assert (body["status"], body["instructions"], body["temperature"]) == ("completed", "Be short.", 0.5)
        assert body["metadata"] == {
            "a": "b",
            "probatum_state": "certified",
            "probatum_generation": answer.headers["probatum-generation"],
            "probatum_cert_hash": answer.headers["probatum-cert-hash"],
        }
        found = await (await gateway.get(f"{PATH}/{body['id']}/verification")).json()
        assert (found["id"], found["state"]) == (answer.headers["probatum-generation"], "certified")

    run(main)


def test_a_response_and_the_same_chat_are_one_question() -> None:
    async def main() -> None:
        gateway = Gateway()
        held = SOURCES | {"wait": "certificate"}
        chat = await gateway.post(ask(probatum=held), CHAT)
        response = await gateway.post(asked(probatum=held, stream=True), PATH)
        assert response.headers["probatum-generation"] == chat.headers["probatum-generation"]
        assert len(gateway.journal.generations) == 1

    run(main)


def test_calls_become_items() -> None:
    async def main() -> None:
        gateway = Gateway(Script("", extra={"content": None, "tool_calls": [CALL]}, finish="tool_calls"))
        got = await events(await gateway.post(asked(stream=True), PATH))
        kinds = [event["type"].removeprefix("response.function_call_arguments.") for event in got]
        assert {"delta", "done"} <= set(kinds)
        (item,) = got[-1]["response"]["output"]
        assert {key: item[key] for key in ("type", "call_id", "name", "arguments", "status")} == {
            "type": "function_call",
            "call_id": "call_1",
            "name": "weather",
            "arguments": '{"a": 1}',
            "status": "completed",
        }
        assert (await (await gateway.post(asked(), PATH)).json())["output"][0]["call_id"] == "call_1"

    run(main)


def test_a_refusal_is_a_part_of_its_own() -> None:
    async def main() -> None:
        gateway = Gateway(Script("", extra={"content": None, "refusal": "I will not."}))
        got = await events(await gateway.post(asked(stream=True), PATH))
        assert got[-1]["response"]["output"][0]["content"] == [{"type": "refusal", "refusal": "I will not."}]

    run(main)


@pytest.mark.parametrize(("finish", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
@pytest.mark.parametrize("stream", [False, True])
def test_a_text_cut_short_by_its_limit_is_incomplete(finish: str, reason: str, stream: bool) -> None:
    async def main() -> None:
        gateway = Gateway(Script(finish=finish))
        answer = await gateway.post(asked(stream=stream), PATH)
        body = (await events(answer))[-1]["response"] if stream else await answer.json()
        assert (body["status"], body["incomplete_details"]) == ("incomplete", {"reason": reason})
        assert body["output"][0]["status"] == "incomplete"

    run(main)


def test_an_upstream_that_breaks_off_fails_the_response() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10, fault=Fault.CUT, after=4))
        got = await events(await gateway.post(asked(stream=True, probatum=SOURCES), PATH))
        assert [event["type"] for event in got][-2:] == ["error", "response.failed"]
        assert got[-2]["code"] == got[-1]["response"]["error"]["code"] == "upstream_cut"
        assert got[-1]["response"]["metadata"]["probatum_state"] == "incomplete"

    run(main)


@pytest.mark.parametrize("stream", [False, True])
def test_without_its_certificate_no_byte_of_it_goes_out(stream: bool) -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.verifier.verdict = lambda _: Verdict(State.REJECTED, 20_000 if stream else 0)
        answer = await gateway.post(asked(stream=stream, probatum=SOURCES | {"wait": "certificate"}), PATH)
        assert b"not_certified" in await answer.body()
        assert b"Neptune" not in answer.read
        assert not gateway.journal.releases

    run(main)


def test_the_helper_that_fails_on_unknown_events_gets_none() -> None:
    async def main() -> None:
        gateway = Gateway()
        headers = {"x-stainless-lang": "js", "x-stainless-helper-method": "stream"}
        got = await events(await gateway.post(asked(stream=True, probatum=SOURCES), PATH, headers))
        assert not [event for event in got if "verification" in event["type"]]
        assert got[-1]["response"]["metadata"]["probatum_state"] == "certified"

    run(main)


IMAGE = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}
TOOL = {"type": "function", "name": "f", "parameters": {}, "strict": True, "description": None}
MESSAGES: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "text": ("Hi", [{"role": "user", "content": "Hi"}]),
    "a message": ([{"role": "developer", "content": "Be kind."}], [{"role": "system", "content": "Be kind."}]),
    "a part": ([{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}], [{"role": "user", "content": "Hi"}]),
    "an earlier answer": (
        [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]}],
        [{"role": "assistant", "content": "Hi"}],
    ),
    "an image": (
        [{"role": "user", "content": [IMAGE]}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": IMAGE["image_url"], "detail": "auto"}}]}],
    ),
    "calls and their outputs": (
        [
            {"type": "reasoning", "id": "r", "summary": []},
            {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
            {"type": "function_call", "call_id": "2", "name": "g", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "1", "output": "sunny"},
        ],
        [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                    {"id": "2", "type": "function", "function": {"name": "g", "arguments": "{}"}},
                ],
            },
            {"role": "tool", "tool_call_id": "1", "content": "sunny"},
        ],
    ),
}


@pytest.mark.parametrize(("given", "messages"), MESSAGES.values(), ids=MESSAGES)
def test_items_become_messages(given: Any, messages: list[dict[str, Any]]) -> None:
    assert to_chat(asked(given))["messages"] == messages


def test_fields_are_translated_passed_on_or_dropped() -> None:
    schema = {"type": "json_schema", "name": "n", "schema": {}, "strict": True}
    body = asked(
        instructions="Be short.",
        tools=[TOOL],
        tool_choice={"type": "function", "name": "f"},
        text={"format": schema, "verbosity": "low"},
        reasoning={"effort": "low"},
        max_output_tokens=7,
        store=True,
        top_k=3,
        stream=True,
    )
    assert to_chat(body) == {
        "model": "fake-1",
        "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Tell me."}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}, "strict": True}}],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}, "strict": True}},
        "verbosity": "low",
        "reasoning_effort": "low",
        "max_completion_tokens": 7,
        "top_k": 3,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a conversation kept elsewhere": (asked(previous_response_id="resp_1"), "previous_response_id"),
    "in the background": (asked(background=True), "background"),
    "no input": ({"model": "m"}, "input"),
    "an item that is text": (asked(["Hi"]), "input[0]"),
    "a reference": (asked([{"type": "item_reference", "id": "x"}]), "input[0]"),
    "an odd type": (asked([{"type": {}}]), "input[0]"),
    "an odd role": (asked([{"role": "tool", "content": "x"}]), "input[0].role"),
    "no content": (asked([{"role": "user"}]), "input[0].content"),
    "an odd part": (asked([{"role": "user", "content": [{"type": "video"}]}]), "input[0].content[0]"),
    "an image by id": (asked([{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]), "input[0].content[0]"),
    "a tool of theirs": (asked(tools=[{"type": "web_search"}]), "tools[0]"),
    "tools that are no list": (asked(tools=7), "tools"),
    "metadata that is text": (asked(metadata="x"), "metadata"),
    "text that is text": (asked(text="plain"), "text"),
}


@pytest.mark.parametrize(("body", "param"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_translated_is_refused_by_field(body: dict[str, Any], param: str) -> None:
    with pytest.raises(HttpRefusal) as caught:
        to_chat(body)
    assert (caught.value.status, caught.value.param) == (400, param)
