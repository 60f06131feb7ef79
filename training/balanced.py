"""Write a small file of development rows, half of them supported, for validators that take a second for a claim.

Run: ``python training/balanced.py --per-set 60 --out training/runs/balanced.jsonl``. Same seed, same rows.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from data import LABELS, OUT_OF_DOMAIN, SUPPORTED, read_rows

_NAMES = {number: name for name, number in LABELS.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/dev.jsonl.gz"))
    parser.add_argument("--per-set", type=int, default=60)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--out", type=Path, default=Path("training/runs/balanced.jsonl"))
    args = parser.parse_args()
    rng, rows = random.Random(args.seed), list(read_rows(args.data))  # noqa: S311 - sampling, not security
    with args.out.open("w", encoding="utf-8") as out:
        for name in OUT_OF_DOMAIN:
            for supported in (True, False):
                some = [row for row in rows if row.set == name and (row.label == SUPPORTED) is supported]
                for row in rng.sample(some, args.per_set // 2):
                    record = {"evidence": row.evidence, "claim": row.claim, "label": _NAMES[row.label], "set": name}
                    out.write(json.dumps(record, ensure_ascii=False) + "\n")
    print(args.out)


if __name__ == "__main__":
    main()
