"""Silence is filled, and a reader may leave at any moment: nothing of the feed goes on after that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from probatum.gateway.answers.sse import HEARTBEAT
from probatum.gateway.feed import with_heartbeats
from probatum.gateway.timing import Timing, ended
from tests.unit.gateway.served.clock import HandClock


class Source:
    """Events with turns of the loop between them, and then silence; knows when it was closed."""

    def __init__(self, events: int) -> None:
        self.closed, self._events = False, events

    async def events(self) -> AsyncGenerator[bytes, None]:
        try:
            for number in range(self._events):
                await asyncio.sleep(0)
                yield b"%d" % number
            await asyncio.Event().wait()
        finally:
            self.closed = True


@pytest.mark.parametrize("turns", range(60))
def test_a_reader_that_leaves_at_any_turn_of_the_loop_is_gone(turns: int) -> None:
    async def main() -> None:
        source, clock = Source(8), HandClock()
        read: list[bytes] = []

        async def reading() -> None:
            feed = with_heartbeats(source.events(), 15_000, clock.timing)
            try:
                async for event in feed:
                    read.append(event)
            finally:
                await feed.aclose()

        task = asyncio.create_task(reading())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        async with asyncio.timeout(5):
            await asyncio.wait((task,))
        assert task.cancelled()
        assert source.closed or not read
        assert read == [b"%d" % number for number in range(len(read))]
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


def test_comments_come_only_in_silence() -> None:
    async def main() -> None:
        clock, read = HandClock(), list[bytes]()

        async def reading() -> None:
            async for event in with_heartbeats(Source(2).events(), 15_000, clock.timing):
                read.append(event)

        task = asyncio.create_task(reading())
        await clock.move(14_999)
        assert read == [b"0", b"1"]
        await clock.move(1)
        await clock.move(15_000)
        assert read == [b"0", b"1", HEARTBEAT, HEARTBEAT]
        await ended(task)

    asyncio.run(main())


def test_a_feed_that_ends_ends_for_its_reader() -> None:
    async def once() -> AsyncGenerator[bytes, None]:
        yield b"only"

    async def main() -> list[bytes]:
        return [event async for event in with_heartbeats(once(), 15_000, HandClock().timing)]

    assert asyncio.run(main()) == [b"only"]


def test_a_feed_that_breaks_says_so_to_its_reader() -> None:
    async def broken() -> AsyncGenerator[bytes, None]:
        yield b"first"
        raise RuntimeError("the ledger is gone")

    async def main() -> Any:
        return [event async for event in with_heartbeats(broken(), 15_000, HandClock().timing)]

    with pytest.raises(RuntimeError, match="the ledger is gone"):
        asyncio.run(main())


def test_waiting_for_the_end_of_a_task_can_itself_be_given_up() -> None:
    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                await asyncio.sleep(0.01)
                return

    async def main() -> None:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        waiting = asyncio.create_task(ended(task))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait((waiting,))
        assert waiting.cancelled()
        await task

    asyncio.run(main())


def test_within_leaves_the_task_running() -> None:
    async def main() -> None:
        clock, event = HandClock(), asyncio.Event()
        task = asyncio.create_task(event.wait())
        waiting = asyncio.create_task(Timing(clock.now, clock.sleep).within(task, 10))
        await clock.move(10)
        assert await waiting is False
        assert not task.done()
        event.set()
        assert await clock.timing.within(task, 10) is True

    asyncio.run(main())
