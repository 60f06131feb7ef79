"""The gateway as it is measured: ``python -m bench.gateway_server PORT UPSTREAM_PORT memory|sqlite``. It verifies nothing."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn

from probatum.gateway.app import create_app
from probatum.gateway.directory import LedgerDirectory
from probatum.gateway.journal import LedgerJournal
from probatum.gateway.parts import Directory, Parts, now_ms
from probatum.gateway.ports import Journal
from probatum.gateway.upstream import HttpUpstream, UpstreamSettings
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.writer import Writer
from probatum.testing.gateway import MemoryJournal, ScriptedVerifier


@contextmanager
def ledger(kind: str) -> Iterator[tuple[Journal, Directory]]:
    """Where generations are recorded."""
    if kind == "memory":
        memory = MemoryJournal()
        yield memory, memory
        return
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="probatum-bench-"))
        database = stack.enter_context(Database.in_folder(Path(folder)))
        journal = LedgerJournal(database, stack.enter_context(Writer(database)), now_ms)
        yield journal, LedgerDirectory(journal)


def main(port: int, behind: int, kind: str) -> None:
    """Serve until the process is told to end."""
    with ledger(kind) as (journal, directory):
        upstream = HttpUpstream(UpstreamSettings(f"http://127.0.0.1:{behind}/v1"))
        app = create_app(Parts(journal, directory, ScriptedVerifier(), upstream))
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, ws="none")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
