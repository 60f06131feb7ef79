"""Who is let in, and how often. Time is handed in."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probatum.frozen import replace
from probatum.gateway.entrance.access import NEEDED, OPEN, Scope, needed
from probatum.gateway.entrance.auth import CALLER, REMEMBERED_MS, Authentication, Doorkeeper
from probatum.gateway.entrance.rates import DAY_MS, Rates, TooOften
from probatum.gateway.parts import Caller
from tests.unit.gateway.asgi import Exchange, ask, http_scope

EVERYTHING = frozenset(Scope)
BEARER = {"authorization": "Bearer secret-1"}
CHAT = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class ScriptedKey:
    id: str = "k1"
    tenant: str = "acme"
    scopes: frozenset[str] = EVERYTHING
    per_minute: int | None = None
    per_day: int | None = None


@dataclass(slots=True)
class Door:
    """A doorkeeper over keys in a dictionary; ``now`` is its clock."""

    keys: dict[str, ScriptedKey] = field(default_factory=lambda: {"secret-1": ScriptedKey()})
    now: int = DAY_MS
    public: bool = False
    lookups: int = 0
    _made: Authentication | None = None

    async def find(self, secret: str) -> ScriptedKey | None:
        self.lookups += 1
        return self.keys.get(secret)

    async def ask(self, method: str, path: str, headers: dict[str, str]) -> Exchange:
        self._made = self._made or Authentication(_echo, Doorkeeper(self.find, lambda: self.now, public=self.public))
        return await ask(self._made, method, path, headers)

    def knock(self, method: str, path: str, headers: dict[str, str]) -> Exchange:
        return asyncio.run(self.ask(method, path, headers))


async def _echo(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    caller: Caller = scope[CALLER]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": f"{caller.tenant} {caller.receiver} {caller.callback}".encode()})


def test_a_key_is_taken_from_either_header() -> None:
    for headers in (BEARER, {"authorization": "bearer  secret-1"}, {"x-api-key": "secret-1"}):
        found = Door().knock("POST", CHAT, headers)
        assert (found.status, found.body) == (200, b"acme key:k1 None")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "missing_api_key"),
        ({"authorization": "Bearer "}, "missing_api_key"),
        ({"authorization": "Basic c2VjcmV0LTE="}, "missing_api_key"),
        ({"authorization": "Bearer secret-2"}, "invalid_api_key"),
        ({"authorization": "Bearer secret-1 "}, None),
        ({"authorization": "Bearer SECRET-1"}, "invalid_api_key"),
        ({"x-api-key": "key:k1"}, "invalid_api_key"),
    ],
)
def test_without_a_good_key_the_answer_is_401(headers: dict[str, str], code: str | None) -> None:
    found = Door().knock("POST", CHAT, headers)
    if code is None:
        assert found.status == 200
    else:
        assert (found.status, found.code) == (401, code)
        assert found.headers["www-authenticate"] == "Bearer"
        assert found.headers["cache-control"] == "no-store"


def test_scopes_do_not_include_one_another() -> None:
    for scope in Scope:
        door = Door({"secret-1": ScriptedKey(scopes=frozenset({scope}))})
        for (method, path), wanted in NEEDED.items():
            found = door.knock(method, path, BEARER)
            assert (found.status == 200) == (wanted is scope), (scope, method, path)
            assert found.status == 200 or (found.status, found.code) == (403, "insufficient_scope")


@given(st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get"]), st.text(max_size=30))
def test_nothing_is_open_but_what_is_named(method: str, rest: str) -> None:
    path = "/" + rest
    if path in OPEN or path.startswith("/log/"):
        return
    scope = needed(method, path, public=False)
    assert scope is not None
    named = ("POST", path.rstrip("/")) in NEEDED or path.startswith("/v1/recalls/")
    assert method in ("GET", "HEAD", "OPTIONS") or scope is Scope.ADMIN or named


def test_what_is_not_named_and_changes_something_needs_an_admin() -> None:
    assert needed("POST", "/v1/forgotten", public=True) is Scope.ADMIN
    assert needed("DELETE", "/v1/certificates/sha256:00", public=True) is Scope.ADMIN
    assert needed("POST", "/healthz", public=True) is Scope.ADMIN
    assert needed("HEAD", "/metrics", public=True) is Scope.ADMIN
    assert needed("POST", f"{CHAT}/", public=False) is Scope.GENERATE


def test_certificates_are_public_only_if_said_so() -> None:
    assert Door().knock("GET", "/v1/certificates/sha256:00", {}).status == 401
    found = Door(public=True).knock("GET", "/v1/certificates/sha256:00", {})
    assert (found.status, found.body) == (200, b" anyone None")
    assert Door(public=True).knock("GET", "/v1/generations/gen_00", {}).status == 401


def test_a_bad_key_is_refused_even_where_none_is_needed() -> None:
    assert Door(public=True).knock("GET", "/v1/certificates/sha256:00", {"x-api-key": "wrong"}).status == 401


def test_a_revoked_key_stops_working_within_the_time_that_is_promised() -> None:
    door = Door()

    async def story() -> list[int]:
        seen = []
        for elapsed in (0, REMEMBERED_MS - 1, REMEMBERED_MS):
            door.now = DAY_MS + elapsed
            seen.append((await door.ask("POST", CHAT, BEARER)).status)
            door.keys.clear()
        return seen

    assert asyncio.run(story()) == [200, 200, 401]


def test_a_clock_set_back_does_not_keep_a_revoked_key_alive() -> None:
    door = Door()

    async def story() -> int:
        await door.ask("POST", CHAT, BEARER)
        door.keys.clear()
        door.now -= 1
        return (await door.ask("POST", CHAT, BEARER)).status

    assert asyncio.run(story()) == 401


def test_a_key_is_looked_up_once() -> None:
    door = Door()

    async def story() -> None:
        for _ in range(3):
            await door.ask("POST", CHAT, BEARER)

    asyncio.run(story())
    assert door.lookups == 1


def test_too_often_is_429_with_the_time_to_wait() -> None:
    door = Door({"secret-1": ScriptedKey(per_minute=2)})

    async def story() -> list[Exchange]:
        made = [await door.ask("POST", CHAT, BEARER) for _ in range(3)]
        door.now += 30_000
        return [*made, await door.ask("POST", CHAT, BEARER), await door.ask("POST", CHAT, BEARER)]

    found = asyncio.run(story())
    assert [one.status for one in found] == [200, 200, 429, 200, 429]
    assert found[2].code == "rate_limit_exceeded"
    assert found[2].headers["retry-after"] == "30"


def test_the_day_ends_at_midnight_utc() -> None:
    rates, late = Rates(), 2 * DAY_MS - 1500
    assert rates.use("k", None, 1, late) is None
    assert rates.use("k", None, 1, late) == TooOften("requests a day", 2)
    assert rates.use("k", None, 1, 2 * DAY_MS) is None
    assert rates.take_counts() == {("k", 1): 1, ("k", 2): 1}
    assert rates.take_counts() == {}


def test_what_was_used_before_a_restart_counts() -> None:
    rates = Rates()
    rates.start("k", DAY_MS, 5)
    assert rates.use("k", None, 5, DAY_MS) is not None


@given(st.integers(1, 100), st.lists(st.integers(0, 5_000), max_size=200))
def test_never_more_than_a_bucket_and_what_flowed_in(per_minute: int, gaps: list[int]) -> None:
    rates, now, used, start = Rates(), 10 * DAY_MS, 0, 10 * DAY_MS
    for gap in gaps:
        now += gap
        used += rates.use("k", per_minute, None, now) is None
        assert used <= per_minute + (now - start) * per_minute / 60_000 + 1e-6


def test_one_key_does_not_use_up_another() -> None:
    rates = Rates()
    assert rates.use("a", 1, None, DAY_MS) is None
    assert rates.use("b", 1, None, DAY_MS) is None
    assert rates.use("a", 1, None, DAY_MS) is not None


def test_a_receiver_and_an_address_for_recalls_can_be_named() -> None:
    found = Door().knock("POST", CHAT, {**BEARER, "probatum-receiver": "user-7", "probatum-callback": "https://a.example/x"})
    assert found.body == b"acme key:k1/user-7 https://a.example/x"


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("probatum-receiver", "two words", "invalid_receiver"),
        ("probatum-receiver", "x" * 129, "invalid_receiver"),
        ("probatum-callback", "file:///etc/passwd", "invalid_callback"),
        ("probatum-callback", "https://a.example/\u00e9", "invalid_callback"),
    ],
)
def test_a_receiver_that_cannot_be_recorded_is_refused(header: str, value: str, code: str) -> None:
    found = Door().knock("POST", CHAT, {**BEARER, header: value})
    assert (found.status, found.code) == (400, code)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "127.0.0.1:8080"}, 200),
        ({"host": "localhost"}, 200),
        ({"host": "[::1]:8080", "origin": "http://localhost:3000"}, 200),
        ({"host": "127.0.0.1:8080", "origin": "https://evil.example"}, 403),
        ({"host": "127.0.0.1:8080", "origin": "null"}, 403),
        ({"host": "rebound.evil.example:8080"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "localhost@evil.example"}, 403),
    ],
)
def test_without_keys_no_web_page_gets_in(headers: dict[str, str], status: int) -> None:
    app = Authentication(_echo, Doorkeeper(None, lambda: 0, loopback=True))
    assert asyncio.run(ask(app, "POST", CHAT, headers)).status == status


def test_without_keys_everyone_is_the_tenant_local_told_apart_by_address() -> None:
    app = Authentication(_echo, Doorkeeper(None, lambda: 0))
    assert asyncio.run(ask(app, "POST", CHAT, {"host": "a.example"})).body == b"local ip:192.0.2.1 None"


def test_what_is_no_request_passes() -> None:
    seen = []

    async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        seen.append(scope["type"])

    exchange = Exchange()
    door = Authentication(app, Doorkeeper(None, lambda: 0))
    asyncio.run(door(http_scope("GET", "/") | {"type": "lifespan"}, exchange.receive, exchange.send))
    assert seen == ["lifespan"]


def test_a_key_of_another_tenant_is_another_tenant() -> None:
    door = Door({"secret-1": ScriptedKey(), "secret-2": replace(ScriptedKey(), id="k2", tenant="other")})
    assert door.knock("GET", "/v1/models", {"x-api-key": "secret-2"}).body.startswith(b"other key:k2")
