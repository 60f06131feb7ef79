"""Many evidence records in one JSON object: the records once each, and every text once, by its digest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.errors import BundleError, DigestError
from probatum.evidence.record import EvidenceRecord


def pack(records: Iterable[EvidenceRecord]) -> tuple[list[Json], dict[str, Json]]:
    """The records sorted by their hash, each once, and the texts of their passages by digest."""
    by_hash = {record.hash: record for record in records}
    texts: dict[str, Json] = {str(p.text_digest): p.text for record in by_hash.values() for p in record.passages}
    return [by_hash[key].to_json() for key in sorted(by_hash)], texts


def unpack(items: Iterable[Json], texts: Json) -> Mapping[Digest, EvidenceRecord]:
    """Read what :func:`pack` gave; every text is checked against its digest.

    Raises:
        BundleError: a record or text is wrong, doubled, out of order, missing or belongs to nothing.
    """
    held = _texts(texts)
    records = [EvidenceRecord.from_json(item, held) for item in items]
    hashes = [record.hash for record in records]
    if any(one >= other for one, other in pairwise(hashes)):
        raise BundleError("evidence: records must be sorted by their hash, each once")
    if {passage.text_digest for record in records for passage in record.passages} != held.keys():
        raise BundleError("texts: holds a text that no evidence record names")
    return dict(zip(hashes, records, strict=True))


def _texts(value: Json) -> dict[Digest, str]:
    if not isinstance(value, dict) or not all(type(text) is str for text in value.values()):
        raise BundleError("texts: expected an object of texts by digest")
    try:
        return {Digest.parse(key): str(text) for key, text in value.items()}
    except DigestError as error:
        raise BundleError(f"texts: {error}") from None
