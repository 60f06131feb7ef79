# ruff: noqa: E501
"""Edits of parts of names: another given name, another surname, another word inside a longer name; and shortenings that stay true."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from hard_lexicon import GIVEN_NAMES
from hard_text import Name, names

_GIVEN = sorted(GIVEN_NAMES)
_DIRECTIONS = ("North", "South", "East", "West", "Northern", "Southern", "Eastern", "Western", "New", "Old", "Upper", "Lower")


def _people(text: str) -> list[Name]:
    return [n for n in names(text) if n.kind == "person" and len(n.text.split()) in (2, 3) and n.text.split()[0] in GIVEN_NAMES]


def change_part(text: str, rng: random.Random, passage: str, pool: Mapping[str, Sequence[str]]) -> str | None:
    """One part of a name replaced, so that another person, place or body is meant; None where nothing fits."""
    ways = [_given_name, _surname, _inner_word]
    rng.shuffle(ways)
    for way in ways:
        changed = way(text, rng, passage, pool)
        if changed and changed != text:
            return changed
    return None


def _given_name(text: str, rng: random.Random, passage: str, pool: Mapping[str, Sequence[str]]) -> str | None:
    """'Mary Brown' -> 'Alice Brown'."""
    people = _people(text)
    if not people:
        return None
    name = rng.choice(people)
    old = name.text.split()[0]
    new = next((g for g in rng.sample(_GIVEN, 8) if g[:3] != old[:3] and g not in passage), None)
    return text[: name.start] + new + text[name.start + len(old) :] if new else None


def _surname(text: str, rng: random.Random, passage: str, pool: Mapping[str, Sequence[str]]) -> str | None:
    """'Mary Brown' -> 'Mary Keller'."""
    people = _people(text)
    others = [p.split()[-1] for p in rng.sample(list(pool["person"]), min(12, len(pool["person"]))) if 2 <= len(p.split()) <= 3]
    new = next((s for s in others if s[0].isupper() and s.isalpha() and len(s) > 3 and s not in passage), None)
    if not people or not new:
        return None
    name = rng.choice(people)
    return text[: name.end - len(name.text.split()[-1])] + new + text[name.end :]


def _inner_word(text: str, rng: random.Random, passage: str, pool: Mapping[str, Sequence[str]]) -> str | None:
    """'University of Leeds' -> 'University of Kent', 'North Carolina' -> 'South Carolina'; the rest of the name stays."""
    found = [n for n in names(text) if n.kind in ("other2", "place") and 2 <= len(n.text.split()) <= 5]
    rng.shuffle(found)
    for name in found:
        words = name.text.split()
        options = _same_frame(words, rng, pool.get("other2", ()), passage)
        if words[0] in _DIRECTIONS:
            at = _DIRECTIONS.index(words[0])
            options.append(" ".join([_DIRECTIONS[at ^ 1 if at < 8 else 8 + ((at - 8) ^ 1)], *words[1:]]))
        if options:
            return text[: name.start] + rng.choice(options) + text[name.end :]
    return None


def _same_frame(words: Sequence[str], rng: random.Random, pool: Sequence[str], passage: str) -> list[str]:
    """Names of the pool of the same length that differ in exactly one capitalised word."""
    sample = pool if len(pool) < 4000 else rng.sample(list(pool), 4000)
    out = []
    for other in sample:
        theirs = other.split()
        if len(theirs) == len(words) and other not in passage:
            differ = [(a, b) for a, b in zip(words, theirs, strict=True) if a != b]
            if len(differ) == 1 and all(w[0].isupper() and len(w) > 2 for w in differ[0]) and differ[0][0][:4] != differ[0][1][:4]:
                out.append(other)
    return out


def shorten(text: str, passage: str, rng: random.Random) -> str | None:
    """'Mary Brown said' -> 'Brown said', where the passage knows only one Brown: still true."""
    people = [n for n in _people(text) if len(re.findall(rf"[A-Z][a-z]+ {re.escape(n.text.split()[-1])}\b", passage)) == 1]
    if not people:
        return None
    name = rng.choice(people)
    return text[: name.start] + name.text.split()[-1] + text[name.end :]
