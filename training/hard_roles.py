# ruff: noqa: E501
"""Who did what to whom: edits that swap the parts of a relation, and made relations between real names.

Edits of real sentences: two names change places around a verb, the sides of a comparison or of a passive change places, a description
goes to the other of two people, a subject gets the predicate of another sentence. Made relations: a sentence about two names from the
data is put into a real passage and claimed in another form (active, passive, converse, cleft), with the roles kept or swapped.
"""

from __future__ import annotations

import random
import re

from hard_lexicon import BASE_OF_PAST
from hard_text import Name, names
from hard_words import COMPARED, CONVERSE, TRANSFERS, VERBS

_HARD_LINK = frozenset(
    [
        "and",
        "or",
        "with",
        "met",
        "marry",
        "married",
        "meet",
        "versus",
        "vs",
        "between",
        "alongside",
        "both",
        "like",
        "near",
        "equals",
        "equal",
        "including",
        "resembles",
        "resembled",
        "shared",
        "joined",
        "against",
        "beside",
    ]
)
_PAST = "|".join(sorted(BASE_OF_PAST, key=len, reverse=True))


def swap_roles(text: str, rng: random.Random) -> str | None:
    """Two names of one kind change places around a verb, a comparison or 'of', unless the link is symmetric or a list."""
    found = [n for n in names(text) if n.kind != "month"]
    pairs = [(a, b) for i, a in enumerate(found) for b in found[i + 1 : i + 3] if _swappable(text, a, b)]
    if not pairs:
        return None
    a, b = rng.choice(pairs)
    return text[: a.start] + b.text + text[a.end : b.start] + a.text + text[b.end :]


def _swappable(text: str, a: Name, b: Name) -> bool:
    between = text[a.end : b.start].lower()
    words = re.findall(r"[a-z]+", between)
    people = {"person", "other2"}
    return (
        (a.kind == b.kind or {a.kind, b.kind} <= people or {a.kind, b.kind} <= {"other1", "other2", "acronym"})
        and not set(a.text.split()) & set(b.text.split())
        and 1 <= len(words) <= 9
        and not set(words) & _HARD_LINK
        and not re.search(r"[;:\"()]|, ", between)
        and text[b.end : b.end + 1] in " .,'"
        and between[0] in " ,'"
        and bool(set(words) & BASE_OF_PAST.keys() or {"than", "by", "to", "from", "over"} & set(words) or between.startswith("'s "))
    )


_PASSIVE = re.compile(
    r"^((?:The |An? )?[A-Za-z][\w'’-]*(?: [\w'’-]+){0,4}) (?:was|were|is|are) (?:\w+ly )?([a-z]+ed|written|made|built|led|won|held|given|taken"
    r"|known|seen|shot|sold|bought|chosen|drawn|beaten|sent|told|taught|paid) by "
    r"((?:(?:the|an?) )?[A-Za-z][\w'’.-]*(?: (?!in |on |at |for |after |to |with )[\w'’-]+){0,4})(?=[.,]| in | on | at | for | after )"
)


def passive_of(text: str) -> tuple[str, str, str] | None:
    """Patient, participle and agent of a leading passive clause."""
    match = _PASSIVE.match(text)
    if not match or match.group(1).split()[0] in ("It", "He", "She", "They", "This", "That", "There", "In", "I", "We"):
        return None
    return match.group(1), match.group(2), match.group(3)


def from_passive(text: str, rng: random.Random, *, kept: bool) -> str | None:
    """'X was founded by Y.' -> 'Y founded X.' (kept) or a swap of the two."""
    parts = passive_of(text)
    if parts is None:
        return None
    patient, verb, agent = parts
    verb_is_past = verb.endswith("ed") or verb in (
        "made",
        "built",
        "led",
        "won",
        "held",
        "shot",
        "sold",
        "bought",
        "sent",
        "told",
        "taught",
        "paid",
    )
    low = patient[0].lower() + patient[1:] if patient.split()[0] in ("The", "A", "An") else patient
    high = agent[0].upper() + agent[1:]
    if kept:
        return f"{high} {verb} {low}." if verb_is_past else None
    if verb_is_past and rng.random() < 0.5:
        return f"{patient} {verb} {agent}."
    return f"{high} was {verb} by {low}."


