"""States: which may follow which, what each needs, and what a settlement sets off."""

from __future__ import annotations

import pytest

from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.propagation import chain, generations, states, texts
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.texts import Text
from probatum.ledger.records import Settlement, State
from tests.unit.ledger.propagation.given import ANSWER, begin, generation, id_of, settle, settlement, state_of

BY_SETTLEMENT = sorted(set(State) - {State.GENERATING, State.PROVISIONAL, State.INCOMPLETE})
WAYS = {
    State.PROVISIONAL: (),
    State.REVOKED: (State.CERTIFIED, State.REVOKED),
    **{state: (state,) for state in BY_SETTLEMENT if state is not State.REVOKED},
}


def finish(database: Database, number: int, *, complete: bool, text: str = ANSWER) -> None:
    with database.write() as unit:
        generations.finish(unit, id_of(number), Text.of(text), complete=complete, at=10)


@pytest.mark.parametrize("before", WAYS)
def test_every_move_is_made_or_refused_as_the_table_says(database: Database, before: State) -> None:
    for number, after in enumerate(BY_SETTLEMENT):
        begin(database, number)
        for step in WAYS[before]:
            settle(database, number, step, statement=str(number))
        if after in states.FOLLOWS[before] or after is before:
            settle(database, number, after, statement=str(number))
            assert state_of(database, number) is after
        else:
            with pytest.raises(LedgerError, match=f"is {before} and cannot become {after}"):
                settle(database, number, after, statement=str(number))
            assert state_of(database, number) is before


def test_every_state_has_its_row_and_nothing_is_generated_twice() -> None:
    assert states.FOLLOWS.keys() == set(State)
    assert not any(State.GENERATING in after for after in states.FOLLOWS.values())


def test_an_incomplete_text_never_becomes_anything_else(database: Database) -> None:
    begin(database, 1, None)
    finish(database, 1, complete=False)
    for state in BY_SETTLEMENT:
        with pytest.raises(LedgerError, match="is incomplete and cannot become"):
            settle(database, 1, state)
    with pytest.raises(LedgerError, match="is incomplete and cannot become provisional"):
        finish(database, 1, complete=True)


def test_no_path_leads_from_incomplete_to_a_certificate() -> None:
    reached, new = set[State](), {State.INCOMPLETE}
    while new:
        reached |= new
        new = set().union(*(states.FOLLOWS[state] for state in new)) - reached
    assert reached == {State.INCOMPLETE}


def test_what_is_no_settlement_is_refused(database: Database) -> None:
    begin(database, 1)
    settle(database, 1, State.UNDECIDED)
    for state in (State.GENERATING, State.PROVISIONAL, State.INCOMPLETE):
        with pytest.raises(LedgerError, match="is no settlement"):
            settle(database, 1, state)


@pytest.mark.parametrize(
    "wrong",
    [
        Settlement(State.CERTIFIED, None, None, 9),
        Settlement(State.CERTIFIED, Digest.of(b"a"), None, 9),
        Settlement(State.CERTIFIED, Digest.of(b"a"), Digest.of(b"b"), 9),
        Settlement(State.PARTIALLY_CERTIFIED, Digest.of(b"a"), Digest.of(b"a"), 9),
        Settlement(State.PARTIALLY_CERTIFIED, None, None, 9),
        Settlement(State.REJECTED, Digest.of(b"a"), Digest.of(b"a"), 9),
        Settlement(State.UNDECIDED, None, Digest.of(b"a"), 9),
    ],
    ids=lambda one: f"{one.state}-{one.record_hash is not None:d}{one.cert_hash is not None:d}",
)
def test_hashes_that_do_not_fit_the_state_are_refused(database: Database, wrong: Settlement) -> None:
    begin(database, 1)
    with pytest.raises(LedgerError, match="cert_hash"), database.write() as unit:
        generations.settle(unit, id_of(1), wrong)
    assert state_of(database, 1) is State.PROVISIONAL


def test_settling_again_alike_changes_nothing_and_writes_nothing(database: Database) -> None:
    begin(database, 1)
    settle(database, 1, State.CERTIFIED, 50)
    with database.read() as connection:
        before = chain.read_head(connection)
    settle(database, 1, State.CERTIFIED, 99)
    with database.read() as connection:
        assert chain.read_head(connection) == before
        found = generations.find(connection, id_of(1))
    assert found is not None
    assert found.certified_at == found.settled_at == 50


