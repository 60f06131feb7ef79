"""Generations by the ids of the responses they went out in, and how often keys were used."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"

BIG: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "responses",
        sa.Column("generation", sa.Text(), sa.ForeignKey("generations.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("verification", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("generation"),
        sqlite_strict=True,
    )
    for column in ("name", "verification"):
        op.create_index(f"ix_responses_{column}", "responses", [column])
    op.create_table(
        "key_uses",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("day", BIG, nullable=False),
        sa.Column("count", BIG, nullable=False),
        sa.PrimaryKeyConstraint("key", "day"),
        sqlite_strict=True,
    )
