"""Many verified streams at once, for minutes: is any lost, and does the memory stay flat?

``python -m bench.soak [--minutes 10] [--streams 200] [--pause 5]`` (with ``src`` on the path); writes RESULTS-gateway.md.

Each of 200 clients asks question after question, each with evidence of its own, and reads its stream of two claims until the
certificate is there; between two questions it pauses, as people do, so that the rate of rounds is one that two cores can carry.
The validators are scripted. Then 1,000 streams are opened that nobody reads.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import orjson

from bench.gateway import PATH, Target, free_port, gateway, running
from bench.gateway_results import write
from bench.http_load import Upstream, chunk_of
from bench.table import Row

STREAMS = 200
FLAT = 0.05  # the last tenth of the run may hold so much more memory than the fifth, when caches are full
SAMPLE_S = 1.0
READERS = 1000
_ASKED = re.compile(rb"Question (\d+)\?")
_STATE = re.compile(rb'"verification":\{"state":"(\w+)"')


def words(number: int) -> list[str]:
    """What the upstream says to a question: two claims."""
    return re.findall(r"\S+ ?", f"Tower {number} is 330 metres tall. Tower {number} was finished in 1889.")


def question(port: int, number: int) -> bytes:
    """One request, with evidence that nobody else has."""
    source = {"name": f"towers-{number}.txt", "text": f"Tower {number} is 330 metres tall. It was finished in 1889."}
    asked = {"model": "fake-1", "messages": [{"role": "user", "content": f"Question {number}?"}], "stream": True}
    body = orjson.dumps(asked | {"probatum": {"evidence": [source], "linger_ms": 60_000}})
    head = f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


class Teller(Upstream):
    """Says :func:`words`, 20 a second."""

    def data_received(self, data: bytes) -> None:
        if found := _ASKED.search(data):
            said = words(int(found[1]))
            self.events = tuple(chunk_of({"role": "assistant", "content": word}) for word in said)
        super().data_received(data)


@dataclass(slots=True)
class Soaked:
    """What came of it.

    Attributes:
        ends: how often a stream ended in which state; ``lost`` if it did not end in order or its text was not whole.
        resident: (seconds since the start, bytes of the process's resident memory).
        lag: seconds from the last word to the certificate.
    """

    ends: Counter[str] = field(default_factory=Counter)
    resident: list[tuple[float, int]] = field(default_factory=list)
    lag: list[float] = field(default_factory=list)

    def tenths(self) -> list[float]:
        """The median memory of each tenth of the run, in MB."""
        step = len(self.resident) / 10
        parts = [self.resident[round(n * step) : round((n + 1) * step)] for n in range(10)]
        return [median(size for _, size in part) / 1e6 for part in parts]


def resident(pid: int) -> int:
    """Bytes of memory (Linux: proc(5), VmRSS)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


async def one(port: int, number: int, soaked: Soaked) -> None:
    """Ask one question and read the answer to its end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    said, state, last = b"", "lost", time.perf_counter()
    try:
        writer.write(question(port, number))
        async for line in reader:
            if line.startswith(b"data: {"):
                text = orjson.loads(line[6:])["choices"][0]["delta"].get("content") or ""
                said += text.encode()
                last = time.perf_counter() if text else last
                found = _STATE.search(line)
                state = found[1].decode() if found else state
            elif line.startswith(b"data: [DONE]"):
                break
        soaked.ends[state if said.decode() == "".join(words(number)) else "lost"] += 1
        soaked.lag.append(time.perf_counter() - last)
    except (OSError, orjson.JSONDecodeError):
        soaked.ends["lost"] += 1
    finally:
        writer.close()


async def soak(target: Target, streams: int, seconds: float, pause: float) -> Soaked:
    """Keep so many clients busy."""
    soaked, numbers, start = Soaked(), itertools.count(), time.perf_counter()

    async def client(place: int) -> None:
        await asyncio.sleep((pause + 2) * place / streams)
        while time.perf_counter() - start < seconds:
            await one(target.port, next(numbers), soaked)
            await asyncio.sleep(pause)

    async def watch() -> None:
        while True:
            soaked.resident.append((time.perf_counter() - start, resident(target.pid)))
            await asyncio.sleep(SAMPLE_S)

    watching = asyncio.create_task(watch())
    await asyncio.gather(*[client(place) for place in range(streams)])
    watching.cancel()
    return soaked


async def unread(target: Target, count: int) -> tuple[Counter[str], float]:
    """Open so many streams and read none but for the status line; the statuses, and the memory in MB that each took."""
    before, statuses = resident(target.pid), Counter[str]()
    held = []

    async def open_one(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", target.port, limit=2**12)
        held.append(writer)
        writer.write(question(target.port, number))
        statuses[(await reader.readline())[9:12].decode()] += 1

    for first in range(0, count, 50):
        await asyncio.gather(*[open_one(10**9 + first + n) for n in range(50)])
    most = resident(target.pid)
    for writer in held:
        writer.close()
    return statuses, (most - before) / 1e6 / count


def rows(soaked: Soaked, opened: tuple[Counter[str], float], streams: int, seconds: float) -> Iterator[Row]:
    """The lines of the table."""
    whole, tenths = soaked.ends.total(), soaked.tenths()
    good = soaked.ends["certified"]
    ends = ", ".join(f"{count} {state}" for state, count in soaked.ends.most_common())
    what = f"verified streams, {streams} clients"
    yield Row(f"{what}, none lost", ends, f"{whole} in {seconds / 60:g} min", f"{good / whole:.4f}", "all certified", good == whole)
    growth = tenths[9] / tenths[4] - 1
    shown = " ".join(f"{size:.0f}" for size in tenths)
    yield Row(f"{what}, memory in MB by tenths of the run", shown, "fifth tenth", f"{growth:+.1%}", f"< +{FLAT:.0%}", growth < FLAT)
    late = sorted(soaked.lag)[int(len(soaked.lag) * 0.99)]
    yield Row(f"{what}, last word to end of stream", f"median {median(soaked.lag):.2f} s, p99 {late:.2f} s", "", "", "", None)
    statuses, each = opened
    said = ", ".join(f"{count} with {status}" for status, count in statuses.most_common())
    met = statuses.total() == statuses["200"] + statuses["503"]
    yield Row(f"{READERS} streams opened and not read", f"{said}; {each * 1000:.0f} kB each", "", "", "200 or 503", met)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--streams", type=int, default=STREAMS)
    parser.add_argument("--pause", type=float, default=5.0, help="seconds between an answer's end and the next question")
    options = parser.parse_args()
    port, seconds = free_port(), options.minutes * 60
    with running("upstream", [sys.executable, "-m", "bench.soak_upstream", str(port)], port), gateway(port) as target:
        soaked = asyncio.run(soak(target, options.streams, seconds, options.pause))
        opened = asyncio.run(unread(target, READERS))
    found = list(rows(soaked, opened, options.streams, seconds))
    write(found)
    print("\n".join(map(str, found)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
