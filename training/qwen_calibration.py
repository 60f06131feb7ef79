"""Fit the calibration of the optional Qwen validator on training rows and write ``src/probatum/validators/qwen.json``.

    python training/qwen_calibration.py --model FILE_OR_FOLDER [--rows 120] [--threads 2]

The model was trained on none of the data, so any training row is held out. The rows are balanced between supported and other
claims, the same number of each set, with a fixed seed. One scale for all three letters and one bias each are fitted by maximum
likelihood with a small pull towards leaving the letters as they are; a row whose label does not tell contradicted from unsupported
counts for both. Thresholds are not fitted: see ``ABSTAIN_BELOW``. Log-probabilities are kept in ``--cache`` row by row, so that a
run that was cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))
from probatum.encoding.digest import Digest  # noqa: E402
from probatum.validators import qwen  # noqa: E402
from probatum.validators.protocol import Question  # noqa: E402

OUT = ROOT / "src" / "probatum" / "validators" / "qwen.json"
LEFT_OUT = {"med", "folio", "nli4ct"}  # logic, monotonicity and clinical tables: nothing that a text would claim
MAX_WORDS = 160
PER_SET = 24
SEED = 7
PULL = 0.01
# supported, insufficient, refuted; where precision on the fitted rows stops rising faster than recall falls
ABSTAIN_BELOW = (0.65, 0.45, 0.55)
PLACES = {"supported": (0,), "unsupported": (1,), "contradicted": (2,), "not_supported": (1, 2)}

Floats = NDArray[np.float64]


def sample(path: Path, rows: int) -> list[dict[str, str]]:
    """Balanced rows of every set, shuffled; always the same ones."""
    sets: dict[str, list[dict[str, str]]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            name = row["source"].split("/")[0].split(" ")[0]
            if name not in LEFT_OUT and len(row["evidence"].split()) < MAX_WORDS:
                sets[name].append(row)
    chosen: list[dict[str, str]] = []
    for name in sorted(sets):
        dice = random.Random(SEED)  # noqa: S311
        for wanted in (True, False):
            some = [row for row in sets[name] if (row["label"] == "supported") is wanted]
            dice.shuffle(some)
            chosen += some[: PER_SET // 2]
    random.Random(3).shuffle(chosen)  # noqa: S311
    return chosen[:rows]


def logarithms(model: Any, rows: list[dict[str, str]], cache: Path) -> Floats:
    """The letters' log-probabilities, in the validator's order; shape (rows, 3)."""
    known: dict[str, list[float]] = {}
    if cache.exists():
        known = dict(json.loads(line) for line in cache.read_text().splitlines())
    with cache.open("a") as out:
        for row in rows:
            prompt = qwen.prompt(Question(row["claim"], "", (row["evidence"],)))
            key = str(Digest.of(prompt.encode()))
            if key not in known:
                known[key] = model.letters(prompt)
                out.write(json.dumps([key, known[key]]) + "\n")
                out.flush()
            row["key"] = key
    return np.array([known[row["key"]] for row in rows])


def loss(fitted: Floats, letters: Floats, places: list[tuple[int, ...]]) -> float:
    """Mean negative log-likelihood of the labels, and the pull."""
    raw = letters * np.exp(fitted[0]) + fitted[1:]
    p = np.exp(raw - raw.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    return -float(np.mean([np.log(row[list(at)].sum() + 1e-9) for row, at in zip(p, places, strict=True)])) + PULL * float(
        (fitted**2).sum()
    )


def fit(letters: Floats, places: list[tuple[int, ...]], steps: int = 400, rate: float = 0.09) -> Floats:
    """Logarithm of the scale and three biases, by gradient descent with momentum; four numbers need no more."""
    fitted, speed, nudge = np.zeros(4), np.zeros(4), 1e-4 * np.eye(4)
    for _ in range(steps):
        slope = np.array([loss(fitted + one, letters, places) - loss(fitted - one, letters, places) for one in nudge]) / 2e-4
        speed = 0.9 * speed + slope
        fitted = fitted - rate * speed
    return fitted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "train.jsonl.gz")
    parser.add_argument("--rows", type=int, default=120)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=ROOT / "training" / "runs" / "qwen-letters.jsonl")
    options = parser.parse_args()
    options.cache.parent.mkdir(parents=True, exist_ok=True)
    rows = sample(options.data, options.rows)
    letters = logarithms(qwen.load(options.model, options.threads), rows, options.cache)
    places = [PLACES[row["label"]] for row in rows]
    fitted = fit(letters, places)
    record = {
        "model": str(qwen.MODEL),
        "scale": [round(float(np.exp(fitted[0])), 4)] * 3,
        "bias": [round(float(one), 4) for one in fitted[1:]],
        "abstain_below": list(ABSTAIN_BELOW),
        "fitted_on": f"{len(rows)} rows of {options.data.name}, seed {SEED}",
        "loss": round(loss(fitted, letters, places), 4),
        "loss_before": round(loss(np.zeros(4), letters, places), 4),
    }
    OUT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
