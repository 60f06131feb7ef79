"""The tables as they are now. ``migrations`` makes them; a test holds the two together.

``journal`` and ``releases`` are append-only: triggers refuse updates and deletions. Times are ms since 1970.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, MetaData, Table, Text, UniqueConstraint

from probatum.ledger.propagation.columns import BIG, ChannelColumn, DigestColumn, StateColumn

HEAD: Final = "0003"  # the newest migration

_METADATA: Final = MetaData()


def _table(name: str, *items: Any) -> Table:
    return Table(name, _METADATA, *items, sqlite_strict=True)


def metadata() -> MetaData:
    """All tables."""
    return _METADATA


journal: Final = _table(
    "journal",
    Column("seq", BIG, primary_key=True, autoincrement=False),
    Column("at", BIG, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),  # canonical JSON
    Column("hash", DigestColumn, nullable=False),
)

generations: Final = _table(
    "generations",
    Column("id", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("request", DigestColumn, nullable=False),
    Column("sibling", BIG, nullable=False),  # 1 for the first generation of this request, 2 for the next ...
    Column("model", Text, nullable=False),
    Column("started_at", BIG, nullable=False),
    Column("finished_at", BIG),
    Column("output", DigestColumn),  # of the text
    Column("state", StateColumn, nullable=False),
    Column("settled_at", BIG),  # when the present state was entered, if a settlement brought it
    Column("record_hash", DigestColumn),
    Column("cert_hash", DigestColumn),  # stays when the certificate is revoked or superseded
    Column("certified_at", BIG),
    UniqueConstraint("tenant", "request", "sibling"),
    Index("generations_by_output", "output"),
    Index("generations_by_record", "record_hash"),
    Index("generations_by_certificate", "cert_hash"),
)

texts: Final = _table(
    "texts",
    Column("generation", Text, ForeignKey("generations.id"), primary_key=True),
    Column("text", LargeBinary, nullable=False),
)

claims: Final = _table(
    "claims",
    Column("id", BIG, primary_key=True, autoincrement=False),  # grows with the journal; see texts.keep
    Column("generation", Text, ForeignKey("generations.id"), nullable=False, index=True),
    Column("text", Text, nullable=False),
)

claim_words: Final = _table(
    "claim_words",
    Column("word", BIG, primary_key=True, autoincrement=False),  # key of the word XOR key of the tenant
    Column("claim", BIG, ForeignKey("claims.id"), primary_key=True, autoincrement=False),
)

releases: Final = _table(
    "releases",
    Column("seq", BIG, ForeignKey("journal.seq"), primary_key=True, autoincrement=False),
    Column("generation", Text, ForeignKey("generations.id"), nullable=False, index=True),
    Column("channel", ChannelColumn, nullable=False),
    Column("receiver", Text, nullable=False),
    Column("state", StateColumn, nullable=False),
    Column("cert_hash", DigestColumn),
    Column("at", BIG, nullable=False),
    Column("callback", Text),
)

recalls: Final = _table(
    "recalls",
    Column("seq", BIG, ForeignKey("journal.seq"), primary_key=True, autoincrement=False),
    Column("tenant", Text, nullable=False),
    Column("generation", Text, ForeignKey("generations.id"), nullable=False),
    Column("receiver", Text, nullable=False),
    Column("callback", Text),
    Column("state", StateColumn, nullable=False),  # that made it due
    Column("due_at", BIG, nullable=False),
    Column("token", Text, nullable=False, unique=True),  # whoever was told returns it to acknowledge
    Column("attempts", BIG, nullable=False),
    Column("attempted_at", BIG),
    Column("acknowledged_at", BIG),
    UniqueConstraint("generation", "receiver", "state"),
)
_OPEN: Final = recalls.c.acknowledged_at.is_(None)
Index("recalls_open", recalls.c.due_at, sqlite_where=_OPEN, postgresql_where=_OPEN)

revocations: Final = _table(
    "revocations",
    Column("cert_hash", DigestColumn, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", BIG, nullable=False),
)

answers: Final = _table(
    "answers",
    Column("tenant", Text, primary_key=True),
    Column("request", DigestColumn, primary_key=True),
    Column("epoch", DigestColumn, primary_key=True),
    Column("generation", Text, ForeignKey("generations.id"), nullable=False, index=True),
    Column("response", LargeBinary, nullable=False),
)

jobs: Final = _table(
    "jobs",
    Column("id", Text, primary_key=True),
    Column("generation", Text, ForeignKey("generations.id"), nullable=False),
    Column("evidence", LargeBinary, nullable=False),  # canonical JSON: where the evidence lies
    Column("created_at", BIG, nullable=False),
    Column("owner", Text),
    Column("leased_until", BIG, nullable=False),  # 0: never leased
    Column("attempts", BIG, nullable=False),
    Column("ended_at", BIG),
)
_UNDONE: Final = jobs.c.ended_at.is_(None)
Index("jobs_open", jobs.c.leased_until, sqlite_where=_UNDONE, postgresql_where=_UNDONE)

api_keys: Final = _table(
    "api_keys",
    Column("hash", DigestColumn, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("tenant", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # sorted, one space between them
    Column("per_minute", BIG),
    Column("per_day", BIG),
    Column("created_at", BIG, nullable=False),
    Column("disabled_at", BIG),
)

responses: Final = _table(
    "responses",
    Column("generation", Text, ForeignKey("generations.id"), primary_key=True),
    Column("name", Text, nullable=False, index=True),  # the response's id, as the upstream gave it; not unique
    Column("verification", Text, index=True),
)

key_uses: Final = _table(
    "key_uses",
    Column("key", Text, primary_key=True),
    Column("day", BIG, primary_key=True, autoincrement=False),  # days since 1970, UTC
    Column("count", BIG, nullable=False),
)
