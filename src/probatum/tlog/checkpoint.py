"""Checkpoints (c2sp.org/tlog-checkpoint): what a log says its tree is.

Four states, four types: a ``Checkpoint`` is what is said, a ``SignedCheckpoint`` is a note received that says it, a
``VerifiedCheckpoint`` exists only if the log's key signed that note, and a ``cosignature.CosignedCheckpoint`` only if enough
witnesses did too. The last two verify in their constructors: there is no other way to have one.
"""

from __future__ import annotations

from probatum.encoding.base64 import encode64
from probatum.encoding.digest import Digest
from probatum.encoding.merkle import EMPTY_ROOT, MAX_SIZE
from probatum.errors import LogError
from probatum.frozen import Value, lazy, replace
from probatum.signing.keys import PrivateKey
from probatum.tlog import note
from probatum.tlog.note import Note, NoteKey, NoteSignature
from probatum.tlog.text import check_text, parse_decimal, parse_hash


class Checkpoint(Value, frozen=True):
    """Origin, size and root. ``extensions`` are opaque lines of other logs: kept and signed, never interpreted.

    Raises:
        LogError: an empty or multi-line origin or extension, a size out of range, or an empty tree with another root.
    """

    origin: str
    size: int
    root: Digest
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            if not line or "\n" in line:
                raise LogError(f"the origin and extensions of a checkpoint are single non-empty lines, not {line!r:.80}")
            check_text(line, "a checkpoint's line")
        if not 0 <= self.size <= MAX_SIZE:
            raise LogError(f"a checkpoint's size is 0 to 2^63-1, not {self.size}")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise LogError(f"a checkpoint of size 0 has the root of the empty tree, not {self.root.hex()}")

    @classmethod
    def parse(cls, body: str) -> Checkpoint:
        """Read a note text: at least three non-empty lines, each ending in a newline."""
        *lines, rest = body.split("\n")
        if rest or len(lines) < 3:
            raise LogError("a checkpoint is at least three lines, each ending in a newline: origin, size, root hash")
        origin, size, root, *extensions = lines
        return cls(
            origin, parse_decimal(size, "the checkpoint's size"), parse_hash(root, "the checkpoint's root"), tuple(extensions)
        )

    @property
    def body(self) -> str:
        """The note text."""
        return "".join(f"{line}\n" for line in (self.origin, str(self.size), encode64(self.root), *self.extensions))

    def sign(self, private: PrivateKey) -> SignedCheckpoint:
        """Sign as the log, whose key name is the origin. A log must never sign two checkpoints that are inconsistent."""
        return SignedCheckpoint(Note(self.body, (note.sign(self.body, self.origin, private),)))


class SignedCheckpoint(Value, frozen=True, dict=True):
    """A note whose text is a checkpoint. Received: nobody's signature has been checked, so ``claimed`` is only what it says.

    Raises:
        LogError: the note's text is not a checkpoint.
    """

    note: Note

    def __post_init__(self) -> None:
        self.claimed  # noqa: B018 - refuses what is no checkpoint

    @lazy
    def claimed(self) -> Checkpoint:
        """What the note says."""
        return Checkpoint.parse(self.note.text)

    @classmethod
    def parse(cls, data: bytes) -> SignedCheckpoint:
        """Read a checkpoint file; raises LogError on anything that is not strictly one."""
        return cls(Note.parse(data))

    def encode(self) -> bytes:
        """The file's bytes."""
        return self.note.encode()

    def with_signatures(self, *lines: NoteSignature) -> SignedCheckpoint:
        """With further signature lines, such as cosignatures."""
        return replace(self, note=self.note.with_signatures(*lines))

    def verify(self, log: Log) -> VerifiedCheckpoint:
        """Check the log's signature; raises LogError, see ``VerifiedCheckpoint``."""
        return VerifiedCheckpoint(self, log)


class Log(Value, frozen=True):
    """A log that is trusted to be one: its origin line and its key, from an epoch or a trust file, never from a checkpoint."""

    origin: str
    key: NoteKey

    @classmethod
    def parse(cls, vkey: str) -> Log:
        """From a verifier key whose name is the origin, which is how Probatum's logs are named."""
        key = NoteKey.parse(vkey)
        return cls(key.name, key)


class VerifiedCheckpoint(Value, frozen=True):
    """A checkpoint that the log signed. Existing means verified: the constructor checks.

    Raises:
        LogError: another origin than the log's, no signature by the log's key, or one that does not verify.
    """

    signed: SignedCheckpoint
    log: Log

    def __post_init__(self) -> None:
        claimed = self.signed.claimed
        if claimed.origin != self.log.origin:
            raise LogError(f"the checkpoint is of {claimed.origin!r:.80}, not of the log {self.log.origin!r:.80}")
        if not self.signed.note.signed_by([self.log.key]):
            key = self.log.key
            raise LogError(f"the checkpoint of {claimed.origin} is not signed by the log's key {key.name} (key id {key.id.hex()})")

    @property
    def checkpoint(self) -> Checkpoint:
        """What the log signed."""
        return self.signed.claimed
