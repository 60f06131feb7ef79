"""Texts that were handed in, across crashes, restarts and other processes."""

from __future__ import annotations

import asyncio
from functools import partial

import orjson
import pytest

from probatum.coordinator.revoking import revoke
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.gateway.verifications.register import Over
from probatum.gateway.verifications.routes import PATH
from probatum.ledger.propagation import generations, recalls
from probatum.ledger.records import Channel, Generation, Release, State
from probatum.validators.protocol import Validator
from tests.unit.gateway.served.client import as_json, read_events, until
from tests.unit.gateway.served.handing_in import (
    RETOLD,
    Held,
    a_third_of_a_lease,
    as_a_killed_process_leaves_it,
    cut_off,
    dies_before_it_publishes,
    handed_in,
    history,
    settled,
    statements,
)
from tests.unit.gateway.served.house import Builder, beside, run
from tests.unit.gateway.test_verifier import EVIDENCE, FALSE, TRUE, scripted


def test_what_was_acknowledged_is_taken_up_by_the_next_process(here: Builder) -> None:
    async def main() -> None:
        body = await cut_off(here, text=f"{TRUE} {FALSE}")
        async with here.open("two") as house:
            async with beside(house.runner.run()):
                end = await settled(house.alice, body["id"])
            assert end["state"] == "partially_certified"
            assert end["generation"] == body["generation"]
            told = read_events((await house.alice.get(f"{PATH}/{body['id']}/events", last_event_id="0badcafe.4")).body)
            assert told[0]["event"] == "claim_found"  # another run: from the first on
            assert len(statements(here)) == 1

    run(main)


def test_a_statement_that_was_published_and_not_settled_is_settled_with_by_the_next_process(here: Builder) -> None:
    """Killed between the two ledgers: there is never a second certificate for the same text."""

    async def main() -> None:
        async with here.open("one") as house:
            body = await handed_in(house.alice)
            before = await settled(house.alice, body["id"])
            lived = await history(house.alice, body["id"])
        with here.database.write() as unit:
            as_a_killed_process_leaves_it(unit)
        for path in (here.folder / "sources").rglob("*"):
            if path.is_file():
                path.unlink()  # nothing is judged again, so nothing is needed for it
        here.load = forbidden
        async with here.open("two") as house:
            async with beside(house.runner.run()):
                end = await settled(house.alice, body["id"])
            assert (end["state"], end["cert_hash"]) == ("certified", before["cert_hash"])
            assert end["report"] == before["report"]
            retold = await history(house.alice, body["id"])
            assert [event["event"] for event in retold] == RETOLD
            assert [event["data"] for event in retold] == [event["data"] for event in lived if event["event"] != "vote"]
            assert len(statements(here)) == 1

    run(main)


def test_a_statement_that_was_revoked_before_it_was_settled_never_certifies(here: Builder) -> None:
    async def main() -> None:
        async with here.open("one") as house:
            body = await handed_in(house.alice, receiver="reader")
            before = await settled(house.alice, body["id"])
        with here.database.write() as unit:
            as_a_killed_process_leaves_it(unit)
            cert = Digest.parse(before["cert_hash"])
            revoke(here.network, cert, "wrong")
            generations.withdraw(unit, cert, "wrong", here.clock.now())
        async with here.open("two") as house:
            async with beside(house.runner.run()):
                end = await settled(house.alice, body["id"])
            assert (end["state"], end["cert_hash"], end["record_hash"]) == ("revoked", None, before["record_hash"])
            assert end["reason"] == "wrong", "so that nobody has to look for it"
            retold = await history(house.alice, body["id"])
            assert [event["event"] for event in retold] == [kind for kind in RETOLD if kind != "certificate"]
            assert not any(event["data"].get("cert_hash") for event in retold), "nothing that is withdrawn is told as in force"
            due = await house.ledger.read(lambda connection: recalls.feed(connection, "alice", after=0))
            assert [(one.receiver, one.state) for one in due] == [("reader", State.REVOKED)]

    run(main)


def forbidden(name: str) -> Validator:
    """No model may be asked."""
    raise AssertionError(f"{name} was asked again")


