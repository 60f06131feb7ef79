"""``probatum serve``: take the address, open the network, load the models, serve until told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from probatum.coordinator.certify import Tools
from probatum.coordinator.network import Network, open_renewed
from probatum.evidence.meaning import Embedder
from probatum.gateway.serving.composition import Gateway
from probatum.gateway.serving.machinery import Ground
from probatum.gateway.serving.pauses import shorten_pauses
from probatum.gateway.serving.process import holding, listen, server_of
from probatum.gateway.serving.settings import ServeSettings
from probatum.gateway.watching.logs import json_logging
from probatum.ledger.propagation.database import Database

Say = Callable[[str], None]
"""Told, line by line, what happens, for a person."""


Equip = Callable[[Network], tuple[Tools, Embedder]]
"""Gives models, splitter, clocks, and the embedder, for a network."""


def serve(settings: ServeSettings, folder: Path, equip: Equip, say: Say, opened: Callable[[Path], Network] = open_renewed) -> None:
    """Serve until SIGTERM or SIGINT.

    Args:
        settings: what the operator wants.
        folder: the network's.
        equip: gives models and the like.
        say: hears what happens.
        opened: opens the network.

    Raises:
        SettingsRefused: the address, folder, database, upstream or keys cannot be used.
        EvidenceRefused: there is no such corpus.
        LedgerError: the network's ledger or the propagation ledger cannot be used.
    """
    taken = listen(settings.host, settings.port)
    try:
        with (
            opened(folder) as network,
            _ground(settings, network, equip, say) as ground,
            json_logging(level=settings.log_level),
        ):
            _run(_serve(settings, ground, taken, say))
    finally:
        taken.close()
    say("stopped")


@contextmanager
def _ground(settings: ServeSettings, network: Network, equip: Equip, say: Say) -> Iterator[Ground]:
    folder, alone = network.folder, settings.database is None or settings.database.startswith("sqlite")
    with ExitStack() as held:
        held.enter_context(holding(folder, shared=not alone))
        say(f"network {network.epoch.network}, epoch {network.epoch.number}, in {folder}")
        opened = Database.in_folder(folder) if settings.database is None else Database(settings.database)
        database = held.enter_context(opened)
        if alone and not (beside := Path(str(database.name)).parent).samefile(folder):
            held.enter_context(holding(beside, shared=False))
        if database.libpq is not None:
            from probatum.coordinator.placing import place

            network = place(network, database.libpq)
            held.callback(network.ledger.close)
            say(f"the network's ledger is in {database.name}")
        yield Ground(network, database, *equip(network), alone)


async def _serve(settings: ServeSettings, ground: Ground, taken: socket.socket, say: Say) -> None:
    gateway = Gateway(settings, ground)
    say(f"loading {len(ground.network.epoch.members)} models")
    broken = await gateway.open()
    for name, why in gateway.machinery.verifier.silent().items():
        say(f"warning: {name} gives no votes: {why}")
    if broken:
        say(f"{broken} texts broke off when the last gateway ended; they stay incomplete")
    shorten_pauses()
    server = server_of(gateway.app, settings.grace_ms, gateway.stop, lambda: _announce(settings, gateway, taken, say))
    await server.serve([taken])
    say("stopping: answers are over, verifications are brought to their end")
    if not await gateway.close():
        say("verifications that had not ended are taken up at the next start")


def _announce(settings: ServeSettings, gateway: Gateway, taken: socket.socket, say: Say) -> None:
    host, port = taken.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    say(f"listening on http://{shown}:{port}")
    if gateway.source is None:
        say("no upstream: texts that are handed in are verified; chat answers 503 no_upstream (give one with --upstream URL)")
    else:
        say(f"answers come from {gateway.source}, at once and marked provisional; certificates follow")
    if settings.corpus is not None:
        say(f"without evidence of its own, a text is judged against the corpus {settings.corpus}")
    say(gateway.admission)


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where it is installed."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        asyncio.run(work)
        return
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(work)
