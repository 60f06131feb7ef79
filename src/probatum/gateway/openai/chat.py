"""``POST /v1/chat/completions``."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from probatum.gateway.answers.delivery import Delivery, Gone
from probatum.gateway.answers.generation import Item, Notice
from probatum.gateway.answers.sse import DONE, data
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.openai.asking import read
from probatum.gateway.openai.notices import notice_chunk, verification, with_verification
from probatum.gateway.openai.serving import Service, deliver, gone, streamed


async def create(service: Service, request: Request) -> Response:
    """Answer a chat request, as a stream or whole."""
    asking = await read(service.parts, request)
    delivery = await deliver(service, request, asking, asking.body)
    if asking.body.get("stream") is True:
        return await streamed(delivery, ChunkWriter)
    return await _whole(delivery)


async def _whole(delivery: Delivery) -> Response:
    try:
        await delivery.permit()
    except Gone:
        return gone()
    generation = delivery.generation
    told = verification(generation, generation.notice, delivery.parts.public_url)
    return Response(with_verification(generation.completion, told), 200, delivery.headers, "application/json")


class ChunkWriter:
    """Writes a delivery as chunks: the upstream's as they came, ours between them, ``[DONE]`` last."""

    def __init__(self, delivery: Delivery) -> None:
        self._generation, self._base = delivery.generation, delivery.parts.public_url
        self._told: Notice | None = None

    def items(self, items: tuple[Item, ...]) -> bytes:
        """See :class:`Writer`."""
        return b"".join([item if isinstance(item, bytes) else self._notice(item) for item in items])

    def _notice(self, item: Item) -> bytes:
        if not isinstance(item, Notice) or item is self._told:
            return b""
        self._told = item
        return notice_chunk(self._generation, item, self._base)

    def end(self) -> bytes:
        """See :class:`Writer`."""
        return DONE

    def refused(self, refusal: HttpRefusal) -> bytes:
        """See :class:`Writer`."""
        return data(refusal.body()) + DONE
