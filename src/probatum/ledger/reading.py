"""The embedded ledger, read beside whoever writes it, over a connection of its own; write-ahead logging keeps neither waiting."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.tlog.tiles import EntryBundle, Tile

_TIMEOUT_S: Final = 5.0
_STATEMENT: Final = "SELECT hash, round_id, output, bundle FROM statements WHERE "


@dataclass(frozen=True, slots=True)
class Published:
    """A certificate or rejection that was published: its hash, its round, the output's digest, the bundle's bytes."""

    record_hash: Digest
    round_id: str
    output: Digest
    bundle: bytes


@dataclass(frozen=True, slots=True)
class KeptRound:
    """A round as the ledger has it; ``state`` is ``open``, ``finished`` or ``expired``."""

    round_id: str
    state: str
    opened_at: int
    request: bytes


class LedgerReader:
    """Reads a network folder's ledger and never writes it. Safe to use from several threads, one at a time.

    Args:
        path: the database file of a ``sqlite.Ledger``.

    Raises:
        LedgerError: the file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._lock = path, Lock()
        try:
            self._db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._db.execute("PRAGMA query_only = ON")
            self._db.execute("SELECT 1 FROM statements LIMIT 1")
        except sqlite3.Error as error:
            raise LedgerError(f"{path}: cannot be read as a ledger ({error}); is it the ledger of a network folder?") from None

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._db.close()

    # statements and rounds

    def statement(self, record_hash: Digest) -> Published | None:
        """A certificate or rejection by its hash."""
        return next(iter(self._published("hash = ?", record_hash)), None)

    def of_round(self, round_id: str) -> Published | None:
        """The statement that ended a round."""
        return next(iter(self._published("round_id = ?", round_id)), None)

    def of_output(self, output: Digest) -> tuple[Published, ...]:
        """The statements about an output, in the order in which they were published."""
        return tuple(self._published("output = ? ORDER BY rowid", output))

    def revocation(self, certificate: Digest) -> bytes | None:
        """The file of a certificate's revocation."""
        rows = self._rows("SELECT file FROM revocations WHERE certificate = ?", certificate)
        return bytes(rows[0][0]) if rows else None

    def revocations(self) -> tuple[bytes, ...]:
        """The files of all revocations, the oldest first."""
        return tuple(bytes(row[0]) for row in self._rows("SELECT file FROM revocations ORDER BY rowid"))

    def round(self, round_id: str) -> KeptRound | None:
        """A round by its id."""
        rows = self._rows("SELECT round_id, state, opened_at, request FROM rounds WHERE round_id = ?", round_id)
        return next((KeptRound(row[0], row[1], row[2], bytes(row[3])) for row in rows), None)

    # log

    def size(self) -> int:
        """How many entries the log has."""
        return int(self._rows("SELECT coalesce(max(leaf) + 1, 0) FROM leaves")[0][0])

    def checkpoint(self) -> bytes | None:
        """The newest signed checkpoint, a C2SP note."""
        rows = self._rows("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1")
        return bytes(rows[0][0]) if rows else None

    def tile(self, tile: Tile) -> bytes | None:
        """A tile's bytes; None while the log is too small to have it."""
        first, level = tile.index * 256, 8 * tile.level
        query = "SELECT hash FROM nodes WHERE level = ? AND node >= ? AND node < ? ORDER BY node"
        rows = self._rows(query, level, first, first + tile.width)
        return b"".join(row[0] for row in rows) if len(rows) == tile.width else None

    def entries(self, bundle: EntryBundle) -> bytes | None:
        """An entry bundle's bytes; None while the log is too small to have it."""
        found = self.entries_from(bundle.index * 256, bundle.width)
        return bundle.encode(found) if len(found) == bundle.width else None

    def entries_from(self, first: int, most: int) -> list[bytes]:
        """The log's entries from number ``first`` on, at most ``most``."""
        rows = self._rows("SELECT entry FROM leaves WHERE leaf >= ? AND leaf < ? ORDER BY leaf", first, first + most)
        return [bytes(row[0]) for row in rows]

    def _published(self, where: str, *values: object) -> Iterator[Published]:
        for row in self._rows(_STATEMENT + where, *values):
            yield Published(Digest(row[0]), row[1], Digest(row[2]), bytes(row[3]))

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._connection() as db:
            return db.execute(query, values).fetchall()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise LedgerError(f"{self.path}: cannot be read ({error}); try again, or restore it from a copy") from None
