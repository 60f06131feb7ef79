"""A gateway on a real ledger with real rounds and scripted models; addresses that it writes to are scripted too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request

from probatum.claims.split import split
from probatum.coordinator.certify import SYSTEM_CLOCKS, Tools
from probatum.coordinator.network import Network
from probatum.coordinator.rounds import Clocks
from probatum.errors import ProbatumError, SettingsRefused
from probatum.gateway.directory import LedgerDirectory
from probatum.gateway.errors import HttpRefusal, on_error, on_http_error
from probatum.gateway.feed import Feeding
from probatum.gateway.journal import LedgerJournal
from probatum.gateway.mira import routes as mira
from probatum.gateway.mira.assessment import Committee
from probatum.gateway.parts import Caller, Parts
from probatum.gateway.propagation import routes as propagation
from probatum.gateway.propagation.recalling import Recaller
from probatum.gateway.propagation.telling import telling
from probatum.gateway.public import log
from probatum.gateway.public import routes as public
from probatum.gateway.public.library import Library, fragment_ids
from probatum.gateway.public.service import Service as PublicService
from probatum.gateway.timing import ended
from probatum.gateway.verifications import routes as verifications
from probatum.gateway.verifications.register import Register
from probatum.gateway.verifications.runner import Runner
from probatum.gateway.verifications.view import Viewer
from probatum.gateway.verifier import LiveVerifier
from probatum.gateway.webhooks.delivery import Answer, Deliverer, Unreachable
from probatum.gateway.webhooks.endpoints import Endpoints
from probatum.ledger.fragment_index import FILE, FragmentIndex
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.writer import Writer
from probatum.ledger.reading import LedgerReader
from probatum.validators.protocol import Validator
from tests.unit.gateway.served.client import Client
from tests.unit.gateway.served.clock import HandClock
from tests.unit.gateway.test_verifier import gather, scripted

SOURCE = {"name": "towers.txt", "text": "The Eiffel Tower is 330 metres tall. It was finished in 1889."}
ROOT = bytes(32)


@dataclass
class Receivers:
    """Every address there is: what was sent to it, and what it answers, one after the other."""

    answers: list[int | str] = field(default_factory=list)  # a status, or why no answer comes; then 200 for ever
    retry_after: int | None = None
    sent: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.sent.append((url, headers, body))
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, str):
            raise Unreachable(answer)
        return Answer(answer, self.retry_after)


async def check_address(url: str) -> None:
    """Stands for the rules about inside addresses."""
    if "inside" in url or not url.startswith("https://"):
        raise SettingsRefused(f"{url} leads inside")


async def identify(request: Request) -> Caller:
    """The bearer token is the tenant; without one, it is nobody."""
    key = request.headers.get("authorization", "").removeprefix("Bearer ")
    if key == "wrong":
        raise HttpRefusal(401, "invalid_api_key", "this API key is not known here", "authentication_error")
    return Caller(key, f"key:{key}" if key else "anyone")


@dataclass
class House:
    """Everything that one process has."""

    network: Network
    ledger: LedgerJournal
    runner: Runner
    recaller: Recaller
    register: Register
    verifier: LiveVerifier
    reader: LedgerReader
    index: FragmentIndex
    app: Starlette
    clock: HandClock
    receivers: Receivers
    public: set[str]

    @property
    def alice(self) -> Client:
        return Client(self.app, "alice")

    @property
    def bob(self) -> Client:
        return Client(self.app, "bob")

    @property
    def nobody(self) -> Client:
        return Client(self.app, None)


@dataclass
class Builder:
    """Opens a house on the same disk as often as a test wants, as processes do one after the other."""

    network: Network
    database: Database
    folder: Path
    clock: HandClock = field(default_factory=HandClock)
    receivers: Receivers = field(default_factory=Receivers)
    public: set[str] = field(default_factory=set)
    load: Callable[[str], Validator] = scripted
    corpora: dict[str, str] = field(default_factory=dict)
    gather: Callable[..., Any] = gather
    most: int = 2000

    @asynccontextmanager
    async def open(self, owner: str = "one", *, early: bool = True) -> AsyncIterator[House]:
        writer = Writer(self.database)
        ledger = LedgerJournal(self.database, writer, self.clock.now)
        live = LiveVerifier(
            self.network,
            Tools(self.load, None, split, Clocks(self.clock.now, SYSTEM_CLOCKS.ticks)),
            self.gather,
            ledger,
            early=early,
        )
        timing, register = self.clock.timing, Register(live)
        endpoints, deliverer = Endpoints(ROOT, check_address), Deliverer(self.receivers, timing)
        runner = Runner(
            ledger, register, self.network.sources, endpoints, deliverer, timing, owner=owner, base="https://gw", most=self.most
        )
        reader = LedgerReader(self.network.ledger.path)
        told = telling(reader)
        recaller = Recaller(ledger, endpoints, deliverer, timing, told, base="https://gw")
        index = FragmentIndex(self.folder / FILE, reader, fragment_ids)
        library = Library(reader, index, ledger, self.network.trust, self.public.__contains__)
        directory, feeding = LedgerDirectory(ledger), Feeding(timing)
        upstream: Any = None
        parts = Parts(ledger, directory, register, upstream, identify=identify, clock=self.clock.now, public_url="https://gw")
        viewer = Viewer(ledger, register, directory, library.recount, timing)
        app = Starlette(
            routes=[
                *verifications.routes(verifications.Service(parts, runner, viewer, feeding)),
                *public.routes(PublicService(parts, library)),
                *log.routes(reader),
                *propagation.routes(propagation.Service(parts, ledger, endpoints, told, feeding)),
                *mira.routes(mira.Service(parts, runner, Committee.of(self.network.epoch), split, self.corpora, feeding)),
            ],
            exception_handlers={HTTPException: on_http_error, ProbatumError: on_error},
        )
        house = House(
            self.network, ledger, runner, recaller, register, live, reader, index, app, self.clock, self.receivers, self.public
        )
        try:
            yield house
        finally:
            await runner.close()
            await live.close()
            reader.close()
            index.close()
            await asyncio.to_thread(writer.close)


def run(main: Any) -> Any:
    """Run a test's coroutine; it must end in time."""

    async def bounded() -> Any:
        async with asyncio.timeout(60):
            return await main()

    return asyncio.run(bounded())


@asynccontextmanager
async def beside(work: Any) -> AsyncIterator[None]:
    """Have something run while the block does."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await ended(task)
