"""Group commit: one thread takes whatever waits to be written, commits it with one sync to disk, and only then says it is done.

Each operation runs inside a savepoint, so one that is refused takes nothing else with it. If the commit fails, all of them fail.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from probatum.errors import LedgerError, ProbatumError
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.unit import Unit

T = TypeVar("T")
MAX_GROUP: Final = 512  # operations in one transaction: more would make the first of them wait for little gain
CHECKPOINT_S: Final = 0.5  # between checkpoints while there are commits, so that the file they append to stays small


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An operation that was handed in, and who waits for it."""

    run: Callable[[Unit], Any]
    done: Future[Any]


@dataclass(frozen=True, slots=True)
class _Refused:
    """What an operation raised, kept until its neighbours are committed."""

    error: BaseException


class Writer:
    """The thread that writes to a ledger. Several of them, in several processes, take turns.

    Close it before the database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._committed, self._ended = False, threading.Event()
        self._checkpoints = threading.Thread(target=self._checkpoint, name="probatum-checkpoints", daemon=True)
        self._checkpoints.start()
        self._thread = threading.Thread(target=self._loop, name="probatum-ledger", daemon=True)
        self._thread.start()

    def submit(self, operation: Callable[[Unit], T]) -> Future[T]:
        """Have ``operation`` run in a transaction; the future ends when that is on disk, or with the reason why it is not.

        The future cannot be cancelled: what was handed in is done, whether or not anybody still waits.

        Raises:
            LedgerError: the writer is closed.
        """
        done: Future[T] = Future()
        done.set_running_or_notify_cancel()
        with self._lock:
            if self._closed:
                raise LedgerError(f"{self._database.name}: closed; nothing was written")
            self._queue.put(_Waiting(operation, done))
        return done

    def close(self) -> None:
        """Write what was handed in, then stop."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()
        self._ended.set()
        self._checkpoints.join()

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _loop(self) -> None:
        more = True
        while more:
            group, more = self._take()
            if group:
                self._write(group)

    def _checkpoint(self) -> None:
        """On a thread of its own: a commit that had to do this would keep everyone behind it waiting."""
        while not self._ended.wait(CHECKPOINT_S):
            if self._committed:
                self._committed = False
                self._database.checkpoint()

    def _take(self) -> tuple[list[_Waiting], bool]:
        """Wait for an operation; take all that have come by then. ``False``: the writer was closed after these."""
        group: list[_Waiting] = []
        one = self._queue.get()
        try:
            while one is not None:
                group.append(one)
                if len(group) == MAX_GROUP:
                    return group, True
                one = self._queue.get_nowait()
        except Empty:
            return group, True
        return group, False

    def _write(self, group: list[_Waiting]) -> None:
        try:
            with self._database.write() as unit:
                results = [self._attempt(unit, one.run) for one in group]
        except BaseException as error:
            for one in group:
                one.done.set_exception(_own(error))
            return
        self._committed = True
        for one, result in zip(group, results, strict=True):
            if isinstance(result, _Refused):
                one.done.set_exception(result.error)
            else:
                one.done.set_result(result)

    def _attempt(self, unit: Unit, run: Callable[[Unit], Any]) -> Any:
        try:
            with unit.part():
                return run(unit)
        except Exception as error:
            if unit.lost:
                raise
            return _Refused(self._database.refusal(error) if isinstance(error, SQLAlchemyError) else error)


def _own(error: BaseException) -> BaseException:
    """An error for each waiter: one object raised in several threads would collect all their tracebacks."""
    return LedgerError(str(error)) if isinstance(error, ProbatumError) else error
