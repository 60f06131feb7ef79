"""What happens in a round, in order, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from probatum.consensus.ballot import Vote
from probatum.consensus.outcome import Outcome
from probatum.consensus.request import Request
from probatum.encoding.digest import Digest
from probatum.frozen import Value


class SourcesRead(Value, frozen=True):
    """The evidence is read and indexed: how many sources and passages."""

    sources: int
    passages: int


class RoundOpened(Value, frozen=True):
    """Claims are found and bound to evidence; ``resumed`` is how many ballots were kept from before a restart, ``None`` if new."""

    request: Request
    resumed: int | None = None


class VoteIn(Value, frozen=True):
    """A validator has made up its mind on one fragment; its ballot is not yet signed."""

    validator: str
    vote: Vote


class BallotIn(Value, frozen=True):
    """A validator's signed ballot is counted."""

    validator: str


class ValidatorSilent(Value, frozen=True):
    """A validator gives no ballot or no signature in this round, and why."""

    validator: str
    reason: str


class OutcomeSigned(Value, frozen=True):
    """A validator rechecked everything and signed the outcome."""

    validator: str


class Published(Value, frozen=True):
    """The statement is in the log: from here on it exists."""

    outcome: Outcome
    record_hash: Digest


Event: TypeAlias = SourcesRead | RoundOpened | VoteIn | BallotIn | ValidatorSilent | OutcomeSigned | Published
Observer: TypeAlias = Callable[[Event], None]
