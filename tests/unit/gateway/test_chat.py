"""``POST /v1/chat/completions``: states in streams and bodies, what is released when, and what cannot be verified."""

from __future__ import annotations

from typing import Any

import pytest

from probatum.gateway.answers.sse import DONE, Splitter, payload
from probatum.gateway.parts import Limits
from probatum.ledger.records import Channel, State
from probatum.testing.gateway import Verdict
from probatum.testing.upstream import Script, events
from tests.unit.gateway.serving import SOURCES, Canned, Gateway, ask, run, text, verifications

HELD = SOURCES | {"wait": "certificate"}
SAID = Script().text
CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}


def test_a_stream_says_generating_first_certified_last_and_nothing_after_done() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        answer = await gateway.post(ask(stream=True, probatum=SOURCES))
        assert answer.headers["probatum-state"] == "generating"
        assert answer.headers["cache-control"] == "no-store"
        assert "probatum-cert-hash" not in answer.headers
        got = await answer.events()
        told = verifications(got)
        assert [one["state"] for one in told if "fragment" not in one] == ["generating", "provisional", "certified"]
        assert [bool(one["cert_hash"]) for one in told] == [False] * (len(told) - 1) + [True]
        assert (got[-1], got.count("[DONE]"), text(got)) == ("[DONE]", 1, SAID)

    run(main)


def test_every_chunk_of_ours_is_a_valid_chunk_that_changes_nothing() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        got = await (await gateway.post(ask(stream=True, probatum=SOURCES))).events()
        ours = [event for event in got[:-1] if "verification" in event]
        head = {"id": "chatcmpl-fake", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "fake-1"}
        choice = {"index": 0, "delta": {}, "finish_reason": None}
        for chunk in ours:
            assert chunk == head | {"choices": [choice], "verification": chunk["verification"]}
        assert "verification" not in got[0]
        assert "verification" in got[1]

    run(main)


def test_the_upstreams_events_are_passed_on_byte_for_byte() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        body = await (await gateway.post(ask(stream=True, stream_options={"include_usage": True}, probatum=SOURCES))).body()
        theirs = [event for event in Splitter(10**6).feed(body) if b'"verification"' not in event]
        assert theirs == events(Script(), usage=True)

    run(main)


def test_fragments_are_told_as_they_are_decided_while_text_is_still_coming() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        got = await (await gateway.post(ask(stream=True, probatum=SOURCES))).events()
        first = next(number for number, event in enumerate(got) if "fragment" in event.get("verification", {}))
        assert got[first]["verification"]["fragment"].keys() == {"id", "start", "end", "status", "cert_hash"}
        assert text(got[:first]) == "Voyager 1 was launched in 1977. "
        assert text(got[first:]) == "Voyager 2 visited Neptune in 1989."

    run(main)


def test_without_evidence_the_text_stays_provisional_and_says_why() -> None:
    async def main() -> None:
        gateway = Gateway()
        told = verifications(await (await gateway.post(ask(stream=True))).events())
        assert [one["state"] for one in told] == ["generating", "provisional"]
        assert all(one["reason"] == "no evidence was given: nothing can be checked" for one in told)
        whole = await (await gateway.post(ask())).json()
        assert (whole["verification"]["state"], whole["verification"]["verification"]) == ("provisional", None)
        assert not gateway.verifier.started

    run(main)


@pytest.mark.parametrize(("linger", "after", "last"), [(0, 50, "provisional"), (40, 50, "provisional"), (60, 50, "certified")])
def test_a_stream_lingers_as_long_as_it_was_asked_to(linger: int, after: int, last: str) -> None:
    async def main() -> int:
        gateway = Gateway()
        gateway.verifier.verdict = lambda _: Verdict(after_ms=after)
        answer = await gateway.post(ask(stream=True, probatum=SOURCES | {"linger_ms": linger}))
        got = await answer.events()
        assert verifications(got)[-1]["state"] == last
        assert got[-1] == "[DONE]"
        return gateway.now()

    assert run(main) == min(linger, after)


def test_a_whole_answer_comes_at_once_and_lingers_only_if_asked() -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.verifier.verdict = lambda _: Verdict(after_ms=50)
        assert (await gateway.post(ask("one", probatum=SOURCES))).headers["probatum-state"] == "provisional"
        assert gateway.now() == 0
        answer = await gateway.post(ask("two", probatum=SOURCES | {"linger_ms": 1000}))
        assert answer.headers["probatum-state"] == "certified"
        assert gateway.now() == 50
        assert answer.headers["etag"] == f'"{answer.headers["probatum-cert-hash"]}"'

    run(main)


