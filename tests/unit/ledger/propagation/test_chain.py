"""The journal: what was written can be recomputed, and what was changed afterwards is noticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from probatum.encoding import canonical
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.propagation import audit, chain
from probatum.ledger.propagation.chain import START, Head
from probatum.ledger.propagation.database import Database
from probatum.ledger.records import State
from tests.unit.ledger.propagation.given import begin, release, send, settle, tamper


@pytest.fixture
def written(database: Database) -> Database:
    """Eight entries: two generations that were begun and finished, two releases, one rejection, one recall."""
    begin(database, 1)
    begin(database, 2, "The tower is 34 metres tall.")
    send(database, release(1, "alice"))
    send(database, release(2, "bob"))
    settle(database, 1, State.REJECTED)
    return database


def head_of(database: Database, check: Callable[..., Head] = audit.check, remembered: Head | None = None) -> Head:
    with database.read() as connection:
        return check(connection, remembered)


def test_an_empty_journal_is_sound(database: Database) -> None:
    assert head_of(database) == START


def test_the_chain_is_recomputed_and_contains_what_was_remembered(written: Database) -> None:
    head = head_of(written)
    assert head.seq == 8
    send(written, release(2, "carol"))
    assert head_of(written, remembered=head).seq == 9
    assert head_of(written, remembered=START).seq == 9


def test_a_hash_covers_number_time_kind_body_and_the_hash_before() -> None:
    body = canonical.encode({"a": 1})
    made = {
        chain.extend(before, chain.entry(seq, at, kind, body))
        for before in (START.hash, Digest.of(b"x"))
        for seq in (1, 2)
        for at in (1, 2)
        for kind in ("begun", "settled")
    }
    assert len(made) == 16


def test_an_entry_is_one_canonical_object() -> None:
    data = chain.entry(7, 1_700_000_000_000, 'odd "kind"', canonical.encode({"b": [1], "a": "é"}))
    assert canonical.decode(data) == {"at": 1_700_000_000_000, "body": {"a": "é", "b": [1]}, "kind": 'odd "kind"', "seq": 7}


ATTACKS = {
    "edited-body": "UPDATE journal SET body = (SELECT body FROM journal WHERE seq = 2) WHERE seq = 4",
    "edited-time": "UPDATE journal SET at = 19 WHERE seq = 5",
    "edited-kind": "UPDATE journal SET kind = 'settled' WHERE seq = 5",
    "dropped-first-row": "DELETE FROM journal WHERE seq = 1",
    "dropped-row": "DELETE FROM journal WHERE seq = 3",
    "renumbered-tail": "UPDATE journal SET seq = 9 WHERE seq = 8",
}


@pytest.mark.parametrize("statement", ATTACKS.values(), ids=ATTACKS)
def test_a_changed_journal_is_noticed(written: Database, statement: str) -> None:
    tamper(written, statement)
    with pytest.raises(LedgerError, match=r"missing|edited or moved"):
        head_of(written, chain.check_chain)


def test_swapped_rows(written: Database) -> None:
    tamper(
        written,
        "UPDATE journal SET seq = 100 WHERE seq = 5",
        "UPDATE journal SET seq = 5 WHERE seq = 6",
        "UPDATE journal SET seq = 6 WHERE seq = 100",
    )
    with pytest.raises(LedgerError, match="entry 5 was edited or moved"):
        head_of(written, chain.check_chain)


def test_rolled_back_tail(written: Database) -> None:
    head = head_of(written)
    tamper(written, "DELETE FROM journal WHERE seq > 6")
    assert head_of(written, chain.check_chain).seq == 6, "a shorter chain is a chain: only a remembered head tells"
    with pytest.raises(LedgerError, match="was cut: it had 8 entries, now 6"):
        head_of(written, chain.check_chain, head)


def test_rolled_back_and_written_anew(written: Database) -> None:
    head = head_of(written)
    tamper(
        written,
        "DELETE FROM recalls",
        "DELETE FROM releases WHERE seq > 5",
        "DELETE FROM journal WHERE seq > 5",
    )
    for receiver in ("x", "y", "z"):
        send(written, release(2, receiver))
    with pytest.raises(LedgerError, match="rewritten: entry 8"):
        head_of(written, chain.check_chain, head)


def test_a_body_that_is_no_canonical_json(written: Database) -> None:
    tamper(written, "UPDATE journal SET body = (SELECT hash FROM journal WHERE seq = 1) WHERE seq = 4")
    with pytest.raises(LedgerError, match="entry 4 holds no canonical JSON"):
        head_of(written, chain.check_chain)


TABLES = {
    "edited-receiver": "UPDATE releases SET receiver = 'mallory' WHERE seq = 5",
    "edited-moment": "UPDATE releases SET at = 5 WHERE seq = 5",
    "dropped-release": "DELETE FROM releases WHERE seq = 6",
    "edited-state": "UPDATE generations SET state = 'certified' WHERE state = 'rejected'",
    "invented-certificate": "UPDATE generations SET cert_hash = output WHERE state = 'rejected'",
    "edited-output": "UPDATE generations SET output = request WHERE state = 'provisional'",
    "dropped-generation": "DELETE FROM generations WHERE state = 'provisional'",
}


@pytest.mark.parametrize("statement", TABLES.values(), ids=TABLES)
def test_a_table_that_is_not_what_the_journal_says_is_noticed(written: Database, statement: str) -> None:
    tamper(written, statement)
    assert head_of(written, chain.check_chain).seq == 8
    with pytest.raises(LedgerError, match=r"journal|its table"):
        head_of(written)


@pytest.mark.parametrize("table", ["journal", "releases"])
@pytest.mark.parametrize("change", ["UPDATE {} SET at = 1", "DELETE FROM {}"])
def test_the_database_itself_refuses_changes(written: Database, table: str, change: str) -> None:
    with pytest.raises(LedgerError, match=f"{table} is append-only"), written.work() as connection:
        connection.exec_driver_sql(change.format(table))
    assert head_of(written).seq == 8
