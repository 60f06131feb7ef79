"""The first tables."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None

APPEND_ONLY: Final = ("journal", "releases")
BIG: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def text(name: str, *, null: bool = False, **options: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=null, **options)


def data(name: str, *, null: bool = False, **options: Any) -> sa.Column[bytes]:
    return sa.Column(name, sa.LargeBinary(), nullable=null, **options)


def number(name: str, *items: Any, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, BIG, *items, nullable=null)


def generation() -> sa.Column[str]:
    return sa.Column("generation", sa.Text(), sa.ForeignKey("generations.id"), nullable=False)


def table(name: str, key: str, *items: Any) -> None:
    op.create_table(name, *items, sa.PrimaryKeyConstraint(*key.split()), sqlite_strict=True)


def upgrade() -> None:
    _journal()
    _generations()
    _claims()
    _releases()
    _recalls()
    _answers_and_jobs()
    table(
        "api_keys",
        "hash",
        data("hash"),
        text("id", unique=True),
        *(text(name) for name in ("name", "tenant", "scopes")),
        *(number(name, null=True) for name in ("per_minute", "per_day")),
        number("created_at"),
        number("disabled_at", null=True),
    )
    _forbid_changes()


def _journal() -> None:
    table("journal", "seq", number("seq"), number("at"), text("kind"), data("body"), data("hash"))


def _generations() -> None:
    table(
        "generations",
        "id",
        *(text("id"), text("tenant"), data("request"), number("sibling"), text("model"), number("started_at")),
        *(number("finished_at", null=True), data("output", null=True), text("state"), number("settled_at", null=True)),
        *(data("record_hash", null=True), data("cert_hash", null=True), number("certified_at", null=True)),
        sa.UniqueConstraint("tenant", "request", "sibling"),
    )
    op.create_index("generations_by_output", "generations", ["output"])
    op.create_index("generations_by_record", "generations", ["record_hash"])
    op.create_index("generations_by_certificate", "generations", ["cert_hash"])
    table("texts", "generation", generation(), data("text"))


def _claims() -> None:
    table("claims", "id", number("id"), generation(), text("text"))
    op.create_index("ix_claims_generation", "claims", ["generation"])
    table("claim_words", "word claim", number("word"), number("claim", sa.ForeignKey("claims.id")))


def _releases() -> None:
    table(
        "releases",
        "seq",
        *(number("seq", sa.ForeignKey("journal.seq")), generation(), text("channel"), text("receiver"), text("state")),
        *(data("cert_hash", null=True), number("at"), text("callback", null=True)),
    )
    op.create_index("ix_releases_generation", "releases", ["generation"])


def _recalls() -> None:
    table(
        "recalls",
        "seq",
        *(number("seq", sa.ForeignKey("journal.seq")), text("tenant"), generation(), text("receiver"), text("callback", null=True)),
        *(text("state"), number("due_at"), text("token", unique=True), number("attempts")),
        *(number("attempted_at", null=True), number("acknowledged_at", null=True)),
        sa.UniqueConstraint("generation", "receiver", "state"),
    )
    _open_index("recalls_open", "recalls", "due_at", "acknowledged_at IS NULL")
    table("revocations", "cert_hash", data("cert_hash"), text("reason"), number("at"))


def _answers_and_jobs() -> None:
    table("answers", "tenant request epoch", text("tenant"), data("request"), data("epoch"), generation(), data("response"))
    op.create_index("ix_answers_generation", "answers", ["generation"])
    table(
        "jobs",
        "id",
        *(text("id"), generation(), data("evidence"), number("created_at"), text("owner", null=True)),
        *(number("leased_until"), number("attempts"), number("ended_at", null=True)),
    )
    _open_index("jobs_open", "jobs", "leased_until", "ended_at IS NULL")


def _open_index(name: str, where: str, column: str, condition: str) -> None:
    only = sa.text(condition)
    op.create_index(name, where, [column], sqlite_where=only, postgresql_where=only)


def _forbid_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in APPEND_ONLY:
            for change in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {name}_no_{change.lower()} BEFORE {change} ON {name} "
                    f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION probatum_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for name in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {name}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION probatum_append_only()"
        )
