"""Prometheus metrics that keep the two clocks apart: when the text was there, and when it was certified.

Nothing that was said is ever a label: labels are states, routes, methods and status codes, all from fixed sets.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from probatum.gateway.headers import UNKEPT
from probatum.ledger.records import State

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_COUNTS: Final = (0, 1, 2, 5, 10, 20, 50, 100)
_FOLLOWED: Final = 20_000  # generations whose times are held at once; those that nothing judges are never settled


@dataclass(slots=True)
class _Times:
    began: int
    last_token: int | None = None
    first_release: int | None = None
    releases: int = 0


class Metrics:
    """The gateway's own registry. Implements ``gateway.parts.Moment``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._times: OrderedDict[str, _Times] = OrderedDict()
        self._generating: set[str] = set()
        self._first = self._histogram("time_to_first_token", "From the request to the first token.")
        self._last = self._histogram("time_to_last_token", "From the request to the last token.")
        self._certified = self._histogram("time_to_certificate", "From the request to the certificate.")
        self._lag = self._histogram("certificate_lag", "From the last token to the certificate.")
        self._exposed = self._histogram("exposure", "How long a text was with somebody before it was settled.")
        self._before = Histogram(
            "probatum_releases_before_settlement",
            "How often a text went out before it was settled.",
            ["state"],
            buckets=_COUNTS,
            registry=self.registry,
        )
        self._releases = self._counter("releases", "Texts that went out, by the state they were in.", "state")
        self._outcomes = self._counter("generations", "Generations that ended, by the state they ended in.", "state")
        self._requests = self._counter("http_requests", "Requests answered.", "route", "method", "status")
        self.watch("generating", "Texts that are being generated now.", lambda: len(self._generating))

    def _histogram(self, name: str, text: str) -> Histogram:
        return Histogram(f"probatum_{name}_seconds", text, buckets=_SECONDS, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"probatum_{name}_total", text, labels, registry=self.registry)

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """A gauge that is asked for its value when someone looks."""
        Gauge(f"probatum_{name}", text, registry=self.registry).set_function(value)

    def __call__(self, what: str, generation: str, state: State, at: int) -> None:
        """See ``gateway.parts.Moment``."""
        if what == "began":
            self._begin(generation, at)
        elif what == "release":
            self._release(generation, state, at)
        elif (times := self._times.get(generation)) is not None:
            if what == "first_token":
                self._first.observe(_seconds(times.began, at))
            elif what == "last_token":
                times.last_token = at
                self._generating.discard(generation)
                self._last.observe(_seconds(times.began, at))
            elif what in ("settled", "broken"):
                self._settle(generation, times, state, at)

    def request(self, route: str, method: str, status: int) -> None:
        """A request was answered; ``route`` is the pattern, never the path."""
        self._requests.labels(route, method, str(status)).inc()

    def _begin(self, generation: str, at: int) -> None:
        self._times[generation] = _Times(at)
        self._generating.add(generation)
        while len(self._times) > _FOLLOWED:
            self._generating.discard(self._times.popitem(last=False)[0])

    def _release(self, generation: str, state: State, at: int) -> None:
        self._releases.labels(str(state)).inc()
        if (times := self._times.get(generation)) is not None:
            times.releases += 1
            times.first_release = at if times.first_release is None else times.first_release

    def _settle(self, generation: str, times: _Times, state: State, at: int) -> None:
        del self._times[generation]
        self._generating.discard(generation)
        self._outcomes.labels(str(state)).inc()
        self._before.labels(str(state)).observe(times.releases)
        if times.first_release is not None:
            self._exposed.observe(_seconds(times.first_release, at))
        if state is State.CERTIFIED:
            self._certified.observe(_seconds(times.began, at))
            self._lag.observe(_seconds(times.began if times.last_token is None else times.last_token, at))

    async def show(self, request: Request) -> Response:
        """``GET /metrics``."""
        headers = UNKEPT
        return Response(generate_latest(self.registry), headers=headers, media_type=CONTENT_TYPE_LATEST)


def _seconds(start: int, end: int) -> float:
    return max(0, end - start) / 1000
