"""Releases that applications report, and traces of what went out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.gateway.served.client import as_json
from tests.unit.gateway.served.house import Builder, run
from tests.unit.gateway.served.test_recalls import released
from tests.unit.gateway.served.test_verifications import handed_in, settled
from tests.unit.gateway.test_verifier import FALSE, TRUE

RELEASES = "/v1/releases"


def test_a_reported_release_is_in_the_trace_in_the_state_of_that_moment(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await settled(house.alice, (await handed_in(house.alice))["id"])
            made = await released(house, end["generation"], "newsroom")
            assert (made["state"], made["cert_hash"], made["channel"]) == ("certified", end["cert_hash"], "forward")
            found = as_json(await house.alice.get(f"/v1/trace?generation={end['generation']}"))
            (version,) = found["versions"]
            assert found["first_released"] == end["generation"]
            assert [(one["receiver"], one["seq"]) for one in version["releases"]] == [("newsroom", made["seq"])]

    run(main)


@pytest.mark.parametrize("name", ["generation", "text", "cert_hash"])
def test_a_text_is_named_in_three_ways(here: Builder, name: str) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await settled(house.alice, (await handed_in(house.alice))["id"])
            value = {"generation": end["generation"], "text": TRUE, "cert_hash": end["cert_hash"]}[name]
            body = {name: value, "channel": "copy", "receiver": "clipboard of editor 7"}
            assert as_json(await house.alice.post(RELEASES, body))["generation"] == end["generation"]
            assert (await house.bob.post(RELEASES, body)).code == "generation_not_found"

    run(main)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "generation"),
        ({"generation": "gen_1"}, "generation"),
        ({"generation": 7}, "generation"),
        ({"generation": "gen_" + 32 * "0", "text": "x"}, "generation"),
        ({"cert_hash": "sha256:abc"}, "cert_hash"),
        ({"text": "x", "channel": "stream"}, "channel"),
        ({"text": "x", "channel": ["copy"]}, "channel"),
        ({"text": "x", "receiver": ""}, "receiver"),
        ({"text": "x", "receiver": None}, "receiver"),
        ({"text": "x", "receiver": "r" * 257}, "receiver"),
        ({"text": "x", "at": 1}, "at"),
        ({"text": "x", "callback": "https://inside/"}, "callback.url"),
        ({"text": "x", "callback": 7}, "callback.url"),
    ],
)
def test_a_report_that_cannot_be_read_is_refused(here: Builder, body: dict[str, Any], param: str) -> None:
    async def main() -> None:
        async with here.open() as house:
            given = {"channel": "copy", "receiver": "r"} | body
            answer = await house.alice.post(RELEASES, given)
            assert (answer.status, as_json(answer)["error"]["param"]) == (400, param)

    run(main)


def test_who_gives_an_address_is_told_the_secret_of_its_notices(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await settled(house.alice, (await handed_in(house.alice))["id"])
            first = await released(house, end["generation"], "a", "https://x/r")
            second = await released(house, end["generation"], "b", "https://x/r")
            assert first["webhook"] == second["webhook"]
            assert first["webhook"]["secret"].startswith("whsec_")

    run(main)


def test_a_trace_is_by_text_by_hash_by_id_or_whatever_it_looks_like(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await settled(house.alice, (await handed_in(house.alice))["id"])
            asked = {
                "q": [end["generation"], end["output"], end["cert_hash"]],
                "generation": [end["generation"]],
                "hash": [end["output"]],
            }
            for name, values in asked.items():
                for value in values:
                    found = as_json(await house.alice.get(f"/v1/trace?{name}={value}"))
                    assert [one["generation"] for one in found["versions"]] == [end["generation"]], name
            near = as_json(await house.alice.post("/v1/trace", {"text": "The Eiffel Tower is 330 m tall!"}))
            assert [one["match"]["kind"] for one in near["versions"]] == ["near"]
            assert as_json(await house.bob.get(f"/v1/trace?q={end['generation']}"))["versions"] == []

    run(main)


@pytest.mark.parametrize("query", ["", "?q=", "?q=a&text=b", "?generation=sha256:aa", "?hash=hello", "?x=1"])
def test_a_trace_of_nothing_or_of_two_things_is_refused(here: Builder, query: str) -> None:
    async def main() -> None:
        async with here.open() as house:
            assert (await house.alice.get(f"/v1/trace{query}")).code == "invalid_request"

    run(main)


def test_which_version_went_first_is_answered(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            texts = [TRUE, "The Eiffel Tower is 330 m in height.", f"{TRUE} {FALSE}"]
            ends = [await settled(house.alice, (await handed_in(house.alice, text=text))["id"]) for text in texts]
            for number in (2, 0, 1):
                await house.clock.move(1000)
                await released(house, ends[number]["generation"], f"receiver {number}")
            found = as_json(await house.alice.post("/v1/trace", {"text": TRUE}))
            assert found["first_released"] == ends[2]["generation"]
            assert [one["generation"] for one in found["versions"]] == [ends[number]["generation"] for number in (2, 0, 1)]

    run(main)
