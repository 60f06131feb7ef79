"""One write transaction over the ledger: a connection, and the journal's head as it grows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from probatum.encoding.canonical import Json
from probatum.ledger.propagation import chain
from probatum.ledger.propagation.chain import Head


class Unit:
    """What a function that changes the ledger is given. It commits or vanishes as a whole."""

    __slots__ = ("_head", "_lost", "connection")

    def __init__(self, connection: Connection, head: Head) -> None:
        self.connection, self._head, self._lost = connection, head, False

    @classmethod
    def open(cls, connection: Connection) -> Self:
        """Over a transaction that holds the journal."""
        return cls(connection, chain.read_head(connection))

    @property
    def head(self) -> Head:
        """The newest entry, those of this transaction included."""
        return self._head

    @property
    def lost(self) -> bool:
        """Whether a failure ended the whole transaction, as a full disk may: then nothing of it can be committed."""
        return self._lost

    def append(self, kind: str, at: int, body: dict[str, Json]) -> int:
        """Append to the journal; the entry's number."""
        self._head = chain.append(self.connection, self._head, kind, at, body)
        return self._head.seq

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part that may fail alone: then it, and only it, has not happened, unless the transaction is :attr:`lost`."""
        before = self._head
        self.connection.exec_driver_sql("SAVEPOINT part")
        try:
            yield
            self.connection.exec_driver_sql("RELEASE SAVEPOINT part")
        except BaseException:
            self._head = before
            self._undo()
            raise

    def _undo(self) -> None:
        try:
            self.connection.exec_driver_sql("ROLLBACK TO SAVEPOINT part")
            self.connection.exec_driver_sql("RELEASE SAVEPOINT part")
        except SQLAlchemyError:
            self._lost = True
