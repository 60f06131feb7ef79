"""When a message is tried: a function of its id and of when it arose, so that a restart goes on where it was and counts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

_SECOND: Final = 1000
_MINUTE: Final = 60 * _SECOND
_HOUR: Final = 60 * _MINUTE


@dataclass(frozen=True, slots=True)
class Schedule:
    """Growing delays with jitter.

    Attributes:
        delays: ms before each attempt, counted from the one before; the steps are those that Standard Webhooks proposes.
        jitter: share of a delay that is added at most, in percent.
    """

    delays: tuple[int, ...] = (
        0,
        5 * _SECOND,
        5 * _MINUTE,
        30 * _MINUTE,
        *(hours * _HOUR for hours in (2, 5, 10, 14, 20, 24)),
    )
    jitter: int = 10

    def delay(self, id_: str, attempt: int) -> int:
        """Ms before attempt number ``attempt`` (from 0) of this message, jitter included."""
        share = int.from_bytes(sha256(f"{id_} {attempt}".encode()).digest()[:4], "big") % (self.jitter + 1)
        return self.delays[attempt] * (100 + share) // 100

    def times(self, id_: str, since: int) -> tuple[int, ...]:
        """When each attempt is due, in ms since 1970, for a message that arose at ``since``."""
        due, when = [], since
        for attempt in range(len(self.delays)):
            when += self.delay(id_, attempt)
            due.append(when)
        return tuple(due)

    def left(self, id_: str, since: int, now: int) -> tuple[int, ...]:
        """The attempts that are still to be made at ``now``: of those that are due already only one, and all to come."""
        due = self.times(id_, since)
        past = sum(when <= now for when in due)
        return due[max(0, past - 1) :]
