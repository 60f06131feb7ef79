"""The embedded ledger: one SQLite file, write-ahead log, every commit synced to disk before it is acknowledged."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final, cast

from probatum.consensus.outcome import Outcome
from probatum.consensus.participant import Slot
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.reading import LedgerReader
from probatum.ledger.schema import MIGRATIONS
from probatum.signing.dsse import Envelope
from probatum.tlog import tree
from probatum.tlog.leaf import LogEntry, leaf_of
from probatum.verify.bundle import LogProof

_PLACES: Final = "WITH asked(level, node) AS (VALUES %s) SELECT level, node, hash FROM asked LEFT JOIN nodes USING (level, node)"
FINISHED: Final = "finished"
EXPIRED: Final = "expired"
BUSY_MS: Final = 30_000  # how long a writer waits for another process's transaction


@dataclass(frozen=True, slots=True)
class OpenRound:
    """A round that was opened and has not ended: its id, its request's bytes, when it opened (ms), and ballots acknowledged."""

    round_id: str
    request: bytes
    opened_at: int
    ballots: tuple[Envelope, ...]


@dataclass(frozen=True, slots=True)
class FoundRound:
    """A round by its id: its state (``open``, ``finished`` or ``expired``), and the bundle that ended it, if one did."""

    round_id: str
    state: str
    opened_at: int
    request: bytes
    bundle: bytes | None


@dataclass(frozen=True, slots=True)
class LogHead:
    """The log's size and root."""

    size: int
    root: Digest