def test_a_process_that_gives_no_sign_of_life_loses_its_work_to_one_that_lives(here: Builder) -> None:
    held = Held()
    here.load = held.load

    async def main() -> None:
        async with here.open("dead") as first:
            id_ = (await handed_in(first.alice))["id"]  # and its runner never runs: no lease is renewed
            here.load = scripted
            async with here.open("alive") as second, beside(second.runner.run()):
                for _ in range(2):
                    await a_third_of_a_lease(here)
                assert second.runner.running == 0, "the lease has not run out"
                await a_third_of_a_lease(here)
                end = await settled(second.alice, id_)
                assert end["state"] == "certified"
                assert len(statements(here)) == 1
            held.free.set()  # the first one was only asleep
            await first.verifier.close()
            assert as_json(await first.alice.get(f"{PATH}/{id_}"))["cert_hash"] == end["cert_hash"]
        assert len(statements(here)) == 1, "and what it comes to is the same statement"

    run(main)


def test_a_ledger_that_is_away_for_a_moment_costs_no_certificate(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house, beside(house.runner.run()):
            with pytest.MonkeyPatch.context() as patch:
                dies_before_it_publishes(patch, here)
                id_ = (await handed_in(house.alice))["id"]
                await history(house.alice, id_)  # the stream is open until the attempt is over
            told = as_json(await house.alice.get(f"{PATH}/{id_}"))
            assert (told["state"], told["reason"]) == ("provisional", "killed")
            for _ in range(3):
                await a_third_of_a_lease(here)
            assert (await settled(house.alice, id_))["state"] == "certified"
            assert len(statements(here)) == 1

    run(main)


def test_a_text_whose_process_died_while_it_came_is_broken_off_when_the_lease_runs_out(here: Builder) -> None:
    one = Generation("gen_" + 32 * "6", "alice", Digest.of(b"asked"), "model-1", here.clock.now())
    find = partial(generations.find, generation=one.id)

    async def main() -> None:
        async with here.open("dead") as first:
            await first.ledger.begin(one, Release(one.id, Channel.STREAM, "reader", State.GENERATING, None, one.started_at))
            verification = await first.register.start(one.id, EVIDENCE)
            await first.runner.adopt(verification.id, EVIDENCE)
            verification.feed(TRUE)
            async with here.open("alive") as second, beside(second.runner.run()):
                for _ in range(3):
                    await a_third_of_a_lease(here)
                while (standing := await second.ledger.read(find)) is not None and standing.state is State.GENERATING:
                    await asyncio.sleep(0.005)
                assert standing is not None
                assert standing.state is State.INCOMPLETE
                due = await second.ledger.read(lambda connection: recalls.feed(connection, "alice", after=0))
                assert [(recall.receiver, recall.state) for recall in due] == [("reader", State.INCOMPLETE)]
            with pytest.raises(LedgerError, match="cannot become provisional"):  # it was only asleep: too late
                await first.ledger.finish(one.id, TRUE, complete=True, at=here.clock.now())
            verification.abandon("too late")

    run(main)


def test_after_a_restart_the_report_is_recounted_from_the_bundle(here: Builder) -> None:
    async def main() -> None:
        async with here.open("one") as house:
            id_ = (await handed_in(house.alice, text=f"{TRUE} {FALSE}"))["id"]
            before = await settled(house.alice, id_)
            lived = await history(house.alice, id_)
        async with here.open("two") as house:
            after = as_json(await house.alice.get(f"{PATH}/{id_}"))
            assert after == before
            retold = await history(house.alice, id_)
            assert [event["data"] for event in retold] == [event["data"] for event in lived if event["event"] != "vote"]
            for seen, event in enumerate(retold[:-1], 1):
                assert await history(house.alice, id_, event["id"]) == retold[seen:], "nothing is lost, nothing comes twice"
            assert (await house.alice.get(f"{PATH}/{id_}/events", last_event_id="settled")).status == 204
        async with here.open("three") as house:
            assert await history(house.alice, id_) == retold, "the ids are the same in every process"

    run(main)


def test_evidence_that_vanished_ends_the_verification_without_a_certificate(here: Builder) -> None:
    async def main() -> None:
        id_ = (await cut_off(here))["id"]
        for path in (here.folder / "sources").rglob("*"):
            if path.is_file():
                path.unlink()
        async with here.open("two") as house:
            async with beside(house.runner.run()):
                while (view := as_json(await house.alice.get(f"{PATH}/{id_}")))["reason"] is None:
                    await asyncio.sleep(0.005)
            assert view["state"] == "provisional"
            assert view["cert_hash"] is None

    run(main)


def test_the_end_is_told_once_it_is_known_and_the_books_are_closed_after_that(here: Builder) -> None:
    here.receivers.answers = [500]

    async def main() -> None:
        async with here.open() as house:
            body = await handed_in(house.alice, webhook={"url": "https://x/hook"})
            assert body["webhook"]["secret"].startswith("whsec_")
            await until(lambda: len(house.receivers.sent) == 1 and house.clock.asleep)
            found = await house.runner.find(body["id"])
            assert found is not None
            assert found.ended_at is None
            await house.clock.move(6_000)
            await until(lambda: not house.runner.running)
            (_, first, content), (_, second, again) = house.receivers.sent
            assert content == again
            assert first["webhook-id"] == second["webhook-id"] == "msg_" + body["id"][4:]
            assert first["webhook-timestamp"] != second["webhook-timestamp"]
            found = await house.runner.find(body["id"])
            assert found is not None
            assert found.ended_at is not None
            message = orjson.loads(content)
            assert message["type"] == "verification.settled"
            assert message["data"]["state"] == "certified"
            assert message["data"]["id"] == body["id"]
            assert TRUE not in content.decode()  # the text itself never goes out in a notice

    run(main)


def test_a_notice_that_was_not_taken_is_sent_by_the_next_process(here: Builder) -> None:
    here.receivers.answers = ["connection refused"]

    async def main() -> None:
        async with here.open("one") as house:
            id_ = (await handed_in(house.alice, webhook={"url": "https://x/hook"}))["id"]
            await until(lambda: len(house.receivers.sent) == 1 and house.clock.asleep)
        async with here.open("two") as house, beside(house.runner.run()):
            await until(lambda: len(house.receivers.sent) == 2)
            await until(lambda: not house.runner.running)
        assert len({headers["webhook-id"] for _, headers, _ in here.receivers.sent}) == 1
        assert here.receivers.sent[0][2] == here.receivers.sent[1][2]
        assert id_

    run(main)


def test_a_notice_that_is_not_taken_for_long_keeps_nobody_busy(here: Builder) -> None:
    here.receivers.answers = [500, 500]

    async def main() -> None:
        async with here.open() as house:
            id_ = (await handed_in(house.alice, webhook={"url": "https://x/hook"}))["id"]
            await until(lambda: len(house.receivers.sent) == 1 and house.clock.asleep)
            await house.clock.move(6_000)
            await until(lambda: not house.runner.running)
            assert len(house.receivers.sent) == 2
            found = await house.runner.find(id_)
            assert found is not None
            assert found.ended_at is None
            await house.clock.move(400_000)
            async with beside(house.runner.run()):
                await until(lambda: len(house.receivers.sent) == 3 and not house.runner.running)
            found = await house.runner.find(id_)
            assert found is not None
            assert found.ended_at is not None
            assert len({(headers["webhook-id"], body) for _, headers, body in house.receivers.sent}) == 1

    run(main)


def test_what_ended_holds_neither_text_nor_evidence_in_memory(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            id_ = (await handed_in(house.alice))["id"]
            await settled(house.alice, id_)
            entry = house.register.find(id_)
            assert entry is not None
            await until(lambda: entry.result is not None)
            assert isinstance(entry.verification, Over)
            assert entry.verification.state is State.CERTIFIED

    run(main)


def test_two_processes_never_judge_one_text_both(here: Builder) -> None:
    held = Held()
    here.load = held.load

    async def main() -> None:
        async with here.open("one") as first, here.open("two") as second:
            id_ = (await handed_in(first.alice))["id"]
            async with beside(second.runner.run()):
                await asyncio.sleep(0.05)
                assert second.runner.running == 0
            assert as_json(await second.alice.get(f"{PATH}/{id_}"))["state"] == "provisional"
            held.free.set()
            await settled(first.alice, id_)
            assert as_json(await second.alice.get(f"{PATH}/{id_}"))["state"] == "certified"

    run(main)
