"""How often retrieval finds the right passage, and how fast.

A corpus is made of evidence texts of claim verification data, one per group, as documents; claims labelled *supported* are the
queries. A query counts as found at k if one of the first k passages comes from its document. Many of the texts are single sentences
on everyday scenes, so several documents often fit a claim equally well: the figures compare methods, they are not a ceiling.

The fusion's weight is chosen on one half of the groups (by the hash of the group), and reported on the other.

Run: ``python bench/retrieval.py [--data FOLDER] [--per-set N] [--json FILE]``
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from probatum.evidence.passages import cut
from probatum.evidence.ranking import SEMANTIC_WEIGHT
from probatum.evidence.readers import read_source
from probatum.evidence.record import Passage
from probatum.evidence.retrieval import Index
from probatum.evidence.static_embedding import StaticEmbedder

WEIGHTS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
RANKS = (1, 3, 5)
QUERIES_PER_SET = 200
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Query:
    """A claim, the number of the document it was written from, and the half of the groups it belongs to."""

    claim: str
    document: int
    development: bool


def rows(folder: Path) -> Iterator[dict[str, str]]:
    """Every row of the training and development files."""
    for name in ("train.jsonl.gz", "dev.jsonl.gz"):
        with gzip.open(folder / name, "rt", encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                row["set"] = name[:3] + row["source"].split("/")[0].split(" ")[0]
                yield row


def build(folder: Path, per_set: int) -> tuple[list[str], list[Query]]:
    """Documents (one per group, at most ``per_set`` groups of each set) and queries, the same in every run."""
    groups: dict[str, dict[str, list[dict[str, str]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows(folder):
        if row["label"] == "supported":
            groups[row["set"]][row["group"]].append(row)
    chance = random.Random(1)  # noqa: S311 - sampling
    documents: dict[str, int] = {}
    queries: list[Query] = []
    for name in sorted(groups):
        chosen = chance.sample(sorted(groups[name]), min(per_set, len(groups[name])))
        found: list[Query] = []
        for group in chosen:
            text = groups[name][group][0]["evidence"]
            if text in documents:
                continue
            number = documents.setdefault(text, len(documents))
            half = hashlib.sha256(group.encode()).digest()[0] % 2 == 0
            found += [Query(row["claim"], number, half) for row in groups[name][group] if row["evidence"] == text]
        queries += chance.sample(found, min(QUERIES_PER_SET, len(found)))
    return list(documents), queries


def split_scores(index: Index, queries: list[Query]) -> tuple[Scores, Scores]:
    """Lexical and semantic scores apart, of every passage: [queries, passages] each."""
    ranking, everything = index._ranking, np.arange(len(index._passages))
    texts = [(query.claim, "") for query in queries]
    claims = ranking.embed(texts)
    assert claims is not None
    assert ranking._vectors is not None
    semantic = np.stack([ranking._vectors.likeness(claim, everything) for claim in claims])
    return ranking.lexical(texts), semantic.astype(np.float64)


def ranks(scores: Scores, owners: NDArray[np.int64], queries: list[Query]) -> NDArray[np.int64]:
    """How many passages stand before the first one of the right document."""
    return np.array([int((row > row[owners == query.document].max()).sum()) for row, query in zip(scores, queries, strict=True)])


def reciprocal(scores: Scores, constant: int = 10) -> Scores:
    """Reciprocal ranks, for rank fusion."""
    return 1.0 / (constant + 1 + (-scores).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable"))


def figures(found: NDArray[np.int64]) -> dict[str, float]:
    """Recall at each rank and mean reciprocal rank."""
    recall = {f"recall@{k}": round(float((found < k).mean()), 4) for k in RANKS}
    return recall | {"mrr": round(float((1 / (found + 1)).mean()), 4)}


def timed(function: Callable[[], object]) -> float:
    """Seconds that one call takes."""
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def measure(folder: Path, per_set: int) -> dict[str, object]:
    """All figures of one run."""
    texts, queries = build(folder, per_set)
    passages: list[Passage] = []
    owners: list[int] = []
    for number, text in enumerate(texts):
        cuts = cut(read_source("document.txt", text.encode()))
        passages += cuts
        owners += [number] * len(cuts)
    embedder = StaticEmbedder()
    seconds = timed(lambda: Index(passages, embedder))
    index = Index(passages, embedder)
    claims = [(query.claim, "") for query in queries[:200]]
    one = timed(lambda: [index.search(*claim) for claim in claims]) / len(claims)
    many = timed(lambda: index.search_many(claims)) / len(claims)
    half = np.array([query.development for query in queries])
    lexical, semantic = split_scores(index, queries)
    owner = np.array(owners)
    sweep = {weight: ranks(lexical + weight * semantic, owner, queries) for weight in WEIGHTS}
    best = max(WEIGHTS, key=lambda weight: figures(sweep[weight][half])["mrr"])
    methods = {
        "bm25": ranks(lexical, owner, queries),
        "static": ranks(semantic, owner, queries),
        "reciprocal rank fusion": ranks(reciprocal(lexical) + reciprocal(semantic), owner, queries),
        "fused (built in)": ranks(lexical + SEMANTIC_WEIGHT * semantic, owner, queries),
    }
    return {
        "documents": len(texts),
        "passages": len(passages),
        "queries": {"development": int(half.sum()), "test": int((~half).sum())},
        "built_in_weight": SEMANTIC_WEIGHT,
        "best_weight_on_development": best,
        "development": {f"weight {weight}": figures(found[half]) for weight, found in sweep.items()},
        "test": {name: figures(found[~half]) for name, found in methods.items()},
        "index_build_s": round(seconds, 2),
        "ms_per_query": {"one by one": round(one * 1000, 2), "batched": round(many * 1000, 2)},
    }


def main() -> int:
    """Print the figures as a table, and write them as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--per-set", type=int, default=300, help="groups taken from each data set")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    if not (args.data / "dev.jsonl.gz").is_file():
        print(f"SKIPPED: no data in {args.data}; give its folder with --data")
        return 0
    result = measure(args.data, args.per_set)
    for part in ("development", "test"):
        print(f"\n{part:24}" + "".join(f"{name:>10}" for name in (*(f"recall@{k}" for k in RANKS), "mrr")))
        for name, row in result[part].items():  # type: ignore[attr-defined]
            print(f"{name:24}" + "".join(f"{value:10.4f}" for value in row.values()))
    print("\n" + json.dumps({key: value for key, value in result.items() if key not in ("development", "test")}))
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
