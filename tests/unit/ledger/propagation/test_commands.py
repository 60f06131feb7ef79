"""``probatum trace``, run as a person runs it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from probatum.cli.exits import Exit
from probatum.cli.main import main
from probatum.encoding.digest import Digest
from probatum.ledger.propagation.database import FILE, Database
from probatum.ledger.records import State
from tests.unit.ledger.propagation.given import begin, id_of, release, send, settle, tamper

THIRTY = "You can return the lamp within 30 days."
FOURTEEN = "You can return the lamp within 14 days."
CERT_HASH = Digest.of(b"statement")


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path) -> Path:
    """A network folder whose ledger holds three answers to one question: the second went out first."""
    (tmp_path / FILE).write_bytes(sqlite_template.read_bytes())
    with Database.in_folder(tmp_path) as database:
        for number, text in ((1, THIRTY), (2, FOURTEEN), (3, "Ask the shop.")):
            begin(database, number, text, request="can I return it?")
        for number, receiver, at in ((2, "bob\x1b[31m", 1_700_000_000_123), (1, "alice", 1_700_000_001_000)):
            send(database, release(number, receiver, at=at))
        settle(database, 1, State.CERTIFIED, 1_700_000_003_000)
    return tmp_path


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    """The folder's ledger, opened beside the command."""
    with Database.in_folder(folder) as one:
        yield one


def run(folder: Path, *words: str) -> int:
    return main([*words, "--network", str(folder)])


def test_it_says_which_version_went_first_to_whom_in_which_state(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "trace", THIRTY) == Exit.OK
    first, _, *rest = capsys.readouterr().out.splitlines()
    assert first == (
        f"3 versions; the first to go out was {id_of(2)}: 2023-11-14 22:13:20.123Z  stream to bob\ufffd[31m, provisional"
    )
    assert rest[0].startswith(f"1. {id_of(2)}  provisional  (nearly this text, ")
    text = "\n".join(rest)
    assert "1 of 1 claims different" in text
    assert f"ANOTHER CLAIM    “{FOURTEEN}”  (another number)" in text
    assert f"2. {id_of(1)}  certified  (exactly this text)" in text
    assert "exposed 2.000 s before its certificate" in text
    assert f"certificate {CERT_HASH} at 2023-11-14 22:13:23.000Z" in text
    assert f"3. {id_of(3)}  provisional  (another answer to the same request)" in text
    assert "never went out" in text


@pytest.mark.parametrize("how", ["text", "file", "stdin", "id", "hash"])
def test_whatever_is_given_leads_to_the_same_versions(
    folder: Path, how: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "pasted.txt").write_text(THIRTY)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(THIRTY.encode())))
    given = {
        "text": THIRTY,
        "file": str(folder / "pasted.txt"),
        "stdin": "-",
        "id": id_of(1),
        "hash": CERT_HASH.hex(),
    }
    assert run(folder, "trace", given[how], "--json") == Exit.OK
    found = json.loads(capsys.readouterr().out)
    assert found["first_released"] == id_of(2)
    assert [one["generation"] for one in found["versions"]] == [id_of(2), id_of(1), id_of(3)]


def test_nothing_found_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "trace", "Bananas are berries.") == Exit.OK
    assert capsys.readouterr().out == "no generation matches\n"


def test_the_check_names_the_head_or_the_fault(folder: Path, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "trace", THIRTY, "--check") == Exit.OK
    assert "journal intact: 9 entries, head sha256:" in capsys.readouterr().err
    tamper(database, "UPDATE releases SET receiver = 'mallory' WHERE receiver = 'alice'")
    assert run(folder, "trace", THIRTY, "--check") == Exit.USAGE
    shown = capsys.readouterr()
    assert "is not what the journal says" in shown.err
    assert shown.out == ""


def test_what_cannot_be_done_is_one_line_and_code_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, "trace", "x", "--database", "mysql://host/db") == Exit.USAGE
    shown = capsys.readouterr()
    assert "a database is given as" in shown.err
    assert shown.err.count("\n") == 1


def test_a_folder_without_a_ledger_is_left_without_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "trace", "x") == Exit.USAGE
    assert "no propagation ledger in" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * ((1 << 20) + 1)], ids=["not-utf8", "too-large"])
def test_a_file_that_is_no_text_is_refused(folder: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "file").write_bytes(content)
    assert run(folder, "trace", str(folder / "file")) == Exit.USAGE
    assert "trace" in capsys.readouterr().err
