"""The README's first screen is true: its two commands are there, CI runs exactly the second, and its three lines work."""

from __future__ import annotations

import os
import re
from pathlib import Path

from probatum.consensus.verdict import Verdict
from probatum.testing.committee import committee, scripted_request

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST_SCREEN = "\n".join(README.splitlines()[:60])


def commands() -> list[str]:
    return re.findall(r"^\$ (\./\S+[^#\n]*?)\s*(?:#.*)?$", FIRST_SCREEN, re.MULTILINE)


def test_two_commands_do_everything() -> None:
    run, check = commands()[:2]
    assert run == "./run verify examples/mixed/answer.md --evidence examples/mixed/sources"
    assert check == "./check"
    for path in ("run", "check", ".ci/run", "scripts/setup.sh"):
        assert os.access(ROOT / path, os.X_OK), path
    for path in run.split()[2::2]:
        assert (ROOT / path).exists(), path


def test_ci_runs_exactly_the_test_command() -> None:
    last = (ROOT / ".ci" / "run").read_text().strip().splitlines()[-1]
    assert last == "exec ./check"


def test_three_lines_of_the_gate() -> None:
    code = re.search(r"```python\n(from probatum\.gate.*?)```", README, re.DOTALL)
    assert code
    here = committee()
    request = scripted_request(here.epoch)
    bundle = here.bundle(request, here.run(request, [Verdict.SUPPORTED] * 4)).encode()
    names = {"answer": request.output.decode(), "bundle": bundle, "trust_file": here.trust.encode()}
    exec(code[1], names)  # noqa: S102 - the README's own lines
    assert names["certified"].value == request.output.decode()  # type: ignore[attr-defined]
