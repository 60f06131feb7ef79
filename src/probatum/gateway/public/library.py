"""Statements, rounds and fragments for those who may see them: the tenant whose text it is, and anyone if that tenant says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from probatum.consensus.fragment import fragment_id
from probatum.consensus.outcome import Outcome
from probatum.consensus.request import Request as Judged
from probatum.coordinator.certify import Certification
from probatum.coordinator.report import report
from probatum.encoding.digest import Digest
from probatum.gateway.journal import LedgerJournal
from probatum.gateway.withdrawal import withdrawal
from probatum.ledger.fragment_index import FragmentIndex, Place
from probatum.ledger.propagation import generations, lookups
from probatum.ledger.propagation.generations import Standing
from probatum.ledger.reading import KeptRound, LedgerReader, Published
from probatum.verify.bundle import Bundle, decode_bundle
from probatum.verify.trust import Trust
from probatum.verify.verifier import verify

LOCAL: Final = "local"  # the tenant of texts that were certified beside the gateway, from the command line


def fragment_ids(bundle: bytes) -> list[Digest]:
    """The ids of a whole bundle's fragments, in order."""
    decoded = decode_bundle(bundle)
    return [fragment_id(record) for record in decoded.records] if isinstance(decoded, Bundle) else []


@dataclass(frozen=True, slots=True)
class Seen:
    """A statement that the caller may see.

    Attributes:
        statement: as it was published.
        outcome: what it says.
        public: whether anyone may see it.
        revoked: why it was revoked, if it was.
        successor: the statement that stands in its place, if its text was judged again.
    """

    statement: Published
    outcome: Outcome
    public: bool
    revoked: str | None
    successor: Digest | None = None


class Library:
    """Reads the network's ledger beside the rounds, on threads of its own.

    Args:
        reader: the network's ledger.
        index: where fragments are.
        ledger: whose texts they are.
        trust: with which certificates are checked before a report is made of them.
        is_public: whether a tenant's certificates may be read by whoever knows their hash.
    """

    def __init__(
        self, reader: LedgerReader, index: FragmentIndex, ledger: LedgerJournal, trust: Trust, is_public: Callable[[str], bool]
    ) -> None:
        self.reader, self._index, self._ledger, self._trust, self._is_public = reader, index, ledger, trust, is_public

    async def statement(self, tenant: str, record: Digest) -> Seen | None:
        """A certificate or rejection by its hash."""
        return await self._seen(tenant, await asyncio.to_thread(self.reader.statement, record))

    async def revocation(self, tenant: str, record: Digest) -> tuple[Seen, bytes | None] | None:
        """A statement, and the file of its revocation if it was revoked."""
        seen = await self.statement(tenant, record)
        return None if seen is None else (seen, await asyncio.to_thread(self.reader.revocation, record))

    async def statements_of(self, tenant: str, output: Digest) -> list[Seen]:
        """The statements about an output, the newest last."""
        found = await asyncio.to_thread(self.reader.of_output, output)
        seen = [await self._seen(tenant, one) for one in found]
        return [one for one in seen if one is not None]

    async def standings(self, tenant: str, output: Digest) -> list[Standing]:
        """The generations with this text that the caller may hear of, the newest first."""
        found = await self._ledger.read(partial(lookups.of_output, output=output))
        return [one for one in found if self._may(tenant, [one.generation.tenant])]

    async def round(self, tenant: str, round_id: str) -> tuple[KeptRound, Digest, Seen | None] | None:
        """A round, the digest of its output, and the statement that ended it."""
        kept = await asyncio.to_thread(self.reader.round, round_id)
        if kept is None:
            return None
        if (statement := await asyncio.to_thread(self.reader.of_round, round_id)) is not None:
            seen = await self._seen(tenant, statement)
            return None if seen is None else (kept, statement.output, seen)
        output = await asyncio.to_thread(lambda: Judged.decode(kept.request).opening.output)
        owners = await self._ledger.read(partial(lookups.of_output, output=output))
        return (kept, output, None) if self._may(tenant, _tenants(owners)) else None

    async def fragment(self, tenant: str, fragment: Digest) -> tuple[Seen, Place] | None:
        """The statement that a fragment belongs to, and its place in it."""
        place = await asyncio.to_thread(self._index.find, fragment)
        seen = None if place is None else await self.statement(tenant, place.record_hash)
        return None if seen is None or place is None else (seen, place)

    async def recount(self, record: Digest) -> Mapping[str, Any] | None:
        """The report of ``probatum verify --json``, made again from the bundle and the round's request; None if either is missing.

        The bundle is verified first, as any reader would.
        """
        return await asyncio.to_thread(self._recount, record)

    def _recount(self, record: Digest) -> Mapping[str, Any] | None:
        statement = self.reader.statement(record)
        kept = None if statement is None else self.reader.round(statement.round_id)
        if statement is None or kept is None:
            return None
        judged = Judged.decode(kept.request)
        verified = verify(decode_bundle(statement.bundle), self._trust, output=judged.output).verified
        if verified is None:
            return None
        result = Certification(verified.outcome.status, judged.output, judged.records, judged, statement.bundle, verified)
        return report(result, verified.epoch)

    async def _seen(self, tenant: str, statement: Published | None) -> Seen | None:
        if statement is None:
            return None
        record = statement.record_hash
        owners = await self._owners(statement)
        if not self._may(tenant, owners):
            return None
        outcome = await asyncio.to_thread(_outcome, statement.bundle)
        said = await asyncio.to_thread(withdrawal, self.reader, record)  # it is there before the propagation ledger knows
        if said is not None:
            return Seen(statement, outcome, self._public(owners), said.reason, said.successor)
        revoked = await self._ledger.read(partial(generations.revoked, cert_hash=record))
        return Seen(statement, outcome, self._public(owners), revoked)

    async def _owners(self, statement: Published) -> list[str]:
        """Whose a statement is: the tenants of the generations that it is about.

        One that ``probatum reverify`` made is about none. It is theirs whose certificate it took the place of.
        """
        if about := await self._ledger.read(partial(lookups.of_record, record=statement.record_hash)):
            return _tenants(about)
        replaced = await asyncio.to_thread(self._replaced, statement)
        return sorted({owner for one in replaced for owner in await self._owners(one)}) or [LOCAL]

    def _replaced(self, statement: Published) -> list[Published]:
        """The certificates in whose place a statement stands; signed revocations say so, and it is newer than each of them."""
        found = []
        for one in self.reader.of_output(statement.output):
            if one.record_hash == statement.record_hash:
                break
            if (said := withdrawal(self.reader, one.record_hash)) is not None and said.successor == statement.record_hash:
                found.append(one)
        return found

    def _may(self, tenant: str, owners: Sequence[str]) -> bool:
        return tenant in owners or self._public(owners)

    def _public(self, owners: Iterable[str]) -> bool:
        return any(self._is_public(owner) for owner in owners)


def _tenants(standings: Iterable[Standing]) -> list[str]:
    """Whose they are; what no generation here is about is from the command line."""
    return sorted({one.generation.tenant for one in standings}) or [LOCAL]


def _outcome(bundle: bytes) -> Outcome:
    return Outcome.decode(decode_bundle(bundle).statement.payload)
