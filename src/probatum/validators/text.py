"""Words, numbers, names and sentences of English text for the feature-based judge and for cutting windows. No dependencies."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BREAK = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"”')\]]))\s+(?=[\"“'(\[]?[A-Z0-9])|\n{2,}")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|No|Inc|Ltd|Co|Corp|Gen|Col|Lt|Sen|Rep|Gov|Mt|approx|ca|fig|al|e\.g|i\.e|U\.S|U\.K|[A-Z]))\.$"
)
_TOKEN = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[^\W\d_]+(?:['’][^\W\d_]+)?|[%$€£°]|[^\w\s]", re.UNICODE)

SMALL_NUMBERS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
_VALUES: dict[str, float] = {word: float(value) for value, word in enumerate(SMALL_NUMBERS)}
_VALUES.update(
    {
        "thirty": 30,
        "forty": 40,
        "fifty": 50,
        "sixty": 60,
        "seventy": 70,
        "eighty": 80,
        "ninety": 90,
        "dozen": 12,
        "half": 0.5,
        "twice": 2,
        "once": 1,
    }
)
ORDINALS = {
    word: float(value + 1)
    for value, word in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth"]
    )
}
_SCALE = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "mn": 1e6, "bn": 1e9}
MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"]
DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "from",
        "by",
        "with",
        "as",
        "and",
        "or",
        "but",
        "if",
        "so",
        "than",
        "that",
        "this",
        "these",
        "those",
        "it",
        "its",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "am",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "will",
        "would",
        "can",
        "could",
        "should",
        "may",
        "might",
        "must",
        "shall",
        "not",
        "no",
        "nor",
        "he",
        "she",
        "they",
        "them",
        "his",
        "her",
        "their",
        "him",
        "we",
        "us",
        "our",
        "you",
        "your",
        "i",
        "me",
        "my",
        "who",
        "whom",
        "which",
        "what",
        "when",
        "where",
        "while",
        "there",
        "here",
        "also",
        "into",
        "over",
        "under",
        "about",
        "after",
        "before",
        "between",
        "during",
        "through",
        "then",
        "too",
        "very",
        "just",
        "such",
        "own",
        "same",
        "other",
        "up",
        "down",
        "out",
        "off",
        "again",
        "both",
        "each",
        "more",
        "most",
        "some",
        "any",
        "all",
        "few",
        "s",
        "t",
    ]
)
NEGATIONS = frozenset(
    ["not", "no", "never", "n't", "nor", "neither", "none", "nobody", "nothing", "nowhere", "without", "cannot", "hardly", "barely"]
)
SOFT_NEGATIONS = frozenset(
    [
        "fail",
        "failed",
        "fails",
        "failing",
        "deny",
        "denied",
        "denies",
        "lack",
        "lacks",
        "lacked",
        "refuse",
        "refused",
        "refuses",
        "unable",
        "rejected",
        "absence",
        "despite",
        "unlike",
        "stopped",
        "ceased",
    ]
)
UNIVERSAL = frozenset(
    [
        "all",
        "every",
        "always",
        "only",
        "never",
        "none",
        "entirely",
        "completely",
        "exclusively",
        "everyone",
        "everything",
        "solely",
        "sole",
        "any",
        "each",
        "exactly",
        "certainly",
        "definitely",
        "proves",
    ]
)
EXISTENTIAL = frozenset(
    [
        "some",
        "many",
        "several",
        "few",
        "often",
        "sometimes",
        "usually",
        "mostly",
        "most",
        "partly",
        "partially",
        "occasionally",
        "various",
        "approximately",
        "about",
        "around",
        "nearly",
        "almost",
    ]
)
HEDGES = frozenset(
    [
        "may",
        "might",
        "could",
        "can",
        "possibly",
        "perhaps",
        "likely",
        "probably",
        "suggest",
        "suggests",
        "suggested",
        "appears",
        "appear",
        "seems",
        "plans",
        "planned",
        "expected",
        "hope",
        "hopes",
        "could",
        "would",
        "should",
        "associated",
        "allegedly",
        "reportedly",
    ]
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token: text as written, lower-case stem, kind ("word", "number", "mark"), numeric value or NaN, whether it looks like a
    name.
    """

    text: str
    stem: str
    kind: str
    value: float
    name: bool


def sentences(text: str) -> list[str]:
    """Split prose into sentences; abbreviations and initials stay together; blank lines always split."""
    out: list[str] = []
    for part in _BREAK.split(text):
        piece = " ".join(part.split())
        if not piece:
            continue
        if out and _ABBREVIATION.search(out[-1]):
            out[-1] += " " + piece
        else:
            out.append(piece)
    return out


def stem(word: str) -> str:
    """A light stemmer: plural, -ed, -ing, -ly; enough to match inflections, never shorter than three letters."""
    word = word.lower().replace("’", "'")
    if word.endswith("'s"):
        word = word[:-2]
    if len(word) <= 3:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    for suffix in ("ing", "ed", "es", "ly", "s", "e"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3 and not word.endswith("ss"):
            base = word[: -len(suffix)]
            if suffix in ("ing", "ed") and len(base) > 3 and base[-1] == base[-2] and base[-1] not in "ls":
                base = base[:-1]
            return base[:-1] if suffix in ("es", "ed", "ing") and base.endswith("e") and len(base) > 3 else base
    return word


def tokens(text: str) -> list[Token]:
    """Tokenise. "3 million" and "three million" become one number; "didn't" becomes "did" and "n't"; % becomes "percent"."""
    raw: list[str] = []
    for piece in _TOKEN.findall(text):
        low = piece.lower().replace("’", "'")
        if low.endswith("n't") and len(low) > 3:
            raw.extend((piece[:-3] if low != "can't" else "can", "n't"))
        elif low == "cannot":
            raw.extend(("can", "not"))
        elif low.endswith("'s") and len(low) > 2:
            raw.append(piece[:-2])
        else:
            raw.append(piece)
    out: list[Token] = []
    start = True
    for piece in raw:
        low = piece.lower()
        if piece[0].isdigit():
            out.append(Token(piece, piece.replace(",", ""), "number", _number(piece), False))
            start = False
        elif low in _SCALE and out and out[-1].kind == "number" and out[-1].value < 10_000:
            last = out.pop()
            value = last.value * _SCALE[low]
            out.append(Token(f"{last.text} {piece}", f"{value:g}", "number", value, False))
        elif low in _VALUES and low not in ("one", "half", "once"):
            out.append(Token(piece, f"{_VALUES[low]:g}", "number", _VALUES[low], False))
            start = False
        elif low in ORDINALS:
            out.append(Token(piece, f"#{ORDINALS[low]:g}", "number", ORDINALS[low], False))
            start = False
        elif low in ("%", "percent", "percentage"):
            out.append(Token(piece, "percent", "word", float("nan"), False))
        elif piece[0].isalpha():
            name = piece[0].isupper() and low not in STOP and (not start or (piece.isupper() and len(piece) > 1))
            out.append(Token(piece, low if low in STOP or low == "n't" else stem(low), "word", float("nan"), name))
            start = False
        else:
            out.append(Token(piece, piece, "mark", float("nan"), False))
            start = piece in ".!?" or (start and piece in "\"'“(")
    return out


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return float("nan")
