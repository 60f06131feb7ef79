"""The gateway as a process of its own, with scripted validators: ``python -m tests.e2e.gateway.program FOLDER CONFIG``.

Every text of the form that :func:`text` gives has two claims, and every validator supports whatever does not speak of wood.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from probatum.claims.split import split
from probatum.consensus.model import ModelDescriptor
from probatum.consensus.verdict import Verdict
from probatum.coordinator.certify import Tools
from probatum.coordinator.network import Network
from probatum.evidence.meaning import Embedder
from probatum.evidence.retrieval import Floats
from probatum.gateway.serving.serve import serve
from probatum.gateway.serving.settings import read_settings
from probatum.gateway.verifications import runner
from probatum.validators.protocol import Judgement, Question
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


@dataclass(frozen=True, slots=True)
class SlowValidator:
    """Takes a little for every claim."""

    descriptor: ModelDescriptor

    def judge(self, questions: Sequence[Question]) -> Iterator[Judgement]:
        for question in questions:
            time.sleep(PER_CLAIM_S)
            yield Judgement(Verdict.REFUTED if "wood" in question.claim else Verdict.SUPPORTED, 9900, "scripted")


class NoMeaning:
    """An embedder to which all texts are alike, and which needs no model."""

    def embed(self, texts: Sequence[str]) -> Floats:
        vectors = np.zeros((len(texts), 8), np.float32)
        vectors[:, 0] = 1
        return vectors


def equip(network: Network) -> tuple[Tools, Embedder]:
    """Scripted validators for the network."""
    embedder = NoMeaning()
    return Tools(lambda name: SlowValidator(HERE.epoch.by_id[name].model), embedder, split), embedder


def main(folder: str, config: str) -> None:
    """Serve until told to stop, or killed."""
    settings = read_settings(Path(config), {})
    runner.MAX_ATTEMPTS = 1_000_000  # type: ignore[misc]  # whoever kills this process does not mean that a text is to blame
    serve(settings, Path(folder), equip, lambda line: print(line, file=sys.stderr, flush=True), open_scripted)


if __name__ == "__main__":
    main(*sys.argv[1:])
