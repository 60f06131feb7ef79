"""Many evidence records in one JSON object: the records once each, and every text once, by its digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from msgspec import Raw

from probatum.errors import BundleError
from probatum.evidence.record import EvidenceRecord, check_texts


def pack(records: Iterable[EvidenceRecord]) -> tuple[tuple[Raw, ...], dict[str, str]]:
    """The records' canonical bytes sorted by their hash, each once, and the texts of their passages by digest."""
    by_hash = {record.hash: record for record in records}
    texts = {str(p.text_digest): p.text for record in by_hash.values() for p in record.passages}
    return tuple([Raw(by_hash[key].encode()) for key in sorted(by_hash)]), texts


def unpack(parts: Sequence[Raw], texts: Mapping[str, str], where: str) -> dict[str, EvidenceRecord]:
    """Read what :func:`pack` gave: the records by their hashes, as text. Every text is checked against its digest.

    Raises:
        CanonicalError: a record is not canonical.
        BundleError: a record or text is wrong, doubled, out of order, missing or belongs to nothing.
    """
    held = check_texts(texts, f"{where}.texts")
    records = [EvidenceRecord.decode(bytes(part), held, f"{where}.evidence[{at}]") for at, part in enumerate(parts)]
    hashes = [record.hash for record in records]
    if any(one >= other for one, other in pairwise(hashes)):
        raise BundleError(f"{where}.evidence: records must be sorted by their hash, each once")
    if {passage.text_digest for record in records for passage in record.passages} != held.keys():
        raise BundleError(f"{where}.texts: holds a text that no evidence record names")
    return {str(record.hash): record for record in records}
