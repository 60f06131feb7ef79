# ruff: noqa: S311, E501
"""Make hard verification pairs from real sentences: near-copies that hold, and minimal edits that do not.

Passages are built from the evidence of training sets (news, encyclopedic, scientific) and from the generated biographies of
``decomposition_factscore`` (MIT) whose human-written atomic facts serve as paraphrased claims. Half of the number, date,
name, negation and
antonym edits are made in the *passage* rather than in the claim, so that an odd-looking claim is no signal.

Kinds and labels: verbatim, reworded, fact, two_sentences, double_negation, role_kept -> supported; number, date, unit, name, name_part,
negation, antonym, half_wrong -> contradicted; role, role_made, quantifier -> not_supported; detail, only, absent, removed,
half_absent -> unsupported. ``role`` edits real sentences; ``role_made`` and ``role_kept`` put a made sentence about two real
names into a passage.

Run: ``python training/hard_cases.py --out training/runs/hard.jsonl.gz``. Same seed, same bytes. ``--show 5`` prints samples
per kind.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import hard_edits as e
import hard_names
import hard_roles
from data import INSUFFICIENT, NOT_SUPPORTED, REFUTED, SUPPORTED, Row, held_out, read_rows, write_rows
from hard_text import good_sentence, names, sentences, windows

DOCUMENT_SETS = ("cg2c_doc", "covidfact", "halueval_qa", "rte")
SENTENCE_SETS = ("climate_fever", "begin")
Document = tuple[str, list[str], str]  # group, sentences, name that a leading pronoun may be replaced by (or "")


def documents(data: Path, rng: random.Random) -> list[Document]:
    """Groups of sentences that belong together, each from one training group."""
    out: list[Document] = []
    seen: set[str] = set()
    loose: dict[tuple[str, str], list[str]] = collections.defaultdict(list)
    for row in read_rows(data / "train.jsonl.gz"):
        if row.evidence in seen:
            continue
        if row.set in DOCUMENT_SETS:
            seen.add(row.evidence)
            text = re.sub(r"(?<=[a-z)])\.(?=[A-Z][a-z])", ". ", row.evidence)
            out.append((f"{row.set}:{row.group}", sentences(text), ""))
        elif row.set in SENTENCE_SETS:
            seen.add(row.evidence)
            text = row.evidence.strip()
            text = text[:1].upper() + text[1:]
            loose[(row.set, row.group if row.set == "climate_fever" else str(len(seen) // 4))].append(text)
    for (name, group), parts in loose.items():
        out.append((f"{name}:{group}", parts, ""))
    with gzip.open(data / "decomposition_factscore.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            if record["context"] not in seen:
                seen.add(record["context"])
                out.append((f"factscore:{record['topic']}", sentences(record["context"]), record["topic"]))
    rng.shuffle(out)
    return out


def facts(data: Path) -> dict[str, list[str]]:
    """Sentence -> its human-written atomic facts."""
    out: dict[str, list[str]] = {}
    with gzip.open(data / "decomposition_factscore.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            claims = [c if isinstance(c, str) else c.get("text", "") for c in record["gold_claims"] or []]
            out[" ".join(record["sentence"].split())] = [c for c in claims if len(c.split()) >= 4]
    return out


def harvest(docs: list[Document]) -> e.Pool:
    """Names by kind and trailing phrases from all documents."""
    pool = e.Pool()
    by_kind: dict[str, set[str]] = collections.defaultdict(set)
    phrases: set[str] = set()
    for _, parts, _ in docs:
        for part in parts:
            for name in names(part):
                if name.kind != "month":
                    by_kind[name.kind].add(name.text)
        phrases.update(tails(parts))
    pool.names = {kind: sorted(values) for kind, values in by_kind.items()}
    pool.clean = {kind: [n for n in pool.names[kind] if shape.fullmatch(n)] for kind, shape in _CLEAN.items()}
    pool.phrases = sorted(phrases)
    return pool


# Shapes of names that are surely whole names, for made sentences.
_CLEAN = {
    "person": re.compile(r"[A-Z][a-z]{2,} [A-Z][a-z]{2,}"),
    "other2": re.compile(r"[A-Z][a-z]{2,} (?:of )?[A-Z][a-z]{2,}"),
    "place": re.compile(r"[A-Z][a-z]{3,}(?: [A-Z][a-z]+)?"),
    "acronym": re.compile(r"[A-Z]{2,5}"),
}
_TAIL = re.compile(
    r" ((?:in|at|for|with|during|after|by|because|while|despite|under|following|on|near|through|before|since|as|using|against|alongside|until|due to) [^,;:\"()]{8,60})\.$"
)


def tails(parts: list[str]) -> list[str]:
    """Trailing adverbial phrases of 3 to 9 words that stand alone (no pronouns)."""
    out = []
    for part in parts:
        match = _TAIL.search(part)
        if (
            match
            and 3 <= len(match.group(1).split()) <= 9
            and not re.search(r"\b(?:he|she|it|they|his|her|their|its|this|that|these)\b", match.group(1))
        ):
            out.append(match.group(1))
    return out


def reword(text: str, rng: random.Random, times: int) -> str:
    """Up to ``times`` truth-keeping rewordings in random order."""
    for _ in range(times):
        for how in rng.sample(e.REWORDINGS, len(e.REWORDINGS)):
            new = how(text, rng)
            if new and new != text and len(new.split()) >= 4:
                text = new
                break
    return text


def with_name(claim: str, topic: str) -> str:
    """Replace a leading He/She/His/Her by the person a biography is about."""
    if not topic:
        return claim
    if re.match(r"(?:He|She) ", claim):
        return topic + claim[claim.index(" ") :]
    return re.sub(r"^(?:His|Her) (?=[a-z])", topic + "'s ", claim)


def edited(kind: str, text: str, passage: list[str], pool: e.Pool, rng: random.Random, near: list[str] | None = None) -> str | None:
    """``text`` with one edit of the kind."""
    if kind == "number":
        return e.change_number(text, rng, re.findall(r"(?<![\w.,])\d+(?:,\d{3})*(?![\w]|[.,]\d)", " ".join(passage)))
    if kind == "date":
        return e.change_date(text, rng)
    if kind == "unit":
        return e.change_unit(text, rng)
    if kind == "name":
        return e.change_name(text, rng, passage, pool)
    if kind == "role":
        return swapped(text, passage, rng)
    if kind == "name_part":
        return hard_names.change_part(text, rng, " ".join(passage), pool.names)
    if kind == "negation":
        if re.search(r"\b(?:former|formerly|ex-)", " ".join(passage)) and not re.search(r"\bformer", text):
            return None  # "is not the chairman" is true of a former one
        return e.unnegate(text, rng) or e.negate(text, rng)
    if kind == "antonym":
        return e.antonym(text, rng)
    if kind == "quantifier":
        return e.strengthen(text, rng)
    if kind == "only":
        return e.add_only(text, rng)
    if kind == "detail":
        return e.add_detail(text, rng, " ".join(passage), pool, near or [])
    raise ValueError(kind)


def swapped(text: str, passage: list[str], rng: random.Random) -> str | None:
    """The sentence with two parts of a relation in each other's place, one way or another."""
    others = [s for s in passage if s != text and good_sentence(s)]
    ways = [
        lambda: hard_roles.swap_roles(text, rng),
        lambda: hard_roles.swap_roles(text, rng),
        lambda: hard_roles.from_passive(text, rng, kept=False),
        lambda: hard_roles.swap_comparison(text),
        lambda: hard_roles.fuse(text, rng.choice(others)) if others else None,
        lambda: hard_roles.swap_description(" ".join(passage), rng) if rng.random() < 0.4 else None,
    ]
    rng.shuffle(ways)
    return next((found for way in ways if (found := way())), None)


