"""Table rows as claims: one per cell, saying column, row and value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

_EVENT: Final = re.compile(
    r"(?:born|died|founded|established|opened|built|released|published|launched|completed|created|introduced|signed|elected|discovered)\b",
    re.IGNORECASE,
)
_MARKER: Final = re.compile(r"#|no\.?|nr\.?|rank|id|", re.IGNORECASE)


def cells(source: str, start: int, end: int) -> list[tuple[int, int]]:
    """Character ranges of the cells of one row, cut at unescaped ``|``; the outer pipes make no cell."""
    cuts, at = [], start
    while (at := source.find("|", at, end)) >= 0:
        slashes = 0
        while source[at - 1 - slashes : at - slashes] == "\\" and at - slashes > start:
            slashes += 1
        if slashes % 2 == 0:
            cuts.append(at)
        at += 1
    edges = [start - 1, *cuts, end]
    found = [(left + 1, right) for left, right in pairwise(edges)]
    if found and not source[slice(*found[0])].strip():
        found = found[1:]
    if found and not source[slice(*found[-1])].strip():
        found = found[:-1]
    return found


def row_claims(header: Sequence[str], row: Sequence[str]) -> list[tuple[int, int, str]]:
    """What a body row states: ``(first cell, end cell, text)`` per claim; every cell lies in exactly one.

    The first column names the row. Its cell belongs to the first claim; a numbering column (``#``, ``No.``) is passed over.
    """
    name = 1 if len(row) > 2 and header and _MARKER.fullmatch(header[0].strip()) and row[0].strip().isdigit() else 0
    valued = [index for index in range(name + 1, len(row)) if any(char.isalnum() for char in row[index])]
    label = row[name].strip() if len(row) > name else ""
    if not valued:
        lead = header[name].strip() if len(header) > name else ""
        return [(0, len(row), f"{lead}: {label}." if lead else f"{label}.")]
    claims, start = [], 0
    for position, index in enumerate(valued):
        end = valued[position + 1] if position + 1 < len(valued) else len(row)
        claims.append(
            (
                start,
                end,
                _sentence(_title(header, index), label, row[index].strip(), number=row[0].strip() if name and not position else ""),
            )
        )
        start = end
    return claims


def _title(header: Sequence[str], index: int) -> str:
    return header[index].strip() if index < len(header) else ""


def _sentence(title: str, label: str, value: str, *, number: str = "") -> str:
    label = f"{number} {label}" if number else label
    value = value.rstrip(".")
    if not label:
        return f"{title} is {value}." if title else f"{value}."
    if not title:
        return f"{label}: {value}."
    if _EVENT.match(title):
        return f"{label}: {title} {value}."
    return f"{title} of {label} is {value}."
