"""The gateway as it is measured: ``python -m bench.gateway_server FOLDER CONFIG``.

It is all of ``probatum serve`` on a new network, but for the validators: four that agree with everything after a few milliseconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from probatum.claims.split import split
from probatum.consensus.epoch import Policy
from probatum.consensus.model import ModelDescriptor
from probatum.consensus.verdict import Verdict
from probatum.coordinator.certify import Tools
from probatum.coordinator.network import Network
from probatum.coordinator.settings import Settings
from probatum.evidence.content_store import ContentStore
from probatum.evidence.meaning import Embedder
from probatum.evidence.retrieval import Floats
from probatum.gateway.serving.serve import serve
from probatum.gateway.serving.settings import read_settings
from probatum.ledger.sqlite import Ledger
from probatum.testing.committee import committee
from probatum.validators.protocol import Judgement, Question

JUDGING_S = 0.002
COMMITTEE = committee(4, policy=Policy(min_families=2))


@dataclass(frozen=True, slots=True)
class Agreeing:
    """A validator that supports every claim."""

    descriptor: ModelDescriptor

    def judge(self, questions: Sequence[Question]) -> Iterator[Judgement]:
        for _ in questions:
            time.sleep(JUDGING_S)
            yield Judgement(Verdict.SUPPORTED, 9900, "scripted")


class Alike:
    """An embedder to which all texts are alike."""

    def embed(self, texts: Sequence[str]) -> Floats:
        vectors = np.zeros((len(texts), 8), np.float32)
        vectors[:, 0] = 1
        return vectors


def network(folder: Path) -> Network:
    """The scripted committee's network in a folder."""
    ledger, sources = Ledger(folder / "ledger.sqlite3"), ContentStore(folder / "sources")
    settings, epoch = Settings(COMMITTEE.epoch.network, ()), COMMITTEE.epoch
    made = Network(folder, settings, epoch, COMMITTEE.genesis.digest, dict(COMMITTEE.keys), COMMITTEE.log_key, ledger, sources)
    ledger.log_epoch(0, COMMITTEE.genesis, made.seal)
    return made


def equip(network: Network) -> tuple[Tools, Embedder]:
    """Scripted validators for the network."""
    models = {member.id: member.model for member in network.epoch.members}
    embedder = Alike()
    return Tools(lambda name: Agreeing(models[name]), embedder, split), embedder


if __name__ == "__main__":
    serve(read_settings(Path(sys.argv[2]), {}), Path(sys.argv[1]), equip, print, network)
