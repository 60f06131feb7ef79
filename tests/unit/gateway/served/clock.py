"""Time that a test moves by hand."""

from __future__ import annotations

import asyncio

from probatum.gateway.timing import Timing

START = 1_700_000_000_000


class HandClock:
    """A clock that stands still until :meth:`move`; whoever sleeps is woken in order."""

    def __init__(self, now: int = START) -> None:
        self._now = now
        self._asleep: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def timing(self) -> Timing:
        """For what is under test."""
        return Timing(self.now, self.sleep)

    @property
    def asleep(self) -> int:
        """How many wait."""
        return sum(not future.done() for _, future in self._asleep)

    def now(self) -> int:
        """Ms since 1970."""
        return self._now

    async def sleep(self, ms: int) -> None:
        """Wait for :meth:`move`."""
        future = asyncio.get_running_loop().create_future()
        self._asleep.append((self._now + ms, future))
        await future

    async def move(self, ms: int) -> None:
        """Let time pass, in steps from one sleeper to the next."""
        end = self._now + ms
        while True:
            await self._quiet()
            due = min((when for when, future in self._asleep if not future.done()), default=end + 1)
            if due > end:
                break
            self._now = max(self._now, due)
            for when, future in self._asleep:
                if when <= self._now and not future.done():
                    future.set_result(None)
        self._now = end
        self._asleep = [(when, future) for when, future in self._asleep if not future.done()]

    @staticmethod
    async def _quiet() -> None:
        for _ in range(20):
            await asyncio.sleep(0)
