"""Events are cut out of a byte stream wherever the network cut it, and the tape they are kept on is read at any pace."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probatum.gateway.answers.sse import Splitter, TooLong, data, named, payload
from probatum.gateway.answers.tape import Tape
from probatum.testing import timeless

LINES = st.sampled_from([b"data: a", b"data:b", b": comment", b"event: x", b"id: 1", b"data", b"data: \xc3\xa9"])
ENDS = st.sampled_from([b"\n", b"\r\n"])
EVENTS = st.lists(st.builds(lambda lines, end: end.join([*lines, b"", b""]), st.lists(LINES, min_size=1), ENDS))


@settings(deadline=None)
@given(EVENTS, st.randoms(use_true_random=False), st.binary(max_size=5).filter(lambda rest: b"\n" not in rest))
def test_events_come_out_as_they_went_in_however_they_were_cut(events: list[bytes], chance: random.Random, rest: bytes) -> None:
    stream, splitter, out = b"".join(events) + rest, Splitter(10**6), []
    while stream:
        size = chance.randint(1, 9)
        out += splitter.feed(stream[:size])
        stream = stream[size:]
    assert out == events
    assert splitter.rest == rest


@pytest.mark.parametrize(("event", "content"), [
    (b"data: {}\n\n", b"{}"),
    (b"data:{}\r\n\r\n", b"{}"),
    (b"event: x\nid: 1\ndata: {}\n\n", b"{}"),
    (b"data: a\ndata: b\n\n", b"a\nb"),
    (b"data:  a\n\n", b" a"),
    (b": comment\n\n", None),
    (b"event: x\n\n", None),
])  # fmt: skip
def test_the_data_of_an_event(event: bytes, content: bytes | None) -> None:
    assert payload(event) == content


def test_an_event_beyond_the_limit_is_refused_before_it_is_whole() -> None:
    with pytest.raises(TooLong):
        Splitter(10).feed(b"data: 12345")
    with pytest.raises(TooLong):
        Splitter(10).feed(b"data: 12345\n\n")
    assert Splitter(10).feed(b"data: 12\n\n" * 5) == [b"data: 12\n\n"] * 5


def test_written_events_are_read_back() -> None:
    assert payload(data({"a": "ü\n"})) == payload(named("x", {"a": "ü\n"})) == '{"a":"ü\\n"}'.encode()
    assert named("x", 1).startswith(b"event: x\n")


@settings(deadline=None)
@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 5), max_size=5))
def test_every_reader_of_a_tape_gets_everything_in_order(writes: list[int], pauses: list[int]) -> None:
    async def main() -> None:
        tape: Tape[int] = Tape()

        async def write() -> None:
            for number, pause in enumerate(writes):
                await asyncio.sleep(pause)
                tape.append(number)
            tape.close()
            tape.append(-1)

        async def read(pause: int) -> list[int]:
            got: list[int] = []
            while items := await tape.read(len(got)):
                got += items
                await asyncio.sleep(pause)
            return got

        _, *got = await asyncio.gather(write(), *[read(pause) for pause in pauses])
        assert all(one == list(range(len(writes))) for one in got)
        assert tape.closed

    timeless.run(main())
