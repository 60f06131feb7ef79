# ruff: noqa: S311, E501
"""Draw the sample of hard cases that a person judges, and count the generator's errors once it is judged.

``python training/hard_check.py draw`` prints the sample: the same rows for the same generated file. Verdicts go to
``training/results/hard_check.jsonl``, one object per row: ``id``, ``kind``, ``label`` (the generator's), ``judged`` ("right", "wrong" or
"unclear") and ``note``. ``python training/hard_check.py count`` prints the error rate per kind.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import json
import random
from pathlib import Path

from data import LABELS, Row, read_rows

ROWS, SEED = 200, 200
_NAMES = {number: name for name, number in LABELS.items()}


def drawn(rows: list[Row], count: int) -> list[Row]:
    """``count`` rows, as evenly over the kinds as their numbers allow."""
    by_kind: dict[str, list[Row]] = collections.defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    rng = random.Random(SEED)
    queues = [rng.sample(by_kind[kind], min(count, len(by_kind[kind]))) for kind in sorted(by_kind)]
    turns = [row for turn in range(count) for queue in queues for row in queue[turn : turn + 1]]
    return sorted(turns[:count], key=lambda row: row.kind)


def identity(row: Row) -> str:
    """Twelve hex digits of the SHA-256 of evidence, line feed, claim."""
    return hashlib.sha256(f"{row.evidence}\n{row.claim}".encode()).hexdigest()[:12]


def count(path: Path) -> dict[str, dict[str, int]]:
    """Verdicts per kind."""
    out: dict[str, dict[str, int]] = collections.defaultdict(lambda: {"right": 0, "wrong": 0, "unclear": 0})
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        out[record["kind"]][record["judged"]] += 1
    return dict(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["draw", "count"])
    parser.add_argument("--hard", type=Path, default=Path("training/runs/hard.jsonl.gz"))
    parser.add_argument("--verdicts", type=Path, default=Path("training/results/hard_check.jsonl"))
    parser.add_argument("--rows", type=int, default=ROWS)
    args = parser.parse_args()
    if args.command == "draw":
        for row in drawn(list(read_rows(args.hard)), args.rows):
            print(
                json.dumps(
                    {
                        "id": identity(row),
                        "kind": row.kind,
                        "label": _NAMES[row.label],
                        "evidence": row.evidence,
                        "claim": row.claim,
                    },
                    ensure_ascii=False,
                )
            )
        return
    total: collections.Counter[str] = collections.Counter()
    for kind, found in sorted(count(args.verdicts).items()):
        total.update(found)
        print(f"{kind:16} " + "  ".join(f"{name} {number}" for name, number in found.items()))
    print(f"{'all':16} " + "  ".join(f"{name} {number}" for name, number in total.items()))


if __name__ == "__main__":
    main()
