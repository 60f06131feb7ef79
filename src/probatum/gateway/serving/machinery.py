"""Everything behind the HTTP side, put together from real parts: ledger, models, corpora, verifications, notices."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from probatum.coordinator.certify import Tools
from probatum.coordinator.keyfile import write_new
from probatum.coordinator.network import Network
from probatum.errors import LedgerError, ProbatumError, SettingsRefused
from probatum.evidence.meaning import Embedder
from probatum.gateway import parking
from probatum.gateway.directory import LedgerDirectory
from probatum.gateway.gathering import Corpora, Gathering
from probatum.gateway.journal import LedgerJournal
from probatum.gateway.outside.outbound import Outbound
from probatum.gateway.parts import now_ms
from probatum.gateway.propagation.recalling import Recaller
from probatum.gateway.propagation.revoking import take_over
from probatum.gateway.propagation.telling import telling
from probatum.gateway.public.library import Library, fragment_ids
from probatum.gateway.serving.settings import ServeSettings
from probatum.gateway.timing import Timing
from probatum.gateway.verifications.register import Register
from probatum.gateway.verifications.runner import Runner
from probatum.gateway.verifications.view import Viewer
from probatum.gateway.verifier import LiveVerifier
from probatum.gateway.webhooks.delivery import Deliverer
from probatum.gateway.webhooks.endpoints import Endpoints
from probatum.ledger.fragment_index import FILE, FragmentIndex
from probatum.ledger.propagation import jobs
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.writer import Writer

WEBHOOK_KEY: Final = "webhooks.key"  # in the network's folder: 32 random bytes, in hex
ABANDONED_MS: Final = 3_600_000  # what another process began so long ago will never be whole
SWEEP_S: Final = 60.0
REVOCATIONS_MS: Final = 10_000  # how long one that was not told otherwise may go unnoticed
_LOG: Final = logging.getLogger("probatum.gateway")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a gateway stands on, opened by the caller and closed by it.

    Attributes:
        network: the embedded network.
        database: the propagation ledger.
        tools: models, splitter and clocks.
        embedder: for searching evidence.
        alone: whether no other gateway uses the database.
    """

    network: Network
    database: Database
    tools: Tools
    embedder: Embedder
    alone: bool


class Machinery:
    """The parts. Made and used on one event loop.

    Args:
        settings: what the operator wants.
        ground: what it stands on.

    Raises:
        EvidenceRefused: there is no such corpus.
        SettingsRefused: the key for webhooks cannot be read or written.
    """

    def __init__(self, settings: ServeSettings, ground: Ground) -> None:
        network, self._ground = ground.network, ground
        self.corpora = Corpora(network.folder, ground.embedder)
        if settings.corpus is not None:
            self.corpora.newest(settings.corpus)
        self.timing, self.outbound = Timing(), Outbound()
        self.endpoints = Endpoints(webhook_key(network.folder), self.outbound.check)
        self._writer = Writer(ground.database)  # a thread: whatever can be refused is refused before
        self.ledger = LedgerJournal(ground.database, self._writer, now_ms)
        self.directory = LedgerDirectory(self.ledger)
        gathering = Gathering(network.sources, self.corpora, ground.embedder)
        early = network.settings.decomposer is None  # a language model is not asked to split every unfinished text
        self.verifier = LiveVerifier(network, ground.tools, gathering, self.ledger, early=early)
        self.register = Register(self.verifier)
        deliverer = Deliverer(self.outbound.post, self.timing)
        self._owner = "gateway" if ground.alone else f"gateway-{os.getpid()}-{secrets.token_hex(4)}"
        told = (self.ledger, self.endpoints, deliverer, self.timing)
        self.runner = Runner(self.ledger, self.register, network.sources, *told[1:], owner=self._owner, base=settings.public_url)
        self.reader = network.ledger.reader()
        self.telling = telling(self.reader)
        self.recaller = Recaller(*told, self.telling, base=settings.public_url)
        self._fragments = FragmentIndex(network.folder / FILE, self.reader, fragment_ids)
        self.library = Library(self.reader, self._fragments, self.ledger, network.trust, settings.is_public)
        self.viewer = Viewer(self.ledger, self.register, self.directory, self.library.recount, self.timing)
        self._revocations = 0  # of the network's, how many the propagation ledger knows
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, *more: Coroutine[Any, Any, None]) -> int:
        """Load the models, put in order what a crash left, and begin the work that goes on all the time.

        Args:
            more: further work that goes on all the time.

        Returns:
            How many texts broke off when the last process ended.
        """
        await self.verifier.open()
        broken = await self._sweep()
        await self._take_over()
        if self._ground.alone:  # whoever held jobs is dead, so nobody needs to wait until they are free
            await self.ledger.write(lambda unit: jobs.release_all(unit.connection, self._owner))
        works = (self.runner.run(), self.recaller.run(), self._sweeping(), self._watching_revocations(), *more)
        self._tasks = [asyncio.create_task(work) for work in works]
        return broken

    async def close(self, grace_ms: int) -> bool:
        """Let verifications end whose text is whole; those that take longer are taken up by the next process.

        Returns:
            Whether all of them ended.
        """
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        ended = True
        try:
            async with asyncio.timeout(grace_ms / 1000):
                await self.verifier.close()
        except TimeoutError:
            ended = False
        with suppress(LedgerError):
            await self.runner.close()
        await asyncio.to_thread(self._writer.close)
        self._fragments.close()
        self.reader.close()
        return ended

    async def _take_over(self) -> None:
        self._revocations = await take_over(self.reader, self.ledger, now_ms(), after=self._revocations)

    async def _watching_revocations(self) -> None:
        """Someone may revoke beside this process, and not reach the propagation ledger."""
        while True:
            await self.timing.sleep(REVOCATIONS_MS)
            try:
                await self._take_over()
            except ProbatumError as error:
                _LOG.error("revocations cannot be taken over: %s", error)

    async def _sweep(self) -> int:
        now = now_ms()
        return await parking.break_off(self.ledger, now if self._ground.alone else now - ABANDONED_MS, now)

    async def _sweeping(self) -> None:
        """Where several processes share a ledger, one may end at any time without having put its things in order."""
        while not self._ground.alone:
            await asyncio.sleep(SWEEP_S)
            try:
                await self._sweep()
            except LedgerError as error:
                _LOG.error("texts that broke off cannot be recorded: %s", error)


def webhook_key(folder: Path) -> bytes:
    """The key that webhooks' secrets are derived from; made if missing. Raises SettingsRefused."""
    path = folder / WEBHOOK_KEY
    with suppress(SettingsRefused):  # it is there already, or another process was faster
        write_new(path, secrets.token_hex(32).encode() + b"\n")
    try:
        key = bytes.fromhex(path.read_text("ascii"))
    except (OSError, ValueError):
        key = b""
    if len(key) != 32:
        raise SettingsRefused(f"{path} cannot be read as a key; remove it, and tell receivers of webhooks their new secrets")
    return key
