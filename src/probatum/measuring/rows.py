"""Labelled claims: JSON lines with ``evidence``, ``claim``, ``label`` and, if wanted, ``set``; plain or gzip."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from probatum.errors import InputError
from probatum.validators.protocol import Question


class Label(StrEnum):
    """What a person said of a claim. ``NOT_SUPPORTED`` is either of the two before it: its source did not tell them apart."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    UNSUPPORTED = "unsupported"
    NOT_SUPPORTED = "not_supported"


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled claim. ``set`` names the data set that it comes from."""

    question: Question
    label: Label
    set: str


def read_rows(path: Path, *, limit: int | None = None) -> tuple[Row, ...]:
    """Read a file of labelled claims.

    Args:
        path: JSON lines, gzip if the name ends in ``.gz``.
        limit: at most this many rows, evenly spread over the file.

    Raises:
        InputError: the file cannot be read, holds no row, or a line is not a labelled claim; the line is named.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8") as lines:
            rows = tuple(_rows(lines, path))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from None
    if not rows:
        raise InputError(f"{path} holds no rows; expected JSON lines with evidence, claim and label")
    if limit is None or limit >= len(rows):
        return rows
    return tuple(rows[i * len(rows) // limit] for i in range(limit))


def _rows(lines: Iterator[str], path: Path) -> Iterator[Row]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
            evidence, claim, label = value["evidence"], value["claim"], Label(value["label"])
            if not isinstance(evidence, str) or not isinstance(claim, str):
                raise TypeError("evidence and claim are text")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"{path}, line {number}: not a labelled claim ({error}); labels are {', '.join(Label)}") from None
        yield Row(Question(claim, "", (evidence,)), label, _set_of(value, path.stem))


def _set_of(value: dict[str, object], otherwise: str) -> str:
    """The row's ``set``; else the head of its ``source`` (``qags/xsum`` is of ``qags``); else the file's name."""
    named = str(value.get("set") or value.get("source") or otherwise)
    return named.split("/")[0].split(" ")[0]