def test_a_text_that_waits_for_its_certificate_comes_with_it() -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.verifier.verdict = lambda _: Verdict(after_ms=5000)
        answer = await gateway.post(ask(probatum=HELD))
        body = await answer.json()
        assert body["choices"][0]["message"]["content"] == SAID
        assert body["verification"]["cert_hash"] == answer.headers["probatum-cert-hash"]
        assert [(one.state, one.channel) for one in gateway.journal.releases] == [(State.CERTIFIED, Channel.FETCH)]

    run(main)


@pytest.mark.parametrize("state", [s for s in State if s not in (State.CERTIFIED, State.GENERATING)])
@pytest.mark.parametrize("stream", [False, True])
def test_without_its_certificate_no_byte_of_it_goes_out(state: State, stream: bool) -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.verifier.verdict = lambda _: Verdict(state, 50, "because")
        answer = await gateway.post(ask(stream=stream, probatum=HELD))
        error = (await answer.json())["error"]
        assert (answer.status, error["code"], error["state"]) == (422, "not_certified", str(state))
        assert error["report"] == {"status": str(state)}
        assert "because" in error["message"]
        assert b"Neptune" not in answer.read
        assert answer.headers["probatum-state"] == str(state)
        assert not gateway.journal.releases

    run(main)


def test_partial_certification_passes_only_where_the_policy_says_so() -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.verifier.verdict = lambda _: Verdict(State.PARTIALLY_CERTIFIED)
        policy = {"policy": {"scope": "partial"}}
        answer = await gateway.post(ask(probatum=HELD | policy))
        assert (answer.status, answer.headers["probatum-state"]) == (200, "partially_certified")
        assert answer.headers["cache-control"] == "no-store"

    run(main)


def test_a_held_stream_gets_heartbeats_and_then_the_whole_text_at_once() -> None:
    async def main() -> None:
        gateway = Gateway(limits=Limits(heartbeat_ms=15_000))
        gateway.verifier.verdict = lambda _: Verdict(after_ms=40_000)
        answer = await gateway.post(ask(stream=True, probatum=HELD))
        assert gateway.now() == 15_000
        pieces = [piece async for piece in answer.pieces()]
        assert pieces[:2] == [b": waiting\n\n"] * 2
        assert not any(b"Neptune" in piece for piece in pieces[:2])
        got = [payload(event) for event in Splitter(10**6).feed(answer.read)]
        assert got[-1] == b"[DONE]"
        assert b'"state":"certified"' in answer.read
        assert b'"state":"generating"' not in answer.read
        assert gateway.now() == 40_000

    run(main)


def test_a_held_stream_that_fails_after_heartbeats_ends_in_an_error_event() -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.verifier.verdict = lambda _: Verdict(State.REJECTED, 40_000)
        answer = await gateway.post(ask(stream=True, probatum=HELD))
        assert answer.status == 200
        got = await answer.events()
        assert (got[0]["error"]["code"], got[1:]) == ("not_certified", ["[DONE]"])
        assert b"Neptune" not in answer.read

    run(main)


def test_waiting_ends_even_if_the_round_does_not() -> None:
    async def main() -> None:
        gateway = Gateway(limits=Limits(wait_ms=1000))
        gateway.verifier.verdict = lambda _: Verdict(after_ms=10**9)
        answer = await gateway.post(ask(probatum=HELD))
        assert (answer.status, gateway.now()) == (422, 1000)

    run(main)


UNCOVERED: list[tuple[dict[str, Any], str]] = [
    ({"tool_calls": [CALL]}, "tool calls"),
    ({"refusal": "I will not."}, "a refusal"),
    ({"reasoning_content": "Let me think."}, "reasoning"),
    ({"audio": {"id": "a"}}, "audio"),
    ({"content": [{"type": "text", "text": "x"}]}, "content that is not text"),
]


