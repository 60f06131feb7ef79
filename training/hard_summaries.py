# ruff: noqa: S311, E501
"""Make the mistakes of summaries from real sentences: whole documents as evidence, claims that mix up who did what, or break off.

Kinds and labels: ``summary`` (a sentence of the document, shortened and reworded) and ``resolved`` (its pronoun replaced by the person that the
biography is about) -> supported; ``misresolved`` (the pronoun replaced by somebody else of the document), ``said_by`` ("A said B won" ->
"A won"), ``fused`` (the subject of one sentence with the predicate of another), ``broken`` (the sentence stops before the verb of its
second clause), ``cut_off`` (it stops after a word that wants another, as a text does that reached its limit) and ``garbled`` (words left out of its middle, or
the beginning of one sentence run into the end of another, where no English sentence goes on so: "a man on the was arrested"). The last three say
nothing that a passage could contradict -> unsupported; the others -> not_supported. The kinds follow the errors found in generated summaries by Pagnoni, Balachandran and Tsvetkov ("Understanding
Factuality in Abstractive Summarization with FRANK", NAACL 2021): entity, coreference, predicate and grammar errors.

Run: ``python training/hard_summaries.py``. Same seed, same bytes. ``--show 5`` prints samples per kind.
"""

from __future__ import annotations

import argparse
import random
import re
from collections.abc import Iterator
from pathlib import Path

from data import INSUFFICIENT, NOT_SUPPORTED, SUPPORTED, Row, write_rows
from hard_cases import Document, documents, facts, reword, show
from hard_text import good_sentence, names

MOST_WORDS = 190  # what 256 tokens hold beside a claim
GARBLED = CUT_OFF = 0.03  # of the sentences
UNFINISHED = ("broken", "cut_off", "garbled")
_SAYS = r"(?:said|says|believes|believed|claimed|claims|thought|thinks|argued|argues|announced|reported|stated|added|noted|hoped|suggested)"
_FINITE = r"(?:was|were|is|are|has|had|will|would|could|can|did|became|won|made|took|left|began|died)"
_REPORT = re.compile(rf"^((?:[A-Z]|The |A )[^,;:\"]{{2,40}}?) {_SAYS} (?:that )?([^,;:\"]{{2,40}}?) ({_FINITE} [^;:\"]+)$")
_PREDICATE = re.compile(
    rf"^((?:The |A |An )?(?!(?:He|She|It|They|This|These|There|That|His|Her|Its|In|On|At|As|If|When)\b)[^,;:\"]{{3,45}}?) ({_FINITE} [^;:\"]+)$"
)
_BROKEN = re.compile(
    rf"^(.{{25,}}? (?:and|but|because|after|when|while|although) (?:the|a|an|his|her|their|its) \w+(?: \w+)?) {_FINITE}\b.{{8,}}$"
)
_WANTS_MORE = re.compile(r"the|a|an|of|with|from|its|their|into")
_STOPS_AT = re.compile(rf"{_WANTS_MORE.pattern}|and|because|which|at|during")
_GOES_ON = re.compile(r"was|were|is|are|has|had|will|would|could|did|and|but|or|of|in|on|at|for|with|by|from|because")
_ALIAS = re.compile(r"\b(?:also|known|named|name|nickname\w*|alias|aka|born|called|as)\b")
_PLAIN = re.compile(r"[A-Z][a-z]+ [A-Z][a-z]+")
_BESIDE = re.compile(
    r"\b(?:to|with|by|and|from|alongside|opposite|actor|actress|director|singer|husband|wife|father|mother|brother|sister|son|daughter) $"
)
_PRONOUN = re.compile(r"^(He|She) (?=[a-z])|^(His|Her) (?=[a-z])")


def said_by(sentence: str) -> str | None:
    """The speaker in the place of whom was spoken about."""
    found = _REPORT.match(sentence)
    if not found or re.search(r"\b(?:he|she|it|they|there|we|i|if|when|his|her|its|their)\b", found.group(2), re.I):
        return None
    return f"{found.group(1)} {found.group(3)}"


def fused(sentence: str, other: str) -> str | None:
    """The subject of one sentence with the predicate of another."""
    one, two = _PREDICATE.match(sentence), _PREDICATE.match(other)
    if not one or not two or _words(one.group(1)) & _words(other) or _words(two.group(1)) & _words(sentence):
        return None
    return f"{one.group(1)} {two.group(2)}"


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]{3,}", text.lower())) - {"the", "and"}


def broken(sentence: str) -> str | None:
    """The sentence up to the verb of its second clause."""
    found = _BROKEN.match(sentence)
    return f"{found.group(1)}." if found else None


