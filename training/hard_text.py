"""Sentences, names and passages for the hard-case generator: rules only, no model."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from hard_lexicon import DAYS, GIVEN_NAMES, MONTHS, PLACES, ROLE_TITLES

_BREAK = re.compile(r"(?<=[.!?])[\"')\]]?\s+(?=[\"'(\[]?[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|No|Inc|Ltd|Co|Corp|Gen|Col|Lt|Sen|Rep|Gov|Mt|approx|ca|fig|al|e\.g|i\.e|U\.S|U\.K|[A-Z]))\.$"
)


def sentences(text: str) -> list[str]:
    """Split English prose; keeps abbreviations and initials together."""
    parts = _BREAK.split(" ".join(text.split()))
    out: list[str] = []
    for part in parts:
        if out and _ABBREVIATION.search(out[-1]):
            out[-1] += " " + part
        else:
            out.append(part)
    return [part.strip() for part in out if part.strip()]


_NAME = re.compile(r"\b[A-Z][A-Za-z'’\-]*[a-z][A-Za-z]*(?:\s+(?:(?:of|de|van|von|al|bin|the)\s+)?[A-Z][A-Za-z'’\-.]*)*")
_STOP = frozenset(
    [
        "The",
        "A",
        "An",
        "In",
        "On",
        "At",
        "It",
        "He",
        "She",
        "They",
        "We",
        "I",
        "You",
        "This",
        "That",
        "These",
        "Those",
        "There",
        "When",
        "While",
        "If",
        "But",
        "And",
        "Or",
        "As",
        "For",
        "From",
        "By",
        "With",
        "After",
        "Before",
        "During",
        "Its",
        "His",
        "Her",
        "Their",
        "Our",
        "My",
        "However",
        "Although",
        "Because",
        "Since",
        "Until",
        "Also",
        "Some",
        "Many",
        "Most",
        "All",
        "Each",
        "Every",
        "No",
        "Not",
        "One",
        "Two",
        "Three",
        "What",
        "Who",
        "How",
        "Why",
        "Where",
        "Which",
        "More",
        "Results",
        "Conclusions",
        "Conclusion",
        "Methods",
        "Background",
        "Patients",
        "Such",
        "Other",
        "Another",
        "According",
        "Despite",
        "Then",
        "Now",
        "Here",
        "So",
        "Yes",
        "To",
        "Of",
        "Is",
        "Are",
        "Was",
        "Were",
        "Question",
        "Answer",
        "Both",
        "Under",
        "Over",
        "Last",
        "Next",
        "First",
        "Second",
        "New",
        "Earlier",
        "Later",
        "Several",
    ]
)


@dataclass(frozen=True, slots=True)
class Name:
    """A capitalised name: text, character span in its sentence, kind (person, place, month, other)."""

    text: str
    start: int
    end: int
    kind: str


def names(sentence: str) -> list[Name]:
    """Names by capital letters; a sentence-initial word counts only if it continues as a name or is in a list."""
    found = []
    for match in _NAME.finditer(sentence):
        text, start = match.group(), match.start()
        words = text.split()
        while words and words[0] in _STOP:
            start += len(words[0]) + 1
            words = words[1:]
        if not words:
            continue
        text = " ".join(words)
        text = text.rstrip(".'’") if not re.search(r"\b(?:Jr|Sr|Inc|Ltd|Co)\.$", text) else text
        text = re.sub(r"['’]s$", "", text)
        if sentence[start : start + len(text)] != text or len(text) < 3:
            continue
        before = sentence[:start].split()
        if not before and len(words) == 1 and text not in PLACES and text not in GIVEN_NAMES:
            continue
        if words[0] in MONTHS or words[0] in DAYS:
            kind = "month"
        elif words[0] in GIVEN_NAMES or words[0].rstrip(".") in ROLE_TITLES:
            kind = "person"
        elif words[0] in PLACES or (before and before[-1] in ("in", "near", "from") and len(words) <= 2):
            kind = "place"
        elif len(words) == 2 and sentence[start + len(text) :].split()[:1] in (
            ["said"],
            ["says"],
            ["told"],
            ["wrote"],
            ["was"],
            ["is"],
        ):
            kind = "person"
        elif text.isupper():
            kind = "acronym"
        else:
            kind = "other1" if len(words) == 1 else "other2"
        found.append(Name(text, start, start + len(text), kind))
    return found


def good_sentence(text: str) -> bool:
    """A whole declarative sentence of 6 to 45 words."""
    words = text.split()
    return (
        6 <= len(words) <= 45
        and text[-1] in '."'
        and not text.endswith("?")
        and (text[0].isupper() or text[0] in '"0123456789')
        and text.count('"') % 2 == 0
        and text.count("(") == text.count(")")
        and sum(c.isalpha() for c in text) > 0.6 * len(text)
    )


def windows(parts: list[str], rng: random.Random) -> Iterator[list[str]]:
    """Cut a document's sentences into passages of 1 to 6 sentences (mostly 2 to 5), at most 150 words."""
    at = 0
    while at < len(parts):
        size = rng.choices((1, 2, 3, 4, 5, 6), (2, 3, 4, 4, 3, 2))[0]
        chunk = parts[at : at + size]
        while len(chunk) > 1 and sum(len(s.split()) for s in chunk) > 150:
            chunk = chunk[:-1]
        yield chunk
        at += len(chunk)
