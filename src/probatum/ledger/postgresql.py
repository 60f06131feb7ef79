"""The network's ledger in PostgreSQL, for several gateways: the statements of SQLite, and its rule that one writes at a time.

Its tables stand in the schema ``consensus`` of the propagation ledger's database, whose migrations make them. Whoever writes holds
an advisory lock until its transaction ends, as ``BEGIN IMMEDIATE`` holds a file: so locks are taken once and the log grows by one
leaf at a time, whichever process appends.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final, cast

import psycopg

from probatum.errors import LedgerError
from probatum.ledger.reading import LedgerReader
from probatum.ledger.sqlite import BUSY_MS, Ledger

SCHEMA: Final = "consensus"
_WRITERS: Final = 0x70726F64  # the advisory lock of whoever writes
_OPTIONS: Final = f"-c search_path={SCHEMA} -c lock_timeout={BUSY_MS} -c default_transaction_isolation=read\\ committed"


class Session:
    """One connection, made again after it was lost. It takes statements as ``sqlite3`` does, with ``?`` for each value.

    Args:
        url: ``postgresql://USER:PASSWORD@HOST/NAME``.
        read_only: the server refuses changes.

    Raises:
        psycopg.Error: the database cannot be reached.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._url, self.lock = url, RLock()
        self._options = f"{_OPTIONS} -c default_transaction_read_only={'on' if read_only else 'off'}"
        self._inside = False
        self._connection = self._connect()
        self.name = f"{self._connection.info.dbname} at {self._connection.info.host or 'the local server'}"

    def execute(self, query: str, values: Sequence[object] = ()) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run one statement."""
        with self.lock:
            return self._open().execute(_marked(query), tuple(values) or None)

    def executemany(self, query: str, rows: Sequence[Sequence[object]]) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run one statement for each row; the cursor's ``rowcount`` is of all of them."""
        with self.lock, self._open().cursor() as cursor:
            cursor.executemany(_marked(query), rows)
            return cursor

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One transaction; other threads wait for its end. If the connection is lost, everything in it fails."""
        with self.lock, self._open().transaction():
            self._inside = True
            try:
                yield
            finally:
                self._inside = False

    @property
    def broken(self) -> bool:
        """Whether the connection was lost."""
        return self._connection.closed

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _open(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._connection.closed and not self._inside:  # a new connection knows nothing of the transaction, nor of its lock
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self._url, autocommit=True, options=self._options)


def _marked(query: str) -> bytes:
    """psycopg's place holders; no statement here has a question mark or a per cent sign of its own."""
    return query.replace("?", "%s").encode()


class _Connected:
    """What a ledger and a reader of it have in common: a session, how it is read from, and its end."""

    path: Path
    _session: Session

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._session.execute(query, values).fetchall()
        except psycopg.Error as error:
            raise LedgerError(f"{self.path}: cannot be read ({_cause(error)}); is the server there?") from None


class PostgresLedger(_Connected, Ledger):
    """``sqlite.Ledger`` in PostgreSQL. Safe to use from several threads, one at a time, and beside other processes.

    Args:
        url: of a database that ``propagation.database.Database`` has opened before, which makes the tables.

    Raises:
        LedgerError: the database cannot be reached, or has no such tables.
    """

    def __init__(self, url: str) -> None:
        self._session = _begin(url)
        self.url, self.path = url, Path(f"PostgreSQL database {self._session.name}")
        self._db = cast("sqlite3.Connection", self._session)

    def reader(self) -> PostgresReader:
        """Another connection, that only reads."""
        return PostgresReader(self.url)

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._session.transaction():
                self._session.execute("SELECT pg_advisory_xact_lock(?)", (_WRITERS,))
                yield self._db
        except psycopg.Error as error:
            lost = "; if the connection broke at the very end it was, and doing it again finds that" if self._session.broken else ""
            raise LedgerError(f"{self.path}: nothing was written ({_cause(error)}){lost}") from None


class PostgresReader(_Connected, LedgerReader):
    """``reading.LedgerReader`` over PostgreSQL.

    Args:
        url: as for :class:`PostgresLedger`.

    Raises:
        LedgerError: the database cannot be reached, or has no such tables.
    """

    def __init__(self, url: str) -> None:
        self._session = _begin(url, read_only=True)
        self.path = Path(f"PostgreSQL database {self._session.name}")


def _begin(url: str, *, read_only: bool = False) -> Session:
    """A session that was tried out; raises LedgerError."""
    try:
        with ExitStack() as undo:
            session = Session(url, read_only=read_only)
            undo.callback(session.close)
            session.execute("SELECT 1 FROM statements LIMIT 1")
            undo.pop_all()
            return session
    except psycopg.Error as error:
        raise LedgerError(f"the network's ledger in PostgreSQL cannot be used ({_cause(error)}); is the server there?") from None


def _cause(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