@pytest.mark.parametrize(("extra", "words"), UNCOVERED)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_not_text_passes_through_and_is_named_as_not_verified(extra: dict[str, Any], words: str, stream: bool) -> None:
    async def main() -> None:
        gateway = Gateway(Script(extra=extra))
        answer = await gateway.post(ask(stream=stream, probatum=SOURCES | {"linger_ms": 1}))
        told = verifications(await answer.events())[-1] if stream else (await answer.json())["verification"]
        assert (told["state"], told["reason"]) == ("certified", f"only the text is verified, not {words}")
        await gateway.idle()
        assert not gateway.journal.kept

    run(main)


@pytest.mark.parametrize(("extra", "words"), UNCOVERED)
def test_what_is_not_text_never_passes_as_certified(extra: dict[str, Any], words: str) -> None:
    async def main() -> None:
        gateway = Gateway(Script(extra=extra))
        answer = await gateway.post(ask(probatum=HELD))
        assert answer.status == 422
        assert words in (await answer.json())["error"]["message"]

    run(main)


def test_several_choices_are_passed_on_and_never_verified() -> None:
    async def main() -> None:
        gateway = Gateway(Script(choices=2))
        got = await (await gateway.post(ask(n=2, stream=True, probatum=SOURCES))).events()
        assert {choice["index"] for event in got[:-1] for choice in event["choices"]} == {0, 1}
        assert all("ask for one" in one["reason"] for one in verifications(got))
        assert not gateway.verifier.started
        refused = await gateway.post(ask(n=2, probatum=HELD))
        assert (refused.status, (await refused.json())["error"]["code"]) == (400, "not_certifiable")

    run(main)


def test_unknown_fields_reach_the_upstream_and_ours_does_not() -> None:
    async def main() -> None:
        gateway = Gateway()
        await gateway.post(ask(top_k=40, guided_json={"a": [1.5]}, logprobs=True, probatum=SOURCES))
        assert gateway.fake.requests == [ask(top_k=40, guided_json={"a": [1.5]}, logprobs=True)]

    run(main)


def test_a_field_of_the_upstreams_called_verification_gives_way_to_ours() -> None:
    async def main() -> None:
        gateway = Gateway(Script(extra={"verification": "theirs"}))
        body = await (await gateway.post(ask())).json()
        assert body["choices"][0]["message"]["verification"] == "theirs"
        assert body["verification"]["state"] == "provisional"

    run(main)


def test_an_upstream_that_cannot_stream_is_streamed_for() -> None:
    async def main() -> None:
        whole = await (await Gateway().post(ask())).body()
        gateway = Gateway(fake=Canned("application/json", [whole]))
        got = await (await gateway.post(ask(stream=True, stream_options={"include_usage": True}))).events()
        assert text(got) == SAID
        assert next(event["usage"]["total_tokens"] for event in got if "usage" in event) == 22
        assert got[-1] == "[DONE]"

    run(main)


def test_a_release_is_on_disk_before_the_first_byte_of_text() -> None:
    async def main() -> None:
        gateway = Gateway(slow_ms=30)
        answer = await gateway.post(ask(stream=True))
        assert [name for name, _ in gateway.journal.calls] == ["begin"]
        assert len(gateway.journal.releases) == 1
        assert gateway.now() == 30  # the beginning and the release are one write
        second = await gateway.post(ask(stream=True))
        assert len(gateway.journal.releases) == 2
        await answer.body()
        await second.body()

    run(main)


def test_the_record_of_a_release_is_written_while_the_upstream_thinks() -> None:
    async def main() -> None:
        gateway = Gateway(Script(first_ms=100), slow_ms=30)
        await (await gateway.post(ask(stream=True))).body()
        assert gateway.now() == 130  # the upstream's 100, and 30 for the text at the end

    run(main)


def test_the_receiver_is_named_with_the_user_that_the_request_names() -> None:
    async def main() -> None:
        gateway = Gateway()
        await gateway.post(ask("a", user="reader-7"))
        await gateway.post(ask("b"))
        assert [one.receiver for one in gateway.journal.releases] == ["ip:192.0.2.1 user:reader-7", "ip:192.0.2.1"]

    run(main)


def test_a_certified_text_is_verified_only_after_it_was_recorded() -> None:
    async def main() -> None:
        gateway = Gateway(slow_ms=10)
        await (await gateway.post(ask(stream=True, probatum=SOURCES))).body()
        names = [name for name, _ in gateway.journal.calls]
        assert names.index("finish") < names.index("settle") < names.index("keep")

    run(main)


def test_done_closes_a_stream_of_any_kind() -> None:
    assert DONE == b"data: [DONE]\n\n"
