"""The gateway's own cost: added time to first token, and requests per second against LiteLLM's proxy.

``python -m bench.gateway [--litellm COMMAND] [--seconds N] [--journal memory|sqlite]`` (with ``src`` on the path).

Everything runs on this machine: one fake upstream, one process of each proxy, one load generator. Direct, gateway and LiteLLM take
turns in one run, so that whatever else the machine does falls on all. Nothing is verified here: the requests carry no evidence.
``--litellm`` names LiteLLM's own command, from an environment in which ``litellm[proxy]`` is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from types import MappingProxyType

from bench.http_load import Load, load

HERE = Path(__file__).resolve().parent
PATH = "/v1/chat/completions"
STREAMS = 50
CONNECTIONS = 32
CONFIG = """model_list:
  - model_name: fake-1
    litellm_params: {{model: openai/fake-1, api_base: "http://127.0.0.1:{port}/v1", api_key: none}}
litellm_settings: {{telemetry: false, num_retries: 0}}
"""
ALONE = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true"}
EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Target:
    """Something that answers: its name, port and process."""

    name: str
    port: int
    pid: int

    def cpu(self) -> float:
        """Processor seconds of the process so far (Linux: proc_pid_stat(5), utime and stime)."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Turn:
    """One load on one target, and the processor seconds it took the target."""

    load: Load
    cpu: float


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(name: str, command: Sequence[str], port: int, more: Mapping[str, str] = EMPTY, wait: float = 30) -> Iterator[Target]:
    """A server process, once it listens; ended at the end."""
    paths = os.pathsep.join([str(HERE.parent / "src"), str(HERE.parent)])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **more}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        listening(process, port, time.monotonic() + wait)
        yield Target(name, port, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def listening(process: subprocess.Popen[bytes], port: int, deadline: float) -> None:
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the server on port {port} did not start")


@contextmanager
def upstream() -> Iterator[Target]:
    port = free_port()
    with running("direct", [sys.executable, "-m", "bench.http_load", str(port)], port) as one:
        yield one


@contextmanager
def gateway(behind: int, journal: str) -> Iterator[Target]:
    port = free_port()
    with running("gateway", [sys.executable, "-m", "bench.gateway_server", str(port), str(behind), journal], port) as one:
        yield one


@contextmanager
def litellm(command: str, behind: int) -> Iterator[Target]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="probatum-bench-") as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(CONFIG.format(port=behind), encoding="utf-8")
        start = [command, "--config", str(config), "--port", str(port), "--host", "127.0.0.1", "--num_workers", "1"]
        with running("LiteLLM", start, port, ALONE, wait=180) as one:
            yield one


def measure(targets: Sequence[Target], seconds: float, turns: int, *, stream: bool) -> dict[str, list[Turn]]:
    """Every target loaded in turn, ``turns`` times, after one short turn that does not count."""
    salts = itertools.count()
    connections = STREAMS if stream else CONNECTIONS
    found: dict[str, list[Turn]] = {target.name: [] for target in targets}
    for turn in range(turns + 1):
        for target in targets:
            span = seconds if turn else min(2.0, seconds)
            before = target.cpu()
            one = asyncio.run(load(target.port, PATH, connections=connections, seconds=span, stream=stream, salts=salts))
            if turn:
                found[target.name].append(Turn(one, target.cpu() - before))
    return found


def rates(found: dict[str, list[Turn]]) -> Iterator[str]:
    """Requests per second: medians over the turns."""
    middle = {name: median(one.load.rate for one in turns) for name, turns in found.items()}
    cpu = {name: median(one.cpu / len(one.load.whole) for one in turns) for name, turns in found.items()}
    for name, turns in found.items():
        rates = sorted(one.load.rate for one in turns)
        yield f"| {name} | {middle[name]:.0f}/s | {rates[0]:.0f} to {rates[-1]:.0f} | {cpu[name] * 1e3:.2f} ms |"
    if "LiteLLM" in middle:
        ratio, saved = middle["gateway"] / middle["LiteLLM"], cpu["LiteLLM"] / cpu["gateway"]
        met = "yes" if ratio >= 3 else "**no**"
        yield f"\nGateway / LiteLLM: {ratio:.1f} (required: at least 3; met: {met}); processor time {saved:.1f} times less"


def firsts(found: dict[str, list[Turn]]) -> Iterator[str]:
    """Time to first token; what is added is the difference of the same quantile to the direct one."""
    points = {name: _points([first for one in turns for first in one.load.first]) for name, turns in found.items()}
    for name, (middle, late, count) in points.items():
        base = points["direct"]
        yield f"| {name} | {count} | {middle:.2f} ms | {late:.2f} ms | {middle - base[0]:.2f} ms | {late - base[1]:.2f} ms |"
    middle, late = points["gateway"][0] - points["direct"][0], points["gateway"][1] - points["direct"][1]
    met = "yes" if middle < 5 and late < 25 else "**no**"
    yield f"\nAdded: median {middle:.2f} ms, p99 {late:.2f} ms (required: under 5 ms and 25 ms; met: {met})"


def _points(seconds: Sequence[float]) -> tuple[float, float, int]:
    return median(seconds) * 1e3, quantiles(seconds, n=100)[98] * 1e3, len(seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--litellm", metavar="COMMAND", help="path of LiteLLM's command")
    parser.add_argument("--seconds", type=float, default=8.0, help="of one turn")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--journal", choices=("memory", "sqlite"), default="sqlite", help="where the gateway records")
    options = parser.parse_args()
    with ExitStack() as stack:
        behind = stack.enter_context(upstream())
        targets = [behind, stack.enter_context(gateway(behind.port, options.journal))]
        streams = measure(targets, options.seconds, options.turns, stream=True)
        if options.litellm:
            targets.append(stack.enter_context(litellm(options.litellm, behind.port)))
        requests = measure(targets, options.seconds, options.turns, stream=False)
    print(f"{STREAMS} streams of 20 tokens/s, journal: {options.journal}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| target | streams | first token, median | p99 | added, median | p99 |\n|---|---|---|---|---|---|")
    print("\n".join(firsts(streams)))
    print(f"\nWhole answers, {CONNECTIONS} connections\n")
    print("| target | rate | turns | processor time of an answer |\n|---|---|---|---|")
    print("\n".join(rates(requests)))
    if not options.litellm:
        print("\nLiteLLM was not measured: no --litellm COMMAND was given")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
