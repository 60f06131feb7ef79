"""``probatum serve``: the gateway on the embedded network."""

from __future__ import annotations

import sys
from argparse import Namespace
from functools import cache
from typing import Final

from probatum.claims.split import split
from probatum.cli.exits import Exit
from probatum.coordinator.certify import Tools
from probatum.coordinator.folder import default_folder
from probatum.coordinator.network import Network
from probatum.coordinator.seats import load_seat, splitter
from probatum.evidence.meaning import Embedder
from probatum.evidence.static_embedding import StaticEmbedder

_GIVEN: Final = ("host", "port", "upstream", "upstream_key_env", "model", "network", "database", "corpus")
_SWITCHES: Final = ("public_certificates", "no_auth")


def run(arguments: Namespace) -> Exit:
    """Serve until told to stop."""
    from probatum.gateway.serving.serve import serve
    from probatum.gateway.serving.settings import read_settings

    given = {name: getattr(arguments, name) for name in _GIVEN} | {name: getattr(arguments, name) or None for name in _SWITCHES}
    settings = read_settings(arguments.config, given)
    serve(
        settings,
        settings.network or default_folder(),
        tools_of,
        lambda line: print(f"probatum: {line}", file=sys.stderr, flush=True),
    )
    return Exit.OK


def tools_of(network: Network) -> tuple[Tools, Embedder]:
    """What the coordinator needs, out of a network's settings."""
    seats, embedder = {seat.id: seat for seat in network.settings.seats}, StaticEmbedder()
    decomposer = network.settings.decomposer
    tools = Tools(
        load=cache(lambda name: load_seat(seats[name])),
        embedder=embedder,
        splitter=splitter(decomposer) if decomposer else split,
    )
    return tools, embedder
