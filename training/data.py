"""Reading the training and development rows, and splitting them by group.

Rows come from ``../shared/data`` (see its README): one JSON object per line with ``evidence, claim, label, source, group``.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SUPPORTED, INSUFFICIENT, REFUTED, NOT_SUPPORTED = 0, 1, 2, 3
LABELS = {"supported": SUPPORTED, "unsupported": INSUFFICIENT, "contradicted": REFUTED, "not_supported": NOT_SUPPORTED}
CLASSES = ("SUPPORTED", "INSUFFICIENT", "REFUTED")

# Prefix of the source field -> the short name used in mixes, cards and reports.
_SETS = {
    "ling_in_loop": "ling_in_loop",
    "infotabs": "infotabs",
    "mnli": "mnli",
    "cad_nli": "cad_nli",
    "climate_fever": "climate_fever",
    "med": "med",
    "evidence_inference": "evidence_inference",
    "rte": "rte",
    "covidfact": "covidfact",
    "begin": "begin",
    "factcg": "cg2c_doc",
    "nli4ct": "nli4ct",
    "folio": "folio",
    "halueval": "halueval_qa",
    "fever_symmetric": "fever_symmetric",
    "fever-symmetric": "fever_symmetric",
    "qags": "qags",
    "dialfact": "dialfact",
    "propsegment": "propsegment",
}

# Made from the evidence of other sets; their groups name the set of the passage too.
MADE = ("hard_cases", "summary_cases", "shortened_cases")
MADE_FILES = [Path(f"training/runs/hard{name}.jsonl.gz") for name in ("", "-summaries", "-shortened")]

LICENCES = {
    "ling_in_loop": "none stated",
    "infotabs": "Apache-2.0",
    "cad_nli": "Apache-2.0",
    "climate_fever": "none stated",
    "mnli": "MNLI terms (OANC and others)",
    "med": "CC BY-SA",
    "evidence_inference": "MIT",
    "covidfact": "none stated",
    "rte": "none stated",
    "begin": "CC BY 4.0",
    "cg2c_doc": "MIT",
    "nli4ct": "none stated",
    "folio": "CC BY-SA",
    "halueval_qa": "MIT",
    "hard_cases": "derived from the evidence of the sets named in training/hard_cases.py",
    "summary_cases": "derived from the evidence of the sets named in training/hard_cases.py",
    "shortened_cases": "derived from the evidence of the sets named in training/hard_cases.py and training/hard_shortened.py",
}

# Development sets of other origins than the training data: for reporting only.
OUT_OF_DOMAIN = ("fever_symmetric", "qags", "begin_dev", "dialfact", "propsegment")
# Parts of the held-out made cases (questions.py) whose kinds are reported one by one.
HELD_OUT_KINDS = ("hard", "summaries", "shortened")
IN_DOMAIN = ("ling_in_loop", "mnli", "cad_nli", "infotabs", "nli4ct")


@dataclass(frozen=True, slots=True)
class Row:
    """One pair. ``label`` is one of the four numbers above; ``kind`` names a hard-case kind or is empty."""

    evidence: str
    claim: str
    label: int
    set: str
    group: str
    kind: str = ""


def set_name(source: str) -> str:
    low = source.lower()
    for prefix, name in _SETS.items():
        if low.startswith(prefix):
            return name
    return low.split("/")[0].split(" ")[0]


def read_rows(path: Path) -> Iterator[Row]:
    """All rows of a ``.jsonl`` or ``.jsonl.gz`` file, in file order."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            name = set_name(record["source"])
            if path.name.startswith("dev") and name == "begin":
                name = "begin_dev"
            yield Row(
                record["evidence"], record["claim"], LABELS[record["label"]], name, str(record["group"]), record.get("kind", "")
            )


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write rows in the format of the data folder, gzip with a fixed time stamp so that equal rows give equal bytes."""
    names = {number: name for name, number in LABELS.items()}
    with path.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as out:
        for index, row in enumerate(rows):
            record = {
                "id": f"{row.set}-{index}",
                "evidence": row.evidence,
                "claim": row.claim,
                "label": names[row.label],
                "source": row.set,
                "group": row.group,
                "kind": row.kind,
            }
            out.write((json.dumps(record, ensure_ascii=False) + "\n").encode())


def held_out(row: Row, percent: int = 8) -> bool:
    """Whether a row's group belongs to the held-out slice. By hash of set and group, so it never changes between runs."""
    key = row.group if row.set in MADE else f"{row.set}:{row.group}"
    digest = hashlib.sha256(key.encode()).digest()
    return digest[0] * 100 < percent * 256


def sample(rows: list[Row], caps: dict[str, int], seed: int) -> list[Row]:
    """At most ``caps[set]`` rows of each named set (sets not named are left out), order shuffled."""
    rng = random.Random(seed)  # noqa: S311 - sampling, not security
    by_set: dict[str, list[Row]] = {}
    for row in rows:
        by_set.setdefault(row.set, []).append(row)
    chosen: list[Row] = []
    for name, cap in caps.items():
        have = by_set.get(name, [])
        rng.shuffle(have)
        chosen.extend(have[:cap])
    rng.shuffle(chosen)
    return chosen
