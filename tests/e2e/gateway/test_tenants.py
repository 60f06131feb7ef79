"""Tenants cannot see each other's texts, on any route there is: a route that is not in the table below fails the first test."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from probatum.coordinator.revoking import revoke
from probatum.encoding.digest import Digest
from probatum.gateway.entrance.access import OPEN, OPEN_BELOW
from tests.e2e.gateway.assembled import assembled, assembled_routes
from tests.e2e.gateway.program import evidence, text
from tests.e2e.scripted_network import open_scripted

CANARY = "Kanarienvogel 4711 sings. " + text(1)

SHARED = {"/v1/models", "/v1/models/{model:path}", "/metrics"}
"""They know no tenant: they speak of the upstream and of the process."""

OWN = {
    ("POST", "/v1/chat/completions"): ("/v1/chat/completions", {"model": "x", "messages": [], "stream": False}),
    ("POST", "/v1/responses"): ("/v1/responses", {"model": "x", "input": "x"}),
    ("POST", "/v1/verifications"): ("/v1/verifications", {"text": text(2), "evidence": [{"name": "a.txt", "text": evidence(2)}]}),
    ("POST", "/verify/v1/stream"): ("/verify/v1/stream", {"fact": text(2)}),
    ("GET", "/v1/recalls"): ("/v1/recalls", None),
}
"""Each answers everyone, with what is the caller's own. Their answers must not hold anything of another tenant."""

NAMED = {
    ("GET", "/v1/generations/{name}"): "/v1/generations/{generation}",
    ("GET", "/v1/chat/completions/{name}/verification"): "/v1/chat/completions/{generation}/verification",
    ("GET", "/v1/responses/{name}/verification"): "/v1/responses/{generation}/verification",
    ("GET", "/v1/verifications/{id}"): "/v1/verifications/{verification}",
    ("GET", "/v1/verifications/{id}/events"): "/v1/verifications/{verification}/events",
    ("GET", "/v1/certificates/{hash}"): "/v1/certificates/{cert}",
    ("GET", "/v1/certificates/{hash}/revocation"): "/v1/certificates/{cert}/revocation",
    ("GET", "/v1/rounds/{id}"): "/v1/rounds/{round}",
    ("GET", "/v1/outputs/{hash}"): "/v1/outputs/{output}",
    ("GET", "/v1/outputs/{hash}/{state}"): "/v1/outputs/{output}/provisional",
    ("GET", "/v1/outputs/{hash}/certified/{cert_hash}"): "/v1/outputs/{output}/certified/{cert}",
    ("GET", "/v1/fragments/{hash}"): "/v1/fragments/{fragment}",
    ("GET", "/v1/fragments/{hash}/proof"): "/v1/fragments/{fragment}/proof",
    ("GET", "/v1/trace"): "/v1/trace?generation={generation}",
}
"""What is another tenant's is not found, as if it were not there."""

ACTING = {
    ("POST", "/v1/releases"): ("/v1/releases", {"generation": "{generation}", "channel": "copy", "receiver": "thief"}),
    ("POST", "/v1/trace"): ("/v1/trace", {"generation": "{generation}"}),
    ("POST", "/v1/recalls/{id}/acknowledge"): ("/v1/recalls/{recall}/acknowledge", {}),
}

FEEDS = {("GET", "/v1/recalls/stream")}
"""Never end; they read the same page as ``/v1/recalls``."""


@dataclass(frozen=True, slots=True)
class Things:
    """Names of what belongs to the tenant ``owner``."""

    generation: str
    verification: str
    cert: str
    round: str
    output: str
    fragment: str
    recall: str

    def fill(self, template: str) -> str:
        return template.format(**{name: getattr(self, name) for name in self.__slots__})

    def told(self, answer: httpx.Response) -> list[str]:
        """What of these an answer holds that its request did not."""
        asked = (answer.history or [answer])[0].request
        request = str(asked.url) + asked.content.decode()
        names = [getattr(self, name) for name in self.__slots__] + ["Kanarienvogel"]
        return [name for name in names if name in answer.text and name not in request]


