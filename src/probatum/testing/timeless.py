"""An event loop in which time passes only when everything waits: timeouts of minutes take no time, and never race.

For code that does no real input or output; sockets and threads would seem to take forever, or no time at all.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Clock(selectors.SelectSelector):
    """Instead of sleeping until something is due, sets the clock to it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everything waits, and nothing is due: a deadlock")
        self.now += max(0.0, timeout)
        return super().select(0)


class TimelessLoop(asyncio.SelectorEventLoop):
    """The loop; ``time()`` starts at 0."""

    def __init__(self) -> None:
        self._virtual = _Clock()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Seconds of virtual time."""
        return self._virtual.now


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time, as ``asyncio.run`` does in real time.

    Raises:
        RuntimeError: nothing can ever happen any more.
    """
    with asyncio.Runner(loop_factory=TimelessLoop) as runner:
        return runner.run(main)
