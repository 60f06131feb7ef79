"""Log proofs (c2sp.org/tlog-proof): one file that shows, offline, that an entry is in a log.

A ``LogProof`` is received and says nothing yet; an ``IncludedEntry`` exists only if every step of the verification held.
"""

from __future__ import annotations

from typing import Final

from probatum.encoding import merkle
from probatum.encoding.base64 import encode64
from probatum.encoding.digest import Digest
from probatum.errors import LogError
from probatum.frozen import Value
from probatum.tlog.checkpoint import Checkpoint, Log, SignedCheckpoint, VerifiedCheckpoint
from probatum.tlog.note import MAX_BYTES
from probatum.tlog.text import parse_base64, parse_decimal, parse_hash, parse_utf8

HEADER: Final = "c2sp.org/tlog-proof@v1"
MAX_PROOF: Final = 63


class LogProof(Value, frozen=True):
    """Index, inclusion proof and checkpoint, not verified. ``extra`` is unauthenticated and is carried, not used.

    Raises:
        LogError: an index out of range, more than 63 hashes, or empty extra data (leave it out instead).
    """

    index: int
    proof: tuple[Digest, ...]
    checkpoint: SignedCheckpoint
    extra: bytes | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.index <= merkle.MAX_SIZE:
            raise LogError(f"a log proof's index is 0 to 2^63-1, not {self.index}")
        if len(self.proof) > MAX_PROOF:
            raise LogError(f"a log proof has at most {MAX_PROOF} hashes, this one {len(self.proof)}")
        if self.extra == b"":
            raise LogError("a log proof without extra data has no extra line")

    @classmethod
    def parse(cls, data: bytes) -> LogProof:
        """Read a .tlog-proof file; raises LogError on anything that is not strictly one."""
        text = parse_utf8(data, "the log proof", max_bytes=MAX_BYTES)
        head, separator, checkpoint = text.partition("\n\n")
        header, *lines = head.split("\n")
        if header != HEADER or not separator:
            raise LogError(f"a log proof starts with the line {HEADER} and has an empty line before its checkpoint")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = parse_base64(lines.pop(0)[6:], "the log proof's extra line")
        if not lines or not lines[0].startswith("index "):
            raise LogError("the log proof has no line 'index <number>' where one must stand")
        index = parse_decimal(lines.pop(0)[6:], "the log proof's index")
        hashes = tuple(parse_hash(line, f"line {place} of the inclusion proof") for place, line in enumerate(lines))
        return cls(index, hashes, SignedCheckpoint.parse(checkpoint.encode()), extra)

    def encode(self) -> bytes:
        """The file's bytes."""
        extra = [] if self.extra is None else [f"extra {encode64(self.extra)}"]
        lines = [HEADER, *extra, f"index {self.index}", *map(encode64, self.proof), "", ""]
        return "\n".join(lines).encode() + self.checkpoint.encode()

    def verify(self, leaf: Digest, log: Log) -> IncludedEntry:
        """Check that the entry with this leaf hash is in ``log``; raises LogError, see ``IncludedEntry``."""
        return IncludedEntry(leaf, self, log)


class IncludedEntry(Value, frozen=True):
    """An entry that is in a log. Existing means verified: the constructor takes steps 2 and 4 of the specification.

    Step 1, the leaf hash, is the caller's (``leaf.LogEntry.leaf_hash``); step 3, the cosignatures that a policy asks for, is
    ``cosignature.CosignedCheckpoint(included.checkpoint, ...)``.

    Raises:
        LogError: the checkpoint is not the log's (step 2), or the inclusion proof does not hold (step 4).
    """

    leaf: Digest
    proof: LogProof
    log: Log

    def __post_init__(self) -> None:
        tree: Checkpoint = self.checkpoint.checkpoint  # step 2
        merkle.verify_inclusion(self.leaf, self.proof.index, tree.size, self.proof.proof, tree.root)  # step 4

    @property
    def checkpoint(self) -> VerifiedCheckpoint:
        """The log's checkpoint."""
        return self.proof.checkpoint.verify(self.log)
