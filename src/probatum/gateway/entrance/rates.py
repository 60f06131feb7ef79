"""How often a key may be used: a token bucket for the minute, a count for the UTC day. One process, in memory."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class TooOften:
    """A limit is reached: which, and after how many whole seconds it is worth trying again."""

    limit: str
    retry_after_s: int


@dataclass(slots=True)
class _Use:
    tokens: float
    at: int
    day: int
    count: int = 0


@dataclass(slots=True)
class Rates:
    """Counts the use of every key.

    Attributes:
        counts: requests by (key id, number of the UTC day) since the last :meth:`take_counts`, to be kept.
    """

    counts: dict[tuple[str, int], int] = field(default_factory=dict)
    _used: dict[str, _Use] = field(default_factory=dict)

    def start(self, key: str, now: int, count: int) -> None:
        """Say how often a key was used today before this process began."""
        self._used[key] = _Use(math.inf, now, now // DAY_MS, count)

    def use(self, key: str, per_minute: int | None, per_day: int | None, now: int) -> TooOften | None:
        """Use a key once, at ``now`` (ms since 1970), unless that is too often. A refused use does not count.

        The bucket holds ``per_minute`` tokens and fills evenly, so a key may use a whole minute's share at once.
        """
        use = self._used.get(key)
        if use is None:
            use = self._used[key] = _Use(math.inf, now, now // DAY_MS)
        _advance(use, per_minute, now)
        if per_day is not None and use.count >= per_day:
            return TooOften("requests a day", math.ceil(((use.day + 1) * DAY_MS - now) / 1000))
        if per_minute is not None:
            if use.tokens < 1:
                return TooOften("requests a minute", max(1, math.ceil((1 - use.tokens) * MINUTE_MS / max(per_minute, 1) / 1000)))
            use.tokens -= 1
        use.count += 1
        self.counts[key, use.day] = self.counts.get((key, use.day), 0) + 1
        return None

    def take_counts(self) -> dict[tuple[str, int], int]:
        """The counts so far, and begin again from zero."""
        counts, self.counts = self.counts, {}
        return counts


def _advance(use: _Use, per_minute: int | None, now: int) -> None:
    now = max(now, use.at)  # a wall clock that was set back fills nothing and empties nothing
    if per_minute is not None:
        use.tokens = min(float(per_minute), use.tokens + (now - use.at) * per_minute / MINUTE_MS)
    if now // DAY_MS > use.day:
        use.day, use.count = now // DAY_MS, 0
    use.at = now
