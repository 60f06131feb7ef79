"""A trace as JSON; docs/spec/propagation.md lists the fields."""

from __future__ import annotations

from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.ledger.propagation.recalls import Recall
from probatum.ledger.propagation.releases import Recorded
from probatum.ledger.propagation.search import ClaimMatch
from probatum.ledger.propagation.trace import Trace, Version


def to_json(trace: Trace) -> dict[str, Json]:
    """The trace; every time is in ms since 1970."""
    first = trace.first
    return {
        "first_released": None if first is None else first.standing.generation.id,
        "more": trace.more,
        "sought": {"kind": str(trace.sought.kind), "output": _digest(trace.output)},
        "versions": [_version(one) for one in trace.versions],
    }


def _version(one: Version) -> Json:
    standing, generation = one.standing, one.standing.generation
    return {
        "cert_hash": _digest(standing.cert_hash),
        "certified_at": standing.certified_at,
        "exposure_ms": one.exposure_ms,
        "generation": generation.id,
        "match": {
            "claims": [_claim(claim) for claim in one.claims],
            "different": one.different,
            "kind": str(one.match),
            "score": one.score,
        },
        "model": generation.model,
        "output": _digest(standing.output),
        "recalls": [_recall(recall) for recall in one.recalls],
        "record_hash": _digest(standing.record_hash),
        "releases": [_release(release) for release in one.releases],
        "request": str(generation.request),
        "sibling": standing.sibling,
        "started_at": generation.started_at,
        "state": str(standing.state),
    }


def _claim(one: ClaimMatch) -> Json:
    return {
        "claim": one.claim,
        "differs": list(one.comparison.differs),
        "likeness": str(one.comparison.likeness),
        "only_here": list(one.comparison.only_here),
        "only_there": list(one.comparison.only_there),
        "other": one.other,
        "score": one.comparison.score,
    }


def _release(one: Recorded) -> Json:
    release = one.release
    return {
        "at": release.at,
        "cert_hash": _digest(release.cert_hash),
        "channel": str(release.channel),
        "receiver": release.receiver,
        "seq": one.seq,
        "state": str(release.state),
    }


def _recall(one: Recall) -> Json:
    return {
        "acknowledged_at": one.acknowledged_at,
        "attempts": one.attempts,
        "due_at": one.due_at,
        "receiver": one.receiver,
        "seq": one.seq,
        "state": str(one.state),
    }


def _digest(digest: Digest | None) -> str | None:
    return None if digest is None else str(digest)
