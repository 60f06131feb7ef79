"""From an output and its sources to a request: claims found, evidence bound, records salted."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from probatum.claims.draft import Claim, Draft
from probatum.consensus.epoch import Epoch
from probatum.consensus.fragment import MAX_FRAGMENTS, SALT_BYTES, ClaimRecord, FragmentRecord, NotCheckableRecord, fragment_root
from probatum.consensus.opening import Opening
from probatum.consensus.request import Request
from probatum.encoding.digest import Digest
from probatum.errors import OutputRefused
from probatum.evidence.record import EvidenceRecord, Passage

MAX_OUTPUT_BYTES: Final = 1024 * 1024
PASSAGES_PER_CLAIM: Final = 3


def check_output(output: bytes) -> None:
    """Refuse what cannot be a text to verify.

    Raises:
        OutputRefused: empty, over one MiB, not UTF-8, or binary.
    """
    if not output.strip():
        raise OutputRefused("the text to verify is empty")
    if len(output) > MAX_OUTPUT_BYTES:
        raise OutputRefused(f"the text has {len(output)} bytes; at most {MAX_OUTPUT_BYTES} can be verified at once: split it")
    if (at := output.find(b"\0")) >= 0:
        raise OutputRefused(f"the text is binary: a zero byte at {at}")
    try:
        output.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OutputRefused(f"the text is not UTF-8: byte {error.start} ({error.reason}); convert it first") from None


class Search(Protocol):
    """Finds passages: an index over sources, or an opened corpus."""

    def search_many(self, queries: Sequence[tuple[str, str]], k: int = 3) -> list[tuple[Passage, ...]]:
        """The ``k`` best passages for each ``(claim, context)``, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """Fragment records and the evidence their claims bind."""

    records: tuple[FragmentRecord, ...]
    evidence: dict[str, EvidenceRecord]

    @property
    def claims(self) -> int:
        """How many of the fragments are claims."""
        return sum(isinstance(record, ClaimRecord) for record in self.records)


def bind(drafts: Sequence[Draft], index: Search, salt: Callable[[int], bytes] = secrets.token_bytes) -> Prepared:
    """Bind every claim to its best passages; raises OutputRefused if there are too many fragments."""
    if len(drafts) > MAX_FRAGMENTS:
        raise OutputRefused(f"the text has {len(drafts)} fragments; at most {MAX_FRAGMENTS} can be verified at once: split it")
    claims = [draft for draft in drafts if isinstance(draft, Claim)]
    found = dict(zip(claims, index.search_many([(c.text, c.context) for c in claims], PASSAGES_PER_CLAIM), strict=True))
    evidence: dict[str, EvidenceRecord] = {}
    records: list[FragmentRecord] = []
    for number, draft in enumerate(drafts):
        where = {"index": number, "start": draft.start, "end": draft.end}
        salted = salt(SALT_BYTES).hex()
        if isinstance(draft, Claim):
            record = EvidenceRecord(found[draft])
            bound = str(record.hash)
            evidence[bound] = record
            records.append(ClaimRecord(claim=draft.text, context=draft.context, evidence=bound, salt=salted, **where))
        else:
            records.append(NotCheckableRecord(reason=draft.reason.value, salt=salted, **where))
    return Prepared(tuple(records), evidence)


def open_request(epoch: Epoch, output: bytes, prepared: Prepared, beacon: Digest, round_id: str) -> Request:
    """The request of a new round; a beacon is fixed only where committees are drawn."""
    opening = Opening(
        network=epoch.network,
        epoch=epoch.number,
        epoch_digest=epoch.digest,
        round_id=round_id,
        output=Digest.of(output),
        output_bytes=len(output),
        root=fragment_root(prepared.records),
        count=len(prepared.records),
        beacon=beacon if epoch.policy.committee else None,
    )
    request = Request(opening, output, prepared.records, prepared.evidence)
    request.check()
    return request
