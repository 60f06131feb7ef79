"""Who received what, and that everyone is told when it does not stand any more."""

from __future__ import annotations

import pytest

from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.propagation import generations, recalls, releases
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.recalls import Recall
from probatum.ledger.propagation.texts import Text
from probatum.ledger.records import RECALLED, Channel, Release, State
from tests.unit.ledger.propagation.given import ANSWER, begin, id_of, release, send, settle

NEVER = 1 << 60


def waiting(database: Database) -> list[tuple[str, State, str | None]]:
    with database.read() as connection:
        return [(one.receiver, one.state, one.callback) for one in recalls.due(connection, tried_before=NEVER)]


def first_due(database: Database) -> Recall:
    with database.read() as connection:
        return recalls.due(connection, tried_before=NEVER)[0]


def test_releases_come_in_the_order_of_time_and_then_of_recording(database: Database) -> None:
    begin(database, 1)
    for receiver, at in (("c", 30), ("a", 20), ("b", 20)):
        send(database, release(1, receiver, at=at))
    with database.read() as connection:
        found = releases.of(connection, [id_of(1), id_of(2)])
    assert [one.release.receiver for one in found[id_of(1)]] == ["a", "b", "c"]
    assert found.keys() == {id_of(1)}


def test_a_release_is_kept_as_it_was_given(database: Database) -> None:
    begin(database, 1)
    settle(database, 1, State.CERTIFIED)
    cert_hash = Digest.of(b"statement")
    given = Release(id_of(1), Channel.EXPORT, "bob ☺", State.CERTIFIED, cert_hash, 60, "https://example.org/recalls")
    seq = send(database, given)
    with database.read() as connection:
        (found,) = releases.of(connection, [id_of(1)])[id_of(1)]
    assert (found.seq, found.release) == (seq, given)


def test_a_release_that_claims_a_certificate_that_never_was_is_refused(database: Database) -> None:
    begin(database, 1)
    forged = Release(id_of(1), Channel.STREAM, "bob", State.PROVISIONAL, Digest.of(b"statement"), 20)
    for one in (forged, release(1, state=State.CERTIFIED), release(1, state=State.PARTIALLY_CERTIFIED)):
        with pytest.raises(LedgerError, match="which it never was"):
            send(database, one)
    settle(database, 1, State.CERTIFIED, statement="another")
    with pytest.raises(LedgerError, match="which it never was"):
        send(database, forged)


def test_a_certified_text_that_was_revoked_since_may_be_reported_as_it_was(database: Database) -> None:
    begin(database, 1)
    settle(database, 1, State.CERTIFIED)
    settle(database, 1, State.REVOKED)
    send(database, release(1, "late", state=State.CERTIFIED, at=60))
    assert waiting(database) == [("late", State.REVOKED, None)]


@pytest.mark.parametrize(("one", "why"), [(release(9), "there is no generation"), (release(1, "  "), "names no receiver")])
def test_a_release_of_nothing_or_to_nobody_is_refused(database: Database, one: Release, why: str) -> None:
    begin(database, 1)
    with pytest.raises(LedgerError, match=why):
        send(database, one)


@pytest.mark.parametrize("state", sorted(RECALLED - {State.INCOMPLETE, State.REVOKED}))
def test_everyone_who_received_it_is_told_once(database: Database, state: State) -> None:
    begin(database, 1)
    begin(database, 2)
    for receiver, callback in (("a", None), ("b", "https://b.example/1"), ("a", "https://a.example"), ("b", None)):
        send(database, release(1, receiver, callback=callback))
    send(database, release(2, "c"))
    settle(database, 1, state)
    assert waiting(database) == [("a", state, "https://a.example"), ("b", state, "https://b.example/1")]


def test_who_has_claims_that_were_decided_against_is_told_when_the_others_are_certified(database: Database) -> None:
    begin(database, 1)
    send(database, release(1, "a"))
    settle(database, 1, State.PARTIALLY_CERTIFIED, against=1)
    assert waiting(database) == [("a", State.PARTIALLY_CERTIFIED, None)]
    send(database, release(1, "b", state=State.PARTIALLY_CERTIFIED, at=60))
    assert len(waiting(database)) == 1, "it was told which state the text is in when it got it"


