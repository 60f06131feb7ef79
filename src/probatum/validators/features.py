"""Alignment features of one (evidence window, claim) pair, for the boosted-tree judge.

What it looks at: how the claim's words line up with the best-matching sentence and with the whole window; which numbers, dates and
names differ in the same place; negation parity; opposites; quantifiers and hedges; order of names; what the claim adds.
``NAMES`` gives the meaning of each column in order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

import numpy as np

from probatum.validators.text import (
    DAYS,
    EXISTENTIAL,
    HEDGES,
    MONTHS,
    NEGATIONS,
    SOFT_NEGATIONS,
    STOP,
    UNIVERSAL,
    Token,
    sentences,
    tokens,
)
from probatum.validators.vectors import Floats, StaticVectors

NAMES: tuple[str, ...] = (
    "idf_best",
    "idf_window",
    "idf_two",
    "idf_reverse",
    "unmatched",
    "unmatched_idf_max",
    "unmatched_idf_sum",
    "unmatched_window",
    "unmatched_window_idf_max",
    "soft_mean",
    "soft_min",
    "soft_second",
    "soft_weighted",
    "soft_window_mean",
    "soft_window_min",
    "soft_window_weighted",
    "numbers",
    "numbers_missing_best",
    "numbers_missing_window",
    "number_conflict",
    "number_conflict_context",
    "number_scale_conflict",
    "calendar_missing",
    "calendar_conflict",
    "names",
    "names_missing_best",
    "names_missing_window",
    "names_missing_share",
    "name_conflict",
    "name_inserted",
    "negations_claim",
    "negations_best",
    "negation_parity",
    "negation_inserted",
    "negation_deleted",
    "soft_negation_difference",
    "negation_near_match",
    "opposites",
    "replaced_cosine_max",
    "replaced_cosine_mean",
    "replaced_count",
    "replaced_word_count",
    "inserted_count",
    "inserted_idf_sum",
    "inserted_tail",
    "deleted_count",
    "deleted_middle",
    "universal_added",
    "existential_lost",
    "hedge_lost",
    "hedge_added",
    "comparator_violated",
    "comparator_satisfied",
    "only_added",
    "order",
    "name_order",
    "bigrams",
    "trigrams",
    "longest_match",
    "match_ratio",
    "claim_length",
    "best_length",
    "window_length",
    "sentences",
    "copied",
    "auxiliary_tense",
    "unit_conflict",
    "question_mark",
    "second_gain",
    "sentence_vector_cosine",
    "pronoun_start",
)

_UNITS = frozenset(
    [
        "kilometr",
        "kilometer",
        "km",
        "mil",
        "metr",
        "meter",
        "feet",
        "foot",
        "inch",
        "kg",
        "kilogram",
        "gram",
        "mg",
        "g",
        "ton",
        "tonn",
        "pound",
        "year",
        "month",
        "week",
        "day",
        "hour",
        "minut",
        "second",
        "decad",
        "century",
        "dollar",
        "euro",
        "acr",
        "hectar",
        "litr",
        "liter",
        "gallon",
        "percent",
        "celsiu",
        "fahrenheit",
        "mph",
        "hundr",
        "thousand",
        "million",
        "billion",
        "trillion",
        "$",
        "€",
        "£",
        "°",
    ]
)
_MORE = frozenset(["more", "over", "above", "exceeding", "exceed", "least"])
_LESS = frozenset(["fewer", "less", "under", "below", "most"])
_AUX_PAST, _AUX_NOW = frozenset(["was", "were", "had", "did"]), frozenset(["is", "are", "has", "have", "do", "does"])


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens of one sentence without punctuation marks, prepared once per window."""

    tokens: tuple[Token, ...]
    stems: tuple[str, ...]
    vectors: Floats


@dataclass(frozen=True, slots=True)
class Finding:
    """The most telling difference found, for the reason shown to a person: kind ("number", "name", "negation", ...), claim side,
    evidence side.
    """

    kind: str
    claim: str
    evidence: str