LABEL_OF = {
    "number": REFUTED,
    "date": REFUTED,
    "unit": REFUTED,
    "name": REFUTED,
    "negation": REFUTED,
    "antonym": REFUTED,
    "name_part": REFUTED,
    "role": NOT_SUPPORTED,
    "quantifier": NOT_SUPPORTED,
    "only": INSUFFICIENT,
    "detail": INSUFFICIENT,
}
# Rarer kinds first get more weight, so that each is met often where it applies.
WEIGHT_OF = {
    "number": 9,
    "date": 4,
    "unit": 8,
    "name": 4,
    "negation": 3,
    "antonym": 4,
    "name_part": 5,
    "quantifier": 3,
    "only": 1,
    "detail": 3,
    "absent": 2,
    "removed": 3,
    "half_wrong": 2,
    "half_absent": 2,
}
MADE_SHARE = 0.16  # of the sentences; more would teach the made sentences instead of roles
BOTH_SIDES = ("number", "date", "name", "negation", "antonym", "unit")


def cases(
    target: int, passage: list[str], doc: Document, gold: dict[str, list[str]], pool: e.Pool, rng: random.Random
) -> Iterator[Row]:
    """One supported row and up to two false ones about one sentence of a passage."""
    group, parts, topic = doc
    sentence = passage[target]
    text = " ".join(passage)

    def row(claim: str, label: int, kind: str, evidence: str | None = None) -> Row:
        claim = with_name(claim, topic) if rng.random() < 0.8 else claim
        if rng.random() < 0.15:
            claim = claim.rstrip(".")
        return Row(evidence or text, claim, label, "hard_cases", group, kind)

    paraphrases = gold.get(sentence, [])
    base = sentence if rng.random() < 0.2 else reword(sentence, rng, rng.choice((1, 1, 2, 3)))
    from_fact = bool(paraphrases) and rng.random() < 0.6
    if from_fact:
        base = rng.choice(paraphrases)
        base = base if base.endswith(".") else base + "."
    if base != sentence or rng.random() < 0.55:
        yield row(base, SUPPORTED, "fact" if from_fact else "verbatim" if base == sentence else "reworded")
    for extra in rng.sample(paraphrases, min(len(paraphrases), 2)):
        yield row(extra, SUPPORTED, "fact")
    apposition = e.appositive(sentence, rng)
    if apposition and rng.random() < 0.5:
        yield row(apposition, SUPPORTED, "reworded")
    others = [s for i, s in enumerate(passage) if i != target]
    if others and rng.random() < 0.25 and good_sentence(others[0]):
        second = reword(others[0], rng, 1)
        yield row(f"{base.rstrip('.')}, and {e._lower_first(second)}", SUPPORTED, "two_sentences")
    active = hard_roles.from_passive(sentence, rng, kept=True)
    if active:
        yield row(active, SUPPORTED, "role_kept")
    shorter = hard_names.shorten(base, text, rng)
    if shorter and rng.random() < 0.3:
        yield row(shorter, SUPPORTED, "reworded")
    role = edited("role", base, passage, pool, rng) if rng.random() < 0.7 else None
    if role and role.lower() not in text.lower():
        yield row(role, LABEL_OF["role"], "role")
    if rng.random() < MADE_SHARE:
        yield from made_roles(target, passage, group, pool, rng)
    kinds = list(WEIGHT_OF)
    made = 0
    while kinds and made < 2:
        kind = rng.choices(kinds, [WEIGHT_OF[k] for k in kinds])[0]
        kinds.remove(kind)
        if kind in LABEL_OF:
            if kind in BOTH_SIDES and rng.random() < 0.4 and not from_fact:
                changed = edited(kind, sentence, passage, pool, rng)
                if changed and changed != sentence and not (kind == "name" and base.split()[0] not in sentence):
                    evidence = " ".join([*passage[:target], changed, *passage[target + 1 :]])
                    if _still_differs(base, sentence, changed):
                        yield row(base, LABEL_OF[kind], kind, evidence)
                        made += 1
                        if rng.random() < 0.35:  # the passage as edited supports the claim as edited
                            claim = changed if rng.random() < 0.4 else reword(changed, rng, 1)
                            yield row(claim, SUPPORTED, "double_negation" if kind == "negation" else "reworded", evidence)
                    continue
            changed = edited(kind, base, passage, pool, rng, tails([s for s in parts if s not in passage]))
            if changed and changed.lower() not in text.lower():
                yield row(changed, LABEL_OF[kind], kind)
                made += 1
        elif kind == "removed" and sum(len(s.split()) for s in others) >= 8 and _new(base, " ".join(others)):
            yield row(base, INSUFFICIENT, kind, " ".join(others))
            made += 1
        elif kind in ("absent", "half_absent"):
            away = [s for s in parts if s not in passage and good_sentence(s) and _new(s, text)]
            if away:
                other = reword(rng.choice(away), rng, 1)
                yield row(other if kind == "absent" else f"{base.rstrip('.')}, and {e._lower_first(other)}", INSUFFICIENT, kind)
                made += 1
        elif kind == "half_wrong" and others and good_sentence(others[-1]):
            wrong = edited(rng.choice(("number", "name", "negation", "antonym")), reword(others[-1], rng, 1), passage, pool, rng)
            if wrong:
                pair = [base.rstrip("."), wrong.rstrip(".")]
                if rng.random() < 0.5:
                    pair.reverse()
                yield row(f"{pair[0]}, and {e._lower_first(pair[1])}.", REFUTED, kind)
                made += 1


