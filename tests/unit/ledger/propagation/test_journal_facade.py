"""The event loop's side of the ledger: what has returned is on disk, whoever went away meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.gateway.journal import LedgerJournal
from probatum.gateway.ports import CachedAnswer, CacheKey, Journal, Naming
from probatum.ledger.propagation import audit, generations, recalls, releases, responses
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.writer import Writer
from probatum.ledger.records import State
from tests.unit.ledger.propagation.given import ANSWER, generation, id_of, release, settlement
from tests.unit.ledger.propagation.test_writer import held

KEY = CacheKey("acme", Digest.of(b"how tall?"), Digest.of(b"epoch 0"))


def run(database: Database, scenario: Callable[[LedgerJournal, Writer], Awaitable[None]]) -> None:
    """Run a scenario over a journal, then check the whole ledger."""

    async def main(writer: Writer) -> None:
        await scenario(LedgerJournal(database, writer, lambda: 60), writer)

    with Writer(database) as writer:
        asyncio.run(main(writer))
    with database.read() as connection:
        audit.check(connection)


def test_it_is_the_port(database: Database) -> None:
    async def scenario(journal: LedgerJournal, writer: Writer) -> None:
        port: Journal = journal
        await port.begin(generation(1))
        await port.finish(id_of(1), ANSWER, complete=True, at=10)
        await port.release(release(1))
        assert await port.cached(KEY) is None
        await port.settle(id_of(1), settlement(State.CERTIFIED))
        await port.keep(KEY, id_of(1), b"{}")
        assert await port.cached(KEY) == CachedAnswer(id_of(1), b"{}", settlement(State.CERTIFIED))
        await port.settle(id_of(1), settlement(State.REVOKED))
        assert await port.cached(KEY) is None
        feed = await journal.read(partial(recalls.feed, tenant="acme", after=0))
        assert [one.receiver for one in feed] == ["alice"]
        assert (await journal.write(partial(recalls.acknowledge, token=feed[0].token, at=70))).acknowledged_at == 70

    run(database, scenario)


def test_what_is_refused_raises_where_it_was_awaited(database: Database) -> None:
    async def scenario(journal: LedgerJournal, writer: Writer) -> None:
        await journal.begin(generation(1))
        with pytest.raises(LedgerError, match="only a certified answer is cached"):
            await journal.keep(KEY, id_of(1), b"{}")
        with pytest.raises(LedgerError, match="lone surrogate"):
            await journal.finish(id_of(1), "\ud83d", complete=True, at=10)
        await journal.finish(id_of(1), "whole", complete=True, at=10)

    run(database, scenario)


def test_beginning_and_first_release_are_one_write_and_a_refused_one_leaves_nothing(database: Database) -> None:
    async def scenario(journal: LedgerJournal, writer: Writer) -> None:
        await journal.begin(generation(1), release(1, "first", state=State.GENERATING))
        found = await journal.read(partial(releases.of, generations=[id_of(1)]))
        assert [one.release.receiver for one in found[id_of(1)]] == ["first"]
        with pytest.raises(LedgerError, match="names no receiver"):
            await journal.begin(generation(2), release(2, " ", state=State.GENERATING))
        assert await journal.read(partial(generations.find, generation=id_of(2))) is None

    run(database, scenario)


def test_a_text_is_found_by_its_response_once_it_is_whole(database: Database) -> None:
    async def scenario(journal: LedgerJournal, writer: Writer) -> None:
        await journal.begin(generation(1))
        await journal.finish(id_of(1), ANSWER, complete=True, at=10, naming=Naming("chatcmpl-1", None))
        found = await journal.read(partial(responses.find, tenant="acme", name="chatcmpl-1"))
        assert found is not None
        assert found.standing.state is State.PROVISIONAL

    run(database, scenario)


def test_a_client_that_goes_away_loses_no_release(database: Database) -> None:
    async def scenario(journal: LedgerJournal, writer: Writer) -> None:
        await journal.begin(generation(1))
        with held(writer):
            waiting = asyncio.ensure_future(journal.release(release(1, "gone")))
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        await journal.release(release(1, "stays"))
        found = await journal.read(partial(releases.of, generations=[id_of(1)]))
        assert [one.release.receiver for one in found[id_of(1)]] == ["gone", "stays"]

    run(database, scenario)


def test_many_at_once_are_each_there_when_their_own_wait_ends(database: Database) -> None:
    async def one(journal: LedgerJournal, number: int) -> None:
        await journal.begin(generation(number, request=str(number % 3)))
        await journal.release(release(number, state=State.GENERATING))
        found = await journal.read(partial(generations.find, generation=id_of(number)))
        assert found is not None
        await journal.finish(id_of(number), ANSWER, complete=number % 2 == 0, at=30)

    async def scenario(journal: LedgerJournal, writer: Writer) -> None:
        await asyncio.gather(*(one(journal, number) for number in range(30)))
        due = await journal.read(partial(recalls.due, tried_before=1000))
        assert len(due) == 15

    run(database, scenario)
