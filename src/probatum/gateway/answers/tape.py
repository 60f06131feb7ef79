"""A buffer that is written once and read by any number, each at its own pace: what a slow reader has not read is not kept twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Tape(Generic[T]):
    """Items in order. Readers hold a position, nothing else."""

    __slots__ = ("_closed", "_items", "_more")

    def __init__(self) -> None:
        self._items: list[T] = []
        self._closed = False
        self._more = asyncio.Event()

    def append(self, *items: T) -> None:
        """Write; what comes after closing is dropped, because nobody would read it."""
        if not self._closed:
            self._items += items
            self._wake()

    def close(self) -> None:
        """Nothing follows."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._more.set()
        self._more = asyncio.Event()

    @property
    def closed(self) -> bool:
        """Whether nothing follows."""
        return self._closed

    async def read(self, position: int) -> Sequence[T]:
        """Everything from ``position`` on; waits until there is something. Empty: the end."""
        while position >= len(self._items) and not self._closed:
            await self._more.wait()
        return self._items[position:]
