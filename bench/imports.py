"""``import probatum.verify, probatum.gate`` against importing its third-party dependency (PyNaCl's bindings) alone.

Every import is made in a new interpreter; the two alternate. Only the import statement is timed, in processor time.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from statistics import median, quantiles

from bench.timing import Compared

OURS = "probatum.verify, probatum.gate"
THEIRS = "nacl.bindings"
SOURCE = Path(__file__).resolve().parent.parent / "src"


def seconds(modules: str) -> float:
    """Processor seconds that ``import <modules>`` takes in a new interpreter (compiled files are there already)."""
    path = f"import sys, time; sys.path.insert(0, {str(SOURCE)!r})"
    code = f"{path}; t = time.process_time(); import {modules}; print(time.process_time() - t)"
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)  # noqa: S603


def measure(*, quick: bool = False) -> Compared:
    """``limit`` is the dependency, ``measured`` ours; ``ratio`` is ours over the dependency, so small is good."""
    seconds(OURS)
    rows = [(seconds(THEIRS), seconds(OURS)) for _ in range(7 if quick else 25)]
    ratios = [ours / theirs for theirs, ours in rows]
    low, _, high = quantiles(ratios, n=4)
    return Compared(median(a for a, _ in rows), median(b for _, b in rows), median(ratios), low, high)


if __name__ == "__main__":
    found = measure()
    print(f"{THEIRS} {found.limit * 1e3:.1f} ms, {OURS} {found.measured * 1e3:.1f} ms, ratio {found.ratio:.2f} ({found.noise})")
