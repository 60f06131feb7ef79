"""A relative clause or an apposition after its noun, as a statement of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from probatum.claims import lexicon as lx
from probatum.claims.phrases import copyable, finite_at, is_name, name_before
from probatum.claims.words import Token, is_negation, key


@dataclass(frozen=True, slots=True)
class Part:
    """``start``/``end``: characters of the sentence. ``text`` is not cleaned yet. ``copied``: the subject was put before it."""

    start: int
    end: int
    text: str
    copied: bool = False


def insertions(sentence: str, words: Sequence[Token]) -> list[Part]:
    """Two parts when a relative clause or an apposition can be told apart safely; the second may still be compound. Else ``[]``."""
    for index in range(1, len(words) - 3):
        if words[index].text != ",":
            continue
        if words[index + 1].lower in ("who", "which"):
            return _relative(sentence, words, index)
        if words[index + 1].lower in ("a", "an", "the"):
            return _apposition(sentence, words, index)
    return []


def _relative(sentence: str, words: Sequence[Token], comma: int) -> list[Part]:
    """``NAME, who VERB ..., VERB ...`` and ``... VERB NAME, who VERB ...``."""
    pronoun, verb = words[comma + 1], words[comma + 2]
    noun = name_before(words, comma) or (words[:comma] if pronoun.lower == "which" and copyable(words[:comma]) else None)
    if noun is None or not finite_at(words, comma + 2) or is_negation(key(words[comma + 3].text)):
        return []
    name = sentence[noun[0].start : noun[-1].end]
    closing = _closing(words, comma + 3)
    if noun[0].start == words[0].start:
        return _medial(sentence, words, comma, name, closing, verb.start)
    if closing or not _sure_antecedent(words, noun[0], pronoun) or any(word.text == "," for word in words[comma + 2 :]):
        return []
    cut = words[comma].start
    return [Part(0, cut, sentence[:cut]), Part(cut, len(sentence), f"{name} {sentence[verb.start :]}", copied=True)]


def _apposition(sentence: str, words: Sequence[Token], comma: int) -> list[Part]:
    """``NAME, a NOUN ..., VERB ...``: the apposition without a comma or verb of its own, the verb right after it."""
    name = name_before(words, comma)
    closing = _closing(words, comma + 2)
    if name is None or name[0].start != words[0].start or len(closing) != 1:
        return []
    inside = words[comma + 1 : closing[0]]
    if any(word.text == "," or word.lower in lx.SUBORDINATORS or is_negation(key(word.text)) for word in inside):
        return []
    tense = "is" if words[closing[0] + 1].lower in ("is", "has") or words[closing[0] + 1].lower in lx.PRESENT_SURE else "was"
    return _medial(sentence, words, comma, sentence[name[0].start : name[-1].end], closing, words[comma + 1].start, tense)


def _closing(words: Sequence[Token], start: int) -> list[int]:
    """Commas that a finite verb follows. Only a single one surely ends what began at the first comma."""
    return [i for i in range(start, len(words) - 1) if words[i].text == "," and finite_at(words, i + 1)]


def _medial(
    sentence: str, words: Sequence[Token], opening: int, name: str, closing: Sequence[int], body: int, copula: str = ""
) -> list[Part]:
    """The name with what was inserted after it, then the name with the rest. A bracket after the name stays in the first part."""
    if len(closing) != 1:
        return []
    comma = words[closing[0]]
    first = f"{sentence[: words[opening].start]} {copula} {sentence[body : comma.start]}"
    return [Part(0, comma.end, first), Part(comma.end, len(sentence), f"{name} {sentence[comma.end :].strip()}", copied=True)]


def _sure_antecedent(words: Sequence[Token], first: Token, pronoun: Token) -> bool:
    """The name right before the comma is surely meant: nothing larger ends there ("the son of A", "A and B", "a village in C")."""
    index = words.index(first)
    before = words[index - 1].lower if index else ""
    if before == "the":
        before = words[index - 2].lower if index > 1 else ""
    if pronoun.lower == "which":
        return before in ("by", "with", "joined", "acquired", "founded", "bought") or finite_at(words, index - 1)
    return (before in ("by", "with", "to", "for", "against") or finite_at(words, index - 1)) and is_name(words[index])
