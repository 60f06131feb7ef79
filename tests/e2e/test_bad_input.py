"""Whatever is handed in: one clear line, the right exit code, no traceback, nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import Cli

Material = tuple[Path, Path]

BAD_OUTPUTS = {
    "empty": b"",
    "white-space": b" \n\t\n",
    "binary": b"\x7fELF\x02\x01\x01\x00\x00",
    "invalid-utf-8": "Café au lait.".encode("latin-1"),
    "five-megabytes": b"Voyager 1 was launched in 1977. " * 165_000,
}


@pytest.mark.parametrize("name", BAD_OUTPUTS)
def test_bad_output(name: str, cli: Cli, home: Path, material: Material, tmp_path: Path) -> None:
    answer, bundle = tmp_path / "bad.md", tmp_path / "b.json"
    answer.write_bytes(BAD_OUTPUTS[name])
    ran = cli("verify", answer, "--evidence", material[1], "--out", bundle)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran
    assert not bundle.exists()
    assert not home.exists()


def test_one_sentence_of_100_000_characters(cli: Cli, scripted: object, material: Material, tmp_path: Path) -> None:
    answer = tmp_path / "long.md"
    answer.write_text("Voyager 1 was launched in 1977 with " + "many instruments and " * 4760 + "a record.")
    report = json.loads(cli("verify", answer, "--evidence", material[1], "--json").out)
    assert report["status"] in {"certified", "partially_certified", "rejected", "undecided"}


def _pdf(encrypted: bool) -> bytes:
    from io import BytesIO

    from pypdf import PdfWriter

    writer, buffer = PdfWriter(), BytesIO()
    writer.add_blank_page(100, 100)
    if encrypted:
        writer.encrypt("secret", algorithm="RC4-128")
    writer.write(buffer)
    return buffer.getvalue()


BAD_EVIDENCE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty": ("e.txt", lambda: b""),
    "binary": ("e.txt", lambda: b"\x00\x01\x02"),
    "invalid-utf-8": ("e.md", lambda: b"caf\xe9"),
    "unsupported": ("e.docx", lambda: b"PK\x03\x04"),
    "broken-pdf": ("e.pdf", lambda: b"%PDF-1.7\nnothing more"),
    "encrypted-pdf": ("e.pdf", lambda: _pdf(True)),
    "pdf-without-text": ("e.pdf", lambda: _pdf(False)),
}


@pytest.mark.parametrize("name", BAD_EVIDENCE)
def test_bad_evidence(name: str, cli: Cli, home: Path, material: Material, tmp_path: Path) -> None:
    file, make = BAD_EVIDENCE[name]
    path = tmp_path / file
    path.write_bytes(make())
    ran = cli("verify", material[0], "--evidence", path)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran
    assert file in ran.err
    assert not home.exists()


def test_missing_evidence_and_output(cli: Cli, material: Material, tmp_path: Path) -> None:
    assert cli("verify", material[0], "--evidence", tmp_path / "none").code == 2
    assert cli("verify", tmp_path / "none.md", "--evidence", material[1]).code == 2
    assert cli("verify", material[0]).code == 2
    assert cli("verify", material[0], "--evidence", material[1], "--out", tmp_path / "no" / "b.json").code == 2
    assert cli("no-such-command").code == 2


@pytest.fixture
def bundle(cli: Cli, scripted: object, material: Material, tmp_path: Path) -> Path:
    """A good bundle."""
    path = tmp_path / "good.json"
    assert cli("verify", material[0], "--evidence", material[1], "--out", path, "--json").code == 0
    return path


def test_unreadable_bundles(cli: Cli, bundle: Path, tmp_path: Path) -> None:
    data = bundle.read_bytes()
    broken = {
        "empty": b"",
        "truncated": data[: len(data) // 2],
        "not-json": b"hello",
        "another-format": b'{"format":"other/v1"}',
        "white-space-added": data + b"\n",
        "key-twice": data.replace(b'{"ballots":', b'{"ballots":[],"ballots":', 1),
        "deep": b"[" * 100_000,
    }
    for name, content in broken.items():
        path = tmp_path / f"{name}.json"
        path.write_bytes(content)
        ran = cli("audit", path)
        assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), (name, ran)
    assert cli("audit", tmp_path / "missing.json").code == 2
    assert cli("audit", bundle, "--trust", tmp_path / "missing.json").code == 2
    assert cli("audit", bundle, "--output", tmp_path / "missing.md").code == 2


def test_tampered_bundle_fails_a_named_step(cli: Cli, bundle: Path, tmp_path: Path) -> None:
    body = json.loads(bundle.read_text())
    body["fragments"][1]["claim"] = body["fragments"][1]["claim"].replace("1977", "1978")
    path = tmp_path / "t.json"
    path.write_text(json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    ran = cli("audit", path)
    assert ran.code == 1
    assert " 5. FAIL  fragments: " in ran.out
    assert "NOT VALID: step 5 failed" in ran.out


def test_nothing_that_steers_a_terminal_is_printed(cli: Cli, scripted: object, material: Material, tmp_path: Path) -> None:
    answer = tmp_path / "esc.md"
    answer.write_text("Voyager 1 was launched in 1977.\x1b]0;owned\x07 The \x1b[2J\u202eprobe [red]left[/red] Earth.\n")
    out = cli("verify", answer, "--evidence", material[1]).out
    assert not {"\x1b", "\x07", "\u202e"} & set(out)
    assert "[red]" in out


def test_a_reader_that_goes_away_never_makes_it_a_success(tmp_path: Path) -> None:
    """Exit 0 means certified or valid: a closed pipe must not be mistaken for it, nor end in a traceback."""
    command = [sys.executable, "-m", "probatum", "network", "init", "--network", str(tmp_path / "n")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:  # noqa: S603
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        errors = child.stderr.read()
    assert (child.returncode, errors) == (141, "")


def test_a_reader_gone_before_the_end_is_code_141(cli: Cli, monkeypatch: pytest.MonkeyPatch, material: Material) -> None:
    def gone(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("probatum.cli.verify._read_output", gone)
    monkeypatch.setattr("os.dup2", lambda *_: None)
    assert cli("verify", material[0], "--evidence", material[1]).code == 141
