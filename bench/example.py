"""The README's example from the command line: wall time of the second run, and the process's peak memory.

The first run makes the embedded network in a temporary home; the second is what a user waits for from then on.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ANSWER, SOURCES = ROOT / "examples" / "mixed" / "answer.md", ROOT / "examples" / "mixed" / "sources"
TIME_LIMIT_S = 600
ENDED = (0, 3, 4)  # certified, partially certified, or an explicit no


@dataclass(frozen=True, slots=True)
class Example:
    """What two runs took, and how the second one ended."""

    first_s: float
    second_s: float
    peak_bytes: int
    status: str


def measure() -> Example | str:
    """The figures, or why there are none."""
    for path in (ANSWER, SOURCES):
        if not path.exists():
            return f"SKIPPED: no {path.relative_to(ROOT)} yet"
    with tempfile.TemporaryDirectory(prefix="probatum-bench-") as home:
        first = _run(home)
        if isinstance(first, str):
            return first
        second = _run(home)
        if isinstance(second, str):
            return second
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Example(first[0], second[0], peak, second[1])


def _run(home: str) -> tuple[float, str] | str:
    path = os.pathsep.join(filter(None, (str(ROOT / "src"), os.environ.get("PYTHONPATH"))))
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "probatum", "verify", str(ANSWER), "--evidence", str(SOURCES), "--json"],
        env={**os.environ, "PROBATUM_HOME": str(Path(home) / "network"), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    took = time.perf_counter() - started
    if done.returncode not in ENDED:
        last = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[-1]
        return f"SKIPPED: 'probatum verify' ended with {done.returncode}: {last[:160]}"
    return took, str(json.loads(done.stdout)["status"])


if __name__ == "__main__":
    print(measure())
