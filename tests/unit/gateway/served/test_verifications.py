"""Hand in a text, look at what became of it, follow it; across restarts, and for one's own tenant only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from threading import Event as Gate
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from probatum.coordinator.revoking import revoke
from probatum.coordinator.verification import Event
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.gateway.ports import Naming
from probatum.gateway.verifications import events
from probatum.gateway.verifications.prefer import waiting
from probatum.gateway.verifications.register import Entry, Over
from probatum.gateway.verifications.routes import PATH
from probatum.ledger.propagation import generations, recalls, releases
from probatum.ledger.records import Channel, Generation, Release, State
from probatum.testing.committee import ScriptedValidator
from probatum.validators.protocol import Validator
from tests.unit.gateway.served.client import Client, as_json, read_events, until
from tests.unit.gateway.served.house import SOURCE, Builder, beside, run
from tests.unit.gateway.test_verifier import EVIDENCE, FALSE, MODELS, TRUE, scripted

BODY = {"text": TRUE, "evidence": [SOURCE]}
RETOLD = ["claim_found", "evidence_bound", "fragment_decided", "certificate", "settled"]
"""The events of one certified claim, as they follow from its bundle."""


async def handed_in(client: Client, **more: Any) -> dict[str, Any]:
    answer = await client.post(PATH, BODY | more)
    assert answer.status == 202, answer.body
    return as_json(answer)


async def history(client: Client, id_: str, last: str = "") -> list[dict[str, Any]]:
    """The events of a verification that is over, behind the one with the id ``last``."""
    return read_events((await client.get(f"{PATH}/{id_}/events", last_event_id=last)).body)


async def led(client: Client, path: str, version: str = "now") -> str:
    """The hash of the version of now. Its URL names it, nobody may keep what leads there, and the plain URL says the same."""
    plain = await client.get_here(path)
    assert (plain.status, plain.headers["vary"]) == (200, "*"), path
    joint = "&" if "?" in path else "?"
    here = await client.get_here(f"{path}{joint}version={version}")
    assert (here.status, here.headers["cache-control"], here.headers["vary"]) == (303, "no-store", "*"), path
    assert "etag" not in here.headers
    assert here.headers["location"] == plain.headers["content-location"]
    there = await client.get_here(here.headers["location"].removeprefix("https://gw"))
    assert (there.status, there.body, there.headers["vary"]) == (200, here.body, "*"), "whoever follows nothing gets the same"
    assert plain.body == there.body
    assert here.headers["location"].endswith(f"{joint}version={Digest.of(there.body).hex()}")
    return Digest.of(there.body).hex()


async def settled(client: Client, id_: str) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        while (body := as_json(await client.get(f"{PATH}/{id_}")))["state"] == "provisional":
            await asyncio.sleep(0.005)
        return body

    return await asyncio.wait_for(look(), 20)


def test_a_text_is_accepted_with_its_address_and_then_certified(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            answer = await house.alice.post(PATH, BODY)
            body = as_json(answer)
            assert answer.status == 202
            assert answer.headers["location"] == body["url"] == f"https://gw{PATH}/{body['id']}"
            assert body["events_url"] == f"{body['url']}/events"
            assert body["id"].startswith("ver_")
            assert body["generation"].startswith("gen_")
            assert answer.headers["cache-control"] == "no-store"
            end = await settled(house.alice, body["id"])
            assert end["state"] == "certified"
            assert end["cert_hash"] == end["record_hash"] is not None
            assert end["report"]["fragments"][0]["status"] == "certified"
            certificate = await house.alice.get(end["certificate_url"].removeprefix("https://gw"))
            assert certificate.status == 200

    run(main)


def test_once_certified_it_is_revalidated(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            id_ = (await handed_in(house.alice))["id"]
            end = await settled(house.alice, id_)
            answer = await house.alice.get(f"{PATH}/{id_}")
            assert answer.headers["probatum-state"] == "certified"
            assert answer.headers["cache-control"] == "no-cache"
            version = Digest.of(answer.body).hex()
            assert (answer.headers["probatum-cert-hash"], answer.headers["etag"]) == (end["cert_hash"], f'"{version}"')
            again = await house.alice.get(f"{PATH}/{id_}", if_none_match=answer.headers["etag"])
            assert (again.status, again.body) == (304, b"")


def test_whoever_asks_for_the_version_of_now_is_led_to_a_url_that_changes_with_its_answer(here: Builder) -> None:
    """A cache that keeps every 200 by its URL alone keeps nothing that anybody is led to later."""

    async def main() -> None:
        async with here.open() as house:
            made = await handed_in(house.alice)
            end = await settled(house.alice, made["id"])
            round_, fragment = end["report"]["round"]["id"], end["report"]["fragments"][0]["id"]
            paths = (f"{PATH}/{made['id']}", f"/v1/rounds/{round_}", f"/v1/fragments/{fragment}", "/v1/recalls?after=0")
            before = [await led(house.alice, path) for path in paths]
            record, now = Digest.parse(end["cert_hash"]), house.clock.now()
            await house.ledger.release(Release(made["generation"], Channel.COPY, "ana", State.CERTIFIED, record, now))
            await house.ledger.write(lambda unit: generations.revoke(unit, record, "new evidence", now))
            for path, old in zip(paths, before, strict=True):
                assert await led(house.alice, path) == await led(house.alice, path, version=old) != old, path

    run(main)


def test_a_text_that_fell_is_rejected_and_has_a_record_but_no_certificate(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await settled(house.alice, (await handed_in(house.alice, text=FALSE))["id"])
            assert (end["state"], end["cert_hash"]) == ("rejected", None)
            assert end["record_hash"] is not None

    run(main)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        (b"{", "invalid_json", None),
        ({"evidence": [SOURCE]}, "invalid_request", "text"),
        ({"text": "", "evidence": [SOURCE]}, "text_refused", "text"),
        ({"text": TRUE}, "evidence_required", "evidence"),
        ({"text": TRUE, "evidence": []}, "evidence_required", "evidence"),
        ({"text": TRUE, "evidence": [{"name": "../../etc/passwd", "text": "x"}]}, "invalid_request", "evidence[0].name"),
        ({"text": TRUE, "evidence": [SOURCE], "evidnce": 1}, "invalid_request", "evidnce"),
        ({"text": TRUE, "evidence": [{"name": "a.pdf", "data": "AAAA"}]}, "evidence_refused", "probatum.evidence"),
        ({"text": TRUE, "evidence": [SOURCE], "receiver": " "}, "invalid_request", "receiver"),
        ({"text": TRUE, "evidence": [SOURCE], "webhook": "https://x"}, "invalid_request", "webhook"),
        ({"text": TRUE, "evidence": [SOURCE], "webhook": {"url": "https://inside/"}}, "webhook_refused", "webhook.url"),
        ({"text": TRUE, "evidence": [SOURCE], "webhook": {"url": "http://x/"}}, "webhook_refused", "webhook.url"),
        (
            {"text": TRUE, "evidence": [SOURCE], "webhook": {"url": "https://x/", "secret": "w"}},
            "webhook_refused",
            "webhook.secret",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_recorded(here: Builder, body: Any, code: str, param: str | None) -> None:
    async def main() -> None:
        async with here.open() as house:
            answer = await house.alice.post(PATH, body)
            assert answer.status == 400
            assert answer.code == code
            assert as_json(answer)["error"]["param"] == param
            with here.database.read() as connection:
                assert connection.exec_driver_sql("SELECT count(*) FROM generations").scalar() == 0

    run(main)


def test_the_same_key_hands_in_once(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            posts = [house.alice.post(PATH, BODY, idempotency_key="k1") for _ in range(5)]
            bodies = [as_json(answer) for answer in await asyncio.gather(*posts)]
            assert len({body["id"] for body in bodies}) == 1
            await settled(house.alice, bodies[0]["id"])
            again = await house.alice.post(PATH, BODY, idempotency_key="k1")
            assert again.status == 202
            assert as_json(again)["id"] == bodies[0]["id"]
            assert as_json(again)["state"] == "certified"
            with here.database.read() as connection:
                assert connection.exec_driver_sql("SELECT count(*) FROM generations").scalar() == 1

    run(main)


def test_a_key_that_comes_with_another_request_is_refused(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            await house.alice.post(PATH, BODY, idempotency_key="k1")
            for other in ({"text": FALSE}, {"receiver": "r"}, {"evidence": [SOURCE | {"text": "Other."}]}):
                answer = await house.alice.post(PATH, BODY | other, idempotency_key="k1")
                assert (answer.status, answer.code) == (422, "idempotency_key_reused")

    run(main)


def test_tenants_with_the_same_key_have_verifications_of_their_own(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            first = as_json(await house.alice.post(PATH, BODY, idempotency_key="k1"))
            second = as_json(await house.bob.post(PATH, BODY, idempotency_key="k1"))
            assert first["id"] != second["id"]

    run(main)


def test_what_is_unknown_and_what_is_another_tenants_look_the_same(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            id_ = (await handed_in(house.alice))["id"]
            for name in (id_, "ver_" + 32 * "0", "..%2f..%2fetc%2fpasswd", "'; DROP TABLE jobs; --"):
                for path in (f"{PATH}/{name}", f"{PATH}/{name}/events"):
                    answer = await house.bob.get(path)
                    assert (answer.status, answer.code) == (404, "verification_not_found")
            assert (await house.alice.get(f"{PATH}/{id_}")).status == 200

    run(main)


class Held:
    """Models that answer once they may."""

    def __init__(self) -> None:
        self.free = Gate()

    def load(self, name: str) -> Validator:
        inner = scripted(name)
        held = self

        class Waits(ScriptedValidator):
            def judge(self, questions: Any) -> Any:
                held.free.wait(20)
                yield from inner.judge(questions)

        return Waits(MODELS[name], {})


def test_prefer_wait_holds_the_answer_until_it_is_settled(here: Builder) -> None:
    held = Held()
    here.load = held.load

    async def main() -> None:
        async with here.open() as house:
            id_ = (await handed_in(house.alice))["id"]
            waits = asyncio.create_task(house.alice.get(f"{PATH}/{id_}", prefer="respond-async, wait=30"))
            await until(lambda: house.clock.asleep)
            assert not waits.done()
            held.free.set()
            answer = await waits
            assert answer.headers["preference-applied"] == "wait=30"
            assert as_json(answer)["state"] == "certified"

    run(main)


def test_prefer_wait_when_handing_in_brings_what_became_of_it_or_202_when_the_time_is_over(here: Builder) -> None:
    held = Held()
    here.load = held.load
    given = {"text": TRUE, "evidence": [SOURCE], "webhook": {"url": "https://x/hook"}}

    async def main() -> None:
        async with here.open() as house:
            late = asyncio.create_task(house.alice.post(PATH, given, prefer="wait=7"))
            await until(lambda: house.clock.asleep)
            await house.clock.move(7_000)
            answer = await late
            assert (answer.status, as_json(answer)["state"]) == (202, "provisional")
            assert answer.headers["preference-applied"] == "wait=7"
            held.free.set()
            waited = await house.alice.post(PATH, given, prefer="wait=30")
            told = as_json(waited)
            assert (waited.status, told["state"]) == (200, "certified")
            assert waited.headers["location"] == told["url"] != answer.headers["location"]
            assert (waited.headers["cache-control"], waited.headers["preference-applied"]) == ("no-store", "wait=30")
            assert told.pop("webhook")["url"] == "https://x/hook"
            assert told == as_json(await house.alice.get(f"{PATH}/{told['id']}"))
            await settled(house.alice, as_json(answer)["id"])

    run(main)


def test_prefer_wait_ends_when_its_time_is_over(here: Builder) -> None:
    held = Held()
    here.load = held.load

    async def main() -> None:
        async with here.open() as house:
            id_ = (await handed_in(house.alice))["id"]
            waits = asyncio.create_task(house.alice.get(f"{PATH}/{id_}", prefer="wait=7"))
            await until(lambda: house.clock.asleep)
            await house.clock.move(6_999)
            assert not waits.done()
            await house.clock.move(1)
            assert as_json(await waits)["state"] == "provisional"
            held.free.set()
            await settled(house.alice, id_)

    run(main)


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("wait=10", 10),
        ("respond-async, wait=10", 10),
        ("Wait = 10 ; foo=bar", 10),
        ('wait="10"', 10),
        ("wait=100000", 60),
        ("wait=1, wait=2", 1),
        ("wait=-1", None),
        ("wait=ten", None),
        ("wait", None),
        ("waiting=3", None),
        ("return=minimal", None),
    ],
)
def test_prefer_is_read_as_rfc_7240_writes_it(prefer: str, seconds: int | None) -> None:
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [(b"prefer", prefer.encode())]})
    assert waiting(request, 60) == seconds


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


def dies_before_it_publishes(patch: pytest.MonkeyPatch, here: Builder) -> None:
    """To the ledgers it is as if the process were killed when the outcome is signed and not yet published."""

    def publish(*_: object) -> bytes:
        raise LedgerError("killed")

    patch.setattr(here.network.ledger, "publish", publish)


def test_what_was_acknowledged_is_taken_up_by_the_next_process(here: Builder) -> None:
    async def main() -> None:
        async with here.open("one") as house:
            with pytest.MonkeyPatch.context() as patch:
                dies_before_it_publishes(patch, here)
                body = await handed_in(house.alice, text=f"{TRUE} {FALSE}")
                await house.runner.close()
                await house.verifier.close()
        async with here.open("two") as house:
            async with beside(house.runner.run()):
                end = await settled(house.alice, body["id"])
            assert end["state"] == "partially_certified"
            assert end["generation"] == body["generation"]
            told = read_events((await house.alice.get(f"{PATH}/{body['id']}/events", last_event_id="0badcafe.4")).body)
            assert told[0]["event"] == "claim_found"  # another run: from the first on
            assert len(statements(here)) == 1

    run(main)


def statements(here: Builder) -> list[Any]:
    """What was published about any text: round and hash."""
    return here.network.ledger._rows("SELECT round_id, hash FROM statements")


def test_a_statement_that_was_published_and_not_settled_is_settled_with_by_the_next_process(here: Builder) -> None:
    """Killed between the two ledgers: there is never a second certificate for the same text."""

    async def main() -> None:
        async with here.open("one") as house:
            body = await handed_in(house.alice)
            before = await settled(house.alice, body["id"])
            lived = await history(house.alice, body["id"])
        with here.database.write() as unit:  # what a killed process leaves
            unit.connection.exec_driver_sql(
                "UPDATE generations SET state = 'provisional', settled_at = NULL, record_hash = NULL, "
                "cert_hash = NULL, certified_at = NULL"
            )
            unit.connection.exec_driver_sql("UPDATE jobs SET ended_at = NULL, owner = 'one', leased_until = 0")
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
        with here.database.write() as unit:  # what a killed process leaves
            unit.connection.exec_driver_sql(
                "UPDATE generations SET state = 'provisional', settled_at = NULL, record_hash = NULL, "
                "cert_hash = NULL, certified_at = NULL"
            )
            unit.connection.exec_driver_sql("UPDATE jobs SET ended_at = NULL, owner = 'one', leased_until = 0")
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
                await until(lambda: house.runner.running == 0)
            told = as_json(await house.alice.get(f"{PATH}/{id_}"))
            assert (told["state"], told["reason"]) == ("provisional", "killed")
            for _ in range(3):
                await a_third_of_a_lease(here)
            assert (await settled(house.alice, id_))["state"] == "certified"
            assert len(statements(here)) == 1

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


async def a_third_of_a_lease(here: Builder) -> None:
    """The time after which a runner looks again, once it sleeps."""
    await until(lambda: here.clock.asleep)
    await here.clock.move(20_000)
    await until(lambda: here.clock.asleep)


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
        async with here.open("one") as house:
            with pytest.MonkeyPatch.context() as patch:
                dies_before_it_publishes(patch, here)
                id_ = (await handed_in(house.alice))["id"]
                await house.runner.close()
                await house.verifier.close()
        with here.database.write() as unit:
            unit.connection.exec_driver_sql("UPDATE jobs SET ended_at = 1")
        async with here.open("two") as house:
            (event,) = await history(house.alice, id_)
            assert (event["id"], event["event"], event["data"]["state"]) == ("settled", "settled", "provisional")

    run(main)


def test_evidence_that_vanished_ends_the_verification_without_a_certificate(here: Builder) -> None:
    async def main() -> None:
        async with here.open("one") as house:
            with pytest.MonkeyPatch.context() as patch:
                dies_before_it_publishes(patch, here)
                id_ = (await handed_in(house.alice))["id"]
                await house.runner.close()
                await house.verifier.close()
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


def test_who_has_the_text_is_recorded_with_it(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            body = await handed_in(house.alice, receiver="mailing list", webhook={"url": "https://x/hook"})
            with here.database.read() as connection:
                (one,) = releases.of(connection, [body["generation"]])[body["generation"]]
            assert (one.release.receiver, one.release.callback) == ("mailing list", "https://x/hook")
            assert one.release.state is State.PROVISIONAL

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


def test_too_many_at_once_are_asked_to_come_back(here: Builder) -> None:
    held = Held()
    here.load, here.most = held.load, 1

    async def main() -> None:
        async with here.open() as house:
            await handed_in(house.alice)
            answer = await house.alice.post(PATH, BODY)
            assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "overloaded", "1")
            held.free.set()

    run(main)


def test_a_verification_of_a_generated_text_is_found_too_and_after_a_restart(here: Builder) -> None:
    one = Generation("gen_" + 32 * "5", "alice", Digest.of(b"asked"), "model-1", here.clock.now())

    async def main() -> None:
        async with here.open("one") as house:
            await house.ledger.begin(one)
            verification = await house.register.start(one.id, EVIDENCE)
            path = f"{PATH}/{verification.id}"
            assert as_json(await house.alice.get(path))["state"] == "generating"
            assert (await house.bob.get(path)).status == 404
            verification.feed(TRUE)
            naming = Naming("chatcmpl-1", verification.id)
            await house.ledger.finish(one.id, TRUE, complete=True, at=here.clock.now(), naming=naming)
            verification.finish()
            before = as_json(await house.alice.get(path, prefer="wait=20"))
            assert before["state"] == "certified"
        async with here.open("two") as house:
            assert as_json(await house.alice.get(path)) == before
            assert (await house.bob.get(path)).status == 404

    run(main)


def test_claims_are_json_whatever_they_hold(here: Builder) -> None:
    markup = "The <script>alert(1)</script> Eiffel Tower is 330 m tall."

    async def main() -> None:
        async with here.open() as house:
            id_ = (await handed_in(house.alice, text=markup))["id"]
            await settled(house.alice, id_)
            for path in (f"{PATH}/{id_}", f"{PATH}/{id_}/events"):
                answer = await house.alice.get(path, accept="text/html")
                assert "html" not in answer.headers["content-type"]
                assert answer.headers["x-content-type-options"] == "nosniff"

    run(main)


def test_a_generation_of_a_text_handed_in_is_in_the_ledger_at_once(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            body = await handed_in(house.alice)
            with here.database.read() as connection:
                standing = generations.find(connection, body["generation"])
            assert standing is not None
            assert standing.output is not None
            assert standing.generation.model == ""

    run(main)
