"""One generation at a time for one question; the cache of certified answers; siblings; and generations nobody waits for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from probatum.encoding.digest import Digest
from probatum.gateway.parts import Caller, Limits
from probatum.ledger.records import Channel, State
from probatum.testing.gateway import Verdict
from probatum.testing.upstream import Script
from tests.unit.gateway.serving import SOURCES, Gateway, Left, ask, run, text, verifications

HELD = SOURCES | {"wait": "certificate"}


async def by_header(request: Request) -> Caller:
    return Caller(request.headers.get("x-tenant", "local"), "somebody")


def generations(gateway: Gateway) -> int:
    return len(gateway.journal.generations)


def test_identical_requests_at_one_time_share_one_generation() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        answers = await asyncio.gather(*[gateway.post(ask(stream=True, probatum=SOURCES)) for _ in range(20)])
        got = await asyncio.gather(*[answer.events() for answer in answers])
        assert len({answer.headers["probatum-generation"] for answer in answers}) == 1
        assert len(gateway.fake.requests) == generations(gateway) == 1
        assert all(one == got[0] for one in got)
        assert len(gateway.journal.releases) == 20

    run(main)


def test_who_joins_late_gets_everything_from_the_beginning() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        first = await gateway.post(ask(stream=True))
        await asyncio.sleep(0.05)
        second = await gateway.post(ask(stream=True))
        assert await second.body() == await first.body()

    run(main)


def test_who_asks_while_the_text_is_judged_joins_too() -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.verifier.verdict = lambda _: Verdict(after_ms=1000)
        await (await gateway.post(ask(probatum=SOURCES))).body()
        held = await gateway.post(ask(probatum=HELD))
        assert held.headers["probatum-state"] == "certified"
        assert generations(gateway) == 1

    run(main)


DIFFERENT: dict[str, dict[str, Any]] = {
    "other evidence": {"probatum": {"evidence": [{"name": "voyager.txt", "text": "Something else."}]}},
    "evidence by another name": {"probatum": {"evidence": [{"name": "v.txt", "text": "Voyager 1 was launched in 1977."}]}},
    "no evidence": {},
    "a corpus": {"probatum": {"corpus": "space"}},
    "other words": {"messages": [{"role": "user", "content": "Tell me!"}], "probatum": SOURCES},
    "another temperature": {"temperature": 0.5, "probatum": SOURCES},
}


@pytest.mark.parametrize("other", DIFFERENT.values(), ids=DIFFERENT)
def test_different_questions_never_share(other: dict[str, Any]) -> None:
    async def main() -> None:
        gateway = Gateway()
        await asyncio.gather(gateway.post(ask(probatum=SOURCES)), gateway.post(ask() | other))
        await gateway.idle()
        assert generations(gateway) == 2
        assert len(gateway.journal.kept) == len(gateway.verifier.started)

    run(main)


def test_tenants_never_share_nor_see_each_others_answers() -> None:
    async def main() -> None:
        gateway = Gateway(settings={"identify": by_header})
        a, b = {"x-tenant": "a"}, {"x-tenant": "b"}
        await asyncio.gather(gateway.post(ask(probatum=HELD), headers=a), gateway.post(ask(probatum=HELD), headers=b))
        assert generations(gateway) == 2
        again = await gateway.post(ask(probatum=HELD), headers=b)
        assert gateway.journal.generations[again.headers["probatum-generation"]].tenant == "b"

    run(main)


def test_a_certified_answer_comes_from_the_cache_in_both_forms() -> None:
    async def main() -> None:
        gateway = Gateway()
        first = await gateway.post(ask(stream=True, probatum=SOURCES))
        said = text(await first.events())
        whole = await gateway.post(ask(probatum=SOURCES))
        stream = await gateway.post(ask(stream=True, stream_options={"include_usage": False}, probatum=SOURCES))
        got = await stream.events()
        assert (await whole.json())["choices"][0]["message"]["content"] == text(got) == said
        assert {one["state"] for one in verifications(got)} == {"certified"}
        assert stream.headers["probatum-state"] == whole.headers["probatum-state"] == "certified"
        assert generations(gateway) == 1
        assert [one.channel for one in gateway.journal.releases] == [Channel.STREAM, Channel.CACHE_HIT, Channel.CACHE_HIT]
        assert got[-1] == "[DONE]"

    run(main)


def test_an_answer_under_another_epoch_is_not_in_the_cache() -> None:
    async def main() -> None:
        gateway = Gateway()
        await gateway.post(ask(probatum=HELD))
        gateway.verifier.epoch = Digest.of(b"the next epoch")
        await gateway.post(ask(probatum=HELD))
        assert generations(gateway) == 2

    run(main)


def test_an_answer_from_an_older_version_of_a_corpus_is_not_in_the_cache() -> None:
    version = ["1"]

    async def corpus_version(tenant: str, corpus: str) -> str:
        return version[0]

    async def main() -> None:
        gateway = Gateway(settings={"corpus_version": corpus_version})
        for made, now in ((1, "1"), (1, "1"), (2, "2")):
            version[0] = now
            await gateway.post(ask(probatum={"corpus": "space", "wait": "certificate"}))
            assert generations(gateway) == made

    run(main)


@pytest.mark.parametrize("state", [State.REJECTED, State.UNDECIDED, State.PARTIALLY_CERTIFIED, State.EXPIRED])
def test_what_is_not_certified_is_made_again_as_a_sibling(state: State) -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.verifier.verdict = lambda _: Verdict(state)
        for _ in range(3):
            await (await gateway.post(ask(stream=True, probatum=SOURCES))).body()
        assert len({one.request for one in gateway.journal.generations.values()}) == 1
        assert generations(gateway) == 3
        assert not gateway.journal.kept

    run(main)


def test_a_regeneration_can_be_asked_for_and_is_a_sibling() -> None:
    async def main() -> None:
        gateway = Gateway()
        for _ in range(2):
            await gateway.post(ask(probatum=HELD), headers={"cache-control": "no-cache"})
        assert generations(gateway) == 2
        assert len({one.request for one in gateway.journal.generations.values()}) == 1

    run(main)


def test_a_client_that_leaves_changes_nothing_for_the_text_or_its_round() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        answer = await gateway.post(ask(stream=True, probatum=SOURCES))
        answer.leave()
        await gateway.idle()
        identity = answer.headers["probatum-generation"]
        assert gateway.journal.texts[identity] == (Script().text, True)
        assert gateway.journal.settlements[identity].state is State.CERTIFIED
        assert gateway.upstream.open == 0

    run(main)


def test_a_client_that_leaves_before_a_held_text_is_no_receiver_of_it() -> None:
    async def main() -> None:
        gateway = Gateway()
        gateway.verifier.verdict = lambda _: Verdict(after_ms=5000)
        left = asyncio.Event()
        asyncio.get_running_loop().call_later(1, left.set)
        with pytest.raises(Left):
            await gateway.post(ask(probatum=HELD), left=left)
        assert len(gateway.journal.settlements) == 1
        assert not gateway.journal.releases

    run(main)


def test_a_reader_that_stops_reading_is_given_up_and_holds_up_nobody() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10), limits=Limits(stall_ms=1000))
        slow, quick = await asyncio.gather(*[gateway.post(ask(stream=True)) for _ in range(2)])
        slow.block()
        assert text(await quick.events()) == Script().text
        await gateway.idle(2000)
        assert slow.over

    run(main)


def test_too_many_at_once_are_refused() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10), limits=Limits(generations=2))
        answers = await asyncio.gather(*[gateway.post(ask(f"{number}", stream=True)) for number in range(3)])
        assert sorted(answer.status for answer in answers) == [200, 200, 503]
        refused = next(answer for answer in answers if answer.status == 503)
        assert (await refused.json())["error"]["code"] == "overloaded"
        assert refused.headers["retry-after"] == "1"

    run(main)


def test_a_gateway_that_stops_lets_texts_end_and_takes_no_new_ones() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        async with gateway.app.router.lifespan_context(gateway.app):
            answer = await gateway.post(ask(stream=True, probatum=SOURCES))
        assert gateway.journal.settlements[answer.headers["probatum-generation"]].state is State.CERTIFIED
        refused = await gateway.post(ask("late"))
        assert (refused.status, (await refused.json())["error"]["code"]) == (503, "shutting_down")

    run(main)


def test_a_text_that_cannot_end_in_time_is_recorded_as_broken_off() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10_000), limits=Limits(shutdown_ms=25_000))
        async with gateway.app.router.lifespan_context(gateway.app):
            answer = await gateway.post(ask(stream=True, probatum=SOURCES))
        got = await answer.events()
        assert gateway.journal.texts[answer.headers["probatum-generation"]] == ("Voyager 1 ", False)
        assert (verifications(got)[-1]["state"], got[-2]["error"]["code"]) == ("incomplete", "shutting_down")
        assert gateway.upstream.open == 0

    run(main)


def test_where_a_text_stands_is_told_by_generation_and_by_response() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10))
        answer = await gateway.post(ask(stream=True, probatum=SOURCES))
        paths = [f"/v1/generations/{answer.headers['probatum-generation']}", "/v1/chat/completions/chatcmpl-fake/verification"]
        assert [(await (await gateway.get(path)).json())["state"] for path in paths] == ["generating"] * 2
        await answer.body()
        for path in paths:
            found = await gateway.get(path)
            body = await found.json()
            assert (body["state"], found.headers["cache-control"]) == ("certified", "no-store")
            assert body["certificate_url"] == f"/v1/certificates/{body['cert_hash']}"
            assert body["verification_url"] == f"/v1/verifications/{body['verification']}"

    run(main)


def test_another_tenants_text_does_not_exist() -> None:
    async def main() -> None:
        gateway = Gateway(Script(token_ms=10), settings={"identify": by_header})
        answer = await gateway.post(ask(stream=True), headers={"x-tenant": "a"})
        for name in (answer.headers["probatum-generation"], "chatcmpl-fake", "gen_" + "0" * 32):
            found = await gateway.send("GET", f"/v1/generations/{name}", headers={"x-tenant": "b"})
            assert (found.status, (await found.json())["error"]["code"]) == (404, "generation_not_found")
        await answer.body()

    run(main)