def test_a_text_on_its_way_when_it_was_certified_in_part_is_recalled_from_that_receiver_alone(database: Database) -> None:
    begin(database, 1)
    send(database, release(1, "early"))
    settle(database, 1, State.PARTIALLY_CERTIFIED, against=0)
    assert waiting(database) == []
    send(database, release(1, "crossing", at=60))
    assert waiting(database) == [("crossing", State.PARTIALLY_CERTIFIED, None)]


@pytest.mark.parametrize("state", [State.CERTIFIED, State.PARTIALLY_CERTIFIED, State.UNDECIDED, State.NOTHING_TO_CHECK])
def test_nobody_is_told_of_what_is_no_recall(database: Database, state: State) -> None:
    begin(database, 1)
    send(database, release(1))
    settle(database, 1, state)
    assert waiting(database) == []


def test_a_text_that_broke_off_is_recalled(database: Database) -> None:
    begin(database, 1, None)
    send(database, release(1, state=State.GENERATING))
    with database.write() as unit:
        generations.finish(unit, id_of(1), Text.of(ANSWER[:20]), complete=False, at=30)
    assert waiting(database) == [("alice", State.INCOMPLETE, None)]


def test_whoever_gets_a_recalled_text_later_is_told_too(database: Database) -> None:
    begin(database, 1)
    settle(database, 1, State.REJECTED)
    send(database, release(1, "late", at=60))
    send(database, release(1, "late", at=61))
    assert waiting(database) == [("late", State.REJECTED, None)]


def test_another_state_is_another_recall(database: Database) -> None:
    begin(database, 1)
    send(database, release(1))
    settle(database, 1, State.EXPIRED)
    settle(database, 1, State.REJECTED)
    assert [state for _, state, _ in waiting(database)] == [State.EXPIRED, State.REJECTED]


def test_it_is_due_until_acknowledged_and_waits_between_attempts(database: Database) -> None:
    begin(database, 1)
    send(database, release(1))
    settle(database, 1, State.REJECTED, 50)
    seq = first_due(database).seq
    with database.write() as unit:
        recalls.mark_attempt(unit, seq, 100, "HTTP 503")
    with database.read() as connection:
        assert recalls.due(connection, tried_before=100) == ()
        (again,) = recalls.due(connection, tried_before=101)
    assert (again.attempts, again.attempted_at, again.due_at) == (1, 100, 50)
    with database.write() as unit:
        done = recalls.acknowledge(unit, again.token, 120)
        assert done.acknowledged_at == 120
        assert recalls.acknowledge(unit, again.token, 999) == done
    assert waiting(database) == []


def test_nobody_acknowledges_without_the_token(database: Database) -> None:
    begin(database, 1)
    send(database, release(1))
    settle(database, 1, State.REJECTED)
    for token in ("", "0" * 32, id_of(1)):
        with pytest.raises(LedgerError, match="no recall has this token"), database.write() as unit:
            recalls.acknowledge(unit, token, 120)
    with pytest.raises(LedgerError, match="there is no recall 99"), database.write() as unit:
        recalls.mark_attempt(unit, 99, 100, "HTTP 200")


def test_tokens_stand_in_no_journal_and_differ(database: Database) -> None:
    begin(database, 1)
    for receiver in ("a", "b"):
        send(database, release(1, receiver))
    settle(database, 1, State.REJECTED)
    with database.read() as connection:
        tokens = {one.token for one in recalls.due(connection, tried_before=NEVER)}
        bodies = b"".join(bytes(body) for body in connection.exec_driver_sql("SELECT body FROM journal").scalars())
    assert len(tokens) == 2
    assert not any(token.encode() in bodies for token in tokens)


def test_the_feed_goes_on_where_it_was_left_and_shows_a_tenant_its_own(database: Database) -> None:
    for number, tenant in ((1, "acme"), (2, "other"), (3, "acme")):
        begin(database, number, tenant=tenant, request=str(number))
        send(database, release(number, f"r{number}"))
        settle(database, number, State.REJECTED)
    with database.read() as connection:
        first, second = recalls.feed(connection, "acme", after=0)
        assert (first.generation, second.generation) == (id_of(1), id_of(3))
        assert recalls.feed(connection, "acme", after=first.seq) == (second,)
        assert recalls.feed(connection, "acme", after=0, receiver="r3") == (second,)
        assert recalls.feed(connection, "acme", after=0, limit=1) == (first,)
        assert recalls.feed(connection, "acme", after=second.seq) == ()
