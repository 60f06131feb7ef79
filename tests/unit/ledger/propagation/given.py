"""Generations, settlements and releases to write tests with. Times are small numbers."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg

from probatum.encoding.digest import Digest
from probatum.ledger.propagation import generations, releases
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.texts import Text
from probatum.ledger.records import Channel, Generation, Release, Settlement, State

ANSWER = "The tower of Lindau is 33 metres tall. It was built in 1856."


def id_of(number: int) -> str:
    return f"gen_{number:032x}"


def generation(number: int, *, request: str = "how tall?", tenant: str = "acme", at: int = 1) -> Generation:
    return Generation(id_of(number), tenant, Digest.of(request.encode()), "model-1", at)


def settlement(state: State, at: int = 50, *, statement: str = "statement", against: int = 0) -> Settlement:
    """A settlement with the hashes that the state needs."""
    record = Digest.of(statement.encode())
    with_statement = state in (State.CERTIFIED, State.PARTIALLY_CERTIFIED, State.REJECTED)
    return Settlement(state, record if with_statement else None, record if state is State.CERTIFIED else None, at, against)


def release(number: int, receiver: str = "alice", *, at: int = 20, state: State = State.PROVISIONAL, **more: object) -> Release:
    return Release(id_of(number), Channel.STREAM, receiver, state, None, at, **more)  # type: ignore[arg-type]


def begin(database: Database, number: int, text: str | None = ANSWER, *, request: str = "how tall?", tenant: str = "acme") -> str:
    """A generation, finished with ``text`` if there is one; its id."""
    with database.write() as unit:
        generations.begin(unit, generation(number, request=request, tenant=tenant))
        if text is not None:
            generations.finish(unit, id_of(number), Text.of(text), complete=True, at=10)
    return id_of(number)


def settle(database: Database, number: int, state: State, at: int = 50, *, statement: str = "statement", against: int = 0) -> None:
    with database.write() as unit:
        generations.settle(unit, id_of(number), settlement(state, at, statement=statement, against=against))


def send(database: Database, one: Release) -> int:
    with database.write() as unit:
        return releases.record(unit, one)


def state_of(database: Database, number: int) -> State:
    with database.read() as connection:
        found = generations.find(connection, id_of(number))
    assert found is not None
    return found.state


def tamper(database: Database, *statements: str) -> None:
    """Change the database as somebody would who has its password: triggers and references do not stop them."""
    if database.engine.dialect.name == "sqlite":
        name = database.engine.url.database
        assert name is not None
        with sqlite3.connect(Path(name)) as connection:
            for table in ("journal", "releases"):
                for change in ("update", "delete"):
                    connection.execute(f"DROP TRIGGER IF EXISTS {table}_no_{change}")
            for statement in statements:
                connection.execute(statement)
        connection.close()
        return
    with psycopg.connect(database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)) as server:
        server.execute("SET session_replication_role = replica")
        for statement in statements:
            server.execute(statement.encode())
