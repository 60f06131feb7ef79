"""Fragment precision, recall and F1 of the built-in split against human decompositions (Jaccard of token sets >= 0.8).

Reads ``decomposition_propsegment_dev.jsonl.gz`` (PropSegmEnt: Wikipedia sentences, propositions as token sets by 2-3 raters) and
``decomposition_factscore.jsonl.gz`` (FActScore: sentences of generated biographies, atomic facts written by people). The data is
not part of the project; without it the bench says SKIPPED. Scores are sums over sentences of one-to-one matches (a proposition
counts once), without punctuation.

    python bench/decomposition.py --data DIRECTORY [--json]
"""

from __future__ import annotations

import argparse
import difflib
import gzip
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from probatum.claims.check import check_split
from probatum.claims.draft import Claim
from probatum.claims.split import split
from probatum.claims.words import tokens
from probatum.claims.wordset import wordset

THRESHOLD = 0.8
PROPSEGMENT, FACTSCORE = "decomposition_propsegment_dev.jsonl.gz", "decomposition_factscore.jsonl.gz"
PRONOUNS = wordset("he she it they him her his hers its them their theirs")
Tokens = frozenset[Any]


@dataclass(slots=True)
class Score:
    matched: int = 0
    ours: int = 0
    gold: int = 0

    def add(self, ours: Sequence[Tokens], gold: Sequence[Tokens]) -> None:
        self.matched += matches(ours, gold)
        self.ours += len(ours)
        self.gold += len(gold)

    def figures(self) -> dict[str, float]:
        precision = self.matched / self.ours if self.ours else 0.0
        recall = self.matched / self.gold if self.gold else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        return {
            "precision": round(100 * precision, 1),
            "recall": round(100 * recall, 1),
            "f1": round(100 * f1, 1),
            "ours": self.ours,
            "gold": self.gold,
        }


def matches(ours: Sequence[Tokens], gold: Sequence[Tokens]) -> int:
    """Size of a maximum matching between propositions whose Jaccard similarity reaches the threshold (augmenting paths)."""
    edges = [[j for j, other in enumerate(gold) if jaccard(one, other) >= THRESHOLD] for one in ours]
    taken: dict[int, int] = {}

    def place(one: int, seen: set[int]) -> bool:
        for other in edges[one]:
            if other not in seen:
                seen.add(other)
                if other not in taken or place(taken[other], seen):
                    taken[other] = one
                    return True
        return False

    return sum(place(one, set()) for one in range(len(ours)))


def jaccard(one: Tokens, other: Tokens) -> float:
    return len(one & other) / len(one | other) if one or other else 0.0


def claims_of(text: str) -> list[Claim]:
    return [draft for draft in split(text.encode(), media_type="text/plain") if isinstance(draft, Claim)]


def on_tokens(claim: str, sentence: Sequence[str]) -> Tokens:
    """Indices of the sentence tokens that the claim text holds (longest common subsequence), punctuation left out."""
    words = [token.text.lower() for token in tokens(" ".join(_retokenised(claim, sentence)))]
    lowered = [token.lower() for token in sentence]
    pairs = difflib.SequenceMatcher(None, words, lowered, autojunk=False).get_matching_blocks()
    return frozenset(i for block in pairs for i in range(block.b, block.b + block.size) if any(c.isalnum() for c in sentence[i]))


def _retokenised(claim: str, sentence: Sequence[str]) -> Iterator[str]:
    """The claim's words cut as the data set cuts them ("Curie's" is two tokens there)."""
    for word in claim.split():
        yield word.replace("'s", " 's").replace("’s", " ’s")


