# ruff: noqa: S311, E501
"""What is done to training rows on the way to a model: talk around claims, other sentences around short evidence, lower case,
dates written in another way, text cut into tokens as corpora are kept.

Labels stay. Distracting sentences come from other groups of the encyclopedic and news sets; a chance support among them is rare. Claims
pass ``without_talk`` afterwards, as they do at run time, so the models learn what it leaves.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data import INSUFFICIENT, Row
from spelling import redated, tokenised
from talk import Talk

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
from probatum.validators.chitchat import without_talk
from probatum.validators.text import sentences

SOURCES = ("rte", "cg2c_doc", "halueval_qa", "covidfact")


@dataclass(frozen=True, slots=True)
class Shares:
    """How many of the rows get what, 0 to 1. ``padded`` counts only rows whose evidence has at most 60 words, ``dates`` those with a full date."""

    talk: float = 0.14
    padded: float = 0.12
    lower: float = 0.06
    dates: float = 0.5
    tokens: float = 0.05
    alone: float = 0.01
    longest: int = 130


def augmented(rows: Sequence[Row], source: Sequence[Row], seed: int, shares: Shares = Shares()) -> list[Row]:
    """The rows, some of them changed, and a few more of chit-chat alone. ``source`` are training rows to draw texts from."""
    rng, talk, texts = random.Random(seed), Talk(source), _sentences(source)
    spelled = random.Random(seed + 1)  # of its own, so that the rest stays as it was before there was any
    out = [_spelled(_one(row, rng, talk, texts, shares), spelled, shares) for row in rows]
    out.extend(
        replace(row, claim=talk.alone(rng), label=INSUFFICIENT, kind="talk")
        for row in rng.sample(list(rows), int(shares.alone * len(rows)))
    )
    rng.shuffle(out)
    return out


def wrapped(rows: Sequence[Row], source: Sequence[Row], seed: int) -> list[Row]:
    """Every row with talk around its claim and nothing else changed: for calibrating and measuring."""
    rng, talk = random.Random(seed), Talk(source)
    return [replace(row, claim=talk.wrap(row.claim, rng)) for row in rows]


def _one(row: Row, rng: random.Random, talk: Talk, texts: Sequence[tuple[str, str]], shares: Shares) -> Row:
    claim, evidence = row.claim, row.evidence
    if rng.random() < shares.talk:
        claim = without_talk(talk.wrap(claim, rng))
    if len(evidence.split()) <= 60 and rng.random() < shares.padded:
        evidence = _padded(row, rng, texts, shares.longest)
    if rng.random() < shares.lower:
        claim, evidence = claim.lower(), evidence.lower() if rng.random() < 0.5 else evidence
    return replace(row, claim=claim, evidence=evidence)


def _spelled(row: Row, rng: random.Random, shares: Shares) -> Row:
    """The same said with other dates or spaces, in claim, evidence or both."""
    claim, evidence = row.claim, row.evidence
    if rng.random() < shares.dates:
        claim, evidence = (redated(claim, rng), evidence) if rng.random() < 0.5 else (claim, redated(evidence, rng))
    if rng.random() < shares.tokens:
        evidence = tokenised(evidence)
        claim = tokenised(claim) if rng.random() < 0.7 else claim
    return replace(row, claim=claim, evidence=evidence)


def _padded(row: Row, rng: random.Random, texts: Sequence[tuple[str, str]], longest: int) -> str:
    """The evidence between one to five sentences of other groups."""
    parts, words = [row.evidence], len(row.evidence.split())
    for group, text in (rng.choice(texts) for _ in range(rng.randint(1, 5))):
        words += len(text.split())
        if words > longest:
            break
        if group != row.group and not _mostly_said(row.claim, text):
            parts.insert(rng.randint(0, len(parts)), text)
    return " ".join(parts)


def _mostly_said(claim: str, text: str) -> bool:
    wanted = {w for w in claim.lower().split() if len(w) > 4}
    return len(wanted & set(text.lower().split())) > 0.4 * max(1, len(wanted))


def _sentences(rows: Sequence[Row]) -> list[tuple[str, str]]:
    return sorted(set(_whole(rows)))


def _whole(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    for row in rows:
        if row.set in SOURCES:
            yield from ((row.group, s) for s in sentences(row.evidence) if 6 <= len(s.split()) <= 35 and s[-1] == ".")
