"""The gateway as a process of its own, with scripted validators: ``python -m tests.e2e.gateway.program FOLDER CONFIG``.

Every text of the form that :func:`text` gives has two claims, and every validator supports whatever does not speak of wood.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from probatum.claims.split import split
from probatum.coordinator.certify import Tools
from probatum.coordinator.network import Network
from probatum.evidence.meaning import Embedder
from probatum.gateway.journal import LedgerJournal
from probatum.gateway.serving.serve import serve
from probatum.gateway.serving.settings import read_settings
from probatum.gateway.verifications import runner
from probatum.ledger.records import Settlement
from probatum.testing.embedded import AlikeEmbedder, PacedValidator
from tests.e2e.scripted_network import HERE, open_scripted

PER_CLAIM_S = 0.002


def text(number: int) -> str:
    """What the upstream says when it is asked for ``number``."""
    return f"Tower {number} is 330 metres tall. Tower {number} was finished in 1889."


def false_text(number: int) -> str:
    """The same with a claim that nobody supports."""
    return f"Tower {number} is made of wood."


def evidence(number: int) -> str:
    """What speaks of tower ``number``."""
    return f"Tower {number} is made of iron and 330 metres tall. It was finished in 1889."


def equip(network: Network) -> tuple[Tools, Embedder]:
    """Scripted validators for the network."""

    def load(name: str) -> PacedValidator:
        return PacedValidator(HERE.epoch.by_id[name].model, PER_CLAIM_S, lambda claim: "wood" in claim)

    embedder = AlikeEmbedder()
    return Tools(load, embedder, split), embedder


DIES = "PROBATUM_DIES_BEFORE_SETTLING"


async def die(self: LedgerJournal, generation: str, settlement: Settlement) -> None:
    """kill -9 between the two ledgers: the statement is published, and nobody has heard of it."""
    assert settlement.record_hash is not None
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, config: str) -> None:
    """Serve until told to stop, or killed; with ``DIES`` in the environment at a certain point."""
    if DIES in os.environ:
        LedgerJournal.settle = die  # type: ignore[method-assign]
    settings = read_settings(Path(config), {})
    runner.MAX_ATTEMPTS = 1_000_000  # type: ignore[misc]  # whoever kills this process does not mean that a text is to blame
    serve(settings, Path(folder), equip, lambda line: print(line, file=sys.stderr, flush=True), open_scripted)


if __name__ == "__main__":
    main(*sys.argv[1:])
