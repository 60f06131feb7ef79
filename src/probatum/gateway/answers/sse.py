"""Server-Sent Events (WHATWG HTML, section 9.2): cut a byte stream into events without re-encoding it, and write events."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

MEDIA_TYPE: Final = "text/event-stream; charset=utf-8"
DONE: Final = b"data: [DONE]\n\n"
HEARTBEAT: Final = b": waiting\n\n"  # a comment: every client skips it

_END: Final = re.compile(rb"\r?\n\r?\n")


class TooLong(ValueError):
    """One event is longer than the limit."""


class Splitter:
    """Cuts a byte stream behind each event; the bytes stay as they are.

    Args:
        limit: most bytes of one event.
    """

    __slots__ = ("_limit", "_rest", "_seen")

    def __init__(self, limit: int) -> None:
        self._limit, self._rest, self._seen = limit, b"", 0

    def feed(self, data: bytes) -> list[bytes]:
        """The events that are whole now, each with the empty line that ends it.

        Raises:
            TooLong: an event goes over the limit.
        """
        data = self._rest + data if self._rest else data
        events, start, seen = [], 0, self._seen
        while end := _END.search(data, seen):
            events.append(data[start : end.end()])
            start = seen = end.end()
        self._rest = data[start:]
        self._seen = max(0, len(self._rest) - 3)  # an empty line may have come in halves
        if len(self._rest) > self._limit or any(len(event) > self._limit for event in events):
            raise TooLong(f"an event of more than {self._limit} bytes")
        return events

    @property
    def rest(self) -> bytes:
        """What came after the last whole event."""
        return self._rest


def payload(event: bytes) -> bytes | None:
    """The ``data`` of one event, or None if it has none (a comment)."""
    line = event.rstrip(b"\r\n")
    if line.startswith(b"data: ") and b"\n" not in line and b"\r" not in line:
        return line[6:]
    lines = [line[5:].removeprefix(b" ") for line in event.splitlines() if line.startswith(b"data:")]
    return b"\n".join(lines) if lines else None


def data(value: Any) -> bytes:
    """One event that holds JSON."""
    return b"data: " + orjson.dumps(value) + b"\n\n"


def named(name: str, value: Any) -> bytes:
    """One event with a name that holds JSON."""
    return b"event: " + name.encode() + b"\n" + data(value)
