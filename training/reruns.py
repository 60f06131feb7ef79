"""Compare two training runs of one recipe: are the scores the same within noise, and how much do their errors go together?

The second runs have other seeds: ``python training/alignment.py --seed 12 --out RUNS/alignment``, and ``python
training/crossattention.py train --seed 9 --run RUNS/crossattention-9 --weights RUNS`` with the first run's vectors in that folder.
Then ``python training/reruns.py RUNS`` compares with the shipped weights on the held-out parts, before calibration, and writes
``training/results/reruns.json`` with the bound of ``families.py``. Models without a second run are left out.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np

from questions import Case, arguments, parts, save_json, window_logits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.measuring import metrics
from probatum.validators import builtin
from probatum.validators.combine import softmax

PARTS = ("cal/nli", "cal/documents", "cal/hard", "cal/varied")
AGAIN = ("alignment", "crossattention")


def support(model: str, part: str, cases: list[Case], weights: Path, cache: Path) -> np.ndarray:
    """Raw probability of SUPPORTED by the passage, or by the sentence where that is enough; 0 where there is nothing to read."""
    scored = window_logits(model, part, cases, weights, cache)
    return np.array([softmax(logits)[0, 0] if windows else 0.0 for windows, logits in scored])


def said(model: str, part: str, cases: list[Case], weights: Path, cache: Path) -> np.ndarray:
    """Whether SUPPORTED is the most probable verdict there."""
    scored = window_logits(model, part, cases, weights, cache)
    return np.array([bool(windows) and int(logits[0].argmax()) == 0 for windows, logits in scored])


def with_again(models: list[str], weights: Path, again: Path, place: Path) -> Path:
    """A copy of the weights folder in which the models of the second run replace the shipped ones."""
    shutil.copytree(weights, place)
    for model in models:
        for file in (again / model).iterdir():
            shutil.copyfile(file, place / model / file.name)
    return place


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("again", type=Path)
    parser.add_argument("--out", type=Path, default=Path("training/results/reruns.json"))
    args = parser.parse_args()
    twice = [model for model in AGAIN if (args.again / model).exists()]
    groups = {name: cases for name, cases in parts(args.data, args.hard).items() if name in PARTS}
    true = {name: np.array([c.label for c in cases]) == 0 for name, cases in groups.items()}
    wrong: dict[str, list[np.ndarray]] = {}
    scores: dict[str, dict[str, dict[str, float | None]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        second = with_again(twice, args.weights, args.again, Path(folder) / "weights")
        runs = [(m, m, args.weights) for m in builtin.BUILTIN] + [(f"{m} again", m, second) for m in twice]
        for name, model, place in runs:
            for part, cases in groups.items():
                yes = said(model, part, cases, place, args.cache)
                wrong.setdefault(name, []).append(yes != true[part])
                found = {
                    "balanced_accuracy": metrics.balanced_accuracy(yes, true[part]),
                    "auc": metrics.auc(support(model, part, cases, place, args.cache), true[part]),
                }
                scores.setdefault(name, {})[part] = {k: None if v is None else round(v, 4) for k, v in found.items()}
    errors = {name: np.concatenate(found) for name, found in wrong.items()}
    different = [metrics.error_correlation(errors[a], errors[b]) or 0.0 for a, b in combinations(builtin.BUILTIN, 2)]
    same = [metrics.error_correlation(errors[m], errors[f"{m} again"]) or 0.0 for m in twice]
    report = {
        "scores": {name: scores[name] for model in twice for name in (model, f"{model} again")},
        "phi_different": {f"{a}, {b}": round(x, 3) for (a, b), x in zip(combinations(builtin.BUILTIN, 2), different, strict=True)},
        "phi_same": {m: round(x, 3) for m, x in zip(twice, same, strict=True)},
        "bound": round(float(np.mean(different) + np.mean(same)) / 2, 3),
    }
    save_json(args.out, report)
    print(report)


if __name__ == "__main__":
    main()
