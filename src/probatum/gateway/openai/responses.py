"""``POST /v1/responses``, answered by the upstream's chat completions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from probatum.gateway.answers import sse
from probatum.gateway.answers.delivery import Delivery, Gone
from probatum.gateway.answers.generation import Item, Mark, Notice
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.openai.asking import read
from probatum.gateway.openai.notices import verification
from probatum.gateway.openai.responses_output import Output
from probatum.gateway.openai.responses_request import to_chat
from probatum.gateway.openai.serving import Service, deliver, gone, streamed
from probatum.ledger.records import State

_CUT_SHORT: Final = {"length": "max_output_tokens", "content_filter": "content_filter"}
_ECHOED: Final[dict[str, Any]] = {
    "instructions": None,
    "max_output_tokens": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}


async def create(service: Service, request: Request) -> Response:
    """Answer a request of the Responses API, as a stream or whole."""
    asking = await read(service.parts, request)
    delivery = await deliver(service, request, asking, to_chat(asking.body))
    if asking.body.get("stream") is True:
        return await streamed(delivery, partial(EventWriter, asking.body, quiet=_closed(request)))
    return await _whole(delivery, asking.body)


def _closed(request: Request) -> bool:
    """Whether the reader fails on event types it does not know.

    That is ``responses.stream()`` of the npm package ``openai`` (6.x, ``ResponseAccumulator``), which says so in these headers.
    """
    lang, helper = request.headers.get("x-stainless-lang"), request.headers.get("x-stainless-helper-method")
    return lang == "js" and helper is not None


async def _whole(delivery: Delivery, asked: Mapping[str, Any]) -> Response:
    try:
        await delivery.permit()
    except Gone:
        return gone()
    writer = EventWriter(asked, delivery)
    writer.items(tuple(await delivery.generation.tape.read(0)))
    return Response(orjson.dumps(writer.response(writer.outcome)), 200, delivery.headers, "application/json")


class EventWriter:
    """Writes a delivery as the typed events of the Responses API.

    Args:
        asked: the request; some of its fields are repeated in the response.
        delivery: whose text is written.
        quiet: leave out the events that only we have; the state is in the response's ``metadata`` all the same.
    """

    def __init__(self, asked: Mapping[str, Any], delivery: Delivery, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._asked, self._generation, self._base = asked, delivery.generation, delivery.parts.public_url
        self._stem = self._generation.id.removeprefix("gen_")
        self._output = Output(self._stem, self._emit)
        self._written: list[bytes] = []
        self._number = 0
        self._told: Notice | None = None
        self._failure: HttpRefusal | None = None

    def items(self, items: tuple[Item, ...]) -> bytes:
        """See :class:`Writer`."""
        self._begin()
        for item in items:
            if isinstance(item, bytes):
                self._events(item)
            elif isinstance(item, Mark):
                self._output.end("completed" if self.outcome == "completed" else "incomplete")
            elif item is not self._told and not self._quiet:
                self._told = item
                self._notice(item)
        return self._take()

    def _begin(self) -> None:
        if not self._number:
            self._emit("response.created", response=self.response("in_progress"))
            self._emit("response.in_progress", response=self.response("in_progress"))

    def _events(self, block: bytes) -> None:
        for event in sse.Splitter(len(block)).feed(block):
            chunk = orjson.loads(sse.payload(event) or b"{}")
            if chunk.get("error"):
                self._failure = self._generation.failure
            else:
                self._output.chunk(chunk)

    def _notice(self, notice: Notice) -> None:
        told = verification(self._generation, notice, self._base)
        self._emit(f"response.verification.{_kind(notice)}", response_id=self.id, verification=told)

    def end(self) -> bytes:
        """See :class:`Writer`."""
        self._begin()
        if self._failure is not None:
            return self.refused(self._failure)
        self._emit(f"response.{self.outcome}", response=self.response(self.outcome))
        return self._take()

    def refused(self, refusal: HttpRefusal) -> bytes:
        """See :class:`Writer`."""
        self._begin()
        self._failure = refusal
        self._emit("error", code=refusal.code, message=str(refusal), param=refusal.param)
        self._emit("response.failed", response=self.response("failed"))
        return self._take()

    def _emit(self, kind: str, **fields: Any) -> None:
        self._written.append(sse.named(kind, {"type": kind, "sequence_number": self._number} | fields))
        self._number += 1

    def _take(self) -> bytes:
        written, self._written = self._written, []
        return b"".join(written)

    @property
    def id(self) -> str:
        """The response's id, made from the generation's."""
        return f"resp_{self._stem}"

    @property
    def outcome(self) -> str:
        """How the response ends: ``completed``, or ``incomplete`` where the upstream's limit or filter cut it short."""
        return "incomplete" if self._generation.transcript.finish_reason in _CUT_SHORT else "completed"

    def response(self, status: str) -> dict[str, Any]:
        """The ``response`` object as it is now."""
        said, over = self._generation.transcript, status != "in_progress"
        short = _CUT_SHORT.get(said.finish_reason or "") if status == "incomplete" else None
        echoed = {name: default if (given := self._asked.get(name)) is None else given for name, default in _ECHOED.items()}
        return echoed | {
            "id": self.id,
            "object": "response",
            "created_at": said.created or self._generation.record.started_at // 1000,
            "status": status,
            "background": False,
            "error": None if self._failure is None else {"code": self._failure.code, "message": str(self._failure)},
            "incomplete_details": short and {"reason": short},
            "metadata": dict(self._asked.get("metadata") or {}) | self._metadata(),
            "model": said.model or self._generation.record.model,
            "output": self._output.items("completed" if status == "completed" else "incomplete") if over else [],
            "store": False,
            "usage": _usage(said.usage or {}) if over else None,
            "verification": verification(self._generation, self._generation.notice, self._base),
        }

    def _metadata(self) -> dict[str, str]:
        told = verification(self._generation, self._generation.notice, self._base)
        return {f"probatum_{name}": told[name] for name in ("state", "generation", "cert_hash") if told[name] is not None}


def _kind(notice: Notice) -> str:
    if notice.fragment is not None:
        return "fragment_decided"
    if notice.settlement is not None:
        return "settled"
    return str(notice.state) if notice.state in (State.GENERATING, State.INCOMPLETE) else "provisional"


def _usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Token counts under their names here; 0 where the upstream gave none, because clients require them."""
    asked, said = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    cached, written = _detail(usage, "prompt", "cached_tokens"), _detail(usage, "prompt", "cache_write_tokens")
    thought = _detail(usage, "completion", "reasoning_tokens")
    return {
        "input_tokens": asked,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
        "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": usage.get("total_tokens") or asked + said,
    }


def _detail(usage: Mapping[str, Any], side: str, name: str) -> Any:
    details = usage.get(f"{side}_tokens_details")
    return details.get(name) or 0 if isinstance(details, dict) else 0
