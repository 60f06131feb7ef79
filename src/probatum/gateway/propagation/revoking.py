"""Revocations that the network has signed and logged, taken over into the propagation ledger, so that everyone is told.

``probatum revoke`` does both. A crash may come between, and the command may run where the propagation ledger is out of reach.
"""

from __future__ import annotations

import asyncio
from functools import partial

from probatum.consensus.revocation import Revocation
from probatum.gateway.journal import LedgerJournal
from probatum.ledger.propagation import generations
from probatum.ledger.propagation.unit import Unit
from probatum.ledger.reading import LedgerReader
from probatum.ledger.records import State
from probatum.verify.revocation import decode_revocation


async def take_over(reader: LedgerReader, ledger: LedgerJournal, at: int, *, after: int = 0) -> int:
    """Record what the propagation ledger does not know yet; recalls are due, and cached answers gone, when this returns.

    Args:
        reader: the network's ledger.
        ledger: the propagation ledger.
        at: ms since 1970.
        after: how many of the network's revocations were taken over already.

    Returns:
        How many revocations the network has.

    Raises:
        LedgerError: a ledger cannot be read or written.
    """
    files = (await asyncio.to_thread(reader.revocations))[after:]
    for file in files:
        said = Revocation.decode(decode_revocation(file).statement.payload)
        await ledger.write(partial(_record, said=said, at=at))
    return after + len(files)


def _record(unit: Unit, said: Revocation, at: int) -> None:
    state = State.REVOKED if said.successor is None else State.SUPERSEDED
    generations.withdraw(unit, said.certificate, said.reason, at, state=state)
