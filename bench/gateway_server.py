"""The gateway as it is measured: ``python -m bench.gateway_server FOLDER CONFIG``.

It is all of ``probatum serve`` on a new network, but for the validators: four that agree with everything after a few milliseconds.
"""

from __future__ import annotations

import sys
from pathlib import Path

from probatum.claims.split import split
from probatum.consensus.epoch import Policy
from probatum.coordinator.certify import Tools
from probatum.coordinator.network import Network
from probatum.evidence.meaning import Embedder
from probatum.gateway.serving.serve import serve
from probatum.gateway.serving.settings import read_settings
from probatum.testing.committee import committee
from probatum.testing.embedded import AlikeEmbedder, PacedValidator, embedded

JUDGING_S = 0.002
COMMITTEE = committee(4, policy=Policy(min_families=2))


def network(folder: Path) -> Network:
    """The scripted committee's network in a folder."""
    return embedded(COMMITTEE, folder)


def equip(network: Network) -> tuple[Tools, Embedder]:
    """Scripted validators for the network."""
    models = {member.id: member.model for member in network.epoch.members}
    embedder = AlikeEmbedder()
    return Tools(lambda name: PacedValidator(models[name], JUDGING_S), embedder, split), embedder


if __name__ == "__main__":
    serve(read_settings(Path(sys.argv[2]), {}), Path(sys.argv[1]), equip, print, network)
