# ruff: noqa: S311, E501
"""Make the mistakes that come of shortening a sentence, and shortenings that lose nothing, from real sentences with their parse.

Kinds and labels: ``shortened`` (an aside, a relative clause, a date or a second predicate left out, or the statement that somebody "found" or
"confirmed") and ``certain_kept`` (the passage itself states for sure what it stated as possible, so the claim may too) -> supported.
``certain`` ("may reduce" -> "reduces", "plans to build" -> "built", "accused of killing" -> "killed", "fears that" left out) -> unsupported, and
after "failed to", "refused to" -> contradicted. ``moved`` (what belongs to a thing put in its place: "took a photograph of Ann" -> "took Ann",
"met Ann's brother" -> "met Ann") -> not_supported. ``hollow`` (a word left out that holds others: "there was a man on it for help") -> unsupported.
Generated summaries are full of them: Pagnoni, Balachandran and Tsvetkov (NAACL 2021) call them predicate, entity and grammar errors.

Run: ``python training/hard_shortened.py``. Same seed, same bytes. ``--show 5`` prints samples per kind.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import hard_parse as p
from data import INSUFFICIENT, NOT_SUPPORTED, SUPPORTED, Row, read_rows, write_rows
from hard_cases import Document, documents, reword, show
from hard_summaries import passage_of
from hard_text import good_sentence

SINGLE_SETS = ("mnli", "ling_in_loop", "evidence_inference")
SHARES = {"certain": 1.0, "moved": 1.0, "hollow": 0.06, "shortened": 0.35}
REWORDED = 0.6  # of the claims
Made: TypeAlias = tuple[str, int, str]  # claim, label, kind
_PRONOUN = re.compile(r"^(?:He|She|They|It|This|These|His|Her|Its|Their)\b")


def shortenings(parse: p.Parse, rng: random.Random) -> Iterator[Made]:
    """All that can be made of one sentence."""
    text = str(parse.text)
    for edit in [*p.without_modal(parse), *p.guilty(parse), *p.bare(parse, p.UNSURE)]:
        yield p.written(parse, edit), INSUFFICIENT, "certain"
    for edit, label in p.done(parse):
        yield p.written(parse, edit), label, "certain"
    for t in parse:
        if (
            t.lower_ in p.DOUBTS
            and t.dep_ == "advmod"
            and t.head.pos_ in ("VERB", "AUX")
            and not any(c.tag_ == "MD" for c in t.head.children)
        ):
            yield p.written(parse, ({t.i}, {})), INSUFFICIENT, "certain"
    for edit in p.moved(parse):
        yield p.written(parse, edit), NOT_SUPPORTED, "moved"
    for edit in p.hollow(parse, rng):
        yield p.written(parse, edit), INSUFFICIENT, "hollow"
    if not p.CLOSED.search(text):
        for edit in [*p.lost_nothing(parse), *p.bare(parse, p.SURE)]:
            yield p.written(parse, edit), SUPPORTED, "shortened"


def _reworded(claim: str, label: int, rng: random.Random) -> str:
    """In other words; of a false claim nothing is left out, which might be what makes it false."""
    new = reword(claim, rng, 1)
    return new if label == SUPPORTED or len(new.split()) >= len(claim.split()) else claim


def cases(doc: Document, parse_of: Callable[[str], p.Parse | None], rng: random.Random) -> Iterator[Row]:
    """Rows of one document."""
    group, parts, _ = doc
    for target, sentence in enumerate(parts):
        parse = parse_of(sentence)
        if parse is None:
            continue
        near = (
            passage_of(parts, target)
            if rng.random() < 0.5
            else parts[max(0, target - 1) : target + 2]
            if rng.random() < 0.6
            else [sentence]
        )
        text = " ".join(near)
        made = [m for m in shortenings(parse, rng) if rng.random() < SHARES[m[2]] and len(m[0].split()) >= 5]
        for claim, label, kind in made:
            if claim.lower().rstrip(".") in text.lower() or claim.rstrip(".") == sentence.rstrip("."):
                continue
            reworded = _reworded(claim, label, rng) if kind != "hollow" and rng.random() < REWORDED else claim
            yield Row(text, reworded, label, "shortened_cases", group, kind)
            if kind == "certain" and rng.random() < 0.25:
                yield Row(text.replace(sentence, claim), reworded, SUPPORTED, "shortened_cases", group, "certain_kept")
        if any(kind in ("certain", "moved") for _, _, kind in made) and rng.random() < 0.6 and not _PRONOUN.match(sentence):
            yield Row(text, reword(sentence, rng, rng.choice((1, 2))), SUPPORTED, "shortened_cases", group, "shortened")


def single(data: Path) -> list[Document]:
    """Further sentences, each alone."""
    found = {row.evidence: f"{row.set}:{row.group}" for row in read_rows(data / "train.jsonl.gz") if row.set in SINGLE_SETS}
    return [(group, [text[:1].upper() + text[1:]], "") for text, group in found.items() if good_sentence(text)]


def generate(data: Path, seeds: list[int]) -> list[Row]:
    """All rows, shuffled; every sentence is parsed once."""
    docs = [*documents(data, random.Random(seeds[0])), *single(data)]
    wanted = sorted({s for _, parts, _ in docs for s in parts if good_sentence(s)})
    pipeline = p.parser()
    parsed: dict[str, p.Parse] = {}
    for start in range(0, len(wanted), 4096):
        chunk = wanted[start : start + 4096]
        parsed.update(zip(chunk, pipeline.pipe(chunk, batch_size=256), strict=True))
        print(f"parsed {start + len(chunk)} of {len(wanted)} sentences", flush=True)
    rng = random.Random(seeds[-1])
    rows = [row for _ in seeds for doc in docs for row in cases(doc, parsed.get, rng)]
    rng.shuffle(rows)
    return list({(r.evidence, r.claim): r for r in rows}.values())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--data", type=Path, default=Path("../shared/data"))
    arguments.add_argument("--out", type=Path, default=Path("training/runs/hard-shortened.jsonl.gz"))
    arguments.add_argument("--seed", type=int, nargs="+", default=[8, 9])
    arguments.add_argument("--show", type=int, default=0)
    args = arguments.parse_args()
    rows = generate(args.data, args.seed)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_rows(args.out, rows)
    show(rows, args.show)


if __name__ == "__main__":
    main()