def cut_off(sentence: str, rng: random.Random) -> str | None:
    """The sentence up to a word that wants another, past its first third; a stop after it or none."""
    words = sentence.split()
    ends = [i for i in range(max(3, len(words) // 3), len(words) - 2) if _STOPS_AT.fullmatch(words[i])]
    return " ".join(words[: rng.choice(ends) + 1]) + rng.choice((".", ".", "")) if ends else None


def garbled(sentence: str, other: str, rng: random.Random) -> str | None:
    """The sentence up to a word that wants another, then the end of ``other`` (or of itself, some words on) from a word that cannot follow."""
    one, two = sentence.split(), other.split()
    ends = [i for i in range(3, len(one) - 3) if _WANTS_MORE.fullmatch(one[i])]
    joins = [
        (i, j)
        for i in ends
        for j in range(3, len(two) - 2)
        if _GOES_ON.fullmatch(two[j]) and (sentence != other or i + 1 < j <= i + 7)
    ]
    if not joins:
        return None
    end, start = rng.choice(joins)
    return " ".join((*one[: end + 1], *two[start:]))


def put(sentence: str, name: str) -> str:
    """A leading pronoun replaced by a name."""
    return _PRONOUN.sub(lambda m: f"{name} " if m.group(1) else f"{name}'s ", sentence, count=1)


def somebody_else(topic: str, parts: list[str], rng: random.Random) -> str | None:
    """Another person of the document: a plain name after a word such as "with", in no sentence that may give the topic another name."""
    found: set[str] = set()
    for part in parts:
        if not _ALIAS.search(part):
            found |= {
                n.text for n in names(part) if n.kind == "person" and _PLAIN.fullmatch(n.text) and _BESIDE.search(part[: n.start])
            }
    other = sorted(p for p in found if not set(p.split()) & set(topic.split()))
    return rng.choice(other) if other else None


def passage_of(parts: list[str], target: int) -> list[str]:
    """As many sentences around the target as fit, the earlier ones first."""
    first, last, room = target, target + 1, MOST_WORDS - len(parts[target].split())
    while first and len(parts[first - 1].split()) <= room:
        first -= 1
        room -= len(parts[first].split())
    while last < len(parts) and len(parts[last].split()) <= room:
        room -= len(parts[last].split())
        last += 1
    return parts[first:last]


def cases(doc: Document, gold: dict[str, list[str]], rng: random.Random) -> Iterator[Row]:
    """Rows of one document."""
    group, parts, topic = doc
    for target, sentence in enumerate(parts):
        if not good_sentence(sentence):
            continue
        text = " ".join(passage_of(parts, target))
        made: list[tuple[str | None, str]] = [
            (said_by(sentence), "said_by"),
            (broken(sentence), "broken"),
        ]
        others = [s for s in passage_of(parts, target) if s != sentence and good_sentence(s)]
        if rng.random() < GARBLED:
            made.append((garbled(sentence, rng.choice(others) if others and rng.random() < 0.4 else sentence, rng), "garbled"))
        if rng.random() < CUT_OFF:
            made.append((cut_off(sentence, rng), "cut_off"))
        if others and not topic:
            made.append((fused(sentence, rng.choice(others)), "fused"))
        if topic and _PRONOUN.match(sentence) and topic in text:
            other = somebody_else(topic, [s for s in parts if s != sentence], rng)
            wrong = put(sentence, other) if other and other not in sentence else None
            made.append((reword(wrong, rng, 1) if wrong else None, "misresolved"))
        false = [(claim, kind) for claim, kind in made if claim and (kind == "cut_off" or claim.lower() not in text.lower())]
        for claim, kind in false:
            yield Row(text, claim, INSUFFICIENT if kind in UNFINISHED else NOT_SUPPORTED, "summary_cases", group, kind)
        if rng.random() < (0.7 if false else 0.02):
            yield from true_of(sentence, text, doc, gold, rng)


def true_of(sentence: str, text: str, doc: Document, gold: dict[str, list[str]], rng: random.Random) -> Iterator[Row]:
    """What the sentence does say, in other words: its facts by people, else shortened and reworded."""
    group, _, topic = doc
    if topic and _PRONOUN.match(sentence) and topic in text and not set(topic.split()) & set(sentence.split()):
        yield Row(text, reword(put(sentence, topic), rng, rng.choice((0, 1, 2))), SUPPORTED, "summary_cases", group, "resolved")
    elif not re.match(r"(?:He|She|They|It|This|These|His|Her)\b", sentence):
        said = gold.get(sentence) or [reword(sentence, rng, rng.choice((1, 2, 3)))]
        yield Row(text, rng.choice(said).rstrip(".") + ".", SUPPORTED, "summary_cases", group, "summary")


def generate(data: Path, seed: int) -> list[Row]:
    """All rows, shuffled."""
    rng = random.Random(seed)
    gold = facts(data)
    rows = [row for doc in documents(data, rng) for row in cases(doc, gold, rng)]
    rng.shuffle(rows)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("training/runs/hard-summaries.jsonl.gz"))
    parser.add_argument("--seed", type=int, nargs="+", default=[5, 6, 7])
    parser.add_argument("--show", type=int, default=0)
    args = parser.parse_args()
    rows = list({(r.evidence, r.claim): r for seed in args.seed for r in generate(args.data, seed)}.values())
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_rows(args.out, rows)
    show(rows, args.show)


if __name__ == "__main__":
    main()
