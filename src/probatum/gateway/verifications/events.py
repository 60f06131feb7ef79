"""The events of one verification as a feed that can be left and come back to.

An event's id is ``RUN.NUMBER``. Within a run nothing comes twice and nothing is left out; a restart begins another run, whose
events are told from the first on. What is known only from the ledger is told from the bundle, as a run that is named after the
statement, so that it is the same in every process; the last event, ``settled``, then has the id ``settled``.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any, Final

from probatum.encoding.digest import Digest
from probatum.gateway import history
from probatum.gateway.feed import numbered
from probatum.gateway.verifications.register import Entry

SETTLED: Final = "settled"
_ID: Final = re.compile(r"([0-9a-f]{8})\.([1-9]\d{0,8})\Z")


async def live(entry: Entry, last: str) -> AsyncGenerator[bytes, None]:
    """The events after ``last``, those to come included; ends after ``settled``."""
    async for event in entry.verification.events(after(entry.run, last)):
        yield numbered(f"{entry.run}.{event.number}", event.kind, dict(event.data))


def after(run: str, last: str) -> int:
    """How many of this run's events the client has seen, by the id of the last; all are new to it if that is of another run."""
    found = _ID.match(last)
    return int(found[2]) if found and found[1] == run else 0


def known(end: Mapping[str, Any], record: Digest | None, report: Mapping[str, Any] | None, last: str) -> Iterator[bytes]:
    """The events after ``last`` of a verification that is over and known only from the ledger.

    Args:
        end: the data of ``settled``.
        record: hash of the statement, if there is one.
        report: what follows from that statement's bundle; without it the end is told alone.
        last: id of the last event that the client has seen.
    """
    if record is not None and report is not None:
        run = record.hex()[:8]
        for number, (kind, data) in enumerate(history.retold(report, end), 1):
            if number > after(run, last):
                yield numbered(f"{run}.{number}", kind, dict(data))
    yield numbered(SETTLED, SETTLED, dict(end))