def score_propsegment(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    reference, raters, best, among, whole = Score(), Score(), Score(), Score(), Score()
    for row in rows:
        words = row["tokens"]
        ours = [on_tokens(claim.text, words) for claim in claims_of(row["sentence"])]
        sentence = frozenset(i for i, token in enumerate(words) if any(c.isalnum() for c in token))
        golds = [(r["reference"], [frozenset(i for i in prop if i in sentence) for prop in r["props"]]) for r in row["responses"]]
        for is_reference, gold in golds:
            raters.add(ours, gold)
            if is_reference:
                reference.add(ours, gold)
                whole.add([sentence], gold)
        best.add(ours, max((gold for _, gold in golds), key=lambda gold: (2 * matches(ours, gold)) / max(1, len(ours) + len(gold))))
        for first in range(len(golds)):
            for second in range(first + 1, len(golds)):
                among.add(golds[first][1], golds[second][1])
    return {
        "split against the reference": reference.figures(),
        "split against each rater": raters.figures(),
        "split against the nearest rater": best.figures(),
        "rater against rater": among.figures(),
        "whole sentence against the reference": whole.figures(),
    }


def fair(text: str) -> Tokens:
    """Word set in which every third person pronoun is one sign: a resolved and an open pronoun differ by one word at most."""
    words = (token.text.lower().removesuffix("'s") for token in tokens(text) if token.is_word)
    return frozenset("<pronoun>" if word in PRONOUNS else word for word in words)


def score_factscore(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    alone, whole, model = Score(), Score(), Score()
    for row in rows:
        gold = [fair(claim["text"]) for claim in row["gold_claims"]]
        alone.add([fair(claim.text) for claim in claims_of(row["sentence"])], gold)
        whole.add([fair(row["sentence"])], gold)
        model.add([fair(text) for text in row["model_claims"]], gold)
    return {
        "split against the facts": alone.figures(),
        "whole sentence against the facts": whole.figures(),
        "the data set's model (edited into the gold)": model.figures(),
    }


def soundness(texts: Iterable[str]) -> dict[str, Any]:
    """What the checker says of the splits of whole texts, and how fast both are."""
    outputs = [text.encode() for text in texts]
    started = time.perf_counter()
    drafts = [split(output) for output in outputs]
    split_seconds = time.perf_counter() - started
    problems = sum(len(check_split(output, found)) for output, found in zip(outputs, drafts, strict=True))
    size = sum(map(len, outputs))
    return {
        "texts": len(outputs),
        "fragments": sum(map(len, drafts)),
        "problems": problems,
        "split_bytes_per_second": round(size / split_seconds),
        "check_bytes_per_second": round(size / (time.perf_counter() - started - split_seconds)),
    }


def read(path: Path) -> list[dict[str, Any]] | None:
    if not path.is_file():
        return None
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def measure(data: Path) -> dict[str, Any]:
    result: dict[str, Any] = {"threshold": THRESHOLD}
    for name, file, score in (("PropSegmEnt", PROPSEGMENT, score_propsegment), ("FActScore", FACTSCORE, score_factscore)):
        rows = read(data / file)
        result[name] = score(rows) if rows is not None else f"SKIPPED: no {data / file}"
        if rows is not None and file == FACTSCORE:
            result["whole texts"] = soundness(dict.fromkeys(row["context"] for row in rows))
    return result


def table(result: dict[str, Any]) -> Iterator[str]:
    yield f"Fragments, one-to-one, Jaccard >= {result['threshold']}{'':22} precision   recall       F1   ours   gold"
    for name in ("PropSegmEnt", "FActScore"):
        if isinstance(result[name], str):
            yield f"{name}: {result[name]}"
            continue
        for row, figures in result[name].items():
            shares = "".join(f"{figures[share]:9.1f}" for share in ("precision", "recall", "f1"))
            yield f"{name + ': ' + row:58}{shares} {figures['ours']:6d} {figures['gold']:6d}"
    if isinstance(sound := result.get("whole texts"), dict):
        yield ", ".join(f"{key.replace('_', ' ')} {value:,}" for key, value in sound.items())


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with the two files")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    options = parser.parse_args(arguments)
    result = measure(options.data)
    print(json.dumps(result, indent=2) if options.json else "\n".join(table(result)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
