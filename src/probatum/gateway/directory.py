"""Finds generations by what clients know of them; implements ``gateway.parts.Directory`` over the propagation ledger."""

from __future__ import annotations

from functools import partial

from probatum.gateway.journal import LedgerJournal
from probatum.gateway.parts import Standing
from probatum.ledger.propagation import responses
from probatum.ledger.propagation.states import CERTIFIED


class LedgerDirectory:
    """The directory of all generations. Every method raises LedgerError when the ledger cannot be used."""

    def __init__(self, ledger: LedgerJournal) -> None:
        self._ledger = ledger

    async def standing(self, tenant: str, name: str) -> Standing | None:
        """See ``Directory``. A certificate that was revoked is no certificate of the text any more, so its hash is not given."""
        found = await self._ledger.read(partial(responses.find, tenant=tenant, name=name))
        if found is None:
            return None
        now = found.standing
        cert_hash = now.cert_hash if now.state in CERTIFIED else None
        return Standing(now.generation.id, now.state, now.record_hash, cert_hash, found.verification, now.generation.started_at)