def _new(sentence: str, text: str) -> bool:
    """Whether less than half of a sentence's longer words stand in the text: what it says is probably not said there."""
    words = set(re.findall(r"[a-z0-9]{4,}", sentence.lower()))
    return len(words & set(re.findall(r"[a-z0-9]{4,}", text.lower()))) < 0.5 * len(words)


def made_roles(target: int, passage: list[str], group: str, pool: e.Pool, rng: random.Random) -> Iterator[Row]:
    """A made sentence about two names among the passage's own; one claim that keeps the roles, one or two that swap them."""
    a, b = rng.sample(pool.clean[rng.choice(("person", "person", "other2", "place", "acronym"))], 2)
    if set(a.split()) & set(b.split()):
        return
    kept, wrong = hard_roles.made_relation(a, b, rng)
    stated = kept.pop(rng.randrange(len(kept)))
    if rng.random() < 0.3:
        stated = stated.rstrip(".") + " " + rng.choice(pool.phrases) + "."
    evidence = " ".join([*passage[: target + 1], stated, *passage[target + 1 :]])
    yield Row(evidence, rng.choice([*kept, stated]), SUPPORTED, "hard_cases", group, "role_kept")
    for claim in rng.sample(wrong, rng.randint(1, 2)):
        yield Row(evidence, claim, NOT_SUPPORTED, "hard_cases", group, "role_made")


