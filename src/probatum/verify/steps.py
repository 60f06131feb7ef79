"""Numbered verification steps, and those that every signed and logged statement shares.

A step passes, fails with a reason, or is skipped with a reason; after a failure the rest is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final, NoReturn, Protocol, TypeAlias, TypeVar

from probatum.consensus.epoch import Epoch, check_chain, supermajority
from probatum.encoding import merkle
from probatum.errors import ConsensusError, LogError, ProbatumError
from probatum.frozen import Value
from probatum.signing.dsse import Envelope, Signers, signers_by_id
from probatum.tlog.checkpoint import Log, SignedCheckpoint
from probatum.tlog.leaf import leaf_of
from probatum.tlog.note import NoteKey
from probatum.verify.bundle import LogProof
from probatum.verify.trust import Trust

R = TypeVar("R")


class Standing(StrEnum):
    """How a step ended."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    SKIP = "skip"


_PASS, _FAIL, _SKIP = Standing  # looking a member up takes time in Python 3.11


class Check(Value, frozen=True):
    """One step: its number and title as the specification has them, how it ended, and what was found."""

    number: int
    title: str
    standing: Standing
    detail: str


class Checked(Value, frozen=True):
    """Numbered steps with how each ended. It has no truth value: ask what was verified."""

    checks: tuple[Check, ...]

    @property
    def failures(self) -> tuple[Check, ...]:
        """The steps that failed."""
        return tuple(check for check in self.checks if check.standing is Standing.FAIL)

    def __bool__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} has no truth value; ask whether .verified is None")


class Skipped(Exception):
    """A step that cannot be done with what was given."""


Steps: TypeAlias = Iterable[tuple[str, Callable[[R], str]]]


def take(steps: Steps[R], run: R) -> tuple[tuple[Check, ...], bool]:
    """Every step with its end, in order, and whether none failed."""
    checks: list[Check] = []
    failed: int | None = None
    for number, (title, step) in enumerate(steps, start=1):
        if failed:
            checks.append(Check(number, title, _SKIP, f"needs step {failed}, which failed"))
            continue
        try:
            checks.append(Check(number, title, _PASS, step(run)))
        except Skipped as why:
            checks.append(Check(number, title, _SKIP, str(why)))
        except ProbatumError as error:
            checks.append(Check(number, title, _FAIL, str(error)))
            failed = number
    return tuple(checks), failed is None


class LoggedFile(Protocol):
    """A file with a signed statement, the epochs that lead to its signers, and where the log holds it."""

    @property
    def statement(self) -> Envelope: ...
    @property
    def epochs(self) -> tuple[Envelope, ...]: ...
    @property
    def log(self) -> LogProof: ...


class StatementRun:
    """The steps in progress for one file: each method is a step, reads what earlier ones left, and returns what it found."""

    epoch: Epoch
    who: Signers

    def __init__(self, file: LoggedFile, trust: Trust | None) -> None:
        self.file, self.trust = file, trust
        self.log_size = 0

    def trust_anchor(self) -> str:
        if self.trust is None:
            raise ConsensusError("no trust anchor given; pass the network's trust file")
        return f"{self.trust.network}, genesis {str(self.trust.genesis)[:19]}…"

    def epoch_chain(self) -> str:
        assert self.trust is not None
        chain = check_chain(self.file.epochs, self.trust.genesis)
        self.epoch = chain[-1].epoch
        if self.epoch.network != self.trust.network:
            raise ConsensusError(f"the chain is of network {self.epoch.network}, trusted is {self.trust.network}")
        size = len(self.epoch.members)
        return f"{len(chain)} from genesis to epoch {self.epoch.number}, {size} validators, stake {self.epoch.stake}"

    def quorum(self) -> str:
        self.who = signers_by_id(self.file.statement, self.epoch.keys)
        if self.who.problems:
            raise ConsensusError("; ".join(self.who.problems))
        stake = self.epoch.stake_of(self.who.keys)
        if not supermajority(stake, self.epoch.stake):
            raise ConsensusError(f"signed by {stake} of {self.epoch.stake} stake; more than two thirds is needed")
        return f"{len(self.who.keys)} of {len(self.epoch.members)} validators signed: {stake} of {self.epoch.stake} stake"

    def logged(self, kind: str) -> str:
        """The step for a statement of this ``kind``."""
        proof = self.file.log
        signed = SignedCheckpoint.parse(proof.checkpoint.encode())
        if len(signed.note.signatures) != 1:
            raise LogError("the checkpoint carries a signature line that nobody vouches for; here it has the log's alone")
        origin = self.epoch.log.origin
        checkpoint = signed.verify(Log(origin, NoteKey(origin, self.epoch.log.key))).checkpoint
        leaf = leaf_of(kind, self.file.statement.signed_bytes)
        merkle.verify_inclusion(leaf, proof.index, checkpoint.size, proof.proof, checkpoint.root)
        self.log_size = checkpoint.size
        return f"leaf {proof.index} of {checkpoint.size} under a checkpoint signed by {checkpoint.origin}"

    def signer_ids(self) -> tuple[str, ...]:
        """Validators that signed, in the epoch's order."""
        return tuple([member.id for member in self.epoch.members if member.key in self.who.keys])


TRUST_ANCHOR: Final = ("trust anchor", StatementRun.trust_anchor)
EPOCH_CHAIN: Final = ("epoch chain", StatementRun.epoch_chain)
QUORUM: Final = ("quorum of signatures", StatementRun.quorum)
