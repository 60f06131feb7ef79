"""The command as users run it, in this process, with scripted validators in place of models unless a test wants the real ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from probatum.cli.main import main
from probatum.consensus.verdict import Verdict
from probatum.coordinator.seats import descriptor
from probatum.coordinator.settings import Seat
from probatum.testing.committee import ScriptedValidator

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty network folder that commands use by default."""
    folder = tmp_path / "home"
    monkeypatch.setenv("PROBATUM_HOME", str(folder))
    return folder


Cli = Callable[..., Ran]


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run one command line; usage errors, which argparse ends the process for, come back as exit codes too."""

    def run(*argv: object) -> Ran:
        try:
            code = main([str(argument) for argument in argv])
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


Script = dict[str, Verdict | None]


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Script], None]:
    """Replace every model by a script: SUPPORTED for all claims but those named."""

    def use(script: Script) -> None:
        def load(seat: Seat) -> ScriptedValidator:
            return ScriptedValidator(descriptor(seat), script)

        monkeypatch.setattr("probatum.cli.verify.load_seat", load)

    use({})
    return use


@pytest.fixture
def material(tmp_path: Path) -> tuple[Path, Path]:
    """A small answer and a folder with one source."""
    answer, sources = tmp_path / "answer.md", tmp_path / "sources"
    answer.write_text("Hello! Voyager 1 was launched in 1977. Voyager 2 visited Neptune in 1989. What else?\n")
    sources.mkdir()
    (sources / "voyager.md").write_text(
        "Voyager 1 was launched on September 5, 1977.\n\nVoyager 2 flew past Neptune in August 1989.\n"
    )
    return answer, sources
