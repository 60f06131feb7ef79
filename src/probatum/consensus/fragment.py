"""Fragment records: the leaves under a certificate's fragment root (protocol section 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from probatum.encoding import canonical, merkle
from probatum.encoding.canonical import MAX_INT, Json
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.errors import ConsensusError, DigestError
from probatum.frozen import field, frozen

SALT_BYTES: Final = 16
MAX_FRAGMENTS: Final = 10_000
MAX_TEXT: Final = 200_000  # characters of a claim or a context
_REASON: Final = re.compile(r"[a-z][a-z-]{0,40}")
_SALT: Final = re.compile(rf"[0-9a-f]{{{2 * SALT_BYTES}}}")
_CLAIM: Final = frozenset({"claim", "context", "end", "evidence", "index", "salt", "start"})


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
    _data: bytes | None = field(default=None, init=False, repr=False, compare=False)

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
        """The canonical bytes of the record; made once."""
        made = self._data
        if made is None:
            object.__setattr__(self, "_data", made := canonical.encode_parts(self.to_json()))
        return made


@frozen
class NotCheckableRecord:
    """A span that holds nothing to check (greeting, question, opinion ...), listed so that a reader sees it."""

    index: int
    start: int
    end: int
    reason: str
    salt: bytes
    _data: bytes | None = field(default=None, init=False, repr=False, compare=False)

    def to_json(self) -> dict[str, Json]:
        """The record whose canonical bytes are the leaf."""
        return {"end": self.end, "index": self.index, "not_checkable": self.reason, "salt": self.salt.hex(), "start": self.start}

    def encode(self) -> bytes:
        """The canonical bytes of the record; made once."""
        made = self._data
        if made is None:
            object.__setattr__(self, "_data", made := canonical.encode_parts(self.to_json()))
        return made


FragmentRecord: TypeAlias = ClaimRecord | NotCheckableRecord


def record_from_json(value: Json, where: str) -> FragmentRecord:
    """Read one record; raises ConsensusError naming the field."""
    if type(value) is dict and value.keys() == _CLAIM and (sound := _sound_claim(value)) is not None:
        object.__setattr__(sound, "_data", canonical.encode_parts(value))
        return sound
    return _read_record(value, where)


def _sound_claim(value: dict[str, Json]) -> ClaimRecord | None:
    """The claim record of an object with the right keys, or ``None`` if a field is wrong: then :func:`_read_record` says which."""
    index, start, end = value["index"], value["start"], value["end"]
    claim, context, evidence, salt = value["claim"], value["context"], value["evidence"], value["salt"]
    if (
        type(index) is type(start) is type(end) is int
        and 0 <= index <= MAX_INT
        and 0 <= start <= MAX_INT
        and 0 <= end <= MAX_INT
        and type(claim) is type(context) is type(evidence) is type(salt) is str
        and 0 < len(claim) <= MAX_TEXT
        and not claim.isspace()
        and len(context) <= MAX_TEXT
        and _SALT.fullmatch(salt)
    ):
        try:
            return ClaimRecord(index, start, end, claim, context, Digest.parse(evidence), bytes.fromhex(salt))
        except DigestError:
            return None
    return None


def _read_record(value: Json, where: str) -> FragmentRecord:
    if isinstance(value, dict) and "not_checkable" in value:
        f = Fields(value, "end index not_checkable salt start", where, ConsensusError)
        reason = f.match("not_checkable", _REASON, "a lower-case reason")
        return NotCheckableRecord(
            f.integer("index"), f.integer("start"), f.integer("end"), reason, f.hexadecimal("salt", SALT_BYTES)
        )
    f = Fields(value, "claim context end evidence index salt start", where, ConsensusError)
    claim = f.text("claim", MAX_TEXT)
    if not claim or claim.isspace():
        raise f.fail("claim", "a claim text")
    context, evidence, salt = f.text("context", MAX_TEXT), f.digest("evidence"), f.hexadecimal("salt", SALT_BYTES)
    return ClaimRecord(f.integer("index"), f.integer("start"), f.integer("end"), claim, context, evidence, salt)


def record_bytes(record: FragmentRecord) -> bytes:
    """The canonical bytes of a record: the leaf data."""
    return record.encode()


def fragment_id(record: FragmentRecord) -> Digest:
    """SHA-256 of the canonical record."""
    return Digest.of(record_bytes(record))


def fragment_root(records: Iterable[FragmentRecord]) -> Digest:
    """Root of the RFC 6962 tree over the records in order."""
    return merkle.root([merkle.leaf_hash(record.encode()) for record in records])


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
