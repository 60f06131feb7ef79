"""The cache cannot lie: what it gives is certified at that moment, or it gives nothing."""

from __future__ import annotations

import pytest

from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.propagation import answers, generations
from probatum.ledger.propagation.answers import Answer, Key
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.schema import answers as table
from probatum.ledger.records import State
from tests.unit.ledger.propagation.given import begin, id_of, settle, settlement

KEY = Key("acme", Digest.of(b"how tall?"), Digest.of(b"epoch 0"))


def keep(database: Database, number: int, response: bytes = b"{}", key: Key = KEY) -> None:
    with database.write() as unit:
        answers.keep(unit, key, id_of(number), response, 60)


def cached(database: Database, key: Key = KEY) -> Answer | None:
    with database.read() as connection:
        return answers.find(connection, key)


def test_a_certified_answer_comes_back_with_its_settlement(database: Database) -> None:
    begin(database, 1)
    settle(database, 1, State.CERTIFIED)
    keep(database, 1, b'{"id":"x"}')
    assert cached(database) == Answer(id_of(1), b'{"id":"x"}', settlement(State.CERTIFIED))


@pytest.mark.parametrize(
    "state",
    [None, State.REJECTED, State.UNDECIDED, State.EXPIRED, State.NOTHING_TO_CHECK, State.PARTIALLY_CERTIFIED, State.SUPERSEDED],
)
def test_what_is_not_certified_is_not_kept(database: Database, state: State | None) -> None:
    begin(database, 1)
    if state is not None:
        settle(database, 1, state)
    with pytest.raises(LedgerError, match="only a certified answer is cached"):
        keep(database, 1)
    assert cached(database) is None


def test_what_is_unknown_or_answers_something_else_is_not_kept(database: Database) -> None:
    with pytest.raises(LedgerError, match="is unknown"):
        keep(database, 1)
    begin(database, 1)
    settle(database, 1, State.CERTIFIED)
    for wrong in (Key("other", KEY.request, KEY.epoch), Key("acme", Digest.of(b"how wide?"), KEY.epoch)):
        with pytest.raises(LedgerError, match="an answer to another request"):
            keep(database, 1, key=wrong)


@pytest.mark.parametrize("state", [State.REVOKED, State.SUPERSEDED])
def test_it_is_gone_with_the_state(database: Database, state: State) -> None:
    begin(database, 1)
    settle(database, 1, State.CERTIFIED)
    keep(database, 1)
    settle(database, 1, state)
    assert cached(database) is None
    with database.read() as connection:
        assert connection.execute(table.select()).all() == [], "purged, not only hidden"


def test_revoking_the_certificate_purges(database: Database) -> None:
    begin(database, 1)
    settle(database, 1, State.CERTIFIED)
    keep(database, 1)
    with database.write() as unit:
        generations.revoke(unit, Digest.of(b"statement"), "a source was false", 70)
    assert cached(database) is None
    with pytest.raises(LedgerError, match="is revoked"):
        keep(database, 1)


def test_a_row_slipped_into_the_table_is_no_answer(database: Database) -> None:
    begin(database, 1)
    with database.work() as connection:
        values = {"tenant": KEY.tenant, "request": KEY.request, "epoch": KEY.epoch, "generation": id_of(1), "response": b"lie"}
        connection.execute(table.insert(), values)
    assert cached(database) is None


def test_another_tenant_request_or_epoch_finds_nothing(database: Database) -> None:
    begin(database, 1)
    settle(database, 1, State.CERTIFIED)
    keep(database, 1)
    other = Digest.of(b"other")
    for key in (Key("other", KEY.request, KEY.epoch), Key("acme", other, KEY.epoch), Key("acme", KEY.request, other)):
        assert cached(database, key) is None


def test_the_first_answer_stays_until_it_is_purged(database: Database) -> None:
    for number in (1, 2):
        begin(database, number)
        settle(database, number, State.CERTIFIED, statement=str(number))
        keep(database, number, str(number).encode())
    found = cached(database)
    assert found is not None
    assert found.response == b"1"
    settle(database, 1, State.SUPERSEDED)
    keep(database, 2, b"2")
    found = cached(database)
    assert found is not None
    assert found.response == b"2"
