"""What goes into a verification that runs beside the text it judges, and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from probatum.ledger.records import Settlement


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a text is judged against: sources sent with the request, or a corpus. With neither, nothing can be checked."""

    sources: tuple[tuple[str, bytes], ...] = ()  # (file name, content)
    corpus: str | None = None

    def __bool__(self) -> bool:
        return bool(self.sources) or self.corpus is not None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a verification, numbered from 1.

    ``kind``: ``claim_found``, ``evidence_bound``, ``vote``, ``fragment_decided``, ``certificate`` (if there is one),
    ``settled`` (always the last). ``data`` is JSON.
    """

    number: int
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """What came out: the settlement, and the report of ``probatum verify --json``, or the reason why there is none.

    ``again``: a ledger could not be used just now, so the same verification may come to another end later.
    """

    settlement: Settlement
    report: Mapping[str, Any] | None = None
    reason: str | None = None
    again: bool = False
