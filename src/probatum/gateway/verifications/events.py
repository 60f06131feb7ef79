"""The events of one verification as a feed that can be left and come back to.

An event's id is ``RUN.NUMBER``. Within a run nothing comes twice and nothing is left out; a restart begins another run, whose
events are told from the first on. What is known only from the ledger is one event, ``settled``, with the id ``settled``.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from probatum.gateway.feed import numbered
from probatum.gateway.verifications.register import Entry

SETTLED: Final = "settled"
_ID: Final = re.compile(r"([0-9a-f]{8})\.([1-9]\d{0,8})\Z")


async def live(entry: Entry, last: str) -> AsyncGenerator[bytes, None]:
    """The events after ``last``, those to come included; ends after ``settled``."""
    async for event in entry.verification.events(after(entry, last)):
        yield numbered(f"{entry.run}.{event.number}", event.kind, dict(event.data))


def after(entry: Entry, last: str) -> int:
    """How many of this run's events the client has seen, by the id of the last; all are new to it if that is of another run."""
    found = _ID.match(last)
    return int(found[2]) if found and found[1] == entry.run else 0


async def settled(value: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
    """The end alone, for a verification that is known only from the ledger."""
    yield numbered(SETTLED, SETTLED, dict(value))
