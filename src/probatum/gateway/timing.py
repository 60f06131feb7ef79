"""Time for what waits on the event loop, handed in: tests move it by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from probatum.gateway.parts import now_ms


async def sleep_ms(duration: int) -> None:
    """Wait on the event loop's clock."""
    await asyncio.sleep(duration / 1000)


@dataclass(frozen=True, slots=True)
class Timing:
    """A clock and how to wait.

    Attributes:
        now: ms since 1970.
        sleep: waits so many ms.
    """

    now: Callable[[], int] = now_ms
    sleep: Callable[[int], Awaitable[None]] = sleep_ms

    async def until(self, when: int) -> None:
        """Wait until ``now`` is at least ``when``."""
        while (left := when - self.now()) > 0:
            await self.sleep(left)

    async def within(self, task: asyncio.Future[Any], limit_ms: int) -> bool:
        """Whether ``task`` ended within the time; it goes on if not."""
        alarm = asyncio.ensure_future(self.sleep(limit_ms))
        try:
            await asyncio.wait((task, alarm), return_when=asyncio.FIRST_COMPLETED)
        finally:
            await ended(alarm)
        return task.done()


async def ended(task: asyncio.Future[Any]) -> None:
    """Cancel a task and wait for its end, however that is. Whoever waits can be cancelled meanwhile, which is not swallowed."""
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()  # seen
