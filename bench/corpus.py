"""How long a claim's search in a corpus of ten thousand documents takes, and what making and opening such a corpus costs.

Documents of about 400 words are put together from evidence texts of claim verification data (each from texts of one set, so that
documents are about something), or of generated sentences where the data is not at hand. Queries are claims of the same data, with
another text as the context. Searching is measured in a process of its own, one query at a time: the limit is 20 ms. The ratio is
limit / processor time; the time by the clock, in which whatever else the machine does counts too, stands beside it.

Also measured: how often the first three passages are those that scoring every passage exactly would give.

Run: ``python bench/corpus.py [--data FOLDER] [--documents N] [--json FILE]``
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any, TypeVar

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does

import numpy as np

from probatum.evidence.corpus import Corpus
from probatum.evidence.static_embedding import StaticEmbedder

LIMIT_MS = 20.0
WORDS = 400  # of a document
QUERIES = 400
COMPARED = 100  # queries whose short list is compared with scoring everything
SEED = 1
T = TypeVar("T")


def material(data: Path) -> tuple[list[list[str]], list[str]]:
    """Pools of texts, one for each set, and claims."""
    if not (data / "train.jsonl.gz").is_file():
        return generated()
    pools: dict[str, dict[str, None]] = defaultdict(dict)
    claims: list[str] = []
    with gzip.open(data / "train.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            pools[row["source"].split("/")[0]][row["evidence"]] = None
            if row["label"] == "supported":
                claims.append(row["claim"])
    return [list(pool) for pool in pools.values()], claims


def generated() -> tuple[list[list[str]], list[str]]:
    """The same from an invented vocabulary in which, as in language, few words are frequent and most are rare (Zipf)."""
    chance = random.Random(SEED)  # noqa: S311 - sampling
    words = ["".join(chance.choices("aeiouklmnprst", k=chance.randrange(2, 10))) for _ in range(40_000)]
    weights = [1 / rank for rank in range(1, len(words) + 1)]

    def sentence() -> str:
        return " ".join(chance.choices(words, weights, k=chance.randrange(8, 22))).capitalize() + "."

    pool = [" ".join(sentence() for _ in range(chance.randrange(1, 5))) for _ in range(20_000)]
    return [pool], [sentence() for _ in range(QUERIES)]


def write_documents(folder: Path, pools: list[list[str]], count: int) -> None:
    """The same documents in every run."""
    chance = random.Random(SEED)  # noqa: S311 - sampling
    sizes = [len(pool) for pool in pools]
    for number in range(count):
        pool = chance.choices(pools, sizes)[0]
        texts: list[str] = []
        while sum(len(text.split()) for text in texts) < WORDS:
            texts.append(chance.choice(pool))
        (folder / f"{number:05}.md").write_text(f"# Report {number}\n\n" + "\n\n".join(texts) + "\n", encoding="utf-8")


def timed(function: Callable[[], T], clock: Callable[[], float] = time.perf_counter) -> tuple[T, float]:
    """What a call returns, and its seconds."""
    begin = clock()
    made = function()
    return made, clock() - begin


def resident_mb() -> float:
    """Memory of this process that is in use, the files that are mapped included (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    return pages * resource.getpagesize() / 1e6


def grow(home: Path, documents: Path, pools: list[list[str]], count: int) -> dict[str, Any]:
    """Make the corpus; add nothing; add one document in a hundred anew."""
    embedder, corpus = StaticEmbedder(), Corpus(home, "bench")
    begin = time.process_time()
    _, first = timed(lambda: corpus.add([documents], embedder))
    first_cpu = time.process_time() - begin
    time.sleep(2.1)  # so that the files' times can be relied on
    corpus.add([documents], embedder)
    _, nothing = timed(lambda: corpus.add([documents], embedder))
    chance = random.Random(SEED)  # noqa: S311 - sampling
    changed = chance.sample(range(count), max(count // 100, 1))
    for number in changed:
        (documents / f"{number:05}.md").write_text(f"# Changed {number}\n\n" + "\n\n".join(chance.sample(pools[0], 5)), "utf-8")
    _, some = timed(lambda: corpus.add([documents], embedder))
    size = sum(path.stat().st_size for path in (home / "corpora").rglob("*") if path.is_file())
    return {
        "build_s": round(first, 2), "build_cpu_s": round(first_cpu, 2),
        "add_nothing_s": round(nothing, 2), "add_one_percent_s": round(some, 2),
        "index_mb": round(size / 1e6, 1), "text_mb": round(corpus.version().size / 1e6, 1),
    }  # fmt: skip


def search(home: Path, claims: list[str]) -> dict[str, Any]:
    """Open and search; run in a process of its own, whose memory is then the corpus's."""
    embedder = StaticEmbedder()
    queries = list(zip(claims, claims[1:] + claims[:1], strict=True))
    before = resident_mb()
    index, opened = timed(lambda: Corpus.open(home, "bench", embedder))
    _, opened_cpu = timed(lambda: Corpus.open(home, "bench", embedder), time.process_time)
    index.search(*queries[0])
    cpu = sorted(1000 * timed(lambda query=query: index.search(*query), time.process_time)[1] for query in queries)  # type: ignore[misc]
    wall = sorted(1000 * timed(lambda query=query: index.search(*query))[1] for query in queries)  # type: ignore[misc]
    memory = resident_mb() - before
    middle, late = median(cpu), quantiles(cpu, n=20)[-1]
    return {
        "documents": len(index.version.documents), "passages": index.passages, "sentences": len(index._data.vectors.sentences),
        "open_ms": round(opened * 1000, 1), "open_cpu_ms": round(opened_cpu * 1000, 1), "queries": len(queries),
        "cpu_ms_median": round(middle, 2), "cpu_ms_p95": round(late, 2),
        "ratio": round(LIMIT_MS / middle, 2), "ratio_p95": round(LIMIT_MS / late, 2),
        "wall_ms_median": round(median(wall), 2), "wall_ms_p95": round(quantiles(wall, n=20)[-1], 2),
        "memory_mb": round(memory, 1), "same_first_three": agreement(index, queries[:COMPARED]),
    }  # fmt: skip


def agreement(index: Any, queries: list[tuple[str, str]]) -> float:
    """The share of queries whose first three passages are those that scoring everything exactly gives."""
    ranking, everything = index._ranking, np.arange(index.passages)
    same = 0
    for query, order in zip(queries, ranking.orders(queries), strict=True):
        exact = ranking.exact(ranking.lexical([query])[0], ranking.embed([query])[0], everything)
        same += [next(order)[0] for _ in range(3)] == np.argsort(-exact, kind="stable")[:3].tolist()
    return same / len(queries)


def measure(data: Path, count: int) -> dict[str, Any]:
    """All figures of one run."""
    pools, claims = material(data)
    chosen = random.Random(SEED).sample(claims, min(QUERIES, len(claims)))  # noqa: S311 - sampling
    with tempfile.TemporaryDirectory() as folder:
        home, documents = Path(folder) / "home", Path(folder) / "documents"
        home.mkdir()
        documents.mkdir()
        write_documents(documents, pools, count)
        made = grow(home, documents, pools, count)
        command = [sys.executable, __file__, "--search", str(home)]
        done = subprocess.run(command, input=json.dumps(chosen), capture_output=True, text=True, check=True)  # noqa: S603
    return {**json.loads(done.stdout), **made, "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}


def main() -> int:
    """Print the figures, and write them as JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--search", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.search:
        print(json.dumps(search(args.search, json.load(sys.stdin))))
        return 0
    result = measure(args.data, args.documents)
    print("\n".join(f"{name:>18}  {value}" for name, value in result.items()))
    if args.json:
        args.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
