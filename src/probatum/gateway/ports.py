"""What the HTTP side needs from behind it. The app is handed these, so that every handler runs against fakes in tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from probatum.coordinator.verification import Event, Evidence, Result
from probatum.encoding.digest import Digest
from probatum.ledger.records import Generation, Release, Settlement, State


@dataclass(frozen=True, slots=True)
class CacheKey:
    """What a certified answer is kept under: who asked what, judged under which epoch (and so which policy)."""

    tenant: str
    request: Digest
    epoch: Digest


@dataclass(frozen=True, slots=True)
class Naming:
    """What else finds a generation: the id of the response in which it went out, and the verification of its text, if any."""

    response: str
    verification: str | None


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    """A certified answer: the upstream's whole response as it was given, and its settlement."""

    generation: str
    response: bytes
    settlement: Settlement


class Settling(Protocol):
    """Where verifications leave what became of a generation."""

    async def settle(self, generation: str, settlement: Settlement) -> None:
        """What became of it."""


class Journal(Settling, Protocol):
    """The propagation ledger, as seen from the event loop. What has returned is on disk."""

    async def begin(self, generation: Generation, release: Release | None = None) -> None:
        """A generation starts: state ``generating``; with it, in one write, the release to whoever asked first."""

    async def finish(self, generation: str, text: str, *, complete: bool, at: int, naming: Naming | None = None) -> None:
        """Its text is whole (``provisional``), or broke off (``incomplete``); the text goes into the private store."""

    async def release(self, release: Release) -> None:
        """It went out to somebody."""

    async def keep(self, key: CacheKey, generation: str, response: bytes) -> None:
        """Cache an answer; refused unless the generation is settled as certified."""

    async def cached(self, key: CacheKey) -> CachedAnswer | None:
        """The certified answer to this request, unless it was purged since."""


class Verification(Protocol):
    """One text under verification, perhaps while it is still being generated."""

    @property
    def id(self) -> str:
        """``ver_`` and 32 hex digits."""

    @property
    def state(self) -> State:
        """Where it stands now."""

    def feed(self, text: str) -> None:
        """More text. Returns at once."""

    def finish(self) -> None:
        """The text is whole: what was fed is exactly what will be certified. Returns at once.

        ``Journal.finish`` must have returned before, because the verification may settle the generation at any moment from now on.
        """

    def abandon(self, reason: str) -> None:
        """The text broke off: it is never certified."""

    def events(self, after: int = 0) -> AsyncIterator[Event]:
        """Events numbered above ``after``, those to come included; ends after ``settled``."""

    async def result(self) -> Result:
        """Wait for the end. Never raises for the material; cancelling the waiter does not stop the verification."""


class Verifier(Protocol):
    """The coordinator, as seen from the event loop."""

    @property
    def epoch(self) -> Digest:
        """Digest of the epoch in force."""

    async def start(self, generation: str, evidence: Evidence) -> Verification:
        """Begin to verify the text of a generation; settles it in the ledger when it ends.

        Returns once the evidence is known to be usable; claims that come before it is searchable wait for it.

        Raises:
            EvidenceRefused: a source or the corpus cannot be used; says which.
        """


class Recovering(Verifier, Protocol):
    """A verifier that a restart, or a process that takes over, can ask what was decided before."""

    async def recover(self, generation: str) -> Result | None:
        """The end of a verification whose statement was published and whose generation was not settled: settles it now.

        Returns ``None`` if nothing was published. Nothing is judged or signed.

        Raises:
            LedgerError: the ledger cannot be read or written.
        """
