"""What became of an output, as the JSON object that ``probatum verify --json`` prints (docs/spec/report.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, cast

from probatum.consensus.ballot import Vote
from probatum.consensus.epoch import Epoch
from probatum.consensus.fragment import ClaimRecord, FragmentRecord, fragment_id, uncovered_bytes
from probatum.consensus.outcome import FragmentVerdict, Scope, Status, measure_coverage
from probatum.consensus.verdict import Verdict
from probatum.coordinator.certify import Certification
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest

FRAGMENT_STATUS: Final = {
    FragmentVerdict.SUPPORTED: "certified",
    FragmentVerdict.REFUTED: "refuted",
    FragmentVerdict.INSUFFICIENT: "insufficient",
    FragmentVerdict.UNDECIDED: "undecided",
    FragmentVerdict.NOT_CHECKABLE: "not_checkable",
}


def verdicts_of(result: Certification) -> tuple[FragmentVerdict, ...]:
    """The verdict per fragment; where no round ended, every claim is undecided."""
    if result.verified is not None:
        return result.verified.outcome.verdicts
    undecided, aside = FragmentVerdict.UNDECIDED, FragmentVerdict.NOT_CHECKABLE
    return tuple(undecided if isinstance(record, ClaimRecord) else aside for record in result.records)


def votes_on(result: Certification, index: int) -> tuple[tuple[str, Vote], ...]:
    """The counted votes on one fragment, by validator id, in the epoch's order."""
    ballots = () if result.verified is None else result.verified.ballots
    return tuple((ballot.member.id, ballot.votes[index]) for ballot in ballots if index in ballot.votes)


def report(result: Certification, epoch: Epoch) -> dict[str, Json]:
    """The whole report. Hashes are null unless the statement they name exists; see the specification for each field."""
    verified, verdicts = result.verified, verdicts_of(result)
    certified = verified is not None and result.status is Status.CERTIFIED
    spans = ((record.start, record.end) for record in result.records)
    coverage = measure_coverage(result.records, verdicts, len(result.output), uncovered_bytes(spans, result.output))
    return {
        "status": str(result.status),
        "cert_hash": str(verified.cert_hash) if verified and certified else None,
        "record_hash": str(verified.record_hash) if verified else None,
        "output": {"sha256": Digest.of(result.output).hex(), "bytes": len(result.output)},
        "round": {
            "network": epoch.network,
            "epoch": epoch.number,
            "id": result.request.opening.round_id if result.request else None,
        },
        "scope": str(verified.outcome.scope if verified else Scope.NONE),
        "fragments": [_fragment(result, record, verdicts[record.index], epoch) for record in result.records],
        "coverage": coverage.to_json(),
        "validators": _validators(result, epoch),
        "calibration": None if epoch.calibration is None else epoch.calibration.form.to_json(),
    }


def withdrawn(report: Mapping[str, Json]) -> dict[str, Json]:
    """The report of a round whose certificate was withdrawn since: what was found then, and no hash that anyone could rely on."""
    fragments = cast("list[dict[str, Json]]", report["fragments"])
    return {**report, "cert_hash": None, "fragments": [{**one, "cert_hash": None} for one in fragments]}


def _fragment(result: Certification, record: FragmentRecord, verdict: FragmentVerdict, epoch: Epoch) -> Json:
    survived = verdict is FragmentVerdict.SUPPORTED and result.verified is not None
    claim = isinstance(record, ClaimRecord)
    text = record.claim if isinstance(record, ClaimRecord) else result.output[record.start : record.end].decode("utf-8")
    return {
        "id": str(fragment_id(record)),
        "start": record.start,
        "end": record.end,
        "claim": text,
        "status": FRAGMENT_STATUS[verdict],
        "cert_hash": str(result.verified.record_hash) if result.verified and survived else None,
        "evidence_hash": record.evidence if isinstance(record, ClaimRecord) else None,
        "votes": _counts(
            (vote for _, vote in votes_on(result, record.index)), len(epoch.members) if claim and result.verified else 0
        ),
        "evidence": _evidence(result, record),
    }


def _counts(votes: Iterable[Vote], voters: int) -> Json:
    """Votes by verdict; a validator that gave no valid ballot abstained as much as one that said so."""
    counted = Counter(vote.verdict for vote in votes)
    given = sum(counted[verdict] for verdict in Verdict)
    return {**{verdict.lower(): counted[verdict] for verdict in Verdict}, "abstained": voters - given}


def _evidence(result: Certification, record: FragmentRecord) -> list[Json]:
    if result.request is None or not isinstance(record, ClaimRecord):
        return []
    return [
        {"source": p.source, "sha256": p.source_digest.hex(), "start": p.start, "end": p.end, "text": p.text}
        for p in result.request.evidence[record.evidence].passages
    ]


def _validators(result: Certification, epoch: Epoch) -> list[Json]:
    voted = {ballot.member.id for ballot in result.verified.ballots} if result.verified else set()
    signed = set(result.verified.signer_ids) if result.verified else set()
    return [
        {
            "id": member.id,
            "operator": member.operator,
            "stake": member.stake,
            "model": member.model.to_json(),
            "voted": member.id in voted,
            "signed": member.id in signed,
        }
        for member in epoch.members
    ]
