"""API keys out of the propagation ledger, and the count of their uses into it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Final

from probatum.errors import LedgerError
from probatum.gateway.entrance.rates import DAY_MS, Rates
from probatum.gateway.journal import LedgerJournal
from probatum.ledger.propagation import api_keys, uses
from probatum.ledger.propagation.api_keys import ApiKey

EVERY_S: Final = 1.0  # how often uses are written; a killed process forgets at most so much
_LOG: Final = logging.getLogger("probatum.gateway")


class LedgerKeys:
    """The keys of a ledger.

    Args:
        ledger: where they are.
        rates: whose counts are kept.
        clock: ms since 1970.
    """

    def __init__(self, ledger: LedgerJournal, rates: Rates, clock: Callable[[], int]) -> None:
        self._ledger, self._rates, self._clock = ledger, rates, clock

    async def find(self, secret: str) -> ApiKey | None:
        """For ``gateway.entrance.auth.Doorkeeper``."""
        return await self._ledger.read(partial(api_keys.find, secret=secret))

    async def start(self) -> None:
        """Take up today's counts."""
        now = self._clock()
        for key, count in (await self._ledger.read(partial(uses.on, day=now // DAY_MS))).items():
            self._rates.start(key, now, count)

    async def keep(self) -> None:
        """Write down the uses since the last time."""
        if counts := self._rates.take_counts():
            await self._ledger.write(lambda unit: uses.add(unit.connection, counts))

    async def run(self) -> None:
        """Write uses down every second, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.keep()
            except LedgerError as error:
                _LOG.error("uses of keys are not written down: %s", error)
