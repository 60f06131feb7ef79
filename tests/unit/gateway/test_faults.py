"""What upstreams, ledgers and clients do wrong: each ends in a JSON error with a stable code, or a text that says it broke off."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from probatum.gateway.answers.upstream import Timeouts
from probatum.gateway.parts import Limits
from probatum.ledger.records import State
from probatum.testing.gateway import Verdict
from probatum.testing.upstream import Fault, Script
from tests.unit.gateway.serving import CHAT, SOURCES, Answer, Canned, Gateway, ask, run, text, verifications

TIMEOUTS = Timeouts(answer=5_000, idle=2_000, total=20_000)
BEFORE: dict[str, tuple[Script, int, str]] = {
    "down": (Script(fault=Fault.DOWN), 502, "upstream_unreachable"),
    "silent": (Script(fault=Fault.SILENT), 504, "upstream_timeout"),
    "a page": (Script(fault=Fault.HTML), 502, "upstream_error"),
    "an error": (Script(status=429, error={"message": "slow down", "code": "rate_limit_exceeded"}), 429, "rate_limit_exceeded"),
    "an error without a code": (Script(status=400, error={"message": "no"}), 400, "upstream_error"),
    "a redirect": (Script(status=302), 502, "upstream_garbage"),
}
MIDWAY = {
    "cut": (Fault.CUT, "upstream_cut"),
    "ended early": (Fault.SHORT, "upstream_cut"),
    "stalled": (Fault.STALL, "upstream_timeout"),
    "garbage": (Fault.GARBAGE, "upstream_garbage"),
    "an error event": (Fault.ERROR, "scripted"),
}


async def refusal(answer: Answer) -> tuple[int, str]:
    """Status and code; checks the shape."""
    error = (await answer.json())["error"]
    assert {"message", "type", "code", "param"} <= error.keys()
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.status, error["code"]


@pytest.mark.parametrize("path", [CHAT, "/v1/responses"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(("script", "status", "code"), BEFORE.values(), ids=BEFORE)
def test_an_upstream_that_fails_before_any_text(script: Script, status: int, code: str, stream: bool, path: str) -> None:
    async def main() -> None:
        gateway = Gateway(script, timeouts=TIMEOUTS)
        answer = await gateway.post(ask(stream=stream, input="Tell me.", probatum=SOURCES), path)
        assert await refusal(answer) == (status, code)
        await gateway.idle()
        assert list(gateway.journal.texts.values()) == [("", False)]
        assert not gateway.journal.settlements
        assert gateway.upstream.open == 0

    run(main)


def test_an_upstreams_limits_reach_the_client() -> None:
    async def main() -> None:
        headers = {"retry-after": "7", "x-ratelimit-remaining-tokens": "0", "x-request-id": "req_1", "set-cookie": "a=b"}
        gateway = Gateway(Script(status=429, headers=headers))
        answer = await gateway.post(ask())
        assert {name: answer.headers.get(name) for name in headers} == headers | {"set-cookie": None}
        assert answer.headers["probatum-error-source"] == "upstream"

    run(main)


@pytest.mark.parametrize(("fault", "code"), MIDWAY.values(), ids=MIDWAY)
def test_an_upstream_that_fails_in_mid_stream(fault: Fault, code: str) -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10, fault=fault, after=4), timeouts=TIMEOUTS)
        answer = await gateway.post(ask(stream=True, probatum=SOURCES))
        got = await answer.events()
        assert text(got) == "Voyager 1 was "
        assert verifications(got)[-1]["state"] == "incomplete"
        assert (got[-2]["error"]["code"], got[-1]) == (code, "[DONE]")
        await gateway.idle()
        identity = answer.headers["probatum-generation"]
        assert gateway.journal.texts[identity] == ("Voyager 1 was ", False)
        assert identity not in gateway.journal.settlements
        assert gateway.upstream.open == 0
        assert gateway.observed[-1] == "broken" or "broken" in gateway.observed

    run(main)


@pytest.mark.parametrize("fault", [fault for fault, _ in MIDWAY.values()], ids=MIDWAY)
def test_a_text_that_broke_off_never_passes_as_certified(fault: Fault) -> None:
    async def main() -> None:
        gateway = Gateway(Script(fault=fault, after=4), timeouts=TIMEOUTS)
        answer = await gateway.post(ask(stream=True, probatum=SOURCES | {"wait": "certificate"}))
        assert answer.status in (502, 504)
        assert b"Voyager" not in await answer.body()
        assert not gateway.journal.releases
        assert not gateway.journal.kept

    run(main)


@pytest.mark.parametrize(("fault", "code"), [(Fault.CUT, "upstream_cut"), (Fault.GARBAGE, "upstream_garbage")])
def test_a_whole_answer_that_breaks_off(fault: Fault, code: str) -> None:
    async def main() -> None:
        gateway = Gateway(Script(fault=fault))
        assert await refusal(await gateway.post(ask())) == (502, code)

    run(main)


GARBAGE = [
    b"null",
    b"[]",
    b"1",
    b'{"choices": {}}',
    b'{"choices": [1]}',
    b'{"choices": [{"message": 1}]}',
    b'{"choices": []}',
    b"{}",
]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("body", GARBAGE)
def test_json_that_is_no_completion(body: bytes, stream: bool) -> None:
    async def main() -> None:
        gateway = Gateway(fake=Canned("application/json", [body]))
        answer = await gateway.post(ask(stream=stream))
        assert answer.status == 502
        assert (await answer.json())["error"]["code"] == "upstream_garbage"

    run(main)


STREAMS: dict[str, tuple[bytes, str | None]] = {
    "only the end": (b"data: [DONE]\n\n", "upstream_garbage"),
    "nothing": (b"", "upstream_cut"),
    "no choices": (b'data: {"id": "x"}\n\n', "upstream_garbage"),
    "one choice twice": (b'data: {"choices": [{"delta": {"content": "a"}}, {"delta": {"content": "b"}}]}\n\n', "upstream_garbage"),
    "a line ended by a lone return": (b'data: {"choices":\r[{"delta": {"content": "a"}}]}\n\n', "upstream_garbage"),
    "an error first": (b'data: {"error": "broken"}\n\n', "upstream_error"),
    "an end without a blank line": (b'data: {"id": "x", "choices": [{"delta": {"content": "Hi"}}]}\n\ndata: [DONE]\n', None),
    "no end but a reason": (b'data: {"id": "x", "choices": [{"delta": {}, "finish_reason": "stop"}]}\n\n', None),
    "carriage returns": (b'data: {"id": "x", "choices": [{"delta": {"content": "Hi"}}]}\r\n\r\ndata: [DONE]\r\n\r\n', None),
    "comments": (b': hello\n\ndata: {"id": "x", "choices": [{"delta": {"content": "Hi"}}]}\n\ndata: [DONE]\n\n', None),
    "text after the end": (b'data: {"choices": [{"delta": {"content": "Hi"}}]}\n\ndata: [DONE]\n\ndata: {"choices": []}\n\n', None),
}


@pytest.mark.parametrize(("body", "code"), STREAMS.values(), ids=STREAMS)
def test_streams_of_all_kinds(body: bytes, code: str | None) -> None:
    async def main() -> None:
        gateway = Gateway(fake=Canned("text/event-stream", [body[start : start + 7] for start in range(0, len(body), 7)]))
        answer = await gateway.post(ask(stream=True))
        if code is not None:
            assert (await refusal(answer))[1] == code
            return
        got = await answer.events()
        assert (got[-1], verifications(got)[-1]["state"]) == ("[DONE]", "provisional")
        assert b"hello" not in body or b": hello\n\n" in answer.read

    run(main)


def test_an_answer_beyond_all_limits_is_broken_off() -> None:
    async def main() -> None:
        gateway = Gateway(Script(text="word " * 10_000), limits=Limits(answer_bytes=100_000))
        got = await (await gateway.post(ask(stream=True))).events()
        assert got[-2]["error"]["code"] == "upstream_garbage"
        gateway = Gateway(Script(pad=5_000), limits=Limits(event_bytes=2_000))
        assert (await (await gateway.post(ask(stream=True))).json())["error"]["code"] == "upstream_garbage"

    run(main)


def test_a_total_time_limit_breaks_an_endless_answer_off() -> None:
    async def main() -> None:
        gateway = Gateway(Script(text="word " * 1000, token_ms=1000), timeouts=TIMEOUTS)
        got = await (await gateway.post(ask(stream=True))).events()
        assert got[-2]["error"]["code"] == "upstream_timeout"
        assert gateway.now() == TIMEOUTS.total

    run(main)


def test_a_prompt_of_10_mb_is_refused_without_reading_it() -> None:
    async def main() -> None:
        gateway = Gateway()
        body = orjson.dumps(ask("x" * 10_000_000))
        assert await refusal(await gateway.send("POST", CHAT, body)) == (413, "request_too_large")
        told = {"content-length": str(len(body))}
        assert await refusal(await gateway.send("POST", CHAT, b"", told)) == (413, "request_too_large")
        assert not gateway.fake.requests

    run(main)


BODIES: dict[str, tuple[bytes, str, str | None]] = {
    "nothing": (b"", "invalid_json", None),
    "no JSON": (b"{", "invalid_json", None),
    "NaN": (b'{"temperature": NaN}', "invalid_json", None),
    "a list": (b"[]", "invalid_json", None),
    "deep": (b'{"a": ' * 2000 + b"1" + b"}" * 2000, "invalid_json", None),
    "no model": (b'{"messages": []}', "invalid_request", "model"),
    "no messages": (b'{"model": "m"}', "invalid_request", "messages"),
    "stream as text": (b'{"model": "m", "messages": [], "stream": "yes"}', "invalid_request", "stream"),
    "stream options as a list": (b'{"model": "m", "messages": [], "stream_options": []}', "invalid_request", "stream_options"),
}


@pytest.mark.parametrize(("body", "code", "param"), BODIES.values(), ids=BODIES)
def test_bodies_that_cannot_be_used(body: bytes, code: str, param: str | None) -> None:
    async def main() -> None:
        gateway = Gateway()
        answer = await gateway.send("POST", CHAT, body)
        assert await refusal(answer) == (400, code)
        assert orjson.loads(answer.read)["error"]["param"] == param

    run(main)


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/v1/nowhere", 404, "not_found"),
    ("GET", CHAT, 405, "method_not_allowed"),
    ("DELETE", "/v1/models", 405, "method_not_allowed"),
])  # fmt: skip
def test_paths_and_methods_that_do_not_exist(method: str, path: str, status: int, code: str) -> None:
    async def main() -> None:
        assert await refusal(await Gateway().send(method, path)) == (status, code)

    run(main)


def test_evidence_that_cannot_be_used_is_refused_by_name() -> None:
    async def main() -> None:
        gateway = Gateway(Script(first_ms=10))
        gateway.verifier.refuse = "voyager.txt"
        answer = await gateway.post(ask(stream=True, probatum=SOURCES))
        assert await refusal(answer) == (400, "evidence_refused")
        assert b"voyager.txt: nothing readable" in answer.read

    run(main)


@pytest.mark.parametrize(("step", "stream"), [("begin", False), ("begin", True), ("release", False)])
def test_nothing_goes_out_that_cannot_be_recorded(step: str, stream: bool) -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.journal.failing.add(step)
        answer = await gateway.post(ask(stream=stream, probatum=SOURCES))
        assert await refusal(answer) == (503, "ledger_unavailable")
        assert b"Voyager" not in answer.read
        await gateway.idle()
        assert gateway.upstream.open == 0

    run(main)


def test_who_joins_a_stream_gets_nothing_that_cannot_be_recorded() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        first = await gateway.post(ask(stream=True, probatum=SOURCES))
        gateway.journal.failing.add("release")
        second = await gateway.post(ask(stream=True, probatum=SOURCES))
        assert await refusal(second) == (503, "ledger_unavailable")
        assert b"Voyager" not in second.read
        assert b"Voyager" in await first.body()

    run(main)


def test_a_text_whose_end_cannot_be_recorded_is_never_certified() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        gateway.journal.failing.add("finish")
        got = await (await gateway.post(ask(stream=True, probatum=SOURCES))).events()
        assert (verifications(got)[-1]["state"], got[-2]["error"]["code"]) == ("incomplete", "ledger_unavailable")
        await gateway.idle()
        assert not gateway.journal.settlements

    run(main)


def test_a_certificate_stands_though_the_answer_cannot_be_cached() -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.journal.failing.add("keep")
        got = await (await gateway.post(ask(stream=True, probatum=SOURCES))).events()
        assert verifications(got)[-1]["state"] == "certified"

    run(main)


def test_a_verification_that_breaks_down_leaves_the_text_provisional() -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.verifier.fail = True
        got = await (await gateway.post(ask(stream=True, probatum=SOURCES))).events()
        last = verifications(got)[-1]
        assert (last["state"], last["cert_hash"]) == ("provisional", None)
        assert "the gateway failed" in last["reason"]

    run(main)


def test_no_event_of_many_streams_is_lost() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        gateway.verifier.verdict = lambda _: Verdict(after_ms=200)
        answers = await asyncio.gather(*[gateway.post(ask(f"{number}", stream=True, probatum=SOURCES)) for number in range(200)])
        for got in await asyncio.gather(*[answer.events() for answer in answers]):
            assert text(got) == Script().text
            assert verifications(got)[-1]["state"] == "certified"
        assert {one.state for one in gateway.journal.settlements.values()} == {State.CERTIFIED}
        assert gateway.upstream.open == 0

    run(main)
