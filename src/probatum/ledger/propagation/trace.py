"""Which versions of a text went out, in which order, to whom, in which state, and how long before a certificate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from probatum.encoding.digest import Digest
from probatum.ledger.propagation import likeness, recalls, releases, search
from probatum.ledger.propagation.generations import Standing
from probatum.ledger.propagation.likeness import Likeness
from probatum.ledger.propagation.recalls import Recall
from probatum.ledger.propagation.releases import Recorded
from probatum.ledger.propagation.search import ClaimMatch, Kind, Sought

MAX_VERSIONS: Final = 200  # shown; the trace says how many more there are
_NEVER: Final = 1 << 62


class MatchKind(StrEnum):
    """Why a version is in a trace."""

    NAMED = "named"  # by the id or hash that was given
    EXACT = "exact"  # the same text, byte for byte
    NEAR = "near"  # alike, claim by claim
    SIBLING = "sibling"  # another answer to the same request


@dataclass(frozen=True, slots=True)
class Version:
    """One generation in a trace.

    Attributes:
        standing: as it stands now.
        match: why it is here.
        score: 0 to 100: how alike its claims are to those of the text, on average; a claim without a counterpart counts 0.
        claims: the text's claims that have a counterpart here, differing ones included.
        releases: in the order of time.
        recalls: who must be, or was, told that it does not stand.
        exposure_ms: from the first release to the certificate, or to the recall, or until now if there is neither.
    """

    standing: Standing
    match: MatchKind
    score: int
    claims: tuple[ClaimMatch, ...]
    releases: tuple[Recorded, ...]
    recalls: tuple[Recall, ...]
    exposure_ms: int

    @property
    def different(self) -> int:
        """How many of these claims look alike and are different claims: another number, negation or name."""
        return sum(one.comparison.likeness is Likeness.DIFFERENT for one in self.claims)


@dataclass(frozen=True, slots=True)
class Trace:
    """What is known of a text, in the order in which its versions first went out; those that never did come last.

    ``output`` is the digest of the text that was compared, if there was one; ``more`` counts versions left out.
    """

    sought: Sought
    output: Digest | None
    versions: tuple[Version, ...]
    more: int

    @property
    def first(self) -> Version | None:
        """The version that went out first."""
        return next((one for one in self.versions if one.releases), None)


def trace(connection: Connection, sought: Sought, *, tenant: str | None, now: int) -> Trace:
    """Trace an id, a hash or a text.

    Args:
        connection: a reading transaction.
        sought: what to look for.
        tenant: whose generations to look at; ``None`` for everybody's.
        now: ms since 1970.
    """
    named = search.named(connection, sought, tenant)
    data = _text(connection, sought, named)
    wanted = () if data is None else likeness.claims_of(data)
    output = None if data is None else Digest.of(data)
    sure = {one.generation.id: one for one in (*named, *(() if output is None else search.exact(connection, output, tenant)))}
    found = sure | {one.generation.id: one for one in search.siblings(connection, sure.values())}
    alike = {one.generation.id: one for one in search.near(connection, wanted, tenant)}
    look = _Look(connection, frozenset(one.generation.id for one in named), output, frozenset(found), wanted, now)
    versions = sorted(look.versions(alike | found), key=_order)
    return Trace(sought, output, tuple(versions[:MAX_VERSIONS]), max(0, len(versions) - MAX_VERSIONS))


def _text(connection: Connection, sought: Sought, named: Sequence[Standing]) -> bytes | None:
    """The text to compare with: the one given, or that of a generation that was named."""
    if sought.kind is Kind.TEXT:
        return sought.value.encode("utf-8", "replace")
    held = (search.data_of(connection, one.generation.id) for one in named)
    return next((data for data in held if data is not None), None)


@dataclass(frozen=True, slots=True)
class _Look:
    """What is known of the text while its versions are put together; ``found`` belong to the trace whatever they say."""

    connection: Connection
    named: frozenset[str]
    output: Digest | None
    found: frozenset[str]
    wanted: tuple[str, ...]
    now: int

    def versions(self, chosen: Mapping[str, Standing]) -> Iterator[Version]:
        held = search.claims_of(self.connection, chosen)
        out, told = releases.of(self.connection, chosen), recalls.of(self.connection, chosen)
        for id_, standing in chosen.items():
            claims = search.match(self.wanted, held.get(id_, ()))
            kind = self._kind(standing, claims)
            if kind is not None:
                score = sum(one.comparison.score for one in claims) // len(self.wanted) if self.wanted else 0
                went, back = out.get(id_, ()), told.get(id_, ())
                yield Version(standing, kind, score, claims, went, back, _exposure(standing, went, back, self.now))

    def _kind(self, standing: Standing, claims: Sequence[ClaimMatch]) -> MatchKind | None:
        if standing.generation.id in self.named:
            return MatchKind.NAMED
        if standing.output is not None and standing.output == self.output:
            return MatchKind.EXACT
        if claims and 2 * len(claims) >= len(self.wanted):
            return MatchKind.NEAR
        return MatchKind.SIBLING if standing.generation.id in self.found else None


def _exposure(standing: Standing, went: Sequence[Recorded], back: Sequence[Recall], now: int) -> int:
    if not went:
        return 0
    recalled = back[0].due_at if back else now
    end = recalled if standing.certified_at is None else standing.certified_at
    return max(0, end - went[0].release.at)


def _order(one: Version) -> tuple[int, int, int, str]:
    first = (one.releases[0].release.at, one.releases[0].seq) if one.releases else (_NEVER, 0)
    return (*first, one.standing.generation.started_at, one.standing.generation.id)
