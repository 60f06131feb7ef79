"""The rule of a witness: remember the last tree, accept only a proven extension of it, and name what else was tried.

``observe`` is pure. A witness stores ``Accepted.memory`` first and cosigns afterwards; a refusal keeps both checkpoints, so that
a split view can be shown to anyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import TypeAlias

from probatum.encoding.digest import Digest
from probatum.encoding.merkle import route, verify_consistency
from probatum.errors import LogError
from probatum.frozen import Value
from probatum.tlog.checkpoint import Log, VerifiedCheckpoint
from probatum.tlog.tree import Frontier


class Fault(Enum):
    """Why a checkpoint was refused."""

    FOREIGN = "foreign"  # of another log than the one remembered
    ROLLBACK = "rollback"  # smaller than the tree remembered
    STALE = "stale"  # the proof starts at another size than the one remembered
    SPLIT_VIEW = "split-view"  # the size remembered with another root: two signed checkpoints prove it
    UNPROVEN = "unproven"  # larger, with a proof of the wrong length
    FORK = "fork"  # larger, with a proof that does not lead from the root remembered to the new one


class Memory(Value, frozen=True):
    """What a witness knows of one log: the last checkpoint it accepted, or None before the first."""

    log: Log
    last: VerifiedCheckpoint | None = None

    def __post_init__(self) -> None:
        if self.last is not None and self.last.log != self.log:
            raise LogError(f"the checkpoint remembered for {self.log.origin} was verified as one of {self.last.log.origin}")

    @property
    def size(self) -> int:
        """The size remembered; 0 before the first checkpoint."""
        return self.last.checkpoint.size if self.last else 0


class Accepted(Value, frozen=True):
    """The checkpoint extends what was remembered; store this memory, then cosign."""

    memory: Memory
    checkpoint: VerifiedCheckpoint


class Refused(Value, frozen=True):
    """The checkpoint was not accepted, the memory stays as it was. ``remembered`` and ``offered`` are the evidence."""

    fault: Fault
    reason: str
    remembered: VerifiedCheckpoint | None
    offered: VerifiedCheckpoint


Observation: TypeAlias = Accepted | Refused


def observe(memory: Memory, offered: VerifiedCheckpoint, old_size: int, proof: Sequence[Digest]) -> Observation:
    """Apply the rule to a checkpoint and a consistency proof from ``old_size`` (tlog-witness, add-checkpoint)."""
    finding = _fault(memory, offered, old_size, proof)
    if finding is None:
        return Accepted(Memory(memory.log, offered), offered)
    fault, reason = finding
    return Refused(fault, f"{fault.value}: {reason}", memory.last, offered)


def _fault(memory: Memory, offered: VerifiedCheckpoint, old_size: int, proof: Sequence[Digest]) -> tuple[Fault, str] | None:
    new, known = offered.checkpoint, memory.size
    if offered.log != memory.log:
        return Fault.FOREIGN, f"a checkpoint of {new.origin} was offered where {memory.log.origin} is followed"
    if new.size < known:
        return Fault.ROLLBACK, f"{new.origin} offers {new.size} leaves after {known} were accepted"
    if old_size != known:
        return Fault.STALE, f"the proof starts at size {old_size}; the last size accepted is {known}"
    if memory.last is None or known == 0:
        return (Fault.UNPROVEN, f"{len(proof)} hashes from size 0, where none is needed") if proof else None
    return _compare(memory.last, offered, proof)


def _compare(last: VerifiedCheckpoint, offered: VerifiedCheckpoint, proof: Sequence[Digest]) -> tuple[Fault, str] | None:
    old, new = last.checkpoint, offered.checkpoint
    if old.size == new.size and old.root != new.root:
        return Fault.SPLIT_VIEW, f"{new.origin} signed two roots for size {new.size}: {old.root.hex()} and {new.root.hex()}"
    if len(proof) != (needed := route(0, old.size, new.size).length):
        return Fault.UNPROVEN, f"{len(proof)} hashes where {needed} lead from size {old.size} to {new.size}"
    try:
        verify_consistency(old.size, old.root, new.size, new.root, proof)
    except LogError as error:
        return Fault.FORK, str(error)
    return None


def replay(frontier: Frontier, leaves: Iterable[Digest], offered: VerifiedCheckpoint) -> Frontier:
    """Follow a log by its leaves: append them and compare. This needs no proof, and what it refuses is the log's fault.

    Raises:
        LogError: the leaves do not make the checkpoint's size, or make another root.
    """
    for leaf in leaves:
        frontier, _ = frontier.append(leaf)
    said = offered.checkpoint
    if frontier.size != said.size:
        raise LogError(
            f"{frontier.size} leaves of {said.origin} are known, its checkpoint says {said.size}: fetch the entries between"
        )
    if frontier.root != said.root:
        raise LogError(
            f"fork: the {said.size} leaves of {said.origin} make {frontier.root.hex()}, its checkpoint says {said.root.hex()}"
        )
    return frontier
