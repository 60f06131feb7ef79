"""``import probatum.verify, probatum.gate`` against importing its third-party dependencies (PyNaCl's bindings, msgspec) alone.

Every import is made in a new interpreter; the two alternate. Only the import statement is timed, in processor time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from bench.timing import Compared

OURS = "probatum.verify, probatum.gate"
THEIRS = "nacl.bindings, msgspec"
SOURCE = Path(__file__).resolve().parent.parent / "src"


def seconds(modules: str, cache: str) -> float:
    """Processor seconds that ``import <modules>`` takes in a new interpreter, from bytecode kept in the folder ``cache``."""
    path = f"import sys, time; sys.path.insert(0, {str(SOURCE)!r})"
    code = f"{path}; t = time.process_time(); import {modules}; print(time.process_time() - t)"
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = cache  # an installed package has its bytecode; this measures the same, wherever it runs
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)  # noqa: S603
    return float(ran.stdout)


def measure(*, quick: bool = False) -> Compared:
    """``limit`` is the dependencies, ``measured`` ours; ``ratio`` is ours over the dependencies, so small is good."""
    with TemporaryDirectory() as cache:
        seconds(OURS, cache)
        rows = [(seconds(THEIRS, cache), seconds(OURS, cache)) for _ in range(7 if quick else 25)]
    ratios = [ours / theirs for theirs, ours in rows]
    low, _, high = quantiles(ratios, n=4)
    return Compared(median(a for a, _ in rows), median(b for _, b in rows), median(ratios), low, high)


if __name__ == "__main__":
    found = measure()
    print(f"{THEIRS} {found.limit * 1e3:.1f} ms, {OURS} {found.measured * 1e3:.1f} ms, ratio {found.ratio:.2f} ({found.noise})")
