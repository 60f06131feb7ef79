"""Which statement a fragment belongs to: an index in a file of its own, made from what the log and the statements hold already.

It is filled by whoever reads, so a round writes nothing for it; and it may be deleted at any time, because it is only derived.
Its place is the number of log entries that were read: entries never change, and every statement has one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.reading import LedgerReader

FILE: Final = "fragments.sqlite3"  # in the network folder
_STEP: Final = 64  # entries read in one go
_VERSION: Final = 1
_TABLES: Final = """
    CREATE TABLE fragments (id BLOB PRIMARY KEY, record BLOB NOT NULL, number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE place (entries INTEGER NOT NULL) STRICT;
    INSERT INTO place VALUES (0);
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fragment is: the statement's hash, and its number in the statement's list."""

    record_hash: Digest
    number: int


class FragmentIndex:
    """Finds statements by fragment. Safe to use from several threads, one at a time.

    Args:
        path: the index's file; made, or made anew, if it is not there or not usable.
        reader: the ledger that is indexed.
        ids: the fragments' ids in a bundle, in order; from outside, because only ``verify`` reads bundles.

    Raises:
        LedgerError: the file cannot be written.
    """

    def __init__(self, path: Path, reader: LedgerReader, ids: Callable[[bytes], Iterable[Digest]]) -> None:
        self.path, self._reader, self._ids, self._lock = path, reader, ids, Lock()
        try:
            self._db = _open(path)
        except sqlite3.Error:
            _remove(path)
            with self._telling():
                self._db = _open(path)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def find(self, fragment: Digest) -> Place | None:
        """Where a fragment is, after taking in what the ledger has got since the last time."""
        with self._lock, self._telling():
            if (found := self._look(fragment)) is not None:
                return found
            self._catch_up()
            return self._look(fragment)

    def catch_up(self) -> int:
        """Take in what the ledger has got since the last time; how many entries that was."""
        with self._lock, self._telling():
            return self._catch_up()

    def _look(self, fragment: Digest) -> Place | None:
        row = self._db.execute("SELECT record, number FROM fragments WHERE id = ?", (fragment,)).fetchone()
        return None if row is None else Place(Digest(row[0]), row[1])

    def _catch_up(self) -> int:
        start = done = int(self._db.execute("SELECT entries FROM place").fetchone()[0])
        while entries := self._reader.entries_from(done, _STEP):
            rows = [row for entry in entries for row in self._rows(Digest.of(entry))]
            done += len(entries)
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR IGNORE INTO fragments VALUES (?, ?, ?)", rows)
            self._db.execute("UPDATE place SET entries = ?", (done,))
            self._db.execute("COMMIT")
        return done - start

    def _rows(self, record: Digest) -> Iterator[tuple[Digest, Digest, int]]:
        statement = self._reader.statement(record)
        for number, fragment in enumerate(() if statement is None else self._ids(statement.bundle)):
            yield fragment, record, number

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path}: cannot be used ({error}); it holds nothing of its own, delete it") from None


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")  # derived: a power cut may take the end of it
        if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            db.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT")
    except BaseException:
        db.close()
        raise
    return db


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
