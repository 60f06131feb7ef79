"""The propagation ledger for the event loop: writes go to the ledger's own thread, which commits them in groups."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from probatum.gateway.ports import CachedAnswer, CacheKey, Naming
from probatum.ledger.propagation import answers, generations, releases, responses
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.texts import Text
from probatum.ledger.propagation.unit import Unit
from probatum.ledger.propagation.writer import Writer
from probatum.ledger.records import Generation, Release, Settlement

T = TypeVar("T")


class LedgerJournal:
    """``gateway.ports.Journal`` over a propagation ledger. Whatever has returned is on disk.

    Every method raises LedgerError when the ledger refuses or cannot write; then nothing was written. A caller that is cancelled
    while it waits does not take back what it handed in.

    Args:
        database: where; stays the caller's to close, after the writer.
        writer: its writing thread.
        now: ms since 1970, for what has no time of its own.
    """

    def __init__(self, database: Database, writer: Writer, now: Callable[[], int]) -> None:
        self._database, self._writer, self._now = database, writer, now

    async def begin(self, generation: Generation, release: Release | None = None) -> None:
        """A generation starts: state ``generating``; with it, in one write, the release to whoever asked first."""

        def begin(unit: Unit) -> None:
            generations.begin(unit, generation)
            if release is not None:
                releases.record(unit, release)

        await self.write(begin)

    async def finish(self, generation: str, text: str, *, complete: bool, at: int, naming: Naming | None = None) -> None:
        """Its text is whole (``provisional``), or broke off (``incomplete``); the text goes into the private store."""
        prepared = await asyncio.to_thread(Text.of, text)

        def finish(unit: Unit) -> None:
            if naming is not None:
                responses.remember(unit, generation, naming.response, naming.verification)
            generations.finish(unit, generation, prepared, complete=complete, at=at)

        await self.write(finish)

    async def settle(self, generation: str, settlement: Settlement) -> None:
        """What became of it."""
        await self.write(partial(generations.settle, generation=generation, settlement=settlement))

    async def release(self, release: Release) -> None:
        """It went out to somebody."""
        await self.write(partial(releases.record, release=release))

    async def keep(self, key: CacheKey, generation: str, response: bytes) -> None:
        """Cache an answer; refused unless the generation is settled as certified."""
        held = answers.Key(key.tenant, key.request, key.epoch)
        await self.write(partial(answers.keep, key=held, generation=generation, response=response, at=self._now()))

    async def cached(self, key: CacheKey) -> CachedAnswer | None:
        """The certified answer to this request, unless it was purged since."""
        found = await self.read(partial(answers.find, key=answers.Key(key.tenant, key.request, key.epoch)))
        return None if found is None else CachedAnswer(found.generation, found.response, found.settlement)

    async def write(self, operation: Callable[[Unit], T]) -> T:
        """Any other change of the ledger, such as ``partial(recalls.acknowledge, token=..., at=...)``."""
        return await asyncio.wrap_future(self._writer.submit(operation))

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Any other question to the ledger, on a thread of its own."""
        return await asyncio.to_thread(self._read, query)

    def _read(self, query: Callable[[Connection], T]) -> T:
        with self._database.read() as connection:
            return query(connection)
