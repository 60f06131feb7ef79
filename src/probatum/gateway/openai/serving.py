"""What chat completions and responses share: from a request to a delivery, and from a delivery to an HTTP answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from probatum.gateway.answers.delivery import Delivery, Gone, Receiver
from probatum.gateway.answers.flights import Flights, channel
from probatum.gateway.answers.generation import Generation, Item
from probatum.gateway.answers.sse import HEARTBEAT
from probatum.gateway.errors import HttpRefusal, as_refusal
from probatum.gateway.event_stream import EventStream, has_left
from probatum.gateway.openai.asking import Asking, question
from probatum.gateway.options import Wait
from probatum.gateway.parts import Parts
from probatum.ledger.records import Release


@dataclass(frozen=True, slots=True)
class Service:
    """The ports, and the generations under way."""

    parts: Parts
    flights: Flights


class Writer(Protocol):
    """Writes a delivery in one API's form."""

    def items(self, items: tuple[Item, ...]) -> bytes:
        """What has come."""

    def end(self) -> bytes:
        """The stream's last events."""

    def refused(self, refusal: HttpRefusal) -> bytes:
        """The stream's last events where no text may go out."""


async def deliver(service: Service, request: Request, asking: Asking, chat: dict[str, Any]) -> Delivery:
    """Get the question answered, by whatever answer there is; raises HttpRefusal."""
    ask = await question(service.parts, asking, chat)
    parts, options = service.parts, asking.options

    def receiver(*, cached: bool) -> Receiver:
        return Receiver(asking.receiver, channel(ask, cached=cached), asking.caller.callback, partial(has_left, request))

    def releasing(generation: Generation) -> Release:
        return receiver(cached=False).release(generation, parts.clock())

    at_once = ask.stream and options.wait is not Wait.CERTIFICATE
    boarded = await service.flights.board(ask, releasing if at_once else None, fresh=asking.fresh)
    to = receiver(cached=boarded.cached)
    return Delivery(parts, boarded.generation, to, options, stream=ask.stream, released=boarded.released)


async def streamed(delivery: Delivery, writer: Callable[[Delivery], Writer]) -> Response:
    """A stream. Until the first heartbeat is due, a refusal is still an HTTP error; later it is an event."""
    limits = delivery.parts.limits
    permit = asyncio.create_task(delivery.permit())
    done, _ = await asyncio.wait({permit}, timeout=limits.heartbeat_ms / 1000)
    if done:
        try:
            permit.result()
        except Gone:
            return gone()
    return EventStream(_events(delivery, permit, writer), delivery.headers, limits.stall_ms)


def gone() -> Response:
    """An answer that nobody gets."""
    return Response(status_code=499)


async def _events(
    delivery: Delivery, permit: asyncio.Task[None], writer: Callable[[Delivery], Writer]
) -> AsyncGenerator[bytes, None]:
    try:
        while not permit.done():
            yield HEARTBEAT
            await asyncio.wait({permit}, timeout=delivery.parts.limits.heartbeat_ms / 1000)
    finally:
        permit.cancel()
    writing = writer(delivery)
    try:
        permit.result()
        async for items in delivery.items():
            yield writing.items(tuple(items)) if items else HEARTBEAT
        yield writing.end()
    except Gone:
        return
    except Exception as error:
        yield writing.refused(as_refusal(error))