class Ledger:
    """The ledger of one network folder. Each method is one transaction; when it returns, what it wrote survives a power cut.

    Args:
        path: the database file; made if missing.
        sync: ``False`` only for measuring what fsync costs: commits then survive a killed process, not a power cut.

    Raises:
        LedgerError: the file cannot be opened, is not a ledger, or was written by a newer version.
    """

    def __init__(self, path: Path, *, sync: bool = True) -> None:
        self.path = path
        with ExitStack() as undo:
            try:
                self._db = sqlite3.connect(path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False)
                undo.callback(self._db.close)
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute(f"PRAGMA synchronous = {'FULL' if sync else 'OFF'}")
                self._db.execute("PRAGMA foreign_keys = ON")
                self._migrate()
            except sqlite3.Error as error:
                raise LedgerError(
                    f"{path}: cannot be used as a ledger ({error}); restore it from a copy or choose another network folder"
                ) from None
            undo.pop_all()

    def trace(self, told: Callable[[str], object]) -> None:
        """Tell ``told`` of every statement that is run, for measuring."""
        self._db.set_trace_callback(told)

    def reader(self) -> LedgerReader:
        """Another connection, that only reads."""
        return LedgerReader(self.path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # epochs

    def epochs(self) -> tuple[Envelope, ...]:
        """All epochs from genesis on."""
        return tuple(Envelope.decode(row[0]) for row in self._rows("SELECT envelope FROM epochs ORDER BY number"))

    # locks

    def hold(self, slot: Slot, payload: bytes) -> bytes:
        """Bind ``slot`` to ``payload`` unless it is bound already; return that (``consensus.participant.Locks``)."""
        return self.hold_all([(slot, payload)])[0]

    def hold_all(self, bindings: Sequence[tuple[Slot, bytes]]) -> list[bytes]:
        """:meth:`hold` for several slots, in one transaction."""
        rows = [(*_slot(slot), payload) for slot, payload in bindings]
        with self._write() as db:
            if db.executemany("INSERT INTO locks VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", rows).rowcount == len(rows):
                return [payload for _, payload in bindings]
            bound = [self.held(slot) for slot, _ in bindings]
            assert None not in bound, "each slot is bound by now"
            return cast("list[bytes]", bound)

    def held(self, slot: Slot) -> bytes | None:
        """What ``slot`` is bound to, if anything."""
        query = "SELECT payload FROM locks WHERE validator = ? AND network = ? AND epoch = ? AND round_id = ? AND step = ?"
        row = self._row(query, *_slot(slot))
        return None if row is None else bytes(row[0])

    # rounds

    def open_round(self, round_id: str, job: str, opened_at: int, request: bytes) -> None:
        """Keep a round that is about to start. ``job`` names the work, so that a restart finds the round again."""
        with self._write() as db:
            db.execute("INSERT INTO rounds VALUES (?, ?, 'open', ?, ?)", (round_id, job, opened_at, request))

    def find_open(self, job: str) -> OpenRound | None:
        """The open round of this job that was opened last, with the ballots that were acknowledged."""
        row = self._row(
            "SELECT round_id, request, opened_at FROM rounds WHERE job = ? AND state = 'open' "
            "ORDER BY opened_at DESC, round_id LIMIT 1",
            job,
        )
        return None if row is None else OpenRound(row[0], row[1], row[2], self.ballots(row[0]))

    def find_round(self, round_id: str) -> FoundRound | None:
        """A round by its id, whatever became of it."""
        query = "SELECT state, opened_at, request, bundle FROM rounds LEFT JOIN statements USING (round_id) WHERE round_id = ?"
        row = self._row(query, round_id)
        return None if row is None else FoundRound(round_id, *row)

    def expire(self, round_id: str) -> None:
        """Record that a round ended without an outcome."""
        with self._write() as db:
            db.execute("UPDATE rounds SET state = 'expired' WHERE round_id = ? AND state = 'open'", (round_id,))

    def expire_older(self, before: int) -> int:
        """Expire every open round that was opened before ``before`` (ms since 1970); returns how many."""
        with self._write() as db:
            return db.execute("UPDATE rounds SET state = 'expired' WHERE state = 'open' AND opened_at < ?", (before,)).rowcount

    def add_ballots(self, round_id: str, ballots: Sequence[tuple[str, Envelope]]) -> bool:
        """Acknowledge a round's ballots, all at once; once that is done they stay, whoever comes with others.

        Returns:
            Whether these are now the round's; if not, others were acknowledged before.
        """
        with self._write() as db:
            new = db.execute("SELECT 1 FROM ballots WHERE round_id = ?", (round_id,)).fetchone() is None
            if new:
                db.executemany("INSERT INTO ballots VALUES (?, ?, ?)", [(round_id, name, one.encode()) for name, one in ballots])
        return new

    def ballots(self, round_id: str) -> tuple[Envelope, ...]:
        """The ballots acknowledged in a round."""
        rows = self._rows("SELECT envelope FROM ballots WHERE round_id = ? ORDER BY validator", round_id)
        return tuple(Envelope.decode(row[0]) for row in rows)

    # log and statements

    def head(self) -> LogHead:
        """The log's size and root now."""
        size = self._size()
        return LogHead(size, tree.root(size, self._nodes([*tree.complete_parts(0, size)])))

    def publish(
        self,
        statement: Envelope,
        round_id: str,
        output: Digest,
        seal: Callable[[int, Digest], str],
        bundle: Callable[[LogProof], bytes],
    ) -> bytes:
        """End a round: append its statement to the log and keep the bundle, in one transaction.

        Args:
            statement: the signed certificate or rejection.
            round_id: the round that it ends.
            output: the output's digest.
            seal: signs the new checkpoint, given the size and root of the log with this leaf; called once, inside the transaction.
            bundle: makes the bundle's bytes, given where the statement stands in the log.

        Returns:
            The bundle's bytes; those of the first time if this round was published before.

        Raises:
            LedgerError: the round is unknown or has expired, or nothing could be written.
            ConsensusError: the statement is neither a certificate nor a rejection.
        """
        with self._write() as db:
            row = db.execute("SELECT bundle FROM statements WHERE round_id = ?", (round_id,)).fetchone()
            if row:
                return bytes(row[0])
            outcome = Outcome.decode(statement.payload)
            proof = self._append(db, statement.signed_bytes, leaf_of(outcome.kind, statement.signed_bytes), seal)
            made = bundle(proof)
            db.execute("INSERT INTO statements VALUES (?, ?, ?, ?)", (statement.digest, round_id, output, made))
            ended = db.execute("UPDATE rounds SET state = 'finished' WHERE round_id = ? AND state = 'open'", (round_id,))
            if not ended.rowcount:
                raise LedgerError(f"{self.path}: round {round_id} has expired; nothing was published, run it again")
        return made

    def revoke(
        self, certificate: Digest, statement: Envelope, seal: Callable[[int, Digest], str], file: Callable[[LogProof], bytes]
    ) -> bytes:
        """Append a signed revocation to the log and keep its file, in one transaction.

        Args:
            certificate: the ``cert_hash`` that is withdrawn.
            statement: the signed revocation.
            seal: as for :meth:`publish`.
            file: makes the file's bytes, given where the statement stands in the log.

        Returns:
            The file's bytes; those of the first time if the certificate was revoked before.
        """
        with self._write() as db:
            row = db.execute("SELECT file FROM revocations WHERE certificate = ?", (certificate,)).fetchone()
            if row:
                return bytes(row[0])
            entry = LogEntry(statement.payload)
            made = file(self._append(db, entry.data, entry.leaf_hash, seal))
            db.execute("INSERT INTO revocations VALUES (?, ?)", (certificate, made))
        return made

    def revocation(self, certificate: Digest) -> bytes | None:
        """The file of a certificate's revocation."""
        row = self._row("SELECT file FROM revocations WHERE certificate = ?", certificate)
        return None if row is None else bytes(row[0])

    def log_epoch(self, number: int, envelope: Envelope, seal: Callable[[int, Digest], str]) -> None:
        """Keep a signed epoch and append it to the log, in one transaction; nothing happens if it is there already.

        Raises:
            LedgerError: another epoch has that number.
        """
        with self._write() as db:
            before = db.execute("SELECT envelope FROM epochs WHERE number = ?", (number,)).fetchone()
            if before is None:
                db.execute("INSERT INTO epochs VALUES (?, ?)", (number, envelope.encode()))
                entry = LogEntry(envelope.payload)
                self._append(db, entry.data, entry.leaf_hash, seal)
            elif Envelope.decode(before[0]).payload != envelope.payload:
                raise LedgerError(f"{self.path}: epoch {number} is there already and differs; epochs never change")

    def bundle(self, statement_hash: Digest) -> bytes | None:
        """The bundle of a certificate or rejection, by its hash."""
        row = self._row("SELECT bundle FROM statements WHERE hash = ?", statement_hash)
        return None if row is None else bytes(row[0])

    def checkpoint(self) -> str | None:
        """The newest signed checkpoint, a C2SP note."""
        row = self._row("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1")
        return None if row is None else bytes(row[0]).decode()

    def _append(self, db: sqlite3.Connection, entry: bytes, leaf: Digest, seal: Callable[[int, Digest], str]) -> LogProof:
        size = self._size()
        read = self._nodes([*tree.complete_parts(0, size)])  # the right edge: enough to append the leaf and to prove it
        frontier, nodes = tree.Frontier.load(size, read).append(leaf)
        db.execute("INSERT INTO leaves VALUES (?, ?)", (size, entry))
        db.executemany("INSERT INTO nodes VALUES (?, ?, ?)", [(node.level, node.index, bytes(node.hash)) for node in nodes])
        note = seal(frontier.size, frontier.root)
        db.execute("INSERT INTO checkpoints VALUES (?, ?)", (frontier.size, note.encode()))
        return LogProof(note, size, tree.inclusion_proof(size, frontier.size, read))

    def _size(self) -> int:
        return int(self._rows("SELECT coalesce(max(leaf) + 1, 0) FROM leaves")[0][0])

    def _node(self, level: int, index: int) -> Digest:
        return self._nodes([(level, index)])(level, index)

    def _nodes(self, places: Sequence[tuple[int, int]]) -> Callable[[int, int], Digest]:
        """Reads stored nodes, all at once; gives what returns each by its place (level, index)."""
        # joined from the left, each place is looked up in the primary key; one that is missing has no hash
        query = _PLACES % ", ".join(["(?, ?)"] * len(places))
        rows = self._rows(query, *chain.from_iterable(places)) if places else []
        found = {(row[0], row[1]): Digest(row[2]) for row in rows if row[2] is not None}
        if missing := [place for place in places if place not in found]:
            level, index = missing[0]
            raise LedgerError(
                f"{self.path}: the log's node {level}/{index} is missing; the file is damaged, restore it from a copy"
            )
        return lambda level, index: found[level, index]

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path}: cannot be read ({error}); the file is damaged, restore it from a copy") from None

    def _row(self, query: str, *values: object) -> tuple[Any, ...] | None:
        return next(iter(self._rows(query, *values)), None)

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise LedgerError(f"{self.path}: cannot write ({error}); is the disk full, or another process holding it?") from None
        try:
            yield self._db
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._rollback()
            raise LedgerError(f"{self.path}: nothing was written ({error})") from None
        except BaseException:
            self._rollback()
            raise

    def _rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _migrate(self) -> None:
        with self._write() as db:
            version = int(db.execute("PRAGMA user_version").fetchone()[0])
            if version > len(MIGRATIONS):
                raise LedgerError(f"{self.path}: written by a newer Probatum (schema {version}); upgrade to read it")
            for script in MIGRATIONS[version:]:
                for statement in script.split(";"):
                    if statement.strip():
                        db.execute(statement)
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _slot(slot: Slot) -> tuple[str, str, int, str, str]:
    return (slot.validator, slot.network, slot.epoch, slot.round_id, str(slot.step))
