"""The gateway's own cost: added time to first token, and requests per second against LiteLLM's proxy.

``python -m bench.gateway [--litellm COMMAND] [--seconds N] [--turns N]`` (with ``src`` on the path); writes RESULTS-gateway.md.

Everything runs on this machine: one fake upstream, one process of each proxy, one load generator. Direct, gateway and LiteLLM take
turns in one run, so that whatever else the machine does falls on all. Nothing is verified here: the requests carry no evidence.
The gateway is all of ``probatum serve``, its ledger a file with full sync. ``--litellm`` names LiteLLM's own command, from an
environment in which ``litellm[proxy]`` is installed; without it the line in RESULTS-gateway.md stays as it was.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from types import MappingProxyType

from bench.gateway_results import write
from bench.http_load import Load, load
from bench.table import Row

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
def upstream(first_s: float = 0.03) -> Iterator[Target]:
    port = free_port()
    with running("direct", [sys.executable, "-m", "bench.http_load", str(port), str(first_s)], port) as one:
        yield one


@contextmanager
def gateway(behind: int, **settings: object) -> Iterator[Target]:
    """All of ``probatum serve`` in front of an upstream's port, over a new folder."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="probatum-bench-", dir=HERE) as name:
        folder, config = Path(name) / "network", Path(name) / "gateway.toml"
        folder.mkdir()
        given = {"port": port, "upstream": f"http://127.0.0.1:{behind}/v1"} | settings
        config.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in given.items()), encoding="utf-8")
        with running("gateway", [sys.executable, "-m", "bench.gateway_server", str(folder), str(config)], port) as one:
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


def rate_row(found: dict[str, list[Turn]]) -> Row:
    """Requests per second against LiteLLM's: medians over the turns."""
    ours, theirs = (median(one.load.rate for one in found[name]) for name in ("gateway", "LiteLLM"))
    cpu, spread = _cpu(found["gateway"]), sorted(one.load.rate for one in found["gateway"])
    measured = f"{ours:.0f}/s, {cpu:.1f} ms of processor each ({spread[0]:.0f} to {spread[-1]:.0f}/s by turn)"
    peer = f"LiteLLM {theirs:.0f}/s, {_cpu(found['LiteLLM']):.1f} ms"
    what = f"whole answers a second, {CONNECTIONS} connections, against LiteLLM"
    return Row(what, measured, peer, f"{ours / theirs:.1f}", "≥ 3", ours / theirs >= 3)


def first_rows(found: dict[str, list[Turn]], name: str) -> Iterator[Row]:
    """Added time to first token: the difference of the same quantile to the direct one."""
    direct, ours = (_points([first for one in found[who] for first in one.load.first]) for who in ("direct", "gateway"))
    for place, limit in enumerate((5, 25)):
        what = f"added time to first token, {('median', 'p99')[place]}, {STREAMS} streams, {name}"
        added, many = ours[place] - direct[place], f" ({ours[2]} streams)"
        yield Row(what, f"{added:.2f} ms{many}", f"directly {direct[place]:.2f} ms", "", f"< {limit} ms", added < limit)
    cpu = f"{_cpu(found['gateway']):.1f} ms"
    yield Row(f"processor time of a stream of 20 tokens, {name}", cpu, "", "", "", None)


def _cpu(turns: Sequence[Turn]) -> float:
    return median(one.cpu / len(one.load.whole) for one in turns) * 1e3


def _points(seconds: Sequence[float]) -> tuple[float, float, int]:
    return median(seconds) * 1e3, quantiles(seconds, n=100)[98] * 1e3, len(seconds)


def streams(seconds: float, turns: int, first_s: float, name: str) -> Iterator[Row]:
    with upstream(first_s) as behind, gateway(behind.port) as ours:
        found = measure([behind, ours], seconds, turns, stream=True)
    yield from first_rows(found, name)


def requests(command: str, seconds: float, turns: int) -> Row:
    with upstream() as behind, gateway(behind.port) as ours, litellm(command, behind.port) as theirs:
        return rate_row(measure([ours, theirs], seconds, turns, stream=False))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--litellm", metavar="COMMAND", help="path of LiteLLM's command")
    parser.add_argument("--seconds", type=float, default=8.0, help="of one turn")
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    rows = [*streams(options.seconds, options.turns, 0.03, "upstream answers after 30 ms")]
    rows += streams(options.seconds, options.turns, 0.0, "upstream answers at once")
    if options.litellm:
        rows.append(requests(options.litellm, options.seconds, options.turns))
    write(rows)
    print("\n".join(map(str, rows)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
