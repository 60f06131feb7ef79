"""OpenTelemetry traces, if ``opentelemetry-api`` is installed and something collects them; otherwise nothing happens.

One span for every request, and one for every generation from its beginning to its settlement. Attributes are ids, states and
numbers.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final, Protocol

from probatum.ledger.records import State


def _load(name: str) -> Any:
    """A module of ``opentelemetry``; ``None`` where the extra ``telemetry`` is not installed."""
    try:
        return import_module(f"opentelemetry.{name}")
    except ImportError:
        return None


_trace: Final = _load("trace")
_propagate: Final = _load("propagate")
_FOLLOWED: Final = 20_000  # generations whose spans are open at once
_NS: Final = 1_000_000  # in a millisecond


class Annotate(Protocol):
    """Adds to a span what is known only at its end."""

    def __call__(self, route: str, status: int, **more: str) -> None: ...


def _nothing(route: str, status: int, **more: str) -> None:
    """Without a tracer."""


class Tracing:
    """Makes spans. Implements ``gateway.parts.Moment``.

    Args:
        tracer: an OpenTelemetry tracer; ``None`` takes the one of this process, if the library is there.
    """

    def __init__(self, tracer: Any = None) -> None:
        self._tracer: Any = tracer if tracer is not None or _trace is None else _trace.get_tracer("probatum.gateway")
        self._open: OrderedDict[str, Any] = OrderedDict()

    @contextmanager
    def request(self, method: str, headers: Mapping[str, str]) -> Iterator[Annotate]:
        """A span around one request, below the caller's if its headers name one (W3C Trace Context)."""
        if self._tracer is None:
            yield _nothing
            return
        context = _propagate.extract({name: headers[name] for name in ("traceparent", "tracestate") if name in headers})
        kind = _trace.SpanKind.SERVER
        options = {"record_exception": False, "set_status_on_exception": False}  # what an exception says may quote a text
        with self._tracer.start_as_current_span(method, context=context, kind=kind, **options) as span:

            def annotate(route: str, status: int, **more: str) -> None:
                span.update_name(f"{method} {route}")
                span.set_attributes(
                    {"http.request.method": method, "http.route": route, "http.response.status_code": status} | more
                )

            yield annotate

    def __call__(self, what: str, generation: str, state: State, at: int) -> None:
        """See ``gateway.parts.Moment``."""
        if self._tracer is None:
            return
        if what == "began":
            attributes = {"probatum.generation": generation}
            self._open[generation] = self._tracer.start_span("generation", attributes=attributes, start_time=at * _NS)
            if len(self._open) > _FOLLOWED:
                self._open.popitem(last=False)[1].end()
        elif (span := self._open.get(generation)) is not None:
            span.add_event(what, {"probatum.state": str(state)}, at * _NS)
            if what in ("settled", "broken"):
                del self._open[generation]
                span.set_attribute("probatum.state", str(state))
                span.end(at * _NS)

    def close(self) -> None:
        """End what is open, as the gateway stops."""
        while self._open:
            self._open.popitem()[1].end()
