"""Follow a verification: every event once, whoever did the work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probatum.coordinator.verification import Event
from probatum.errors import LedgerError
from probatum.gateway.verifications import events
from probatum.gateway.verifications.register import Entry
from probatum.gateway.verifications.routes import PATH
from tests.unit.gateway.served.client import read_events, until
from tests.unit.gateway.served.handing_in import (
    RETOLD,
    Held,
    a_third_of_a_lease,
    cut_off,
    handed_in,
    history,
    settled,
    statements,
)
from tests.unit.gateway.served.house import Builder, beside, run
from tests.unit.gateway.test_verifier import FALSE, TRUE


def test_events_are_numbered_named_and_end_with_settled(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            id_ = (await handed_in(house.alice, text=f"{TRUE} {FALSE}"))["id"]
            answer = await house.alice.get(f"{PATH}/{id_}/events")
            assert answer.headers["content-type"].startswith("text/event-stream")
            told = read_events(answer.body)
            assert [event["event"] for event in told][:2] == ["claim_found", "evidence_bound"]
            assert told[-1]["event"] == "settled"
            assert told[-1]["data"]["state"] == "partially_certified"
            runs, numbers = zip(*(event["id"].split(".") for event in told), strict=True)
            assert len(set(runs)) == 1
            assert list(map(int, numbers)) == list(range(1, len(told) + 1))

    run(main)


def test_any_cut_of_the_feed_can_be_resumed_and_nothing_is_lost_or_doubled(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            id_ = (await handed_in(house.alice, text=f"{TRUE} {FALSE}"))["id"]
            whole = read_events((await house.alice.get(f"{PATH}/{id_}/events")).body)
            for cut in range(len(whole)):
                last = whole[cut]["id"]
                answer = await house.alice.get(f"{PATH}/{id_}/events", last_event_id=last)
                assert whole[: cut + 1] + read_events(answer.body if answer.status == 200 else b"") == whole
                assert answer.status == (204 if cut == len(whole) - 1 else 200)

    run(main)


class Past:
    """A verification that ended, with events of many lines."""

    async def events(self, after: int = 0) -> AsyncIterator[Event]:
        for number in range(after + 1, 13):
            yield Event(number, "settled" if number == 12 else "vote", {"claim": number, "text": "a\n\nb"})


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, 400), max_size=8))
def test_a_client_that_loses_its_connection_again_and_again_gets_every_event_once(cuts: list[int]) -> None:
    """Cuts fall anywhere, inside of events too; a client keeps only whole events, as the HTML standard says."""
    past: Any = Past()
    entry = Entry("gen_1", past)

    async def feed(last: str) -> bytes:
        return b"".join([event async for event in events.live(entry, last)])

    async def main() -> None:
        got: list[Any] = []
        for cut in [*cuts, 1_000_000]:
            kept = (await feed(got[-1]["id"] if got else ""))[:cut]
            got += read_events(kept[: kept.rfind(b"\n\n") + 2] if b"\n\n" in kept else b"")
        assert got == read_events(await feed(""))
        assert len(got) == 12

    asyncio.run(main())


@pytest.mark.parametrize(
    "last", ["", "x", "0badcafe.3", "settled", "{run}", "{run}.", "{run}.0", "{run}.-1", "{run}.3x", "{run}.1.1"]
)
def test_an_id_that_is_not_of_this_run_begins_the_feed_anew(last: str) -> None:
    past: Any = Past()
    entry = Entry("gen_1", past)
    assert events.after(entry.run, last.replace("{run}", entry.run)) == 0


def test_silence_is_filled_with_comments_and_a_client_may_leave(here: Builder) -> None:
    held = Held()
    here.load = held.load

    async def main() -> None:
        async with here.open() as house:
            id_ = (await handed_in(house.alice))["id"]
            async with house.alice.stream(f"{PATH}/{id_}/events") as exchange:
                await until(lambda: len(read_events(exchange.body)) == 2 and house.clock.asleep)
                before = exchange.body
                await house.clock.move(15_000)
                await until(lambda: exchange.body != before)
                assert exchange.body == before + b": waiting\n\n"
            held.free.set()
            await settled(house.alice, id_)

    run(main)


def test_a_text_that_another_process_certified_has_its_certificate_among_its_events(here: Builder) -> None:
    """Who asked one gateway while another did the work is told as much, when it is over."""

    async def main() -> None:
        async with here.open("one") as first, here.open("two") as second:
            id_ = (await handed_in(first.alice))["id"]
            await settled(first.alice, id_)
            assert [event["event"] for event in await history(second.alice, id_)] == RETOLD

    run(main)


def test_what_never_came_to_a_statement_has_its_end_alone_among_its_events(here: Builder) -> None:
    async def main() -> None:
        id_ = (await cut_off(here))["id"]
        with here.database.write() as unit:
            unit.connection.exec_driver_sql("UPDATE jobs SET ended_at = 1")
        async with here.open("two") as house:
            (event,) = await history(house.alice, id_)
            assert (event["id"], event["event"], event["data"]["state"]) == ("settled", "settled", "provisional")

    run(main)


def test_a_text_that_could_not_be_settled_at_once_has_its_certificate_among_its_events_afterwards(here: Builder) -> None:
    """The statement is published, then the other ledger is away: what this process remembers of the attempt is not the end."""

    async def away(*_: Any) -> None:
        raise LedgerError("away")

    async def main() -> None:
        async with here.open() as house, beside(house.runner.run()):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(house.ledger, "settle", away)
                id_ = (await handed_in(house.alice))["id"]
                ended = await history(house.alice, id_)  # the stream is open until the attempt is over
                await until(lambda: house.runner.running == 0)
            assert ended[-1]["data"]["reason"] == "away"
            for _ in range(3):
                await a_third_of_a_lease(here)
            end = await settled(house.alice, id_)
            assert (end["state"], end["reason"]) == ("certified", None)
            assert [event["event"] for event in await history(house.alice, id_)] == RETOLD
            assert len(statements(here)) == 1

    run(main)
