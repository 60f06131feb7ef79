"""The ``verification`` object, and the chunks and bodies it travels in."""

from __future__ import annotations

from typing import Any, Final

import orjson

from probatum.encoding.digest import Digest
from probatum.gateway.answers.generation import Generation, Notice
from probatum.gateway.answers.sse import data

_NO_CHANGE: Final = ({"index": 0, "delta": {}, "finish_reason": None},)


def verification(generation: Generation, notice: Notice, base: str) -> dict[str, Any]:
    """What clients are told; ``base`` is put before paths."""
    settlement = notice.settlement
    told = {
        "state": str(notice.state),
        "generation": generation.id,
        "verification": generation.verification,
        "url": f"{base}/v1/generations/{generation.id}",
        "cert_hash": _text(settlement.cert_hash if settlement else None),
        "record_hash": _text(settlement.record_hash if settlement else None),
        "reason": notice.reason,
    }
    return told if notice.fragment is None else told | {"fragment": dict(notice.fragment)}


def _text(digest: Digest | None) -> str | None:
    return None if digest is None else str(digest)


def notice_chunk(generation: Generation, notice: Notice, base: str) -> bytes:
    """A ``chat.completion.chunk`` that adds no text: valid for every client, read by those who know the field."""
    said = generation.transcript
    chunk = {"id": said.id, "object": "chat.completion.chunk", "created": said.created, "model": said.model}
    return data(chunk | {"choices": _NO_CHANGE, "verification": verification(generation, notice, base)})


def with_verification(completion: bytes, told: dict[str, Any]) -> bytes:
    """A ``chat.completion`` with the field added; the upstream's bytes stay as they are."""
    head = completion.rstrip()
    if b'"verification"' in head:  # perhaps a field of the upstream's: there must not be two
        return orjson.dumps(orjson.loads(head) | {"verification": told})
    return head[:-1] + b',"verification":' + orjson.dumps(told) + b"}"
