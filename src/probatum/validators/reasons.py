"""A short plain reason for a verdict: which passage, and the most telling difference. Descriptive only; it never changes a
verdict.
"""

from __future__ import annotations

from difflib import SequenceMatcher

from probatum.consensus.verdict import Verdict
from probatum.validators.text import NEGATIONS, STOP, Token, sentences, tokens
from probatum.validators.windows import Window

_LIMIT = 60


def not_sure(verdict: Verdict, probability: float, needed: float) -> str:
    """Why a validator abstains whose best verdict is under its threshold; with decimals where the two would read the same."""
    digits = next((n for n in range(3) if f"{probability:.{n}%}" != f"{needed:.{n}%}"), 3)
    return f"not sure enough: {verdict.lower()} at {probability:.{digits}%}, needs {needed:.{digits}%}"


def explain(verdict: Verdict, claim: str, window: Window) -> str:
    """One clause such as "passage 2: the number 1889 stands where the claim has 1898"."""
    single = window.passage >= 0
    where = f"passage {window.passage + 1}" if single else "the passages together"
    mine = [t for t in tokens(claim) if t.kind != "mark"]
    parts = [[t for t in tokens(s) if t.kind != "mark"] for s in sentences(window.text)[:30]]
    content = {t.stem for t in mine if t.stem not in STOP}
    best = max((p for p in parts if p), key=lambda p: len({t.stem for t in p} & content), default=[])
    if verdict is Verdict.SUPPORTED:
        stated = _covered(content, window.text) > 0.75
        return f"{where} {('states' if single else 'state') if stated else ('implies' if single else 'imply')} it"
    difference = _difference(mine, best, window.text)
    if verdict is Verdict.REFUTED:
        return f"{where}: {difference}" if difference else f"{where} {'says' if single else 'say'} otherwise"
    not_ = "does not" if single else "do not"
    missing = [t.text for t in mine if t.stem in content and t.stem not in {s.stem for s in tokens(window.text)}]
    if missing:
        return f"{where} {not_} mention {', '.join(missing[:3])[:_LIMIT]}"
    return f"{where} {not_} settle it"


def _covered(content: set[str], text: str) -> float:
    return len(content & {t.stem for t in tokens(text)}) / len(content) if content else 0.0


def _difference(mine: list[Token], best: list[Token], text: str) -> str:
    """The first number, name or negation that differs between the claim and its closest sentence; empty when none stands out."""
    fallback = ""
    known = {t.stem for t in tokens(text)}
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, [t.stem for t in best], [t.stem for t in mine], autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        old, new = best[i1:i2], mine[j1:j2]
        numbers = [t for t in old if t.kind == "number"], [t for t in new if t.kind == "number" and t.stem not in known]
        if numbers[0] and numbers[1]:
            return f"the number {numbers[0][0].text} stands where the claim has {numbers[1][0].text}"[:140]
        if bool({t.stem for t in old} & NEGATIONS) != bool({t.stem for t in new} & NEGATIONS):
            return "one of claim and passage is negated, the other is not"
        names = [t.text for t in old if t.name], [t.text for t in new if t.name and t.stem not in known]
        if names[0] and names[1]:
            fallback = fallback or f"{' '.join(names[0])[:_LIMIT]} stands where the claim has {' '.join(names[1])[:_LIMIT]}"
        words = [t.text for t in old if t.stem not in STOP], [t.text for t in new if t.stem not in STOP]
        if tag == "replace" and len(words[0]) == len(words[1]) == 1 and not fallback:
            fallback = f'"{words[0][0]}" stands where the claim has "{words[1][0]}"'[:140]
    return fallback
