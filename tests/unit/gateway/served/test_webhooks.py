"""Signed, repeated until taken or given up, and never to inside addresses."""

from __future__ import annotations

import asyncio
import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probatum.errors import SettingsRefused
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.webhooks.delivery import Answer, Deliverer, Ended, Endpoint, Message, Unreachable
from probatum.gateway.webhooks.endpoints import Endpoints
from probatum.gateway.webhooks.schedule import Schedule
from probatum.gateway.webhooks.signing import Secret
from tests.unit.gateway.served.clock import START, HandClock

HOUR = 3_600_000
SECRET = Secret(bytes(range(32)))
HOOK = Endpoint("https://x/hook", SECRET)
MESSAGE = Message("msg_1", "verification.settled", START, {"id": "ver_1"})


def test_the_published_example_of_standard_webhooks() -> None:
    secret = Secret.parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_read_with_and_without_its_prefix_and_written_with_it() -> None:
    text = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert Secret.parse(text) == Secret.parse("whsec_" + text)
    assert str(Secret.parse(text)) == "whsec_" + text


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_AAAA", "whsec_" + "A" * 100, "whsec_?", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS"]
)
def test_a_secret_that_is_too_short_too_long_or_no_base64_is_refused_and_never_told(text: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        Secret.parse(text)
    assert len(text) < 8 or text.removeprefix("whsec_") not in str(refused.value)


def test_a_secret_does_not_show_itself() -> None:
    assert "whsec" not in repr(Endpoint("https://x/", SECRET))
    assert str(list(SECRET.key)) not in repr(SECRET)


def test_derived_secrets_differ_by_tenant_and_by_address_and_stay_the_same() -> None:
    root = bytes(32)
    made = {Secret.derive(root, tenant, url).key for tenant in ("a", "b") for url in ("https://x/", "https://y/")}
    assert len(made) == 4
    assert Secret.derive(root, "a", "https://x/").key in made
    assert Secret.derive(bytes(31) + b"1", "a", "https://x/").key not in made


@given(st.text("0123456789abcdef_msg", min_size=1, max_size=40), st.integers(0, 2**40))
def test_a_schedule_grows_is_the_same_every_time_and_stays_within_its_jitter(id_: str, since: int) -> None:
    schedule = Schedule()
    times = schedule.times(id_, since)
    assert times == schedule.times(id_, since)
    assert times[0] == since
    gaps = [after - before for before, after in pairwise(times)]
    assert all(delay <= gap <= delay * 110 // 100 for delay, gap in zip(schedule.delays[1:], gaps, strict=True))
    assert gaps == sorted(gaps)


def test_jitter_differs_between_messages() -> None:
    assert len({Schedule().times(f"msg_{number}", 0) for number in range(50)}) > 40


@given(st.integers(-HOUR, 200 * HOUR))
def test_after_a_pause_one_attempt_is_made_at_once_and_the_others_when_they_are_due(pause: int) -> None:
    schedule = Schedule()
    times = schedule.times("msg_1", START)
    left = schedule.left("msg_1", START, START + pause)
    assert left == times[len(times) - len(left) :]
    assert left
    assert sum(when <= START + pause for when in left) <= 1


@dataclass
class Receiver:
    """Answers from a script, then 200."""

    clock: HandClock
    answers: list[Answer | None] = field(default_factory=list)
    seen: list[tuple[int, Mapping[str, str], bytes]] = field(default_factory=list)

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self.seen.append((self.clock.now(), headers, body))
        answer = self.answers.pop(0) if self.answers else Answer(200)
        if answer is None:
            raise Unreachable("connection refused")
        return answer


def deliver(answers: list[Answer | None], for_ms: int = 500 * HOUR) -> tuple[Ended | int | None, Receiver]:
    async def main() -> tuple[Ended | int | None, Receiver]:
        clock = HandClock()
        receiver = Receiver(clock, answers)
        task = asyncio.create_task(Deliverer(receiver, clock.timing).deliver(MESSAGE, HOOK, 10**12))
        await clock.move(for_ms)
        done = task.done()
        task.cancel()
        return task.result() if done else None, receiver

    return asyncio.run(main())


def test_what_is_sent_is_signed_as_it_is_sent_and_dated_by_the_attempt() -> None:
    ended, receiver = deliver([Answer(500)])
    assert ended is Ended.TAKEN
    (first, second) = receiver.seen
    assert second[0] - first[0] >= 5_000
    for at, headers, body in receiver.seen:
        assert headers["webhook-id"] == "msg_1"
        assert headers["webhook-timestamp"] == str(at // 1000)
        signed = b"msg_1." + headers["webhook-timestamp"].encode() + b"." + body
        version, _, given_ = headers["webhook-signature"].partition(",")
        assert version == "v1"
        assert b64decode(given_) == hmac.digest(SECRET.key, signed, "sha256")
    assert orjson.loads(first[2]) == {"type": MESSAGE.type, "timestamp": "2023-11-14T22:13:20.000Z", "data": {"id": "ver_1"}}
    assert first[2] == second[2]


@pytest.mark.parametrize("answer", [None, Answer(199), Answer(301), Answer(404), Answer(429), Answer(500), Answer(503)])
def test_whatever_is_not_2xx_is_tried_again(answer: Answer | None) -> None:
    ended, receiver = deliver([answer])
    assert (ended, len(receiver.seen)) == (Ended.TAKEN, 2)


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_any_2xx_takes_it(status: int) -> None:
    ended, receiver = deliver([Answer(status)])
    assert (ended, len(receiver.seen)) == (Ended.TAKEN, 1)


def test_gone_means_never_again() -> None:
    ended, receiver = deliver([None, Answer(410)])
    assert (ended, len(receiver.seen)) == (Ended.GONE, 2)


def test_it_is_given_up_after_three_days_and_more() -> None:
    ended, receiver = deliver([None] * 50)
    assert ended is Ended.GIVEN_UP
    assert len(receiver.seen) == len(Schedule().delays)
    assert 75 * HOUR < receiver.seen[-1][0] - START < 85 * HOUR


def test_a_long_pause_is_not_waited_out_and_the_next_call_goes_on() -> None:
    async def main() -> None:
        clock = HandClock()
        receiver = Receiver(clock, [None] * 50)
        deliverer, rounds = Deliverer(receiver, clock.timing), 0
        outcome: Ended | int = START
        while isinstance(outcome, int):
            await clock.move(outcome - clock.now())
            task = asyncio.create_task(deliverer.deliver(MESSAGE, HOOK, 20_000))
            await clock.move(20_000)
            outcome, rounds = await task, rounds + 1
        assert outcome is Ended.GIVEN_UP
        assert len(receiver.seen) == len(Schedule().delays)
        assert rounds == len(receiver.seen) - 1  # the second follows the first within the patience

    asyncio.run(main())


def test_retry_after_is_kept_but_not_for_ever() -> None:
    _, receiver = deliver([Answer(503, 60)])
    assert receiver.seen[1][0] - START == 60_000
    _, receiver = deliver([Answer(503, 10**9)])
    assert receiver.seen[1][0] - START == 24 * HOUR


def test_an_address_that_may_not_be_reached_any_more_is_an_attempt_that_failed() -> None:
    ended, receiver = deliver([None, None])
    assert (ended, len(receiver.seen)) == (Ended.TAKEN, 3)


async def rules(url: str) -> None:
    if "inside" in url:
        raise SettingsRefused("it leads inside")


@pytest.mark.parametrize(
    "url", ["https://inside/", "", "https://x/\r\nHost: y", "https://x/\x00", "https://ü/", "https://x/" + "a" * 2048, 7, None]
)
def test_addresses_that_are_none_or_lead_inside_are_refused(url: object) -> None:
    with pytest.raises(HttpRefusal) as refused:
        asyncio.run(Endpoints(bytes(32), rules).accept("alice", url))
    assert (refused.value.status, refused.value.code, refused.value.param) == (400, "webhook_refused", "webhook.url")


def test_an_endpoint_has_the_clients_secret_or_one_of_its_own() -> None:
    endpoints = Endpoints(bytes(32), rules)
    own = asyncio.run(endpoints.accept("alice", "https://x/", str(SECRET)))
    assert own == Endpoint("https://x/", SECRET)
    made = asyncio.run(endpoints.accept("alice", "https://x/"))
    assert made == endpoints.endpoint("alice", "https://x/")
    assert made != endpoints.endpoint("bob", "https://x/")
