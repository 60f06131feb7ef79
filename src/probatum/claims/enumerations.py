"""Lists whose members can each be stated alone: roles after *is* or *was*, and titles that a bracket or quotation marks off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from probatum.claims import lexicon as lx
from probatum.claims.insertions import Part
from probatum.claims.phrases import finite_at, name_before, opening_subject
from probatum.claims.sentences import protected
from probatum.claims.words import Token, is_negation, key, tokens
from probatum.claims.wordset import wordset

#: What somebody can be besides something else. Only these are taken out of a list of roles.
ROLES: Final = wordset(
    "actor actress singer songwriter singer-songwriter musician composer pianist guitarist drummer bassist violinist rapper "
    "dancer choreographer producer director screenwriter writer author novelist poet playwright essayist journalist editor "
    "critic broadcaster presenter host comedian model politician lawyer attorney judge diplomat economist businessman "
    "businesswoman entrepreneur investor philanthropist activist philosopher theologian historian mathematician physicist "
    "chemist biologist scientist engineer inventor architect painter sculptor photographer artist illustrator designer "
    "physician doctor surgeon psychologist psychiatrist nurse teacher professor academic scholar educator linguist "
    "translator explorer soldier officer footballer cricketer boxer wrestler swimmer athlete coach manager conductor "
    "filmmaker cinematographer animator cartoonist youtuber programmer researcher astronomer astronaut aviator lyricist "
    "vocalist multi-instrumentalist socialite statesman revolutionary monk priest bishop missionary orator polymath "
    "botanist geologist zoologist"
)
#: Adjectives that take their noun back, or would have to be copied: "a former actor and politician" is not "a politician".
_SHIFTING: Final = wordset(
    "former retired ex late aspiring fictional alleged self-described self-proclaimed acting would-be amateur part-time "
    "suspected convicted and or not"
)


#: Words before a list that hold for each member alone; "consists of", "between" and the like do not.
_DISTRIBUTING: Final = wordset(
    "include includes included including in as won received released directed wrote published produced starred like featured"
)
_JOINT: Final = re.compile(r"\s*(,\s*and\s|,\s*&\s|and\s|,)\s*")
_END: Final = re.compile(r"\s*[.!]?\s*\Z")


def titles(sentence: str) -> list[Part]:
    """``... include A (1979), B (1983) and C (1986).``: one part per title. Each must carry its own bracket or quotation marks,
    since a bare "A, B and C" may be one title. Else ``[]``."""
    ends = _title_ends(sentence)
    if len(ends) < 2:
        return []
    start = _title_start(sentence, ends)
    lead = tokens(sentence[:start]) if start else ()
    if len(lead) < 2 or lead[-1].lower not in _DISTRIBUTING or any(is_negation(key(word.text)) for word in lead):
        return []
    if lead[-1].lower != "include" and not any(finite_at(lead, index) for index in range(1, len(lead))):
        return []
    parts = [Part(0, ends[0][1], sentence[: ends[0][1]])]
    for (_, last), (_, end) in pairwise(ends):
        joint = _JOINT.match(sentence, last)
        begin = joint.end() if joint else last
        stop = len(sentence) if end == ends[-1][1] else end
        parts.append(Part(last, stop, f"{sentence[:start].strip()} {sentence[begin:stop]}", copied=True))
    return parts


def _title_ends(sentence: str) -> list[tuple[int, int]]:
    """Brackets or quotations that close the members of one list running to the end of the sentence, ascending."""
    marks = [(start, end + 1) for start, end in protected(sentence)]
    if not marks or not _END.match(sentence, marks[-1][1]):
        return []
    chosen = [marks[-1]]
    quoted = sentence[marks[-1][0]] not in "("
    for mark in reversed(marks[:-1]):
        joint = _JOINT.match(sentence, mark[1])
        between = sentence[joint.end() : chosen[-1][0]] if joint else ""
        if joint is None or (sentence[mark[0]] != "(") != quoted or not _is_member(between, quoted=quoted):
            break
        chosen.append(mark)
    joints = [_JOINT.match(sentence, mark[1]) for mark in chosen[1:]]
    closed = bool(joints) and joints[0] is not None and "and" in joints[0].group(1)
    return list(reversed(chosen)) if closed else []


def _is_member(between: str, *, quoted: bool) -> bool:
    """What stands between a joint and the mark: nothing before a quotation, a title without comma or *and* before a bracket."""
    if quoted:
        return not between.strip()
    words = tokens(between)
    return bool(words) and words[0].text[0].isupper() and not any(word.text in ",;" or word.lower == "and" for word in words)


def _title_start(sentence: str, ends: Sequence[tuple[int, int]]) -> int:
    first = ends[0][0]
    if sentence[first] != "(":
        return first
    words = tokens(sentence[:first])
    name = name_before(words, len(words))
    if not name:
        return 0
    index = words.index(name[0])
    return words[index - 1].start if index and words[index - 1].text in ("The", "A", "An") else name[0].start


def roles(sentence: str, words: Sequence[Token]) -> list[Part]:
    """``SUBJECT is a ROLE, ROLE and ROLE ...``: one part per role; what follows the last stays with the last. Else ``[]``."""
    found = opening_subject(words)
    if found is None or words[found[1]].lower not in lx.BE:
        return []
    subject, be = found
    ends = _role_ends(words, be + 1)
    if len(ends) < 2 or any(word.lower in _SHIFTING for word in words[be + 1 : ends[0]]):
        return []
    lead = f"{sentence[subject[0].start : subject[-1].end]} {words[be].text}"
    parts = [Part(0, words[ends[0]].end, sentence[: words[ends[0]].end])]
    for last, end in pairwise(ends):
        start = _after_joint(words, last)
        stop = words[end].end if end != ends[-1] else len(sentence)
        parts.append(
            Part(words[last].end, stop, f"{lead} {_article(words, start)}{sentence[words[start].start : stop]}", copied=True)
        )
    return parts


def _role_ends(words: Sequence[Token], start: int) -> list[int]:
    """Indices of the roles that ``words[start:]`` lists; ``[]`` unless the list is closed by *and*."""
    if start >= len(words) or words[start].lower not in ("a", "an"):
        return []
    first = next((i for i in range(start + 1, min(start + 7, len(words))) if _ends_role(words, i)), None)
    if first is None or any(
        not word.is_word or word.lower in lx.PREPOSITIONS or verb_like(word) for word in words[start + 1 : first]
    ):
        return []
    ends, closed = [first], False
    while not closed:
        begin = _after_joint(words, ends[-1])
        if begin == ends[-1] + 1:
            return []
        closed = any(word.lower == "and" for word in words[ends[-1] + 1 : begin])
        end = next((i for i in range(begin, min(begin + 4, len(words))) if _ends_role(words, i)), None)
        if end is None or any(
            not w.is_word or w.lower in _SHIFTING or w.lower in lx.PREPOSITIONS or verb_like(w) for w in words[begin:end]
        ):
            return []
        ends.append(end)
    return ends


def verb_like(word: Token) -> bool:
    return word.lower in lx.AUXILIARIES or word.lower in lx.PAST or word.lower in lx.SUBORDINATORS


def _ends_role(words: Sequence[Token], index: int) -> bool:
    """A role noun that no further noun follows ("singer" but not "singer management")."""
    if words[index].lower not in ROLES:
        return False
    following = words[index + 1] if index + 1 < len(words) else None
    return (
        following is None
        or not following.is_word
        or following.lower in lx.PREPOSITIONS
        or following.lower in ("and", "who", "known", "born", "whose")
    )


def _after_joint(words: Sequence[Token], end: int) -> int:
    index = end + 1
    if index < len(words) and words[index].text == ",":
        index += 1
    if index < len(words) and words[index].lower == "and":
        index += 1
    return min(index, len(words) - 1)


def _article(words: Sequence[Token], index: int) -> str:
    if words[index].lower in ("a", "an", "the"):
        return ""
    return "an " if words[index].lower[0] in "aeiou" else "a "
