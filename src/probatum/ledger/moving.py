"""A network's ledger moves from its file into PostgreSQL, once and for good: a log that grew in two places would be two logs."""

from __future__ import annotations

from typing import Final

from probatum.errors import LedgerError
from probatum.ledger.postgresql import PostgresLedger
from probatum.ledger.sqlite import Ledger
from probatum.tlog import tree

COLUMNS: Final = {
    "epochs": "number, envelope",
    "locks": "validator, network, epoch, round_id, step, payload",
    "rounds": "round_id, job, state, opened_at, request",
    "ballots": "round_id, validator, envelope",
    "statements": "hash, round_id, output, bundle",
    "leaves": "leaf, entry",
    "nodes": "level, node, hash",
    "checkpoints": "size, note",
    "revocations": "certificate, file",
}
"""What is moved, in an order in which nothing refers to what is not there yet."""

_ORDERED: Final = ("statements", "revocations")  # those whose order of coming counts
_BATCH: Final = 200


def move(file: Ledger, database: PostgresLedger) -> int:
    """Copy everything that ``database`` does not have yet; from then on ``file`` refuses every change, whoever has it open.

    Killed at any moment, it can be done again. While it works, nobody else writes to either.

    Returns:
        How many rows were copied.

    Raises:
        LedgerError: the database holds the ledger of another network, or one that has grown otherwise; nothing was changed.
    """
    with file._write() as old:
        with database._write():
            _check(file, database)
            copied = sum(_copy(file, database, table) for table in COLUMNS)
        for table in COLUMNS:
            for change in ("INSERT", "UPDATE", "DELETE"):
                old.execute(
                    f"CREATE TRIGGER IF NOT EXISTS {table}_moved_{change.lower()} BEFORE {change} ON {table} "
                    "BEGIN SELECT RAISE(ABORT, 'this ledger was moved into PostgreSQL; restart what still uses the file'); END"
                )
    return copied


def _check(file: Ledger, database: PostgresLedger) -> None:
    """One log must be the beginning of the other."""
    here, there = file.head(), database.head()
    size = min(here.size, there.size)
    if tree.root(size, file._node) != tree.root(size, database._node):
        raise LedgerError(
            f"{database.path} holds another log than {file.path}: they differ in their first {size} entries; "
            "give each network a database of its own"
        )


def _copy(file: Ledger, database: PostgresLedger, table: str) -> int:
    columns, order = COLUMNS[table], " ORDER BY rowid" if table in _ORDERED else ""
    marks = ", ".join("?" * (columns.count(",") + 1))
    insert = f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - names of ours
    before = _count(database, table)
    rows = file._db.execute(f"SELECT {columns} FROM {table}{order}")  # noqa: S608
    while batch := rows.fetchmany(_BATCH):
        database._session.executemany(insert, batch)
    return _count(database, table) - before


def _count(database: PostgresLedger, table: str) -> int:
    return int(database._rows(f"SELECT count(*) FROM {table}")[0][0])  # noqa: S608
