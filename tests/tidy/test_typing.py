"""``Certified[str]`` is a promise to type checkers too: mypy and pyright refuse a ``str`` in its place."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "typing"
ROOT = Path(__file__).parents[2]
MARKED = {number for number, line in enumerate((HERE / "gate_wrong.py").read_text().splitlines(), start=1) if "# WRONG: " in line}


def mypy(tmp_path: Path) -> dict[str, dict[int, str]]:
    """Errors by file and line."""
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(tmp_path), "--follow-imports=silent"]
    files = [str(path) for path in sorted(HERE.glob("*.py"))]
    done = subprocess.run(  # noqa: S603 - our own files
        [*command, "--show-error-codes", "--no-error-summary", *files],
        capture_output=True,
        text=True,
        env={"MYPYPATH": str(ROOT / "src"), "PATH": ""},
        check=False,
    )
    assert not done.stderr, done.stderr
    found: dict[str, dict[int, str]] = {}
    for line in done.stdout.splitlines():
        if match := re.match(r"(?P<path>.+?):(?P<line>\d+): error: .*\[(?P<code>[a-z-]+)\]$", line):
            found.setdefault(Path(match["path"]).name, {})[int(match["line"])] = match["code"]
    return found


def pyright() -> dict[str, dict[int, str]]:
    """Errors by file and line."""
    command = shutil.which("pyright", path=str(Path(sys.executable).parent)) or shutil.which("pyright")
    if command is None:
        pytest.skip("pyright is not installed")
    done = subprocess.run(  # noqa: S603 - our own files
        [command, "--pythonpath", sys.executable, "--outputjson", "-p", str(HERE)], capture_output=True, text=True, check=False
    )
    found: dict[str, dict[int, str]] = {}
    for one in json.loads(done.stdout)["generalDiagnostics"]:
        if one["severity"] == "error":
            found.setdefault(Path(one["file"]).name, {})[one["range"]["start"]["line"] + 1] = one["rule"]
    return found


def test_mypy(tmp_path: Path) -> None:
    found = mypy(tmp_path)
    assert found.keys() == {"gate_wrong.py"}
    assert found["gate_wrong.py"].keys() == MARKED
    assert [found["gate_wrong.py"][line] for line in sorted(MARKED)] == [*["arg-type"] * 5, "call-arg", "misc", "attr-defined"]


def test_pyright() -> None:
    found = pyright()
    assert found.keys() == {"gate_wrong.py"}
    assert found["gate_wrong.py"].keys() == MARKED
    assert [found["gate_wrong.py"][line] for line in sorted(MARKED)] == [
        *["reportArgumentType"] * 5,
        "reportCallIssue",
        "reportAttributeAccessIssue",
        "reportAttributeAccessIssue",
    ]
