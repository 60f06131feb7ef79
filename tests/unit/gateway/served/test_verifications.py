"""Hand in a text, look at what became of it; for one's own tenant only."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from probatum.encoding.digest import Digest
from probatum.gateway.ports import Naming
from probatum.gateway.verifications.prefer import waiting
from probatum.gateway.verifications.routes import PATH
from probatum.ledger.propagation import generations, releases
from probatum.ledger.records import Channel, Generation, Release, State
from tests.unit.gateway.served.client import Client, as_json, until
from tests.unit.gateway.served.handing_in import (
    BODY,
    Held,
    handed_in,
    settled,
)
from tests.unit.gateway.served.house import SOURCE, Builder, run
from tests.unit.gateway.test_verifier import EVIDENCE, FALSE, TRUE


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


def test_who_has_the_text_is_recorded_with_it(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            body = await handed_in(house.alice, receiver="mailing list", webhook={"url": "https://x/hook"})
            with here.database.read() as connection:
                (one,) = releases.of(connection, [body["generation"]])[body["generation"]]
            assert (one.release.receiver, one.release.callback) == ("mailing list", "https://x/hook")
            assert one.release.state is State.PROVISIONAL

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
