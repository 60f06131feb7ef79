"""Train the alignment judge: boosted trees over the features of ``probatum.validators.features``.

Rows known only as "not supported" enter twice, as insufficient and as refuted, weighted by what a first model (trained on the
three-way
rows alone) thinks of the two: one step of expectation-maximisation for ``-log(p_insufficient + p_refuted)``.

Run: ``python training/alignment.py`` (about 6 minutes on one core). Writes ``trees.npz``, ``idf.txt`` and ``opposites.txt``.
"""

from __future__ import annotations

import argparse
import collections
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from augment import augmented
from data import MADE_FILES, NOT_SUPPORTED, Row, held_out, read_rows, sample
from hard_lexicon import OPPOSITES
from mixes import ALIGNMENT

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.validators.alignment import read_idf, read_opposites
from probatum.validators.features import NAMES, FeatureMaker
from probatum.validators.text import stem, tokens
from probatum.validators.vectors import StaticVectors

# A third of the opposites is kept from the features, so that the generator's list is not simply looked up again.
_KNOWN = 3


def write_tables(rows: list[Row], out: Path) -> None:
    """IDF over distinct training evidence (stems seen at least three times) and the stemmed opposites."""
    counts: collections.Counter[str] = collections.Counter()
    texts = {row.evidence for row in rows}
    for text in texts:
        counts.update({t.stem for t in tokens(text) if t.kind != "mark"})
    lines = [f"{word}\t{math.log(len(texts) / count):.2f}" for word, count in sorted(counts.items()) if count >= 3]
    (out / "idf.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    pairs = sorted(
        {
            (stem(a), stem(b))
            for i, (a, many) in enumerate(sorted(OPPOSITES.items()))
            if i % _KNOWN
            for b in many
            if stem(a) != stem(b)
        }
    )
    (out / "opposites.txt").write_text("".join(f"{a}\t{b}\n" for a, b in pairs), encoding="utf-8")


def features(maker: FeatureMaker, rows: list[Row]) -> np.ndarray:
    began, out = time.time(), np.zeros((len(rows), len(NAMES)), np.float32)
    for index, row in enumerate(rows):
        out[index] = maker.row(" ".join(row.evidence.split()[:220]), row.claim)[0]
        if index % 10000 == 9999:
            print(f"{index + 1}/{len(rows)} pairs, {time.time() - began:.0f} s", flush=True)
    return out


def boosted(seed: int, iterations: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=iterations,
        learning_rate=0.07,
        max_leaf_nodes=24,
        min_samples_leaf=60,
        l2_regularization=2.0,
        max_bins=200,
        max_features=0.5,
        early_stopping=False,
        random_state=seed,
    )


def export(model: HistGradientBoostingClassifier, path: Path) -> None:
    """Write the ensemble in the format of ``probatum.validators.trees``."""
    parts: dict[str, list[np.ndarray]] = {k: [] for k in ("feature", "threshold", "left", "right", "value")}
    start, output, depth, at = [], [], 0, 0
    for stage in model._predictors:
        for klass, predictor in enumerate(stage):
            nodes = predictor.nodes
            leaf = nodes["is_leaf"].astype(bool)
            parts["feature"].append(np.where(leaf, -1, nodes["feature_idx"]).astype(np.int16))
            parts["threshold"].append(np.where(leaf, 0, nodes["num_threshold"]).astype(np.float32))
            parts["left"].append(nodes["left"].astype(np.int16))
            parts["right"].append(nodes["right"].astype(np.int16))
            parts["value"].append(np.where(leaf, nodes["value"], 0).astype(np.float32))
            start.append(at)
            output.append(klass)
            at += len(nodes)
            depth = max(depth, int(nodes["depth"].max()))
    np.savez_compressed(
        path,
        start=np.array(start, np.int32),
        output=np.array(output, np.int8),
        depth=np.array(depth),
        base=model._baseline_prediction.ravel().astype(np.float32),
        **{k: np.concatenate(v) for k, v in parts.items()},
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--hard", type=Path, nargs="+", default=MADE_FILES)
    parser.add_argument("--out", type=Path, default=Path("src/probatum/weights/alignment"))
    parser.add_argument("--run", type=Path, default=Path("training/runs/alignment"))
    parser.add_argument("--static", type=Path, default=Path("src/probatum/weights/static"))
    parser.add_argument("--iterations", type=int, default=320)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    args.run.mkdir(parents=True, exist_ok=True)
    everything = [*read_rows(args.data / "train.jsonl.gz"), *(row for path in args.hard for row in read_rows(path))]
    kept = [row for row in everything if not held_out(row)]
    write_tables(kept, args.out)
    maker = FeatureMaker(StaticVectors(args.static), read_idf(args.out / "idf.txt"), read_opposites(args.out / "opposites.txt"))
    train = augmented(sample(kept, ALIGNMENT, args.seed), [row for row in kept if row.set in ALIGNMENT], args.seed)
    watch = sample([row for row in everything if held_out(row)], dict.fromkeys(ALIGNMENT, 1500), args.seed)
    x, y = features(maker, train), np.array([row.label for row in train])
    known = y < NOT_SUPPORTED
    first = boosted(args.seed, 120).fit(x[known], y[known])
    soft = first.predict_proba(x[~known])[:, 1:]
    soft = soft / soft.sum(1, keepdims=True)
    x_all = np.concatenate([x[known], x[~known], x[~known]])
    y_all = np.concatenate([y[known], np.full((~known).sum(), 1), np.full((~known).sum(), 2)])
    weights = np.concatenate([np.ones(known.sum()), soft[:, 0], soft[:, 1]])
    model = boosted(args.seed, args.iterations).fit(x_all, y_all, sample_weight=weights)
    export(model, args.out / "trees.npz")
    xw, yw = features(maker, watch), np.array([row.label for row in watch])
    report: dict[str, object] = {
        "rows": len(train),
        "sets": dict(collections.Counter(r.set for r in train)),
        "iterations": args.iterations,
        "seed": args.seed,
    }
    curve = []
    for stage, probabilities in enumerate(model.staged_predict_proba(xw)):
        if stage % 20 == 19:
            p_true = np.where(yw < NOT_SUPPORTED, probabilities[np.arange(len(yw)), np.minimum(yw, 2)], probabilities[:, 1:].sum(1))
            curve.append({"step": stage + 1, "held_out_loss": round(float(-np.log(np.maximum(p_true, 1e-6)).mean()), 4)})
    report["curve"] = curve
    said = model.predict_proba(xw)[:, 0] > 0.5
    for name in sorted({r.set for r in watch}):
        at = np.array([r.set == name for r in watch])
        true = yw[at] == 0
        report[f"balanced_accuracy/{name}"] = round(float((said[at][true].mean() + (~said[at][~true]).mean()) / 2), 4)
    (args.run / "report.json").write_text(json.dumps(report, indent=1))
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
