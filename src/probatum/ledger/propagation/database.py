"""One propagation ledger's database: SQLite in a file (write-ahead log, synced at every commit) or PostgreSQL by URL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from probatum.errors import LedgerError, SettingsRefused
from probatum.ledger.propagation.schema import HEAD
from probatum.ledger.propagation.unit import Unit

FILE: Final = "gateway.sqlite3"  # in the network folder
BUSY_MS: Final = 30_000  # how long a writer waits for another process's transaction
_JOURNAL_LOCK: Final = 0x70726F62  # PostgreSQL advisory locks: whoever appends to the journal holds this one
_MIGRATION_LOCK: Final = 0x70726F63
_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_WRITING: Final = {"probatum_writing": True}
_LOG_PAGES: Final = 16_384  # of SQLite's write-ahead log (64 MiB): at most so many before a commit itself copies them


class Database:
    """An open propagation ledger. Safe to use from several threads and, beside others, from several processes.

    Attributes:
        name: for people; without a password.
        libpq: the URL as PostgreSQL's own library has it; ``None`` for SQLite.

    Args:
        url: ``sqlite:///PATH`` or ``postgresql://USER:PASSWORD@HOST/NAME``.
        sync: ``False`` only for measuring what fsync costs (SQLite): commits then survive a killed process, not a power cut.
        busy_ms: how long a writer waits for another one.

    Raises:
        SettingsRefused: the URL names no database that can be used here.
        LedgerError: the database cannot be opened or migrated, or was written by a newer version.
    """

    def __init__(self, url: str, *, sync: bool = True, busy_ms: int = BUSY_MS) -> None:
        parsed = _parse(url)
        self.libpq = None if parsed.get_backend_name() == "sqlite" else parsed.set(drivername="postgresql").render_as_string(False)
        self.name = parsed.database if parsed.get_backend_name() == "sqlite" else parsed.render_as_string(hide_password=True)
        if parsed.get_backend_name() == "sqlite":
            self.engine, self._reading = _sqlite(parsed, sync, busy_ms), {}
        else:
            self.engine, self._reading = _postgresql(parsed, busy_ms), {"isolation_level": "REPEATABLE READ"}
        try:
            self._migrate()
        except BaseException:
            self.engine.dispose()
            raise

    @classmethod
    def in_folder(cls, folder: Path) -> Database:
        """The default ledger of a network folder; made if missing."""
        return cls(URL.create("sqlite", database=str(folder / FILE)).render_as_string())

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and sees one state of the database throughout."""
        try:
            with self.engine.connect().execution_options(**self._reading) as connection:
                yield connection
        except SQLAlchemyError as error:
            raise LedgerError(f"{self.name}: cannot be read ({_cause(error)}); is the database there and whole?") from None

    @contextmanager
    def write(self) -> Iterator[Unit]:
        """One transaction that may append to the journal. Whoever holds it is the only writer of the ledger.

        Raises:
            LedgerError: nothing was written, and why: locked by another process, disk full, or what was asked is refused.
        """
        with self.work() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _JOURNAL_LOCK})
            yield Unit.open(connection)

    @contextmanager
    def work(self) -> Iterator[Connection]:
        """One transaction over working state that is not in the journal, such as who runs a job at the moment."""
        try:
            with self.engine.connect().execution_options(**_WRITING) as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise self.refusal(error) from None

    def checkpoint(self) -> None:
        """Copy SQLite's write-ahead log into the database, while others write and read; no commit waits for it."""
        if self.engine.dialect.name == "sqlite":
            with suppress(sqlite3.Error), closing(self.engine.raw_connection()) as connection:  # disk full: commits will say so
                connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")

    def refusal(self, error: SQLAlchemyError) -> LedgerError:
        """What to tell somebody whose change failed in the database."""
        return LedgerError(f"{self.name}: nothing was written ({_cause(error)}){_advice(error)}")

    def _migrate(self) -> None:
        with self.work() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            found = _revision(connection)
            if found is not None and found > HEAD:
                raise LedgerError(f"{self.name}: written by a newer Probatum (schema {found}); upgrade to use it")
            if found != HEAD:
                _upgrade(connection)


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        backend = ""
    if backend in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise SettingsRefused("a database is given as sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
    return parsed.set(drivername="sqlite+pysqlite")


def _sqlite(url: URL, sync: bool, busy_ms: int) -> Engine:
    engine = create_engine(url, connect_args={"timeout": busy_ms / 1000})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # transactions begin where ``begin`` says so
        synchronous, log = f"synchronous = {'FULL' if sync else 'OFF'}", f"wal_autocheckpoint = {_LOG_PAGES}"
        for pragma in ("journal_mode = WAL", synchronous, log, "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("probatum_writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _postgresql(url: URL, busy_ms: int) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, connect_args={"options": f"-c lock_timeout={busy_ms}"})
    except ImportError:
        raise SettingsRefused("PostgreSQL needs psycopg; install it with: pip install 'probatum[postgres]'") from None


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    from alembic import command  # only where there is something to migrate: it takes longer to load than all the rest
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _cause(error: SQLAlchemyError) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split())


def _advice(error: SQLAlchemyError) -> str:
    cause = _cause(error)
    if "locked" in cause or "lock timeout" in cause:
        return "; another process holds the database: try again when it has ended"
    return "; make room and try again" if "full" in cause else ""
