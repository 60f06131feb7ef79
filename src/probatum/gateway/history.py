"""What happened to a verification, told from what came of it: the same events whether it ran here, elsewhere or before a crash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from probatum.ledger.propagation.states import CERTIFIED

Told = tuple[str, Mapping[str, Any]]
"""The kind of an event, and its data."""

_OF_A_FRAGMENT: Final = ("id", "start", "end", "claim", "status", "cert_hash", "evidence_hash", "votes")
_OF_A_PASSAGE: Final = ("source", "sha256", "start", "end")


def decided(report: Mapping[str, Any], end: Mapping[str, Any]) -> Iterator[Told]:
    """``fragment_decided`` for each fragment, then ``certificate`` if one is in force.

    Args:
        report: of ``probatum verify --json``.
        end: the data of ``settled``. Where it speaks of no certificate in force, no fragment has a ``cert_hash`` either.
    """
    in_force = end["state"] in CERTIFIED
    for fragment in report["fragments"]:
        named = {name: fragment[name] for name in _OF_A_FRAGMENT}
        yield "fragment_decided", named if in_force else named | {"cert_hash": None}
    if in_force:
        yield "certificate", {name: end[name] for name in ("record_hash", "cert_hash")}


def retold(report: Mapping[str, Any], end: Mapping[str, Any]) -> Iterator[Told]:
    """The events that follow from a report: all but ``settled``, single votes, and claims that later text did away with."""
    claims = [fragment for fragment in report["fragments"] if fragment["evidence_hash"] is not None]
    for number, claim in enumerate(claims, 1):
        yield "claim_found", {"claim": number, "text": claim["claim"], "start": claim["start"], "end": claim["end"]}
        passages = [{name: passage[name] for name in _OF_A_PASSAGE} for passage in claim["evidence"]]
        yield "evidence_bound", {"claim": number, "passages": passages}
    yield from decided(report, end)