async def make_things(client: httpx.AsyncClient) -> Things:
    """Hand in the canary, have it certified, have it released and recalled."""
    given = {"text": CANARY, "evidence": [{"name": "towers.txt", "text": evidence(1)}], "receiver": "reader-1"}
    made = (await client.post("/v1/verifications", json=given)).json()
    end = (await client.get(f"/v1/verifications/{made['id']}", headers={"prefer": "wait=60"})).json()
    assert end["record_hash"], end
    output = Digest.of(CANARY.encode()).hex()
    statement = (await client.get(f"/v1/outputs/{output}")).json()["statements"][0]
    fragment = next(one["id"] for one in end["report"]["fragments"] if one["status"] == "certified")
    return Things(made["generation"], made["id"], end["record_hash"], statement["round"], output, fragment, "rec_" + "0" * 32)


def table() -> set[tuple[str, str]]:
    routes = [route for route in assembled_routes() if isinstance(route, Route)]
    return {(method, route.path) for route in routes for method in (route.methods or set()) - {"HEAD"}}


def test_every_route_is_in_one_of_the_tables() -> None:
    known = {*OWN, *NAMED, *ACTING, *FEEDS}
    rest = {(method, path) for method, path in table() - known if path not in SHARED | OPEN and not path.startswith(OPEN_BELOW)}
    assert not rest, "say above what another tenant may see of these"
    assert known <= table()


def test_without_a_key_nothing_answers_but_what_is_open(tmp_path: Path) -> None:
    async def story() -> dict[tuple[str, str], int]:
        async with assembled(tmp_path / "net", ("owner",)) as (_, clients):
            found = {}
            for method, path in table_of(_):
                filled = re.sub(r"{[^}]*}", "x", path)
                found[method, path] = (await clients[""].request(method, filled, json={})).status_code
            return found

    for (method, path), status in asyncio.run(story()).items():
        if path in OPEN or path.startswith(OPEN_BELOW):
            assert status in (200, 404), (method, path)
        else:
            assert status == 401, (method, path)


def table_of(gateway: Any) -> set[tuple[str, str]]:
    routes = [route for route in gateway.routes if isinstance(route, Route)]
    return {(method, route.path) for route in routes for method in (route.methods or set()) - {"HEAD"}}


@pytest.mark.parametrize("public", [False, True])
def test_another_tenant_finds_nothing(tmp_path: Path, public: bool) -> None:
    """``public``: the certificates of a third tenant are public, which changes nothing for this one."""

    async def story() -> None:
        settings: Mapping[str, Any] = {"public_certificates": ("open",)} if public else {}
        async with assembled(tmp_path / "net", ("owner", "other"), **settings) as (_, clients):
            things = await make_things(clients["owner"])
            with open_scripted(tmp_path / "net") as network:
                revoke(network, Digest.parse(things.cert), "a source was wrong")
            for key, template in NAMED.items():
                own = await clients["owner"].get(things.fill(template))
                assert own.status_code == 200, (key, own.text)
                foreign = await clients["other"].get(things.fill(template))
                await check(key, foreign, things)
            for key, (template, body) in ACTING.items():
                filled = {name: things.fill(value) for name, value in body.items()}
                await check(key, await clients["other"].post(things.fill(template), json=filled), things)
            for (method, _path), (path, body) in OWN.items():
                found = await clients["other"].request(method, path, json=body)
                assert not things.told(found), path

    asyncio.run(story())


async def check(key: tuple[str, str], answer: httpx.Response, things: Things) -> None:
    """Not there; a trace is there, and empty."""
    if key[1] == "/v1/trace":
        assert answer.status_code in (200, 404)
        assert answer.status_code == 404 or answer.json()["versions"] == []
    else:
        assert answer.status_code == 404, (key, answer.text)
    assert not things.told(answer), key


def test_public_certificates_are_read_without_a_key_and_the_text_is_not(tmp_path: Path) -> None:
    async def story() -> None:
        async with assembled(tmp_path / "net", ("owner",), public_certificates=True) as (_, clients):
            things = await make_things(clients["owner"])
            assert (await clients[""].get(f"/v1/certificates/{things.cert}")).status_code == 200
            assert (await clients[""].get(f"/v1/generations/{things.generation}")).status_code == 401

    asyncio.run(story())
