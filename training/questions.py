# ruff: noqa: S311, E501
"""Named parts of questions for calibration and measuring, and a cache of every model's window logits on them.

Parts: ``cal/*`` come from training groups that no model was trained on and serve to calibrate; ``hard``, ``summaries`` and ``talk`` (with
chit-chat around the claims) are the other half of the held-out made cases; ``shortened`` are held out too and only measured; ``dev/*`` are
development sets. Hard cases get up to two distracting passages from other documents, as after retrieval. Rare kinds get more rows from further
seeds of the generator (see README).
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import math
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from augment import SOURCES, Shares, augmented, wrapped
from data import IN_DOMAIN, OUT_OF_DOMAIN, Row, held_out, read_rows, sample

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.validators import builtin
from probatum.validators.chitchat import without_talk
from probatum.validators.protocol import Question
from probatum.validators.text import STOP, sentences, tokens
from probatum.validators.windows import Window, best_of_each


def arguments(about: str | None) -> argparse.ArgumentParser:
    """A parser that knows where data, made cases, weights and cached scores lie."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--hard", type=Path, default=Path("training/runs/hard.jsonl.gz"))
    parser.add_argument("--weights", type=Path, default=Path("src/probatum/weights"))
    parser.add_argument("--cache", type=Path, default=Path("training/runs/scores"))
    return parser


@dataclass(frozen=True, slots=True)
class Case:
    question: Question
    label: int
    kind: str
    set: str


def _half(row: Row) -> int:
    return hashlib.sha256(("half:" + row.group).encode()).digest()[0] & 1


MOST_OF_A_KIND = {"role": 200, "role_made": 160, "name": 140, "name_part": 140}
# Calibrating on what most models do not see would cost nearly half of what is certified (docs/adr/0024).
MEASURED_ONLY = ("garbled", "cut_off")
_SPLIT_KINDS = ("two_sentences", "half_wrong", "half_absent")


class Neighbours:
    """Finds passages that share words with a claim, as retrieval does: the distractors that a judge really meets."""

    def __init__(self, texts: list[tuple[str, str]]) -> None:
        self.texts = texts  # (group, passage)
        self.stems = [{t.stem for t in tokens(text) if t.kind != "mark" and t.stem not in STOP} for _, text in texts]
        self.index: dict[str, list[int]] = collections.defaultdict(list)
        for i, stems in enumerate(self.stems):
            for stem in stems:
                self.index[stem].append(i)
        self.idf = {stem: math.log(len(texts) / len(found)) for stem, found in self.index.items()}

    def find(self, claim: str, group: str, taken: list[str], count: int) -> list[str]:
        """Up to ``count`` passages of little overlap with those taken, none of which holds most of the claim, none of another version of the
        same biography (it may contradict)."""
        wanted = {t.stem for t in tokens(claim) if t.kind != "mark" and t.stem not in STOP}
        order = sorted(wanted)  # a sum in the order of a set differs from run to run
        total = sum(self.idf.get(s, 9.0) for s in order) or 1.0
        scores: dict[int, float] = collections.defaultdict(float)
        for stem in order:
            for i in self.index.get(stem, ()):
                scores[i] += self.idf[stem]
        out: list[str] = []
        for i in sorted(scores, key=lambda i: (-scores[i], i))[:200]:
            other_group, text = self.texts[i]
            if len(out) == count:
                break
            if (
                scores[i] / total > 0.6
                or (other_group == group and group.startswith("factscore"))
                or any(_shared(text, t) >= 0.3 for t in (*taken, *out))
            ):
                continue
            out.append(text)
        return out


def _with_distractors(rows: list[Row], neighbours: Neighbours, rng: random.Random) -> list[Case]:
    """Mostly two more passages, those that share most with the claim. Claims of two facts may find them in two passages."""
    out = []
    for row in rows:
        passages = [row.evidence]
        parts = sentences(row.evidence)
        if row.kind in _SPLIT_KINDS and len(parts) > 1 and rng.random() < 0.6:
            at = rng.randrange(1, len(parts))
            passages = [" ".join(parts[:at]), " ".join(parts[at:])]
        wanted = min(rng.choice((0, 1, 2, 2, 2, 2)), 3 - len(passages))
        passages += neighbours.find(row.claim, row.group, [row.evidence, *passages], wanted)
        rng.shuffle(passages)
        out.append(Case(Question(row.claim, "", tuple(passages)), row.label, row.kind, row.set))
    return out


def _shared(a: str, b: str) -> float:
    x, y = set(a.lower().split()), set(b.lower().split())
    return len(x & y) / max(1, min(len(x), len(y)))


def _plain(rows: list[Row]) -> list[Case]:
    return [Case(Question(row.claim, "", (row.evidence,)), row.label, row.kind, row.set) for row in rows]


