# ruff: noqa: E501, C416
"""Edits with a known effect on truth: rewordings that keep it, and minimal changes that break it.

Every function takes a sentence and a random generator and returns the new sentence, or None where it does not apply.
``Pool`` supplies names and trailing phrases from other documents.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

from hard_lexicon import (
    AUXILIARIES,
    BASE_OF_PAST,
    DAYS,
    MONTHS,
    OPPOSITES,
    ORDINALS,
    SMALL_NUMBERS,
    SYNONYMS,
    UNITS,
)
from hard_text import names


@dataclass
class Pool:
    """Names by kind, those of them that are surely whole, and trailing phrases, harvested from the training evidence."""

    names: dict[str, list[str]] = field(default_factory=dict)
    clean: dict[str, list[str]] = field(default_factory=dict)
    phrases: list[str] = field(default_factory=list)


def _case(like: str, word: str) -> str:
    return word[0].upper() + word[1:] if like[:1].isupper() else word


def _replace_word(text: str, table: dict[str, str], rng: random.Random) -> str | None:
    spots = [
        m
        for m in re.finditer(r"\b[A-Za-z][A-Za-z\-]*\b", text)
        if m.group().lower() in table and (m.group().islower() or m.start() == 0)
    ]
    if not spots:
        return None
    spot = rng.choice(spots)
    return text[: spot.start()] + _case(spot.group(), table[spot.group().lower()]) + text[spot.end() :]


# --- rewordings that keep the truth -------------------------------------------------------------------------------------------


def drop_parenthesis(text: str, rng: random.Random) -> str | None:
    out = re.sub(r"\s*\([^()]*\)", "", text, count=1)
    return out if out != text else None


def drop_relative(text: str, rng: random.Random) -> str | None:
    """Drop ', which ... ,' or a trailing ', who ... .'; non-restrictive, so the rest still holds."""
    out = re.sub(r", (?:which|who|where|whose)\b[^,;:]*(?=[,.](?!\d))(?:,(?= [a-z]))?", "", text, count=1)
    return out if out != text and len(out.split()) >= 6 else None


def drop_tail(text: str, rng: random.Random) -> str | None:
    """Drop a trailing participle or comma-separated phrase (not a condition, contrast or quotation)."""
    match = re.search(
        r"^(.{30,}?), (?:while|after|when|as|with|including|according to|particularly|especially|[a-z]+ing)\b[^,;\"]*\.$", text
    )
    return match.group(1) + "." if match and '"' not in match.group(1) else None


def drop_lead(text: str, rng: random.Random) -> str | None:
    """Drop a leading adverbial: 'In 1998, X did Y.' -> 'X did Y.'"""
    match = re.match(
        r"(?:In|On|During|After|Since|At|By|Meanwhile|However|Additionally|Moreover|Furthermore|Also|Finally|Later|Currently|Throughout)\b[^,]{0,50}, (?=[A-Za-z])(.{25,})$",
        text,
    )
    return _upper(match.group(1)) if match else None


def move_lead(text: str, rng: random.Random) -> str | None:
    """'In 1998, X did Y.' -> 'X did Y in 1998.'"""
    match = re.match(r"((?:In|On|During|At|By) [^,]{3,40}), ([A-Za-z][^;:\"]{20,})\.$", text)
    return f"{_upper(match.group(2))} {match.group(1)[0].lower()}{match.group(1)[1:]}." if match else None


def move_tail(text: str, rng: random.Random) -> str | None:
    """'X did Y in 1998.' -> 'In 1998, X did Y.'"""
    match = re.match(r"([^,;:\"]{20,}) (in|on|during) ((?:[A-Z][a-z]+ )?(?:\d{1,2}, )?(?:1[0-9]|20)\d\d)\.$", text)
    return f"{match.group(2).capitalize()} {match.group(3)}, {_lower_first(match.group(1))}." if match else None


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lower_first(text: str) -> str:
    first = text.split()[0]
    return (
        text[0].lower() + text[1:]
        if first
        in (
            "The",
            "A",
            "An",
            "He",
            "She",
            "It",
            "They",
            "His",
            "Her",
            "Their",
            "This",
            "These",
            "In",
            "On",
            "At",
            "During",
            "After",
        )
        else text
    )


def synonym(text: str, rng: random.Random) -> str | None:
    return _replace_word(text, SYNONYMS, rng)


def number_form(text: str, rng: random.Random) -> str | None:
    """Digits to words, words to digits, percent sign, thousands separator, date order: the value stays."""
    options = []
    for match in re.finditer(r"(?<![\d.,$£€%/\[-])\b(\d{1,2})\b(?![\d.,%:/\]-])", text):
        if (
            int(match.group()) <= 20
            and not re.search(rf"(?:{'|'.join(MONTHS)})\s$", text[: match.start()])
            and not re.match(rf"\s(?:{'|'.join(MONTHS)})", text[match.end() :])
        ):
            options.append(text[: match.start()] + SMALL_NUMBERS[int(match.group())] + text[match.end() :])
    for match in re.finditer(r"\b(?:" + "|".join(SMALL_NUMBERS[2:]) + r")\b", text):
        options.append(text[: match.start()] + str(SMALL_NUMBERS.index(match.group())) + text[match.end() :])
    if "%" in text:
        options.append(re.sub(r"(\d)\s?%", r"\1 percent", text, count=1))
    if re.search(r"\d percent|\d per cent", text):
        options.append(re.sub(r"(\d) per ?cent", r"\1%", text, count=1))
    for match in re.finditer(r"\b\d{1,3},\d{3}\b(?!,)", text):
        options.append(text[: match.start()] + match.group().replace(",", "") + text[match.end() :])
    for match in re.finditer(rf"\b({'|'.join(MONTHS)}) (\d{{1,2}}), (\d{{4}})", text):
        options.append(text[: match.start()] + f"{match.group(2)} {match.group(1)} {match.group(3)}" + text[match.end() :])
    for match in re.finditer(rf"\b(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})", text):
        options.append(text[: match.start()] + f"{match.group(2)} {match.group(1)}, {match.group(3)}" + text[match.end() :])
    return rng.choice(options) if options else None


def loosen_number(text: str, rng: random.Random) -> str | None:
    """'36 people' -> 'more than 30 people': weaker, still true. Only for plain counts."""
    spots = [
        m
        for m in re.finditer(r"(?<![\w.,$£€:/-])(\d{2,3}(?:,\d{3})*)(?= [a-z]{3,})(?! percent| per| years? old| of)", text)
        if not re.search(
            r"(?:than|least|most|over|under|about|to|and|nearly|almost|only|every|of|or|in|top|within|after|for|pre-\w+|on|No\.|chapter|the|by)\s$",
            text[: m.start()],
        )
    ]
    if not spots:
        return None
    spot = rng.choice(spots)
    value = int(spot.group().replace(",", ""))
    if 1500 <= value <= 2099 and "," not in spot.group():
        return None
    step = 10 ** (len(str(value)) - 1)
    low, high = value // step * step, (value // step + 1) * step
    phrase = (
        f"more than {low:,}"
        if rng.random() < 0.5 and low < value
        else f"fewer than {high:,}"
        if rng.random() < 0.4
        else f"at least {low:,}"
    )
    return text[: spot.start()] + phrase + text[spot.end() :]


def first_conjunct(text: str, rng: random.Random) -> str | None:
    """'S did A and did B.' -> 'S did A.' where the second part starts with a verb or a clause."""
    match = re.match(
        r"(.{25,}?),? and (?:was|is|has|had|are|were|later|then|also|he|she|it|they|the [a-z]+ (?:is|was|were|are)|[a-z]+ed)\b[^;\"]*\.$",
        text,
    )
    if not match or re.search(r"\b(?:if|either|both|between|unless|nor|not|whether|when|could|may|that)\b", match.group(1).lower()):
        return None
    return match.group(1) + "."


def appositive(text: str, rng: random.Random) -> str | None:
    """'Tim Cook, the head of Apple, said ...' -> 'Tim Cook is the head of Apple.'"""
    match = re.search(r"([A-Z][a-z]+(?: [A-Z][a-z]+)+), ((?:the|a|an) [a-z][^,;\"]{5,60}),", text)
    return f"{match.group(1)} is {match.group(2)}." if match and " and " not in match.group(2) else None


def contract(text: str, rng: random.Random) -> str | None:
    table = {
        "did not": "didn't",
        "is not": "isn't",
        "was not": "wasn't",
        "were not": "weren't",
        "does not": "doesn't",
        "do not": "don't",
        "has not": "hasn't",
        "cannot": "can't",
        "will not": "won't",
    }
    for long, short in table.items():
        if long in text:
            return text.replace(long, short, 1)
        if short in text:
            return text.replace(short, long, 1)
    return None


REWORDINGS = (
    drop_parenthesis,
    drop_relative,
    drop_tail,
    drop_lead,
    move_lead,
    move_tail,
    synonym,
    synonym,
    number_form,
    loosen_number,
    first_conjunct,
    contract,
)


# --- edits that break it ------------------------------------------------------------------------------------------------------


def change_number(text: str, rng: random.Random, others: list[str] | None = None) -> str | None:
    """Another value for one number: near, transposed, ten times, or a number that stands elsewhere in the passage."""
    spots = [m for m in re.finditer(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?![\w]|[.,]\d)", text)]
    words = [m for m in re.finditer(r"\b(?:" + "|".join(SMALL_NUMBERS[2:] + ORDINALS[1:]) + r")\b", text, re.IGNORECASE)]
    if not spots and not words:
        return None
    if not spots or (words and rng.random() < 0.35):
        spot = rng.choice(words)
        table = SMALL_NUMBERS if spot.group().lower() in SMALL_NUMBERS else ORDINALS
        at = table.index(spot.group().lower())
        choices = [w for i, w in enumerate(table) if i != at and i >= (2 if table is SMALL_NUMBERS else 1) and abs(i - at) <= 6]
        return text[: spot.start()] + _case(spot.group(), rng.choice(choices)) + text[spot.end() :]
    spot = rng.choice(spots)
    old = spot.group()
    new = _other_number(old, rng)
    elsewhere = [o for o in others or [] if o != old and len(o) == len(old)]
    if elsewhere and rng.random() < 0.4:
        new = rng.choice(elsewhere)
    if new is None or new == old or re.sub(r"[,.]0*$", "", new) == old:
        return None
    return text[: spot.start()] + new + text[spot.end() :]


def _other_number(old: str, rng: random.Random) -> str | None:
    plain = old.replace(",", "")
    if "." in plain:
        whole, part = plain.split(".")
        how = rng.random()
        if how < 0.4:
            return f"{whole}.{(int(part) + rng.randint(1, 8)) % 10 ** len(part):0{len(part)}d}"
        return f"{max(0, int(whole) + rng.choice((-2, -1, 1, 2, 3, 10)))}.{part}"
    value = int(plain)
    if len(plain) == 4 and 1000 <= value <= 2100 and "," not in old:
        how = rng.random()
        if how < 0.25:
            swapped = plain[:2] + plain[3] + plain[2]
            return swapped if swapped != plain else str(value + 9)
        return str(value + rng.choice((-1, 1, -2, 2, 3, -3, 4, 5, -5, 7, -8, 10, -10, 12, -20, 30, -50, 100, -100)))
    how = rng.random()
    if how < 0.3 and len(plain) >= 2 and plain[-1] != plain[-2]:
        new = int(plain[:-2] + plain[-1] + plain[-2])
    elif how < 0.45 and value:
        new = value * 10 if rng.random() < 0.5 or value % 10 else value // 10
    elif how < 0.6:
        new = max(1, round(value * rng.choice((0.5, 2, 3, 0.25, 1.5))))
    else:
        new = max(0, value + rng.choice((-1, 1, 2, -2, 3, 5, -5, 10)) * max(1, 10 ** (len(plain) - 2)))
    if new == value:
        new = value + 1
    return f"{new:,}" if "," in old else str(new)


def change_date(text: str, rng: random.Random) -> str | None:
    """Another month or weekday."""
    for table in (MONTHS, DAYS):
        spots = [
            m
            for m in re.finditer(r"\b(?:" + "|".join(table) + r")\b", text)
            if m.group() != "May" or re.search(r"May \d|\d May|in May|On May|on May", text)
        ]
        if spots:
            spot = rng.choice(spots)
            return text[: spot.start()] + rng.choice([m for m in table if m != spot.group()]) + text[spot.end() :]
    return None


def change_unit(text: str, rng: random.Random) -> str | None:
    spots = [
        m
        for m in re.finditer(r"(?<=[\d\w] )\b[A-Za-z]+\b", text)
        if m.group() in UNITS
        and re.search(
            r"(?:\d|\b(?:" + "|".join(SMALL_NUMBERS[1:]) + r"|hundred|thousand|several|a|per|million|billion))[\s-]$",
            text[: m.start()],
        )
    ]
    if not spots:
        return None
    spot = rng.choice(spots)
    return text[: spot.start()] + rng.choice(UNITS[spot.group()]) + text[spot.end() :]


def change_name(text: str, rng: random.Random, nearby: list[str], pool: Pool) -> str | None:
    """One name replaced by another of the same kind, from the passage or from elsewhere."""
    found = [n for n in names(text) if n.kind != "month"]
    rng.shuffle(found)
    passage = " ".join(nearby)
    for name in found:
        near = [
            n.text
            for part in nearby
            for n in names(part)
            if n.kind == name.kind and n.text not in text and name.text not in n.text and n.text not in name.text
        ]
        far = pool.names.get(name.kind, [])
        for _ in range(6):
            new = rng.choice(near) if near and rng.random() < 0.5 else rng.choice(far) if far else None
            shared = new and set(new.split()) & set(name.text.split())
            if (
                new
                and new != name.text
                and (not shared or name.kind == "person")
                and (new in passage or new.split()[-1] not in passage)
                and new.lower() not in text.lower()
            ):
                return text[: name.start] + new + text[name.end :]
    return None


def negate(text: str, rng: random.Random) -> str | None:
    """Put in a negation after an auxiliary, before a past verb ('did not ...') or as 'never'."""
    if re.search(r"\b(?:not|no|never|n't|nor|neither|without|hardly|none|nobody|nothing)\b|n't", text):
        return None
    if re.search(r"\b(?:or|either|if|unless|both|some|few|several)\b", text.lower()):
        return None
    head = re.split(r"[,;:\"]| (?:that|which|who|because|when|while|after|before|and|but) ", text)[0]
    options = []
    for match in re.finditer(r"\b(?:" + "|".join(AUXILIARIES) + r")\b(?! (?:able to|also|not))", head):
        word = match.group()
        if word in ("did", "does", "do", "may", "might", "should") and rng.random() < 0.5:
            continue
        after = text[match.end() :]
        if (
            word in ("has", "have", "had")
            and re.match(r" (?:a|an|the|\d|[a-z]+s\b|been a)", after)
            and not re.match(r" (?:been|had|\w+ed|\w+en)\b", after)
        ):
            options.append(
                text[: match.start()] + {"has": "does not have", "have": "do not have", "had": "did not have"}[word] + after
            )
            break
        short = {
            "is": "isn't",
            "was": "wasn't",
            "are": "aren't",
            "were": "weren't",
            "has": "hasn't",
            "had": "hadn't",
            "could": "couldn't",
        }
        if word in short and rng.random() < 0.2:
            options.append(text[: match.start()] + short[word] + after)
        elif rng.random() < 0.2 and word in ("has", "have", "had", "is", "was", "were"):
            options.append(text[: match.end()] + " never" + after)
        else:
            options.append(text[: match.end()] + " not" + after)
        break
    if not options:
        for match in re.finditer(r"(?<=[a-z0-9)] )\b[a-z]+\b", head):
            if match.group() in BASE_OF_PAST and not re.search(
                r"\b(?:to|a|the|an|his|her|its|their|was|were|is|are|been|be|being|by|of|had|has|have|having|and|with)\s$",
                text[: match.start()].lower(),
            ):
                base, rest = BASE_OF_PAST[match.group()], text[match.end() :]
                options.append(
                    text[: match.start()]
                    + (
                        f"never {match.group()}"
                        if rng.random() < 0.25
                        else f"did not {base}"
                        if rng.random() < 0.8
                        else f"failed to {base}"
                    )
                    + rest
                )
                break
    return rng.choice(options) if options else None


def unnegate(text: str, rng: random.Random) -> str | None:
    """Take a negation out."""
    for pattern, new in (
        (r"\b(is|was|are|were|has|had|have|could|will|would|should|can|must|may) not\b", r"\1"),
        (r"\b(is|was|are|were|has|had|have|could|would|should)n't\b", r"\1"),
        (r"\bcannot\b", "can"),
        (r"\bnever\b", "always"),
        (r"\b(did|does|do) not\b", r"\1"),
        (r"\bno significant\b", "a significant"),
        (r"\bwithout\b", "with"),
        (r"\bno longer\b", "still"),
    ):
        if re.search(pattern, text):
            return re.sub(pattern, new, text, count=1)
    return None


def antonym(text: str, rng: random.Random) -> str | None:
    spots = [
        m
        for m in re.finditer(r"\b[A-Za-z][A-Za-z\-]*\b", text)
        if m.group() in OPPOSITES and (m.group().islower() or m.group() in ("Democrat", "Republican", "Democrats", "Republicans"))
    ]
    if not spots:
        return None
    spot = rng.choice(spots)
    return text[: spot.start()] + rng.choice(OPPOSITES[spot.group()]) + text[spot.end() :]


def strengthen(text: str, rng: random.Random) -> str | None:
    """A quantifier, hedge or plan made stronger than the source says: not supported, not contradicted."""
    table = (
        (r"\b[Ss]ome\b(?! of)", "all"),
        (r"\bmany\b", "all"),
        (r"(?<!the )(?<!'s )(?<!\")(?<!, )\b[Mm]ost\b(?= [a-z]+s\b)(?! of)", "all"),
        (r"\bseveral\b", "all"),
        (r"(?<!most )\boften\b", "always"),
        (r"\busually\b", "always"),
        (r"\bsometimes\b", "always"),
        (r"\bmay\b", "will"),
        (r"\bmight\b", "will"),
        (r"\bcould\b", "will"),
        (r"\bcan\b(?= [a-z]+)(?! only| be\b| not)", "always"),
        (r"\bis expected to\b", "was confirmed to"),
        (r"\bplans to\b", "decided to"),
        (r"\bone of the (\w+est|most \w+) (\w+)s\b", r"the \1 \2"),
        (r"\bat least\b", "exactly"),
        (r"\bmore than\b", "exactly"),
        (r"\babout\b(?= \d)", "exactly"),
        (r"\bsuggests?\b", "proves"),
        (r"\bappears? to\b", "definitely"),
        (r"\blikely\b", "certainly"),
        (r"\bpossibl[ey]\b", "certain"),
        (r"\bassociated with\b", "caused by"),
    )
    options = [re.sub(p, n, text, count=1) for p, n in table if re.search(p, text)]
    return _upper(rng.choice(options)) if options else None


def add_only(text: str, rng: random.Random) -> str | None:
    """'was born' -> 'was the only one ...' style exclusivity that the source does not state."""
    match = re.search(r"\b(?:is|was|are|were) (a|an) (?=[a-z])", text)
    if match:
        return text[: match.start(1)] + "the only" + text[match.end(1) :]
    return None


def _made_phrase(rng: random.Random, pool: Pool) -> str:
    """A short detail of one name, year, place or amount, as careless writers add them."""

    def name(kind: str) -> str:
        return rng.choice(pool.names[kind])

    return rng.choice(
        (
            lambda: f"in {rng.randint(1850, 2023)}",
            lambda: f"in {name('place')}",
            lambda: f"with {name('person')}",
            lambda: f"alongside {name('person')}",
            lambda: f"in {rng.choice(MONTHS)} {rng.randint(1900, 2023)}",
            lambda: f"for the {rng.choice(ORDINALS)} time",
            lambda: f"at {name('other2')}",
            lambda: f"together with {name('person')} and {name('person')}",
            lambda: f"on {rng.randint(1, 28)} {rng.choice(MONTHS)}",
            lambda: f"near {name('place')}",
            lambda: f"by {name('person')}",
            lambda: f"at a cost of {rng.randint(2, 900)} million dollars",
            lambda: f"for {rng.choice(SMALL_NUMBERS[2:])} years",
            lambda: f"from {name('place')}",
            lambda: f"for {name('other2')}",
            lambda: f"and {rng.choice(SMALL_NUMBERS[2:])} others",
            lambda: f"according to {name('other2')}",
            lambda: f"to great acclaim in {name('place')}",
            lambda: (
                f"which {rng.choice(('won', 'lost', 'received', 'led', 'inspired'))} {rng.choice(('an award', 'wide praise', 'a lawsuit', 'a large following', 'public funding'))}"
            ),
        )
    )()


def add_detail(text: str, rng: random.Random, passage: str, pool: Pool, near: list[str]) -> str | None:
    """Append a phrase: the tail of another sentence of the document, a made-up particular, or a tail from another document."""
    low = passage.lower()
    for _ in range(8):
        how = rng.random()
        phrase = rng.choice(near) if near and how < 0.4 else _made_phrase(rng, pool) if how < 0.75 else rng.choice(pool.phrases)
        content = [w for w in re.findall(r"[A-Za-z0-9]{4,}", phrase.lower())]
        if content and not any(w in low for w in content):
            return text.rstrip(".") + rng.choice((" ", " ", ", ")) + phrase + "."
    return None
