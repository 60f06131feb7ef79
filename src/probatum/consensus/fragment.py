"""Fragment records: the leaves under a certificate's fragment root (protocol section 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from probatum.encoding import canonical, merkle
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.errors import ConsensusError
from probatum.frozen import frozen

SALT_BYTES: Final = 16
MAX_FRAGMENTS: Final = 10_000
_REASON: Final = re.compile(r"[a-z][a-z-]{0,40}")


@frozen
class ClaimRecord:
    """One checkable claim.

    Attributes:
        index: position among the output's fragments, from 0.
        start: first byte of its span in the output's UTF-8 bytes.
        end: the byte after its last.
        claim: the self-contained claim text that is judged.
        context: what a reader needs besides, or "".
        evidence: digest of its evidence record.
        salt: 16 random bytes, so that an unseen sibling cannot be guessed from a proof.
    """

    index: int
    start: int
    end: int
    claim: str
    context: str
    evidence: Digest
    salt: bytes

    def to_json(self) -> dict[str, Json]:
        """The record whose canonical bytes are the leaf."""
        return {
            "claim": self.claim,
            "context": self.context,
            "end": self.end,
            "evidence": str(self.evidence),
            "index": self.index,
            "salt": self.salt.hex(),
            "start": self.start,
        }

    def encode(self) -> bytes:
        """The canonical bytes, written out: what ``canonical.encode`` gives for :meth:`to_json`."""
        return canonical.utf8(
            f'{{"claim":{canonical.quote(self.claim)},"context":{canonical.quote(self.context)},"end":{self.end},'
            f'"evidence":"{self.evidence}","index":{self.index},"salt":"{self.salt.hex()}","start":{self.start}}}'
        )


@frozen
class NotCheckableRecord:
    """A span that holds nothing to check (greeting, question, opinion ...), listed so that a reader sees it."""

    index: int
    start: int
    end: int
    reason: str
    salt: bytes

    def to_json(self) -> dict[str, Json]:
        """The record whose canonical bytes are the leaf."""
        return {"end": self.end, "index": self.index, "not_checkable": self.reason, "salt": self.salt.hex(), "start": self.start}

    def encode(self) -> bytes:
        """The canonical bytes of the record."""
        return canonical.encode_parts(self.to_json())


FragmentRecord: TypeAlias = ClaimRecord | NotCheckableRecord


def record_from_json(value: Json, where: str) -> FragmentRecord:
    """Read one record; raises ConsensusError naming the field."""
    if isinstance(value, dict) and "not_checkable" in value:
        f = Fields(value, "end index not_checkable salt start", where, ConsensusError)
        reason = f.match("not_checkable", _REASON, "a lower-case reason")
        return NotCheckableRecord(
            f.integer("index"), f.integer("start"), f.integer("end"), reason, f.hexadecimal("salt", SALT_BYTES)
        )
    f = Fields(value, "claim context end evidence index salt start", where, ConsensusError)
    claim = f.text("claim", 200_000)
    if not claim or claim.isspace():
        raise f.fail("claim", "a claim text")
    context, evidence, salt = f.text("context", 200_000), f.digest("evidence"), f.hexadecimal("salt", SALT_BYTES)
    return ClaimRecord(f.integer("index"), f.integer("start"), f.integer("end"), claim, context, evidence, salt)


def record_bytes(record: FragmentRecord) -> bytes:
    """The canonical bytes of a record: the leaf data."""
    return record.encode()


def fragment_id(record: FragmentRecord) -> Digest:
    """SHA-256 of the canonical record."""
    return Digest.of(record_bytes(record))


def fragment_root(records: Iterable[FragmentRecord]) -> Digest:
    """Root of the RFC 6962 tree over the records in order."""
    return merkle.root([merkle.leaf_hash(record_bytes(record)) for record in records])


def check_spans(records: Sequence[FragmentRecord], output_bytes: int) -> None:
    """Check indexes and spans of a whole list.

    Raises:
        ConsensusError: the list is empty or too long, an index is out of place, or a span is empty, overlaps the one before it or
            leaves the output.
    """
    if not 0 < len(records) <= MAX_FRAGMENTS:
        raise ConsensusError(f"{len(records)} fragments; expected 1 to {MAX_FRAGMENTS}")
    before = 0
    for place, record in enumerate(records):
        if record.index != place:
            raise ConsensusError(f"fragment {place} says that its index is {record.index}: reordered, truncated or swapped")
        if not before <= record.start < record.end <= output_bytes:
            raise ConsensusError(
                f"fragment {place} spans {record.start} to {record.end}: empty, overlapping or outside the {output_bytes} bytes"
            )
        before = record.end


def check_boundaries(records: Iterable[FragmentRecord], output: bytes) -> None:
    """Raise ConsensusError where a span of ``output`` begins or ends inside a UTF-8 character."""
    for record in records:
        for at in (record.start, record.end):
            if at < len(output) and output[at] & 0xC0 == 0x80:
                raise ConsensusError(f"fragment {record.index}: byte {at} is inside a character")


def uncovered_bytes(spans: Iterable[tuple[int, int]], output: bytes) -> int:
    """Bytes of the gaps between spans that hold a letter or digit: text that nobody has looked at.

    A gap of white space, punctuation and markup alone says nothing; it counts as not checkable.
    """
    bytes_uncovered, before = 0, 0
    for start, end in [*spans, (len(output), len(output))]:
        gap = output[before:start]
        if any(c.isalnum() for c in gap.decode("utf-8", "replace")):
            bytes_uncovered += len(gap)
        before = end
    return bytes_uncovered