def test_settling_again_with_another_certificate_is_refused(database: Database) -> None:
    begin(database, 1)
    settle(database, 1, State.CERTIFIED)
    with pytest.raises(LedgerError, match="cannot become certified"):
        settle(database, 1, State.CERTIFIED, statement="another")


def test_siblings_are_numbered_by_tenant_and_request(database: Database) -> None:
    with database.write() as unit:
        asked = [("a", "acme"), ("b", "acme"), ("a", "acme"), ("a", "other"), ("a", "acme")]
        numbers = [
            generations.begin(unit, generation(number, request=request, tenant=tenant))
            for number, (request, tenant) in enumerate(asked)
        ]
    assert numbers == [1, 1, 2, 1, 3]


def test_an_id_is_used_once_and_an_unknown_one_refused(database: Database) -> None:
    begin(database, 1, None)
    with pytest.raises(LedgerError, match="has begun already"):
        begin(database, 1, None)
    with pytest.raises(LedgerError, match="there is no generation"):
        settle(database, 2, State.REJECTED)


def test_generations_that_never_finished_are_found_after_a_restart(database: Database) -> None:
    begin(database, 1, None)
    begin(database, 2)
    with database.read() as connection:
        assert [one.generation.id for one in generations.unfinished(connection)] == [id_of(1)]


def test_revocation_reaches_every_generation_with_the_certificate(database: Database) -> None:
    for number in (1, 2, 3):
        begin(database, number)
        settle(database, number, State.CERTIFIED, statement="mine" if number < 3 else "other")
    cert_hash = Digest.of(b"mine")
    with database.write() as unit:
        assert generations.revoke(unit, cert_hash, "the source was withdrawn", 70) == (id_of(1), id_of(2))
    assert [state_of(database, number) for number in (1, 2, 3)] == [State.REVOKED, State.REVOKED, State.CERTIFIED]
    with database.read() as connection:
        assert generations.revoked(connection, cert_hash) == "the source was withdrawn"
        found = generations.find(connection, id_of(1))
    assert found is not None
    assert (found.cert_hash, found.certified_at, found.settled_at) == (cert_hash, 50, 70)


def test_a_revoked_certificate_certifies_nothing_more(database: Database) -> None:
    begin(database, 1)
    with database.write() as unit:
        assert generations.revoke(unit, Digest.of(b"statement"), "key stolen", 5, elsewhere=True) == ()
    with pytest.raises(LedgerError, match="was revoked: key stolen"):
        settle(database, 1, State.CERTIFIED)
    with pytest.raises(LedgerError, match="was revoked"), database.write() as unit:
        generations.revoke(unit, Digest.of(b"statement"), "again", 6)


@pytest.mark.parametrize(("reason", "why"), [(" ", "needs a reason"), ("typing error", "no generation has the certificate")])
def test_a_revocation_needs_a_reason_and_a_certificate(database: Database, reason: str, why: str) -> None:
    with pytest.raises(LedgerError, match=why), database.write() as unit:
        generations.revoke(unit, Digest.of(b"nothing"), reason, 5)


def test_a_text_is_read_as_what_it_is(database: Database) -> None:
    begin(database, 1)
    with database.read() as connection:
        assert texts.certified_text(connection, id_of(1)) is None
        assert texts.provisional_text(connection, id_of(1)) == ANSWER
    settle(database, 1, State.CERTIFIED)
    with database.read() as connection:
        assert texts.certified_text(connection, id_of(1)) == ANSWER
    with database.write() as unit:
        generations.settle(unit, id_of(1), settlement(State.SUPERSEDED))
    with database.read() as connection:
        assert texts.certified_text(connection, id_of(1)) is None
        assert texts.provisional_text(connection, "gen_" + "f" * 32) is None


TEXTS = {
    "empty": "",
    "nul": "\x00 nul",
    "format": "zero\u200bwidth",
    "emoji": "🗼 330 m\r\n",
    "escape": "a\x1bb",
    "long": "x" * 300_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_text_with_a_utf8_form_comes_back_byte_for_byte(database: Database, text: str) -> None:
    begin(database, 1, text)
    with database.read() as connection:
        assert texts.provisional_text(connection, id_of(1)) == text
        found = generations.find(connection, id_of(1))
    assert found is not None
    assert found.output == Digest.of(text.encode())


def test_a_lone_surrogate_is_refused_before_anything_is_written() -> None:
    with pytest.raises(LedgerError, match="lone surrogate"):
        Text.of("half \ud83d a pair")
