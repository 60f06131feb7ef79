"""Logs as lines of JSON, without the texts: of an exception only its kind and where it happened, never what it says.

A message is written by this package and names ids, states and numbers. What an exception says may quote what a user wrote.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TextIO

import orjson

ACCESS: Final = logging.getLogger("probatum.access")
FIELDS: Final = "fields"  # the attribute of a record that holds further JSON fields
_FRAMES: Final = 12  # the innermost frames that are told


class JsonLines(logging.Formatter):
    """One JSON object a line: ``at`` (ms since 1970), ``level``, ``logger``, ``message``, and what the record adds."""

    def format(self, record: logging.LogRecord) -> str:
        """A record without its exception's text."""
        line: dict[str, Any] = {
            "at": int(record.created * 1000),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, FIELDS, {})
        if record.exc_info and record.exc_info[1] is not None:
            line["error"], line["where"] = type(record.exc_info[1]).__name__, _where(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


@contextmanager
def json_logging(stream: TextIO | None = None, level: str = "INFO") -> Iterator[None]:
    """Send everything that this process logs meanwhile to ``stream`` (standard error) as JSON lines."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before = root.handlers[:], root.level
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    _quieten()
    try:
        yield
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])


def _quieten() -> None:
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "httpx", "httpcore", "asyncio"):
        quiet = logging.getLogger(name)  # httpx logs every URL, which may name what a user looks for
        quiet.handlers[:], quiet.propagate = [], True
        quiet.setLevel(logging.WARNING)


def access(method: str, route: str, status: int, ms: float, **more: object) -> None:
    """Log one answered request; ``route`` is the pattern, never the path, whose end may be a text's hash or a name."""
    fields = {"method": method, "route": route, "status": status, "ms": round(ms, 2)} | more
    ACCESS.info("answered", extra={FIELDS: fields})


def _where(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