_COMPARISON = re.compile(
    r"^((?:The |An? )?[A-Z0-9][^,;:\"]{2,40}?) ((?:is|was|are|were|has|had|have|grew|rose|fell|scored|sold|won|made|earned|received)\b"
    r"[^,;:\"]{0,40}?(?:more|less|fewer|\w+er)\b[^,;:\"]{0,25}?) than ((?:the |an? )?[A-Za-z0-9][^,;:\"]{2,35}?)\.$"
)


def swap_comparison(text: str) -> str | None:
    """'A is larger than B.' -> 'B is larger than A.'"""
    match = _COMPARISON.match(text)
    if not match or re.search(
        r"\b(?:expected|previous|usual|ever|last|before|normal|he|she|it|they|other|any)\b|\d", match.group(3)
    ):
        return None
    a, link, b = match.groups()
    return f"{b[0].upper()}{b[1:]} {link} than {a[0].lower() + a[1:] if a.split()[0] in ('The', 'A', 'An') else a}."


_DESCRIBED = re.compile(r"([A-Z][a-z]+(?: [A-Z][a-z]+)+), ((?:the|an?) [a-z][^,;\"]{5,60}),")


def swap_description(passage: str, rng: random.Random) -> str | None:
    """'X, the A, ... Y, the B, ...' -> 'X is the B.'"""
    found = [(m.group(1), m.group(2)) for m in _DESCRIBED.finditer(passage)]
    pairs = [(a, b) for a in found for b in found if not set(a[0].split()) & set(b[0].split()) and a[1] != b[1]]
    if not pairs:
        return None
    (who, _), (_, what) = rng.choice(pairs)
    return f"{who} is {what}." if " and " not in what else None


_PREDICATE = re.compile(
    rf"^(.{{2,60}}?) ((?:(?:was|were|is|are|has|had|will|would|can|could|did|does) |(?:also |later |then )?(?:{_PAST})\b).{{12,}})$"
)


def fuse(a: str, b: str) -> str | None:
    """The subject of one sentence with the predicate of another, where both subjects are names without a word in common."""
    one, two = _PREDICATE.match(a), _PREDICATE.match(b)
    if not one or not two:
        return None
    subjects = [next((n for n in names(m.group(1) + " was") if n.start == 0), None) for m in (one, two)]
    if any(s is None or m.group(1) != s.text for s, m in zip(subjects, (one, two), strict=True)):
        return None
    first, second = one.group(1), two.group(1)
    if (
        set(first.split()) & set(second.split())
        or first in two.group(2)
        or one.group(2).split()[0] != two.group(2).split()[0] in ("are", "is")
    ):
        return None
    return f"{first} {two.group(2)}"


# --- made relations -----------------------------------------------------------------------------------------------------------


def made_relation(a: str, b: str, rng: random.Random) -> tuple[list[str], list[str]]:
    """Statements that say the same of two names, and statements that say it the wrong way round."""
    how = rng.random()
    if how < 0.5:
        past, participle = rng.choice(VERBS)
        return _verb(a, b, past, participle), _verb(b, a, past, participle)
    if how < 0.68:
        forth, back = rng.choice(CONVERSE)
        said = [f"{a} {forth} {b}.", f"{b} {back} {a}."]
        return said, [f"{b} {forth} {a}.", f"{a} {back} {b}."]
    if how < 0.85:
        forth, back = rng.choice(COMPARED)
        said = [f"{a} {forth} than {b}.", f"{b} {back} than {a}.", f"Compared with {b}, {a} {forth}."]
        return said, [f"{b} {forth} than {a}.", f"{a} {back} than {b}.", f"Compared with {a}, {b} {forth}."]
    (give, take), thing = rng.choice(TRANSFERS)
    return (
        [f"{a} {give[0]} {thing} {give[1]} {b}.", f"{b} {take[0]} {thing} {take[1]} {a}."],
        [f"{b} {give[0]} {thing} {give[1]} {a}.", f"{a} {take[0]} {thing} {take[1]} {b}."],
    )


def _verb(a: str, b: str, past: str, participle: str) -> list[str]:
    return [
        f"{a} {past} {b}.",
        f"{b} was {participle} by {a}.",
        f"It was {a} who {past} {b}.",
        f"{b} is the one whom {a} {past}.",
        f"The one who {past} {b} was {a}.",
    ]
