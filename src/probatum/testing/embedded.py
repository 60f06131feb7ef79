"""An embedded network of a fixed-key committee, and what stands in for its models: for tests and measurements."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from probatum.consensus.model import ModelDescriptor
from probatum.consensus.verdict import Verdict
from probatum.coordinator.network import Network
from probatum.coordinator.settings import BuiltinModel, Seat, Settings
from probatum.evidence.content_store import ContentStore
from probatum.evidence.meaning import Embedder
from probatum.evidence.retrieval import Floats
from probatum.ledger.sqlite import Ledger
from probatum.testing.committee import Committee
from probatum.validators.protocol import Judgement, Question


def embedded(made: Committee, folder: Path, *, sync: bool = True, ledger: Ledger | None = None) -> Network:
    """The committee's network in a folder, its first epoch logged. Close it, or use it as a context.

    Args:
        made: who is in it, with every key.
        folder: there already; takes the ledger and the copies of sources.
        sync: as of ``Ledger``.
        ledger: in place of one in that folder; the network closes it.
    """
    seats = tuple(Seat(member.id, BuiltinModel("scripted")) for member in made.epoch.members)
    network = Network(
        folder,
        Settings(made.epoch.network, seats),
        made.epoch,
        made.genesis.digest,
        dict(made.keys),
        made.log_key,
        Ledger(folder / "ledger.sqlite3", sync=sync) if ledger is None else ledger,
        ContentStore(folder / "sources"),
    )
    network.ledger.log_epoch(0, made.genesis, network.seal)
    return network


@dataclass(frozen=True, slots=True)
class PacedValidator:
    """A validator that takes ``seconds`` for each claim, and supports all but those that ``against`` is true of."""

    descriptor: ModelDescriptor
    seconds: float
    against: Callable[[str], bool] = lambda claim: False

    def judge(self, questions: Sequence[Question]) -> Iterator[Judgement]:
        """One answer per question."""
        for question in questions:
            time.sleep(self.seconds)
            yield Judgement(Verdict.REFUTED if self.against(question.claim) else Verdict.SUPPORTED, 9900, "scripted")


class AlikeEmbedder(Embedder):
    """To it all texts are alike, and it needs no model."""

    def embed(self, texts: Sequence[str]) -> Floats:
        """The same vector for each text, shape (texts, 8)."""
        vectors = np.zeros((len(texts), 8), np.float32)
        vectors[:, 0] = 1
        return vectors
