"""Metrics, logs and traces tell much of when and how often, and nothing of what was said."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from probatum.errors import ProbatumError
from probatum.gateway.entrance.auth import Authentication, Doorkeeper
from probatum.gateway.errors import on_error, on_http_error
from probatum.gateway.headers import GENERATION
from probatum.gateway.watching import tracing
from probatum.gateway.watching.health import Health
from probatum.gateway.watching.logs import JsonLines, json_logging
from probatum.gateway.watching.metrics import Metrics
from probatum.gateway.watching.observing import Observing, both
from probatum.gateway.watching.tracing import Tracing
from probatum.ledger.records import State
from tests.unit.gateway.asgi import ask

CANARY = "kanarienvogel-7731"
GEN = "gen_" + "0" * 32


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything this process logs, as the gateway writes it."""
    stream = io.StringIO()
    with json_logging(stream):
        yield stream


async def read(request: Request) -> Response:
    await request.body()
    return PlainTextResponse(CANARY, headers={GENERATION: GEN})


async def fail(request: Request) -> Response:
    raise ValueError(f"cannot handle {(await request.body()).decode()}")


def app(metrics: Metrics, traces: Tracing) -> Observing:
    inner = Starlette(
        routes=[Route("/v1/texts/{name}", read, methods=["POST"]), Route("/v1/fail", fail, methods=["POST"])],
        exception_handlers={HTTPException: on_http_error, ProbatumError: on_error, Exception: on_error},
    )
    return Observing(Authentication(inner, Doorkeeper(None, lambda: 0)), metrics, traces)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


async def page(metrics: Metrics) -> str:
    return bytes((await metrics.show(Request({"type": "http"}))).body).decode()


def test_a_request_is_one_line_with_its_route_not_its_path(log: io.StringIO) -> None:
    asyncio.run(ask(app(Metrics(), Tracing()), "POST", f"/v1/texts/{CANARY}", {}, CANARY.encode()))
    (line,) = lines(log)
    assert line["message"] == "answered"
    wanted = {"method": "POST", "route": "/v1/texts/{name}", "status": 200, "generation": GEN, "tenant": "local"}
    assert wanted.items() <= line.items()
    assert line["ms"] >= 0


def test_a_canary_is_in_no_log_no_metric_and_no_error(log: io.StringIO) -> None:
    metrics = Metrics()

    async def story() -> list[bytes]:
        whole, body = app(metrics, Tracing()), CANARY.encode()
        made = [await ask(whole, "POST", "/v1/texts/x", {}, body), await ask(whole, "PUT", f"/{CANARY}", {"x": CANARY}, body)]
        with pytest.raises(ValueError, match=CANARY):
            await ask(whole, "POST", "/v1/fail", {"user-agent": CANARY}, body)
        assert CANARY not in await page(metrics)
        return [one.body for one in made[1:]]

    errors = asyncio.run(story())
    assert CANARY not in log.getvalue()
    assert "ValueError" in log.getvalue(), "of the exception its kind is told"
    assert any("test_observing.py" in where for line in lines(log) for where in line.get("where", []))
    assert all(CANARY.encode() not in body or body.count(CANARY.encode()) == 1 for body in errors), "a path is told to who sent it"


def test_unknown_paths_and_methods_share_one_label() -> None:
    metrics = Metrics()

    async def story() -> str:
        for number in range(3):
            await ask(app(metrics, Tracing()), f"ODD{number}", f"/nowhere/{number}")
        return await page(metrics)

    text = asyncio.run(story())
    assert 'probatum_http_requests_total{method="OTHER",route="(none)",status="404"} 3.0' in text


def told(metrics: Metrics) -> None:
    metrics("began", GEN, State.GENERATING, 1000)
    metrics("release", GEN, State.GENERATING, 1100)
    metrics("first_token", GEN, State.GENERATING, 1200)
    metrics("last_token", GEN, State.PROVISIONAL, 3000)
    metrics("release", GEN, State.PROVISIONAL, 3100)


def value(text: str, name: str) -> float:
    return float(next(line.rpartition(" ")[2] for line in text.splitlines() if line.startswith(name + " ")))


def test_the_two_clocks_are_apart() -> None:
    metrics = Metrics()
    told(metrics)
    before = asyncio.run(page(metrics))
    assert value(before, "probatum_time_to_first_token_seconds_sum") == 0.2
    assert value(before, "probatum_time_to_last_token_seconds_sum") == 2.0
    assert value(before, "probatum_time_to_certificate_seconds_count") == 0
    metrics("settled", GEN, State.CERTIFIED, 3500)
    metrics("release", GEN, State.CERTIFIED, 3600)
    after = asyncio.run(page(metrics))
    assert value(after, "probatum_time_to_certificate_seconds_sum") == 2.5
    assert value(after, "probatum_certificate_lag_seconds_sum") == 0.5
    assert value(after, "probatum_exposure_seconds_sum") == 2.4
    assert value(after, 'probatum_releases_before_settlement_sum{state="certified"}') == 2
    assert value(after, 'probatum_releases_total{state="certified"}') == 1
    assert value(after, 'probatum_generations_total{state="certified"}') == 1


@pytest.mark.parametrize("ending", [("settled", State.REJECTED), ("settled", State.UNDECIDED), ("broken", State.INCOMPLETE)])
def test_what_was_not_certified_has_no_time_to_a_certificate(ending: tuple[str, State]) -> None:
    metrics = Metrics()
    told(metrics)
    metrics(ending[0], GEN, ending[1], 3500)
    text = asyncio.run(page(metrics))
    assert value(text, "probatum_time_to_certificate_seconds_count") == 0
    assert value(text, f'probatum_generations_total{{state="{ending[1]}"}}') == 1


