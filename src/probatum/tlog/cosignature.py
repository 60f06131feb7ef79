"""Witness cosignatures (c2sp.org/tlog-cosignature, Ed25519, type 0x04): who else saw this tree, and when.

A cosignature says: at this time, the largest consistent tree I have seen of this log is this one. Enough of them from
independent witnesses exclude a split view.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from probatum.errors import LogError
from probatum.frozen import Value, lazy
from probatum.signing.keys import PrivateKey, PublicKey
from probatum.tlog.checkpoint import Checkpoint, VerifiedCheckpoint
from probatum.tlog.note import NoteKey, NoteSignature

MAX_TIME: Final = 2**63 - 1


class WitnessKey(NoteKey, frozen=True):
    """A witness's key (type 0x04). A cosignature does not commit to the witness's name, so one key must not serve two witnesses."""

    ALGORITHM: ClassVar[int] = 0x04

    def accepts(self, text: str, signature: bytes) -> bool:
        """Whether ``signature`` is a time of 8 bytes and this key's signature of that time and the checkpoint."""
        time = int.from_bytes(signature[:8], "big")
        return len(signature) == 72 and 0 < time <= MAX_TIME and self.public.verify(signature[8:], message(text, time))


class Cosignature(Value, frozen=True):
    """A witness and the time (POSIX seconds) at which it signed. Both were under the signature."""

    witness: WitnessKey
    time: int


def message(body: str, time: int) -> bytes:
    """The bytes that a witness signs."""
    return f"cosignature/v1\ntime {time}\n{body}".encode()


def cosign(checkpoint: Checkpoint, name: str, private: PrivateKey, time: int) -> NoteSignature:
    """A witness's signature line. To be made only of what ``monitor.observe`` accepted, after it was stored.

    Raises:
        LogError: the time is not 1 to 2^63-1.
    """
    if not 0 < time <= MAX_TIME:
        raise LogError(f"a cosignature's time is 1 to 2^63-1 seconds, not {time}")
    key = WitnessKey(name, private.public)
    return NoteSignature(name, key.id, time.to_bytes(8, "big") + private.sign(message(checkpoint.body, time)))


class CosignedCheckpoint(Value, frozen=True, dict=True):
    """A checkpoint that the log and at least ``threshold`` of ``witnesses`` signed. The constructor checks.

    Witnesses count by key: one key under two names counts once, with its latest time. Times are reported, not judged: whoever
    has a clock decides how old or how far in the future one may be.

    Raises:
        LogError: a threshold below 1, a cosignature by a known witness that does not verify, or too few cosignatures.
    """

    verified: VerifiedCheckpoint
    witnesses: tuple[WitnessKey, ...]
    threshold: int

    def __post_init__(self) -> None:
        if self.threshold < 1:
            raise LogError(f"a threshold of {self.threshold} cosignatures asks for nothing; ask for at least 1")
        found = self.cosignatures
        if len(found) < self.threshold:
            names = ", ".join(witness.name for witness in missing(found, self.witnesses))
            raise LogError(f"{len(found)} of {self.threshold} needed cosignatures; none by {names or 'further witnesses'}")

    @lazy
    def cosignatures(self) -> tuple[Cosignature, ...]:
        """Those found, one for each witness that cosigned."""
        return cosignatures(self.verified, self.witnesses)

    @property
    def checkpoint(self) -> Checkpoint:
        """What was cosigned."""
        return self.verified.checkpoint


def cosignatures(verified: VerifiedCheckpoint, witnesses: Sequence[WitnessKey]) -> tuple[Cosignature, ...]:
    """The cosignatures by ``witnesses``, one per key, in the order of ``witnesses``.

    Raises:
        LogError: a cosignature by one of them does not verify, or no witnesses are given.
    """
    latest: dict[PublicKey, int] = {}
    for witness, line in verified.signed.note.signed_by(witnesses):
        time = int.from_bytes(line.signature[:8], "big")
        latest[witness.public] = max(time, latest.get(witness.public, 0))
    named = {witness.public: witness for witness in reversed(witnesses)}
    return tuple(Cosignature(witness, latest[key]) for key, witness in reversed(named.items()) if key in latest)


def missing(found: Sequence[Cosignature], witnesses: Sequence[WitnessKey]) -> tuple[WitnessKey, ...]:
    """The witnesses whose key is not among ``found``."""
    seen = {cosignature.witness.public for cosignature in found}
    return tuple(witness for witness in witnesses if witness.public not in seen)