def parts(data: Path, hard: Path, per_dev: int = 260, seed: int = 1) -> dict[str, list[Case]]:
    """All parts; deterministic. ``hard`` is the generated file; ``hard-rare.jsonl.gz`` beside it has more rows of the rare kinds."""
    rng = random.Random(seed)
    out: dict[str, list[Case]] = {}
    everything = list(read_rows(data / "train.jsonl.gz"))
    source = [row for row in everything if not held_out(row) and row.set in (*SOURCES, "begin")]
    rows = [row for row in everything if held_out(row)]
    made = list(read_rows(hard))
    cases = [row for row in made if held_out(row)]
    known: dict[str, str] = {}
    for row in made[:40000]:
        known.setdefault(row.evidence, row.group)
    neighbours = Neighbours([(group, text) for text, group in known.items()])
    nli = {"ling_in_loop": 500, "mnli": 300, "cad_nli": 150}
    documents = {
        "cg2c_doc": 130,
        "rte": 250,
        "covidfact": 150,
        "halueval_qa": 60,
        "climate_fever": 150,
        "begin": 150,
        "infotabs": 150,
    }
    out["cal/nli"] = _plain(sample(rows, nli, seed))
    out["cal/documents"] = _plain(sample(rows, documents, seed))
    first = [row for row in cases if _half(row) == 0]
    rare = list(read_rows(hard.with_name("hard-rare.jsonl.gz")))
    second = list({(row.evidence, row.claim): row for row in (*cases, *rare) if held_out(row) and _half(row) == 1}.values())
    out["cal/hard"] = _with_distractors(sample(first, {"hard_cases": 1000}, seed), neighbours, rng)
    swaps = [row for row in rare if held_out(row) and _half(row) == 0 and row.kind == "role"]
    out["cal/role"] = _with_distractors(sample(swaps, {"hard_cases": 150}, seed), neighbours, random.Random(seed))
    mistaken = [row for row in read_rows(hard.with_name("hard-summaries.jsonl.gz")) if held_out(row)]
    known_kinds = [row for row in mistaken if _half(row) == 0 and row.kind not in MEASURED_ONLY]
    out["cal/summaries"] = _plain(sample(known_kinds, {"summary_cases": 300}, seed))
    out["summaries"] = _plain(sample([row for row in mistaken if _half(row) == 1], {"summary_cases": 300}, seed))
    cut = [row for row in read_rows(hard.with_name("hard-shortened.jsonl.gz")) if held_out(row)]
    out["shortened"] = _plain(sample(cut, {"shortened_cases": 800}, seed))
    varied = [*sample(rows, dict.fromkeys((*nli, *documents), 50), seed + 1), *sample(first, {"hard_cases": 350}, seed + 1)]
    out["cal/varied"] = _plain(augmented(varied, source, seed, Shares(talk=0.5, padded=0.5, lower=0.2, alone=0.02)))
    by_kind: dict[str, list[Row]] = {}
    for row in sample(second, {"hard_cases": len(second)}, seed):
        by_kind.setdefault(row.kind, []).append(row)
    measured = [row for kind in sorted(by_kind) for row in by_kind[kind][: MOST_OF_A_KIND.get(kind, 70)]]
    out["hard"] = _with_distractors(measured, neighbours, rng)
    out["talk"] = _plain(wrapped(rng.sample(measured, 350), source, seed))
    dev = list(read_rows(data / "dev.jsonl.gz"))
    for name in (*IN_DOMAIN, *OUT_OF_DOMAIN):
        out[f"dev/{name}"] = _plain(sample(dev, {name: per_dev}, seed))
    return out


def window_logits(model: str, part: str, cases: list[Case], weights: Path, cache: Path) -> list[tuple[list[Window], np.ndarray]]:
    """Windows and raw logits of every case; cached under the digest of the model's weights (calibration apart)."""
    files = sorted(p for p in _model_files(weights, model))
    digest = hashlib.sha256(b"".join(hashlib.sha256(p.read_bytes()).digest() for p in files)).hexdigest()[:12]
    windows = [list(best_of_each(without_talk(c.question.claim), c.question.passages)) for c in cases]
    key = hashlib.sha256(
        repr([(without_talk(c.question.claim), [w.text for w in ws]) for c, ws in zip(cases, windows, strict=True)]).encode()
    ).hexdigest()[:12]
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"{model}-{digest}-{part.replace('/', '_')}-{key}.npy"
    total = sum(len(w) for w in windows)
    if path.exists():
        flat = np.load(path)
    else:
        scorer, began = builtin.scorer(model, weights, 1), time.time()
        chunks: list[np.ndarray] = []
        for start in range(0, len(cases), 16):
            pairs = [
                (w.text, without_talk(c.question.claim))
                for c, ws in zip(cases[start : start + 16], windows[start : start + 16], strict=True)
                for w in ws
            ]
            chunks.append(scorer.logits(pairs))
        flat = np.concatenate(chunks)
        np.save(path, flat)
        print(
            f"{model} {part}: {len(cases)} cases, {total} windows, {(time.time() - began) / max(1, len(cases)) * 1000:.1f} ms a case",
            flush=True,
        )
    assert len(flat) == total, (len(flat), total)
    out, at = [], 0
    for ws in windows:
        out.append((ws, flat[at : at + len(ws)]))
        at += len(ws)
    return out


def _model_files(weights: Path, model: str) -> list[Path]:
    folders = {
        "mpnet": ["mpnet"],
        "deberta": ["deberta"],
        "alignment": ["alignment"],
        "crossattention": ["crossattention", "minilm"],
    }[model]
    return [p for f in folders for p in (weights / f).glob("*") if p.name != "calibration.json"]


def save_json(path: Path, value: Any) -> None:
    import json

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
