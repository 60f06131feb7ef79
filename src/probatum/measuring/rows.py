"""Labelled claims: JSON lines with ``evidence``, ``claim``, ``label`` and, if wanted, ``set``; plain or gzip."""

from __future__ import annotations

import gzip
import json
import zlib
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
    if limit is not None and limit < 1:
        raise InputError(f"cannot measure {limit} rows; the limit is at least 1")
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8") as lines:
            rows = tuple(_rows(lines, path))
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise InputError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
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
            yield _row(json.loads(line), path.stem.removesuffix(".jsonl"))
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}, line {number}: not a labelled claim: {error}") from None


def _row(value: object, file: str) -> Row:
    """One row; raises ValueError saying what is wrong with it."""
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, not {type(value).__name__}")
    if missing := [name for name in ("evidence", "claim", "label") if name not in value]:
        raise ValueError(f"missing {', '.join(missing)}")
    evidence = value["evidence"] if isinstance(value["evidence"], list) else [value["evidence"]]
    if not isinstance(value["claim"], str) or not all(isinstance(one, str) for one in evidence):
        raise ValueError("claim is text, and evidence is text or a list of texts")
    if value["label"] not in set(Label):
        raise ValueError(f"unknown label {str(value['label'])!r:.60}; labels are {', '.join(Label)}")
    return Row(Question(value["claim"], "", tuple(evidence)), Label(value["label"]), _set_of(value, file))


def _set_of(value: dict[str, object], otherwise: str) -> str:
    """The row's ``set``; else the head of its ``source`` (``qags/xsum`` is of ``qags``); else the file's name."""
    if value.get("set"):
        return str(value["set"])
    return str(value.get("source") or otherwise).split("/")[0].split(" ")[0]
