"""``bench/RESULTS-gateway.md``: one table; whoever measures replaces the lines of what was measured, and leaves the others."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.table import Row

RESULTS = Path(__file__).with_name("RESULTS-gateway.md")
HEAD = """# Measured: the gateway

Written by `python -m bench.gateway` and `python -m bench.soak`, each line when it was measured. Added times are differences of the
same quantile to the upstream asked directly, which takes turns with the gateway in one run. The gateway is all of `probatum serve`,
its ledger a SQLite file that is synced to disk at every commit. Load is the machine's load average at the end of the measurement:
above what the bench itself causes (about 1), other programs took processor time too.

| what | measured | limit or peer | ratio | required | met | when |
| --- | --- | --- | --- | --- | --- | --- |
"""


def write(rows: Sequence[Row], path: Path = RESULTS) -> None:
    """Put lines into the table, in place of those about the same."""
    machine = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}"
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M}, {machine}"
    kept = {_what(line): line for line in path.read_text("utf-8").splitlines()} if path.exists() else {}
    lines = {what: line for what, line in kept.items() if what not in ("", "what", "---")}
    lines |= {row.what: str(replace(row, noise=when)) for row in rows}
    path.write_text(HEAD + "".join(f"{line}\n" for line in lines.values()), encoding="utf-8")


def _what(line: str) -> str:
    return line.split("|")[1].strip() if line.startswith("|") else ""