def _still_differs(claim: str, before: str, after: str) -> bool:
    """Whether the words that the edit took out of the passage are (all) in the claim, so that the claim is now wrong."""
    old, new = set(re.findall(r"\w+", before)), set(re.findall(r"\w+", after))
    said = set(re.findall(r"\w+", claim))
    gone = {w for w in old - new if len(w) > 1}
    if gone:
        return gone <= said
    return bool((new - old) & {"not", "never", "isn", "wasn", "aren", "weren", "hasn", "hadn", "couldn"}) and len(
        old & said
    ) > 0.7 * len(old)


def _only_footnote(row: Row) -> bool:
    """Whether the number that differs stands in brackets: a reference to a note, which is no statement."""
    return any(f"[{mark}]" not in row.evidence for mark in re.findall(r"\[(\d+)\]", row.claim))


def generate(data: Path, seed: int, limit: int) -> list[Row]:
    rng = random.Random(seed)
    docs = documents(data, rng)
    pool, gold = harvest(docs), facts(data)
    rows: list[Row] = []
    for doc in docs:
        for passage in windows(doc[1], rng):
            targets = [i for i, s in enumerate(passage) if good_sentence(s)]
            for target in targets if len(targets) <= 3 else rng.sample(targets, 3):
                if (
                    not doc[2]
                    and re.match(r"(?:He|She|They|It|His|Her|This|These|Its|Their)\b", passage[target])
                    and rng.random() < 0.6
                ):
                    continue
                rows.extend(cases(target, passage, doc, gold, pool, rng))
    rng.shuffle(rows)
    unique = {(r.evidence, r.claim): r for r in rows if not (r.kind == "number" and _only_footnote(r))}
    return list(unique.values())[:limit]


def show(rows: list[Row], samples: int) -> None:
    """Print how many rows there are of each kind, and a few of them."""
    by_kind = collections.defaultdict(list)
    for row in rows:
        by_kind[row.kind].append(row)
    for kind, part in sorted(by_kind.items()):
        print(f"{kind:16} {len(part):6}  median words: evidence {sorted(len(r.evidence.split()) for r in part)[len(part) // 2]}")
        for r in part[:samples]:
            print("    E:", r.evidence[:500])
            print("    C:", r.claim, f"[{('supported', 'unsupported', 'contradicted', 'not_supported')[r.label]}]")
    print(len(rows), "rows; supported", sum(r.label == SUPPORTED for r in rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("training/runs/hard.jsonl.gz"))
    parser.add_argument("--seed", type=int, nargs="+", default=[3])
    parser.add_argument("--limit", type=int, default=150000)
    parser.add_argument("--show", type=int, default=0)
    parser.add_argument("--kinds", nargs="*", help="keep these kinds only")
    parser.add_argument("--held-out", action="store_true", help="keep the groups only that no model is trained on")
    args = parser.parse_args()
    made = {(r.evidence, r.claim): r for seed in args.seed for r in generate(args.data, seed, args.limit)}
    rows = list(made.values())
    rows = [r for r in rows if (not args.kinds or r.kind in args.kinds) and (not args.held_out or held_out(r))]
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_rows(args.out, rows)
    show(rows, args.show)


if __name__ == "__main__":
    main()