def test_texts_that_nothing_judges_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probatum.gateway.watching.metrics._FOLLOWED", 10)
    metrics = Metrics()
    for number in range(100):
        metrics("began", f"gen_{number}", State.GENERATING, number)
    assert len(metrics._times) == len(metrics._generating) == 10
    metrics("last_token", "gen_99", State.PROVISIONAL, 100)
    metrics("settled", "gen_0", State.CERTIFIED, 100)
    assert value(asyncio.run(page(metrics)), "probatum_generating") == 9


def test_a_gauge_asks_when_someone_looks() -> None:
    metrics, held = Metrics(), [1]
    metrics.watch("open_streams", "Streams that are open.", lambda: held[0])
    held[0] = 7
    assert value(asyncio.run(page(metrics)), "probatum_open_streams") == 7


class Span:
    """A span that remembers."""

    def __init__(self, name: str, attributes: dict[str, Any]) -> None:
        self.name, self.attributes, self.events, self.ended = name, dict(attributes), [], 0

    def __enter__(self) -> Span:
        return self

    def __exit__(self, *exc: object) -> None:
        self.ended += 1

    def update_name(self, name: str) -> None:
        self.name = name

    def set_attributes(self, more: dict[str, Any]) -> None:
        self.attributes |= more

    def set_attribute(self, name: str, value: str) -> None:
        self.attributes[name] = value

    def add_event(self, name: str, attributes: dict[str, Any], at: int) -> None:
        self.events.append((name, at))

    def end(self, at: int | None = None) -> None:
        self.ended += 1


class Tracer:
    """Makes such spans."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.contexts: list[Any] = []

    def start_span(self, name: str, attributes: dict[str, Any], start_time: int) -> Span:
        self.spans.append(Span(name, attributes))
        return self.spans[-1]

    def start_as_current_span(self, name: str, *, context: Any, **options: Any) -> Span:
        assert not options["record_exception"], "what an exception says may quote a text"
        self.contexts.append(context)
        return self.start_span(name, {}, 0)


def test_a_request_is_a_span_with_route_and_ids_only() -> None:
    pytest.importorskip("opentelemetry")
    tracer = Tracer()
    asyncio.run(ask(app(Metrics(), Tracing(tracer)), "POST", f"/v1/texts/{CANARY}", {}, CANARY.encode()))
    (span,) = tracer.spans
    assert (span.name, span.ended) == ("POST /v1/texts/{name}", 1)
    assert span.attributes == {
        "http.request.method": "POST",
        "http.route": "/v1/texts/{name}",
        "http.response.status_code": 200,
        "probatum.tenant": "local",
        "probatum.generation": GEN,
    }


def test_a_span_is_below_the_callers() -> None:
    trace = pytest.importorskip("opentelemetry.trace")
    tracer, parent = Tracer(), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    asyncio.run(ask(app(Metrics(), Tracing(tracer)), "POST", "/v1/texts/x", {"traceparent": parent}))
    above = trace.get_current_span(tracer.contexts[0]).get_span_context()
    assert f"{above.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"


def test_a_generation_is_a_span_from_beginning_to_settlement() -> None:
    tracer = Tracer()
    traces = Tracing(tracer)
    for what, at in (("began", 1), ("first_token", 2), ("last_token", 3), ("settled", 4)):
        traces(what, GEN, State.CERTIFIED, at)
    traces("release", GEN, State.CERTIFIED, 5)
    (span,) = tracer.spans
    assert span.events == [("first_token", 2_000_000), ("last_token", 3_000_000), ("settled", 4_000_000)]
    assert (span.attributes["probatum.state"], span.ended) == ("certified", 1)


def test_spans_that_are_open_at_the_end_are_ended() -> None:
    tracer = Tracer()
    traces = Tracing(tracer)
    traces("began", GEN, State.GENERATING, 1)
    traces.close()
    assert tracer.spans[0].ended == 1


def test_without_opentelemetry_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "_trace", None)
    traces = Tracing()
    traces("began", GEN, State.GENERATING, 1)
    traces.close()
    assert asyncio.run(ask(app(Metrics(), traces), "POST", "/v1/texts/x")).status == 200
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    assert tracing._load("trace") is None


def test_several_hear_of_a_moment() -> None:
    heard: list[str] = []
    both(lambda *said: heard.append("one"), lambda *said: heard.append("two"))("began", GEN, State.GENERATING, 1)
    assert heard == ["one", "two"]


def test_a_record_without_an_exception_is_a_plain_line() -> None:
    record = logging.LogRecord("probatum", logging.INFO, "x.py", 1, "the state is %s", ("ok",), None)
    line = json.loads(JsonLines().format(record))
    assert line.keys() == {"at", "level", "logger", "message"}
    assert line["message"] == "the state is ok"


async def well() -> str | None:
    return None


async def ill() -> str | None:
    return "v2 is not loaded"


async def broken() -> str | None:
    raise OSError("secret path")


@pytest.mark.parametrize(
    ("checks", "status", "found"),
    [
        ({"ledger": well}, 200, {"ledger": "ok"}),
        ({"ledger": well, "models": ill}, 503, {"ledger": "ok", "models": "v2 is not loaded"}),
        ({"ledger": broken}, 503, {"ledger": "the check failed (OSError)"}),
    ],
)
def test_readiness_names_what_is_missing(checks: dict[str, Any], status: int, found: dict[str, str]) -> None:
    health, request = Health(checks), Request({"type": "http"})
    answer = asyncio.run(health.ready(request))
    assert (answer.status_code, json.loads(bytes(answer.body))["checks"]) == (status, found)
    assert asyncio.run(health.live(request)).status_code == 200
