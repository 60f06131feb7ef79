"""Recalls brought to those who gave an address: attempts on a schedule, until an address takes the notice."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Final

from probatum.errors import LedgerError
from probatum.gateway.journal import LedgerJournal
from probatum.gateway.propagation.telling import Telling
from probatum.gateway.timing import Timing
from probatum.gateway.webhooks.delivery import Answer, Deliverer, Ended, Message, verdict
from probatum.gateway.webhooks.endpoints import Endpoints
from probatum.ledger.propagation import notices, recalls
from probatum.ledger.propagation.recalls import Recall
from probatum.ledger.propagation.unit import Unit

RECALLED: Final = "text.recalled"
POLL_MS: Final = 1000
_AT_ONCE: Final = 64
_LOG: Final = logging.getLogger("probatum.gateway")


class Newest:
    """Tells any number of readers of the feed that there is more, while one of them asks the ledger for all.

    Args:
        ledger: the propagation ledger.
        timing: clock and waiting.
    """

    def __init__(self, ledger: LedgerJournal, timing: Timing) -> None:
        self._ledger, self._timing = ledger, timing
        self._number = 0
        self._looking: asyncio.Task[None] | None = None

    async def above(self, number: int) -> int:
        """Wait until there is a recall with a number above ``number``; the newest one's."""
        while self._number <= number:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            await asyncio.shield(self._looking)
        return self._number

    async def _look(self) -> None:
        await self._timing.sleep(POLL_MS)
        self._number = await self._ledger.read(notices.newest)


class Recaller:
    """Sends what is due. Used on one event loop.

    Args:
        ledger: the propagation ledger.
        endpoints, deliverer: bring notices out.
        timing: clock and waiting.
        telling: finds what there is to say.
        base: put before paths in notices.
    """

    def __init__(
        self,
        ledger: LedgerJournal,
        endpoints: Endpoints,
        deliverer: Deliverer,
        timing: Timing,
        telling: Telling,
        *,
        base: str = "",
    ) -> None:
        self._ledger, self._endpoints, self._deliverer, self._telling = ledger, endpoints, deliverer, telling
        self._timing, self._base = timing, base
        self._sending: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Send what is due whenever it is due; until cancelled."""
        try:
            while True:
                try:
                    await self.begin_due()
                except LedgerError as error:
                    _LOG.error("recalls cannot be read: %s", error)
                await self._timing.sleep(POLL_MS)
        finally:
            for task in self._sending.values():
                task.cancel()

    async def begin_due(self) -> None:
        """Begin every attempt that is due now; none waits for another."""
        free = _AT_ONCE - len(self._sending)
        due = partial(notices.due, delays=self._deliverer.schedule.delays, now=self._timing.now(), limit=_AT_ONCE)
        for recall in (await self._ledger.read(due))[: max(0, free)]:
            if recall.seq not in self._sending:
                task = self._sending[recall.seq] = asyncio.create_task(self._guard(recall))
                task.add_done_callback(partial(self._sent, recall.seq))

    async def idle(self) -> None:
        """Wait until every attempt that was begun has ended."""
        while self._sending:
            await asyncio.wait(self._sending.values())

    def _sent(self, seq: int, _: asyncio.Task[None]) -> None:
        del self._sending[seq]

    async def _guard(self, recall: Recall) -> None:
        try:
            await self._send(recall)
        except LedgerError as error:
            _LOG.error("recall %d is sent again later: %s", recall.seq, error)

    async def _send(self, recall: Recall) -> None:
        if not await self._ledger.write(partial(notices.claim, recall=recall, now=self._timing.now())):
            return
        assert recall.callback is not None
        about = await self._ledger.read(partial(self._telling.tell, recall=recall))
        message = Message(f"msg_{recall.token}", RECALLED, recall.due_at, about.to_json(self._base))
        answer = await self._deliverer.attempt(message, self._endpoints.endpoint(recall.tenant, recall.callback))
        attempts, at = len(self._deliverer.schedule.delays), self._timing.now()
        await self._ledger.write(partial(_record, recall=recall, answer=answer, attempts=attempts, at=at))


def _record(unit: Unit, recall: Recall, answer: Answer | None, attempts: int, at: int) -> None:
    """What came of an attempt. An address that takes the notice has acknowledged it: that is what 2xx says."""
    recalls.mark_attempt(unit, recall.seq, at, "no answer" if answer is None else str(answer.status))
    match verdict(answer):
        case Ended.TAKEN:
            recalls.acknowledge(unit, recall.token, at)
        case Ended.GONE:
            notices.stop(unit, recall, attempts)
