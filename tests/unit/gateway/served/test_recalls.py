"""Everyone who has a text is told when it does not stand any more: by notice, by feed, until they acknowledge."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from probatum.encoding.digest import Digest
from probatum.gateway.propagation.revoking import take_over
from probatum.ledger.propagation import generations, notices
from tests.unit.gateway.served.client import as_json, read_events, until
from tests.unit.gateway.served.house import Builder, House, beside, run
from tests.unit.gateway.served.test_verifications import handed_in, settled
from tests.unit.gateway.served.test_withdrawn import judged_again
from tests.unit.gateway.test_verifier import ALSO, FALSE, TRUE

RECALLS = "/v1/recalls"


async def released(house: House, generation: str, receiver: str = "newsroom", callback: str | None = None) -> dict[str, Any]:
    body = {"generation": generation, "channel": "forward", "receiver": receiver}
    answer = await house.alice.post("/v1/releases", body | ({"callback": callback} if callback else {}))
    assert answer.status == 201, answer.body
    return as_json(answer)


async def revoked(house: House, *receivers: tuple[str, str | None]) -> dict[str, Any]:
    """A text that was certified, went out to receivers, and was revoked."""
    end = await settled(house.alice, (await handed_in(house.alice))["id"])
    for receiver, callback in receivers:
        await released(house, end["generation"], receiver, callback)
    record = Digest.parse(end["cert_hash"])
    await house.ledger.write(lambda unit: generations.revoke(unit, record, "new evidence", house.clock.now()))
    return end


def test_a_receiver_that_gave_an_address_is_told_and_its_answer_acknowledges(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await revoked(house, ("newsroom", "https://x/recalls"))
            await house.recaller.begin_due()
            await house.recaller.idle()
            ((url, headers, body),) = house.receivers.sent
            message = orjson.loads(body)
            assert url == "https://x/recalls"
            assert message["type"] == "text.recalled"
            assert message["data"]["state"] == "revoked"
            assert message["data"]["reason"] == "new evidence"
            assert message["data"]["output"] == end["output"]
            assert message["data"]["cert_hash"] == end["cert_hash"]
            assert TRUE not in body.decode()
            assert headers["webhook-id"].startswith("msg_")
            (one,) = as_json(await house.alice.get(RECALLS))["recalls"]
            assert one["acknowledged_at"] == house.clock.now()
            await house.clock.move(10**9)
            await house.recaller.begin_due()
            await house.recaller.idle()
            assert len(house.receivers.sent) == 1

    run(main)


def test_who_has_a_refuted_claim_is_told_which_one_when_the_others_are_certified(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            text = f"{TRUE} {FALSE}"
            more = {"receiver": "newsroom", "webhook": {"url": "https://x/recalls"}}
            end = await settled(house.alice, (await handed_in(house.alice, text=text, **more))["id"])
            assert end["state"] == "partially_certified"
            await house.recaller.begin_due()
            await house.recaller.idle()
            notices = [orjson.loads(body) for _, _, body in house.receivers.sent if b"text.recalled" in body]
            (told,) = as_json(await house.alice.get(RECALLS))["recalls"]
            assert [one["data"] | {"acknowledged_at": told["acknowledged_at"]} for one in notices] == [told]
            assert (told["state"], told["receiver"]) == ("partially_certified", "newsroom")
            assert (told["record_hash"], told["cert_hash"]) == (end["record_hash"], None)
            refuted = next(one for one in end["report"]["fragments"] if one["status"] == "refuted")
            assert told["fragments"] == [{name: refuted[name] for name in ("id", "start", "end", "status")}]
            assert text.encode()[refuted["start"] : refuted["end"]].decode() == FALSE
            assert told["reason"] == "claims that were decided against: 1; the fragments say which"
            assert not any(FALSE in body.decode() for _, _, body in house.receivers.sent), "never the text"

    run(main)


def test_a_rejected_text_names_its_claims_too_and_a_revoked_one_the_reason(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            await settled(house.alice, (await handed_in(house.alice, text=FALSE, receiver="newsroom"))["id"])
            await revoked(house, ("archive", None))
            rejected, withdrawn = as_json(await house.alice.get(RECALLS))["recalls"]
            assert [one["status"] for one in rejected["fragments"]] == ["refuted"]
            assert (withdrawn["fragments"], withdrawn["reason"]) == ([], "new evidence")

    run(main)


def test_a_superseded_text_names_its_successor_and_the_claims_that_do_not_stand_any_more(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await settled(house.alice, (await handed_in(house.alice, text=f"{TRUE} {ALSO}", receiver="newsroom"))["id"])
            after = judged_again(house, end, ALSO).after.verified
            assert after is not None
            await take_over(house.reader, house.ledger, house.clock.now())
            (told,) = as_json(await house.alice.get(RECALLS))["recalls"]
            assert (told["state"], told["cert_hash"], told["successor"]) == ("superseded", end["cert_hash"], str(after.record_hash))
            (fell,) = told["fragments"]
            assert f"{TRUE} {ALSO}"[fell["start"] : fell["end"]] == ALSO
            seen = as_json(await house.alice.get(f"/v1/verifications/{end['id']}"))
            assert (seen["state"], seen["reason"]) == ("superseded", told["reason"])

    run(main)


def test_a_notice_that_fails_is_repeated_alike_until_it_is_taken(here: Builder) -> None:
    here.receivers.answers = ["refused", 500, 301]

    async def main() -> None:
        async with here.open() as house:
            await revoked(house, ("newsroom", "https://x/recalls"))
            for _ in range(8):
                await house.recaller.begin_due()
                await house.recaller.idle()
                await house.clock.move(3 * 3_600_000)
            assert len(house.receivers.sent) == 4
            assert len({(headers["webhook-id"], body) for _, headers, body in house.receivers.sent}) == 1

    run(main)


def test_the_recaller_looks_again_and_again(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house, beside(house.recaller.run()):
            await until(lambda: house.clock.asleep)
            await revoked(house, ("newsroom", "https://x/recalls"))
            assert not house.receivers.sent
            await house.clock.move(1000)
            await until(lambda: len(house.receivers.sent) == 1)

    run(main)


def test_an_address_that_is_gone_gets_no_more_but_the_feed_keeps_the_recall(here: Builder) -> None:
    here.receivers.answers = [410]

    async def main() -> None:
        async with here.open() as house:
            await revoked(house, ("newsroom", "https://x/recalls"))
            for _ in range(3):
                await house.recaller.begin_due()
                await house.recaller.idle()
                await house.clock.move(10**9)
            assert len(house.receivers.sent) == 1
            (one,) = as_json(await house.alice.get(RECALLS))["recalls"]
            assert one["acknowledged_at"] is None

    run(main)


def test_attempts_are_given_up_one_day_and_the_feed_keeps_the_recall(here: Builder) -> None:
    here.receivers.answers = [500] * 100

    async def main() -> None:
        async with here.open() as house:
            await revoked(house, ("newsroom", "https://x/recalls"))
            for _ in range(20):
                await house.recaller.begin_due()
                await house.recaller.idle()
                await house.clock.move(25 * 3_600_000)
            assert len(house.receivers.sent) == 10
            (one,) = as_json(await house.alice.get(RECALLS))["recalls"]
            assert one["acknowledged_at"] is None

    run(main)


def test_an_attempt_is_begun_by_one_process_only(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            await revoked(house, ("newsroom", "https://x/recalls"))
            due = await house.ledger.read(lambda c: notices.due(c, (0, 5000), now=house.clock.now()))
            claims = [await house.ledger.write(lambda u: notices.claim(u, due[0], house.clock.now())) for _ in range(3)]
            assert claims == [True, False, False]
            assert not await house.ledger.read(lambda c: notices.due(c, (0, 5000), now=house.clock.now() + 59_999))
            assert await house.ledger.read(lambda c: notices.due(c, (0, 5000), now=house.clock.now() + 60_000))

    run(main)


def test_many_receivers_without_address_do_not_hide_those_with_one(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            silent = [(f"reader {number}", None) for number in range(150)]
            await revoked(house, *silent, ("newsroom", "https://x/recalls"))
            await house.recaller.begin_due()
            await house.recaller.idle()
            assert len(house.receivers.sent) == 1
            page = as_json(await house.alice.get(RECALLS))
            assert (len(page["recalls"]), page["more"]) == (100, True)
            rest = as_json(await house.alice.get(f"{RECALLS}?after={page['next']}"))
            assert (len(rest["recalls"]), rest["more"]) == (51, False)
            assert {one["receiver"] for one in page["recalls"] + rest["recalls"]} == {"newsroom", *(name for name, _ in silent)}

    run(main)


def test_the_feed_is_read_from_any_place_by_receiver_and_by_its_tenant_only(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            await revoked(house, ("a", None), ("b", None), ("c", None))
            whole = as_json(await house.alice.get(RECALLS))
            assert [one["receiver"] for one in whole["recalls"]] == ["a", "b", "c"]
            second = whole["recalls"][1]
            after = as_json(await house.alice.get(f"{RECALLS}?after={whole['recalls'][0]['seq']}"))
            assert after["recalls"] == whole["recalls"][1:]
            assert as_json(await house.alice.get(f"{RECALLS}?receiver=b"))["recalls"] == [second]
            assert as_json(await house.bob.get(RECALLS)) == {"object": "list", "recalls": [], "next": 0, "more": False}
            end = as_json(await house.alice.get(f"{RECALLS}?after={whole['next']}"))
            assert (end["recalls"], end["next"]) == ([], whole["next"])

    run(main)


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "99999999999999999999", "1;drop"])
def test_a_place_that_is_no_number_is_refused(here: Builder, after: str) -> None:
    async def main() -> None:
        async with here.open() as house:
            assert (await house.alice.get(f"{RECALLS}?after={after}")).code == "invalid_request"

    run(main)


def test_acknowledging_is_for_the_tenant_and_may_be_repeated(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            await revoked(house, ("a", None))
            (one,) = as_json(await house.alice.get(RECALLS))["recalls"]
            path = one["acknowledge_url"].removeprefix("https://gw")
            for wrong in (path.replace(one["id"], "rec_" + 32 * "0"), path.replace("rec_", ""), f"{RECALLS}/1/acknowledge"):
                assert (await house.alice.post(wrong)).code == "recall_not_found"
            assert (await house.bob.post(path)).code == "recall_not_found"
            first = as_json(await house.alice.post(path))
            await house.clock.move(5)
            assert as_json(await house.alice.post(path)) == first
            assert first["acknowledged_at"] is not None

    run(main)


def test_the_stream_brings_what_is_open_and_what_comes_and_can_be_resumed(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await revoked(house, ("a", None), ("b", None))
            async with house.alice.stream(f"{RECALLS}/stream") as exchange:
                await until(lambda: len(read_events(exchange.body)) == 2 and house.clock.asleep)
                await released(house, end["generation"], "late")  # it has been revoked: the receiver is told at once
                await house.clock.move(1000)
                await until(lambda: len(read_events(exchange.body)) == 3)
                events = read_events(exchange.body)
            assert [event["event"] for event in events] == ["recall"] * 3
            assert [event["data"]["receiver"] for event in events] == ["a", "b", "late"]
            async with house.alice.stream(f"{RECALLS}/stream", last_event_id=events[0]["id"]) as exchange:
                await until(lambda: len(read_events(exchange.body)) == 2)
                assert read_events(exchange.body) == events[1:]
            await house.alice.post(events[1]["data"]["acknowledge_url"].removeprefix("https://gw"))
            async with house.alice.stream(f"{RECALLS}/stream") as exchange:
                await until(lambda: len(read_events(exchange.body)) == 2)
                assert [event["data"]["receiver"] for event in read_events(exchange.body)] == ["a", "late"]

    run(main)


@pytest.mark.parametrize("cuts", [[1], [2, 2], [1, 1, 1, 1], [4], [3, 1], []], ids=str)
def test_a_reader_of_the_stream_that_leaves_again_and_again_misses_nothing(here: Builder, cuts: list[int]) -> None:
    async def main() -> None:
        async with here.open() as house:
            await revoked(house, *((f"r{number}", None) for number in range(5)))
            everything = [one["seq"] for one in as_json(await house.alice.get(RECALLS))["recalls"]]
            got: list[int] = []
            for cut in [*cuts, len(everything)]:
                if got == everything:
                    break
                headers = {"last_event_id": str(got[-1])} if got else {}
                wanted = min(cut, len(everything) - len(got))
                async with house.alice.stream(f"{RECALLS}/stream", **headers) as exchange:
                    await until(lambda wanted=wanted, exchange=exchange: len(read_events(exchange.body)) >= wanted)
                    got += [int(event["id"]) for event in read_events(exchange.body)[:wanted]]
            assert got == everything

    run(main)


def test_a_rejected_text_is_recalled_from_whoever_had_it(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            hook = {"url": "https://x/hook"}
            end = await settled(house.alice, (await handed_in(house.alice, text=FALSE, receiver="press", webhook=hook))["id"])
            (one,) = as_json(await house.alice.get(RECALLS))["recalls"]
            assert (one["receiver"], one["state"], one["generation"]) == ("press", "rejected", end["generation"])
            await until(lambda: not house.runner.running)
            await house.recaller.begin_due()
            await house.recaller.idle()
            assert [orjson.loads(body)["type"] for _, _, body in house.receivers.sent] == ["verification.settled", "text.recalled"]

    run(main)
