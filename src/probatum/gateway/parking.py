"""Verifications of texts that are generated here are durable too: a restart takes up those whose text was whole."""

from __future__ import annotations

from probatum.coordinator.verification import Evidence
from probatum.encoding.digest import Digest
from probatum.gateway.journal import LedgerJournal
from probatum.gateway.ports import Verification
from probatum.gateway.verifications.register import Register
from probatum.gateway.verifications.runner import Runner
from probatum.ledger.propagation import generations


class Parking:
    """Implements ``gateway.ports.Verifier``: what it starts is on disk as something to be done until it is done.

    Args:
        register: starts verifications.
        runner: keeps them, and takes them up again.
    """

    def __init__(self, register: Register, runner: Runner) -> None:
        self._register, self._runner = register, runner

    @property
    def epoch(self) -> Digest:
        """Digest of the epoch in force."""
        return self._register.epoch

    async def start(self, generation: str, evidence: Evidence) -> Verification:
        """See ``gateway.ports.Verifier``.

        Raises:
            LedgerError: it could not be recorded; nothing will be certified.
        """
        verification = await self._register.start(generation, evidence)
        try:
            await self._runner.adopt(verification.id, evidence)
        except BaseException:
            verification.abandon("it could not be recorded")
            raise
        return verification


async def break_off(ledger: LedgerJournal, before: int, at: int) -> int:
    """Record texts as incomplete whose process ended while they came; they can never be certified.

    Args:
        ledger: where they are.
        before: those that began before this (ms since 1970); later ones may belong to a process that lives.
        at: now.

    Returns:
        How many there were.
    """
    found = [one.generation for one in await ledger.read(generations.unfinished) if one.generation.started_at < before]
    for generation in found:
        await ledger.finish(generation.id, "", complete=False, at=at)
    return len(found)
