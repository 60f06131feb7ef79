"""Fragment records: the leaves under a certificate's fragment root (protocol section 4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import compress
from operator import not_
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from probatum.encoding import merkle
from probatum.encoding.digest import Digest, from_hex
from probatum.encoding.form import Form, Reader, Size, write
from probatum.errors import ConsensusError, ProbatumError

SALT_BYTES: Final = 16
MAX_FRAGMENTS: Final = 10_000
MAX_TEXT: Final = 200_000  # characters of a claim or a context
Salt: TypeAlias = Annotated[str, Meta(min_length=2 * SALT_BYTES, max_length=2 * SALT_BYTES)]
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class ClaimRecord(Form, frozen=True):
    """One checkable claim; its canonical bytes are a leaf.

    Attributes:
        index: position among the output's fragments, from 0.
        start: first byte of its span in the output's UTF-8 bytes.
        end: the byte after its last.
        claim: the self-contained claim text that is judged.
        context: what a reader needs besides, or "".
        evidence: digest of its evidence record.
        salt: 16 random bytes in hex, so that an unseen sibling cannot be guessed from a proof.
    """

    claim: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
    context: Annotated[str, Meta(max_length=MAX_TEXT)]
    end: Size
    evidence: str
    index: Size
    salt: Salt
    start: Size


class NotCheckableRecord(Form, frozen=True):
    """A span that holds nothing to check (greeting, question, opinion ...), listed so that a reader sees it; a leaf too."""

    end: Size
    index: Size
    reason: Annotated[str, Meta(pattern=r"\A[a-z][a-z-]{0,40}\Z")] = msgspec.field(name="not_checkable")
    salt: Salt
    start: Size


FragmentRecord: TypeAlias = ClaimRecord | NotCheckableRecord
_read_claims: Final = Reader(tuple[ClaimRecord, ...], "fragments", ConsensusError, inside="[0]")
_read_not_checkable: Final = Reader(tuple[NotCheckableRecord, ...], "fragments", ConsensusError, inside="[0]")
_CLAIM: Final = b'{"claim":'  # in canonical order the first key tells the kind


def read_records(data: Sequence[bytes], where: str) -> tuple[FragmentRecord, ...]:
    """Read the canonical bytes of each record.

    Raises:
        CanonicalError: the bytes are not canonical.
        ConsensusError: a field is wrong; it is named.
    """
    are_claims = [one.startswith(_CLAIM) for one in data]
    try:
        claims = iter(_sound_claims([*compress(data, are_claims)]))
        others = iter(_sound_others([*compress(data, map(not_, are_claims))]))
    except ProbatumError:
        return tuple([read_record(one, f"{where}[{place}]") for place, one in enumerate(data)])  # says which is wrong
    return tuple([next(claims) if claim else next(others) for claim in are_claims])


def read_record(data: bytes, where: str) -> FragmentRecord:
    """:func:`read_records` for one."""
    if data.startswith(_CLAIM) or b'"not_checkable":' not in data:
        return _sound_claims([data], where)[0]
    return _sound_others([data], where)[0]


def _sound_claims(data: Sequence[bytes], where: str = "") -> tuple[ClaimRecord, ...]:
    claims = _read_claims(b"[%b]" % b",".join(data), where)
    # what every claim needs, looked for in all of them at once
    if not (
        from_hex("".join([record.salt for record in claims])) is not None
        and all(map(_DIGEST.fullmatch, {record.evidence for record in claims}))
        and not any(map(str.isspace, [record.claim for record in claims]))
    ):
        raise ConsensusError(_what_is_wrong(claims, where))
    return claims


def _sound_others(data: Sequence[bytes], where: str = "") -> tuple[NotCheckableRecord, ...]:
    others = _read_not_checkable(b"[%b]" % b",".join(data), where)
    if from_hex("".join([record.salt for record in others])) is None:
        raise ConsensusError(f"{where}.salt: expected {SALT_BYTES} bytes in lower-case hex")
    return others


def _what_is_wrong(claims: Sequence[ClaimRecord], where: str) -> str:
    for record in claims:
        if record.claim.isspace():
            return f"{where}.claim: expected a claim text, got {record.claim!r:.60}"
        if not _DIGEST.fullmatch(record.evidence):
            return f"{where}.evidence: expected 'sha256:' and 64 lower-case hex digits, got {record.evidence!r:.90}"
    return f"{where}.salt: expected {SALT_BYTES} bytes in lower-case hex"


def record_bytes(record: FragmentRecord) -> bytes:
    """The canonical bytes of a record: the leaf data."""
    return write(record)


def fragment_id(record: FragmentRecord) -> Digest:
    """SHA-256 of the canonical record."""
    return Digest.of(record_bytes(record))


def fragment_root(records: Iterable[FragmentRecord]) -> Digest:
    """Root of the RFC 6962 tree over the records in order."""
    return merkle.root_of([write(record) for record in records])


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
