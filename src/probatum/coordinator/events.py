"""What happens in a round, in order, for whoever watches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from probatum.consensus.ballot import Vote
from probatum.consensus.outcome import Outcome
from probatum.consensus.request import Request
from probatum.encoding.digest import Digest
from probatum.frozen import frozen


@frozen
class SourcesRead:
    """The evidence is read and indexed: how many sources and passages."""

    sources: int
    passages: int


@frozen
class RoundOpened:
    """Claims are found and bound to evidence; ``resumed`` is how many ballots were kept from before a restart, ``None`` if new."""

    request: Request
    resumed: int | None = None


@frozen
class VoteIn:
    """A validator has made up its mind on one fragment; its ballot is not yet signed."""

    validator: str
    vote: Vote


@frozen
class BallotIn:
    """A validator's signed ballot is counted."""

    validator: str


@frozen
class ValidatorSilent:
    """A validator gives no ballot or no signature in this round, and why."""

    validator: str
    reason: str


@frozen
class OutcomeSigned:
    """A validator rechecked everything and signed the outcome."""

    validator: str


@frozen
class Published:
    """The statement is in the log: from here on it exists."""

    outcome: Outcome
    record_hash: Digest


Event: TypeAlias = SourcesRead | RoundOpened | VoteIn | BallotIn | ValidatorSilent | OutcomeSigned | Published
Observer: TypeAlias = Callable[[Event], None]
