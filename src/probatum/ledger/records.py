"""What the propagation ledger keeps: generations of text, and every release of one to somebody, with the state at that moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from probatum.encoding.digest import Digest


class State(StrEnum):
    """Where a generation stands. Only ``certified`` and, claim by claim, ``partially_certified`` have a cert_hash."""

    GENERATING = "generating"  # text is still coming
    PROVISIONAL = "provisional"  # the text is whole; no statement about it exists
    CERTIFIED = "certified"
    PARTIALLY_CERTIFIED = "partially_certified"
    REJECTED = "rejected"
    UNDECIDED = "undecided"
    EXPIRED = "expired"
    NOTHING_TO_CHECK = "nothing_to_check"
    INCOMPLETE = "incomplete"  # the upstream broke off: such a text is never certified
    REVOKED = "revoked"
    SUPERSEDED = "superseded"


class Channel(StrEnum):
    """How a text left."""

    STREAM = "stream"
    FETCH = "fetch"
    CACHE_HIT = "cache_hit"
    COPY = "copy"
    FORWARD = "forward"
    EXPORT = "export"
    WEBHOOK = "webhook"
    BADGE = "badge"


RECALLED: Final = frozenset({State.REJECTED, State.EXPIRED, State.REVOKED, State.SUPERSEDED, State.INCOMPLETE})
"""States in which everyone who received the text must be told."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One answer that was, or is being, generated or handed in.

    Attributes:
        id: ``gen_`` and 32 hex digits.
        tenant: whose it is.
        request: digest of what was asked, equal for identical requests; of the text itself where a text was handed in.
        model: who generated it, as the upstream names it; empty for a text handed in.
        started_at: ms since 1970.
    """

    id: str
    tenant: str
    request: Digest
    model: str
    started_at: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a generation, and the statement that says so (``None`` where there is none).

    Attributes:
        state: as the round has it.
        record_hash, cert_hash: of the statement.
        at: ms since 1970.
        against: how many claims were decided against: refuted, or not supported by the evidence.
    """

    state: State
    record_hash: Digest | None
    cert_hash: Digest | None
    at: int
    against: int = 0

    @property
    def recalled(self) -> bool:
        """Whether everyone who has the text must be told: it does not stand, or not with every claim that they have."""
        return self.state in RECALLED or (self.state is State.PARTIALLY_CERTIFIED and self.against > 0)


@dataclass(frozen=True, slots=True)
class Release:
    """One text went out to one receiver.

    Attributes:
        generation: id of the generation.
        channel: how.
        receiver: who, as precisely as is known; never empty.
        state: of the generation at that moment.
        cert_hash: that travelled with it, if any.
        at: ms since 1970.
        callback: address to notify of a recall, if the receiver gave one.
    """

    generation: str
    channel: Channel
    receiver: str
    state: State
    cert_hash: Digest | None
    at: int
    callback: str | None = None
