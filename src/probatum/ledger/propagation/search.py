"""Finding generations: by id, by a hash, by the exact text, or by what a text claims."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select

from probatum.encoding.digest import Digest
from probatum.ledger.propagation import likeness
from probatum.ledger.propagation.generations import Standing, standing
from probatum.ledger.propagation.likeness import Comparison, Likeness
from probatum.ledger.propagation.schema import claim_words, claims, generations, texts

MAX_NEAR: Final = 100  # generations that are compared claim by claim
MAX_SOUGHT: Final = 40  # claims of the text that candidates are looked up for: those with the most words
_CANDIDATES: Final = 400  # stored claims looked at for each claim
_SHARED: Final = 0.6  # of its words, that a claim must share with one sought to be looked at
_COMMON: Final = 2000  # how far the claims with a word are counted
_FREQUENCY: Final = select(func.count()).select_from(
    select(claim_words.c.claim).where(claim_words.c.word == bindparam("key")).limit(_COMMON).subquery()
)
_GENERATION: Final = re.compile(r"gen_[0-9a-f]{32}")
_HASH: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class Kind(StrEnum):
    """What somebody gave to be traced."""

    GENERATION = "generation"
    HASH = "hash"  # of a text, or of the statement about one
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Sought:
    """What is to be traced: an id, a hash (``sha256:...``) or a text."""

    kind: Kind
    value: str

    @classmethod
    def read(cls, given: str) -> Sought:
        """Tell an id and a hash, with or without ``sha256:``, from a text."""
        word = given.strip()
        if _GENERATION.fullmatch(word):
            return cls(Kind.GENERATION, word)
        found = _HASH.fullmatch(word)
        return cls(Kind.HASH, f"sha256:{found[1]}") if found else cls(Kind.TEXT, given)


@dataclass(frozen=True, slots=True)
class ClaimMatch:
    """A claim of the text sought, and the claim of a version that is most like it."""

    claim: str
    other: str
    comparison: Comparison


def named(connection: Connection, sought: Sought, tenant: str | None) -> tuple[Standing, ...]:
    """The generations that an id or hash names; none for a text."""
    if sought.kind is Kind.TEXT:
        return ()
    if sought.kind is Kind.GENERATION:
        wanted = generations.c.id == sought.value
    else:
        digest = Digest.parse(sought.value)
        wanted = or_(*(generations.c[name] == digest for name in ("output", "record_hash", "cert_hash")))
    return _select(connection, wanted, tenant)


def exact(connection: Connection, output: Digest, tenant: str | None) -> tuple[Standing, ...]:
    """The generations with exactly this text."""
    return _select(connection, generations.c.output == output, tenant)


def siblings(connection: Connection, of: Iterable[Standing]) -> tuple[Standing, ...]:
    """All generations of the same requests."""
    requests = {(one.generation.tenant, one.generation.request) for one in of}
    same = [(generations.c.tenant == tenant) & (generations.c.request == request) for tenant, request in requests]
    return _select(connection, or_(*same), None) if same else ()


def near(connection: Connection, sought: Sequence[str], tenant: str | None) -> tuple[Standing, ...]:
    """Generations with claims like at least half of those sought; those with most of them first."""
    longest = sorted(sought, key=lambda claim: len(likeness.read(claim).keys), reverse=True)[:MAX_SOUGHT]
    shared: Counter[str] = Counter()
    for one in [tenant] if tenant is not None else _tenants(connection):
        frequency = _frequencies(connection, longest, likeness.key(one))
        for claim in longest:
            shared.update(_holding(connection, claim, frequency, likeness.key(one)))
    enough = [generation for generation, count in shared.most_common(MAX_NEAR) if 2 * count >= len(longest)]
    found = {one.generation.id: one for one in _select(connection, generations.c.id.in_(enough), tenant)} if enough else {}
    return tuple(found[generation] for generation in enough)


def claims_of(connection: Connection, ids: Iterable[str]) -> dict[str, list[str]]:
    """The claims of generations, in the order of their texts."""
    query = select(claims.c.generation, claims.c.text).where(claims.c.generation.in_(list(ids))).order_by(claims.c.id)
    found: dict[str, list[str]] = {}
    for generation, text in connection.execute(query):
        found.setdefault(generation, []).append(text)
    return found


def data_of(connection: Connection, generation: str) -> bytes | None:
    """The stored bytes of a text, to compare others with."""
    data = connection.execute(select(texts.c.text).where(texts.c.generation == generation)).scalar()
    return None if data is None else bytes(data)


def match(sought: Sequence[str], held: Sequence[str]) -> tuple[ClaimMatch, ...]:
    """For each claim sought, the claim most like it, if one is alike: what says the same comes before what differs."""
    found: list[ClaimMatch] = []
    for claim in sought:
        alike = ((other, likeness.compare(claim, other)) for other in held)
        made = [ClaimMatch(claim, other, comparison) for other, comparison in alike if comparison is not None]
        if made:
            found.append(max(made, key=_rank))
    return tuple(found)


def _rank(one: ClaimMatch) -> tuple[bool, int]:
    return one.comparison.likeness is not Likeness.DIFFERENT, one.comparison.score


def _tenants(connection: Connection) -> list[str]:
    return list(connection.execute(select(generations.c.tenant).distinct().order_by(generations.c.tenant)).scalars())


def _frequencies(connection: Connection, sought: Iterable[str], of_tenant: int) -> dict[int, int]:
    """In how many of a tenant's stored claims each word stands, counted up to ``_COMMON``."""
    words = sorted({key for claim in sought for key in likeness.read(claim).keys})
    return {word: connection.execute(_FREQUENCY, {"key": word ^ of_tenant}).scalar_one() for word in words}


def _holding(connection: Connection, claim: str, frequency: Mapping[int, int], of_tenant: int) -> set[str]:
    """A tenant's generations with a claim that may share ``_SHARED`` of this one's words; of too many the oldest.

    A claim with so many of the n words holds at least one of any n - needed + 1 of them; the rarest are looked up (prefix
    filtering: Chaudhuri, Ganti, Kaushik 2006).
    """
    keys = sorted(likeness.read(claim).keys, key=lambda key: (frequency[key], key))
    if not keys:
        return set()
    rarest = [key ^ of_tenant for key in keys[: len(keys) - math.ceil(_SHARED * len(keys)) + 1]]
    words = select(claim_words.c.claim).where(claim_words.c.word.in_(rarest)).group_by(claim_words.c.claim)
    alike = words.order_by(func.count().desc(), claim_words.c.claim).limit(_CANDIDATES)
    return set(connection.execute(select(claims.c.generation).where(claims.c.id.in_(alike))).scalars())


def _select(connection: Connection, wanted: ColumnElement[bool], tenant: str | None) -> tuple[Standing, ...]:
    query = select(generations).where(wanted).order_by(generations.c.started_at, generations.c.id)
    if tenant is not None:
        query = query.where(generations.c.tenant == tenant)
    return tuple(standing(row) for row in connection.execute(query))