class FeatureMaker:
    """Turns pairs into rows of ``len(NAMES)`` float32 numbers.

    Args:
        vectors: shared static word vectors.
        idf: stem -> inverse document frequency; unknown stems get the largest value.
        opposites: stem -> stems that exclude it.
    """

    def __init__(self, vectors: StaticVectors, idf: Mapping[str, float], opposites: Mapping[str, frozenset[str]]) -> None:
        self._vectors = vectors
        self._idf = idf
        self._top = max(idf.values(), default=1.0)
        self._opposites = opposites
        self._windows: dict[str, tuple[Sentence, ...]] = {}

    def weight(self, token: Token) -> float:
        """How much a token matters: near nothing for stop words, IDF otherwise, high for numbers."""
        if token.stem in STOP:
            return 0.15
        if token.kind == "number":
            return max(4.0, self._idf.get(token.stem, self._top))
        return self._idf.get(token.stem, self._top)

    def prepare(self, text: str) -> Sentence:
        kept = tuple(t for t in tokens(text) if t.kind != "mark" or t.text in "$€£°")[:120]
        return Sentence(kept, tuple(t.stem for t in kept), self._vectors.words([t.text.lower() for t in kept]))

    def window(self, evidence: str) -> tuple[Sentence, ...]:
        """Sentences of a window, cached because several claims meet the same evidence."""
        found = self._windows.get(evidence)
        if found is None:
            found = tuple(s for s in (self.prepare(part) for part in sentences(evidence)[:40]) if s.tokens) or (
                self.prepare("nothing"),
            )
            if len(self._windows) > 512:
                self._windows.clear()
            self._windows[evidence] = found
        return found

    def overlap(self, claim: Sentence, stems: frozenset[str] | set[str]) -> float:
        """IDF-weighted share of the claim's tokens found among ``stems``."""
        total = hit = 0.0
        for token in claim.tokens:
            weight = self.weight(token)
            total += weight
            if token.stem in stems:
                hit += weight
        return hit / total if total else 0.0

    def best_sentences(self, claim: Sentence, window: tuple[Sentence, ...]) -> list[int]:
        """Indexes of the window's sentences by overlap with the claim, best first."""
        scores = [self.overlap(claim, set(s.stems)) + 1e-3 * _bigrams(claim.stems, s.stems, 2) for s in window]
        return sorted(range(len(window)), key=lambda i: (-scores[i], i))

    def row(self, evidence: str, claim_text: str) -> tuple[Floats, Finding | None]:
        """Features of one pair and the most telling difference."""
        claim = self.prepare(claim_text)
        if not claim.tokens:
            return np.zeros(len(NAMES), np.float32), None
        window = self.window(evidence)
        ranked = self.best_sentences(claim, window)
        best = window[ranked[0]]
        values: dict[str, float] = dict.fromkeys(NAMES, 0.0)
        everything = {stem for s in window for stem in s.stems}
        self._overlaps(values, claim, window, ranked, everything)
        self._soft(values, claim, window, best)
        self._numbers(values, claim, best, everything)
        finding = self._differences(values, claim, best, everything)
        self._words(values, claim, best)
        self._shape(values, claim, best, window)
        values["question_mark"] = float("?" in claim_text)
        return np.array([values[name] for name in NAMES], np.float32), finding

    def _overlaps(
        self, v: dict[str, float], claim: Sentence, window: tuple[Sentence, ...], ranked: list[int], everything: set[str]
    ) -> None:
        best = window[ranked[0]]
        here = set(best.stems)
        two = here | set(window[ranked[1]].stems) if len(ranked) > 1 else here
        v["idf_best"], v["idf_window"], v["idf_two"] = (
            self.overlap(claim, here),
            self.overlap(claim, everything),
            self.overlap(claim, two),
        )
        v["idf_reverse"] = self.overlap(best, set(claim.stems))
        v["second_gain"] = v["idf_two"] - v["idf_best"]
        for scope, stems in (("", here), ("_window", everything)):
            missing = [self.weight(t) for t in claim.tokens if t.stem not in stems and t.stem not in STOP]
            v["unmatched" + scope] = float(len(missing))
            v[f"unmatched{scope}_idf_max"] = max(missing, default=0.0)
            if not scope:
                v["unmatched_idf_sum"] = sum(missing)

    def _soft(self, v: dict[str, float], claim: Sentence, window: tuple[Sentence, ...], best: Sentence) -> None:
        keep = [i for i, t in enumerate(claim.tokens) if t.stem not in STOP] or list(range(len(claim.tokens)))
        mine = claim.vectors[keep]
        weights = np.array([self.weight(claim.tokens[i]) for i in keep], np.float32)
        for scope, theirs in (("", best.vectors), ("_window", np.concatenate([s.vectors for s in window]))):
            top = (mine @ theirs.T).max(1) if len(theirs) else np.zeros(len(keep), np.float32)
            v[f"soft{scope}_mean"], v[f"soft{scope}_min"] = float(top.mean()), float(top.min())
            v[f"soft{scope}_weighted"] = float((top * weights).sum() / weights.sum())
            if not scope:
                v["soft_second"] = float(np.sort(top)[min(1, len(top) - 1)])
        a, b = claim.vectors.mean(0), best.vectors.mean(0)
        v["sentence_vector_cosine"] = float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-6))

    def _numbers(self, v: dict[str, float], claim: Sentence, best: Sentence, everything: set[str]) -> None:
        mine = [(i, t) for i, t in enumerate(claim.tokens) if t.kind == "number"]
        theirs = [(i, t) for i, t in enumerate(best.tokens) if t.kind == "number"]
        have = {t.value for _, t in theirs}
        v["numbers"] = float(len(mine))
        for i, token in mine:
            present = token.value in have
            v["numbers_missing_best"] += not present
            v["numbers_missing_window"] += token.stem not in everything
            around = set(claim.stems[max(0, i - 3) : i] + claim.stems[i + 1 : i + 4]) - STOP
            for j, other in theirs:
                near = set(best.stems[max(0, j - 3) : j] + best.stems[j + 1 : j + 4]) - STOP
                if not around & near:
                    continue
                if (not present and other.value != token.value and token.stem[:1] == other.stem[:1]) or (
                    not present and token.stem[0] != "#" != other.stem[0]
                ):
                    v["number_conflict_context"] += 1
                    if other.value and token.value and abs(abs(math.log10(abs(other.value) / abs(token.value))) % 1.0) < 1e-6:
                        v["number_scale_conflict"] += 1
                before = set(claim.stems[max(0, i - 3) : i])
                if before & _MORE and "not" not in before:
                    v["comparator_satisfied" if other.value >= token.value else "comparator_violated"] += 1
                elif before & _LESS:
                    v["comparator_satisfied" if other.value <= token.value else "comparator_violated"] += 1
        for table in (MONTHS, DAYS):
            said = {t.text.lower() for t in claim.tokens if t.text.lower() in table and t.text[0].isupper()}
            given = {t.text.lower() for t in best.tokens if t.text.lower() in table and t.text[0].isupper()}
            v["calendar_missing"] += len(said - given)
            v["calendar_conflict"] += float(bool(said - given) and bool(given - said))

    def _differences(self, v: dict[str, float], claim: Sentence, best: Sentence, everything: set[str]) -> Finding | None:
        """Walk the token diff of claim and best sentence."""
        finding: Finding | None = None
        cosines: list[float] = []
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, best.stems, claim.stems, autojunk=False).get_opcodes():
            if tag == "equal":
                continue
            old, new = best.tokens[i1:i2], claim.tokens[j1:j2]
            old_stems, new_stems = set(best.stems[i1:i2]), set(claim.stems[j1:j2])
            v["negation_inserted"] += bool(new_stems & NEGATIONS) and not old_stems & NEGATIONS
            v["negation_deleted"] += bool(old_stems & NEGATIONS) and not new_stems & NEGATIONS
            if finding is None and bool(new_stems & NEGATIONS) != bool(old_stems & NEGATIONS):
                finding = Finding("negation", _text(new), _text(old))
            if tag == "replace":
                v["replaced_count"] += 1
                numbers = (
                    [t for t in new if t.kind == "number" and t.value not in {o.value for o in old}],
                    [t for t in old if t.kind == "number"],
                )
                if numbers[0] and numbers[1]:
                    v["number_conflict"] += 1
                    finding = Finding("number", numbers[0][0].text, numbers[1][0].text)
                named = [t for t in new if t.name and t.stem not in old_stems], [t for t in old if t.name]
                if named[0] and named[1]:
                    v["name_conflict"] += 1
                    finding = (
                        finding
                        if finding and finding.kind == "number"
                        else Finding("name", _text([t for t in new if t.name]), _text([t for t in old if t.name]))
                    )
                if (new_stems - old_stems) & _UNITS and (old_stems - new_stems) & _UNITS:
                    v["unit_conflict"] += 1
                    finding = finding or Finding("unit", _text(new), _text(old))
                for a in new:
                    for b in old:
                        if (
                            a.kind == b.kind == "word"
                            and a.stem != b.stem
                            and not (a.stem in STOP or b.stem in STOP)
                            and not (a.name or b.name)
                        ):
                            v["replaced_word_count"] += 1
                            cosines.append(float(self._vectors.word(a.text.lower()) @ self._vectors.word(b.text.lower())))
            if tag in ("insert", "replace"):
                extra = [t for t in new if t.stem not in everything and t.stem not in STOP]
                v["inserted_count"] += len(extra)
                v["inserted_idf_sum"] += sum(self.weight(t) for t in extra)
                v["name_inserted"] += sum(t.name for t in extra)
                if j2 == len(claim.tokens) and i2 >= len(best.tokens) - 1:
                    v["inserted_tail"] += len(extra)
                if extra and finding is None and tag == "insert":
                    finding = Finding("added", _text(extra), "")
            if tag in ("delete", "replace"):
                v["deleted_count"] += len(old)
                v["deleted_middle"] += len(old) if 0 < j1 < len(claim.tokens) else 0
        v["replaced_cosine_max"], v["replaced_cosine_mean"] = (
            max(cosines, default=0.0),
            sum(cosines) / len(cosines) if cosines else 0.0,
        )
        return finding

    def _words(self, v: dict[str, float], claim: Sentence, best: Sentence) -> None:
        mine, theirs = set(claim.stems), set(best.stems)
        v["negations_claim"] = float(sum(s in NEGATIONS for s in claim.stems))
        v["negations_best"] = float(sum(s in NEGATIONS for s in best.stems))
        v["negation_parity"] = float((v["negations_claim"] - v["negations_best"]) % 2)
        soft = {t.text.lower() for t in claim.tokens} & SOFT_NEGATIONS, {t.text.lower() for t in best.tokens} & SOFT_NEGATIONS
        v["soft_negation_difference"] = float(len(soft[0]) - len(soft[1]))
        for i, stem in enumerate(best.stems):
            if stem in NEGATIONS and set(best.stems[i + 1 : i + 5]) & mine - STOP and not set(claim.stems) & NEGATIONS:
                v["negation_near_match"] += 1
        v["opposites"] = float(sum(bool(self._opposites.get(s, frozenset()) & (theirs - mine)) for s in mine - theirs))
        words, given = {t.text.lower() for t in claim.tokens}, {t.text.lower() for t in best.tokens}
        v["universal_added"] = float(len((words & UNIVERSAL) - given))
        v["only_added"] = float(bool({"only", "sole"} & words) and not {"only", "sole"} & given)
        v["existential_lost"] = float(len((given & EXISTENTIAL) - words))
        v["hedge_lost"], v["hedge_added"] = float(len((given & HEDGES) - words)), float(len((words & HEDGES) - given))
        v["auxiliary_tense"] = float(bool(words & _AUX_NOW - given) and bool(given & _AUX_PAST - words)) - float(
            bool(words & _AUX_PAST - given) and bool(given & _AUX_NOW - words)
        )
        named = [t for t in claim.tokens if t.name]
        v["names"] = float(len(named))
        v["names_missing_best"] = float(sum(t.stem not in theirs for t in named))

    def _shape(self, v: dict[str, float], claim: Sentence, best: Sentence, window: tuple[Sentence, ...]) -> None:
        everything = {stem for s in window for stem in s.stems}
        named = [t for t in claim.tokens if t.name]
        v["names_missing_window"] = float(sum(t.stem not in everything for t in named))
        v["names_missing_share"] = v["names_missing_window"] / len(named) if named else 0.0
        first: dict[str, int] = {}
        for i, stem in enumerate(best.stems):
            first.setdefault(stem, i)
        v["order"] = _rising([first[s] for s in claim.stems if s in first and s not in STOP])
        v["name_order"] = _rising([first[t.stem] for t in claim.tokens if t.name and t.stem in first])
        v["bigrams"], v["trigrams"] = _bigrams(claim.stems, best.stems, 2), _bigrams(claim.stems, best.stems, 3)
        matcher = SequenceMatcher(None, best.stems, claim.stems, autojunk=False)
        v["longest_match"] = matcher.find_longest_match().size / len(claim.stems)
        v["match_ratio"] = sum(block.size for block in matcher.get_matching_blocks()) / len(claim.stems)
        v["claim_length"], v["best_length"] = float(len(claim.stems)), float(len(best.stems))
        v["window_length"], v["sentences"] = float(sum(len(s.stems) for s in window)), float(len(window))
        v["copied"] = float(v["longest_match"] >= 0.999)
        v["pronoun_start"] = float(claim.stems[0] in ("he", "she", "it", "they", "his", "her", "their", "its", "this", "these"))


def _text(part: tuple[Token, ...] | list[Token]) -> str:
    return " ".join(t.text for t in part)[:60]


def _bigrams(mine: tuple[str, ...], theirs: tuple[str, ...], size: int) -> float:
    """Share of the claim's n-grams found in the other sequence."""
    have = {theirs[i : i + size] for i in range(len(theirs) - size + 1)}
    said = [mine[i : i + size] for i in range(len(mine) - size + 1)]
    return sum(s in have for s in said) / len(said) if said else 0.0


def _rising(positions: list[int]) -> float:
    """Share of neighbouring matched positions that keep their order; 1.0 when there are fewer than two."""
    if len(positions) < 2:
        return 1.0
    return sum(b >= a for a, b in pairwise(positions)) / (len(positions) - 1)
