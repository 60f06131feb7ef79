"""``probatum corpus`` and ``probatum verify --corpus``, as users run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from probatum.evidence.corpus import Corpus, Version
from tests.e2e.conftest import Cli

ROOT = Path(__file__).parents[2]
Material = tuple[Path, Path]


def test_add_list_show_remove(cli: Cli, scripted: object, material: Material, home: Path) -> None:
    sources = material[1]
    assert "no corpus" in cli("corpus", "list").out
    ran = cli("corpus", "add", "space", sources)
    assert (ran.code, ran.out) == (0, "space: version 1, 1 document: 1 new, 0 changed, 0 left out\n")
    assert cli("corpus", "add", "space", sources).out == "space: nothing has changed (version 1, 1 document)\n"
    (sources / "more.txt").write_text("Neptune is a planet.\n")
    (sources / "photo.jpg").write_bytes(b"\xff\xd8")
    ran = cli("corpus", "add", "space", sources)
    assert ran.out.startswith("space: version 2, 2 documents: 1 new")
    assert ran.err == "probatum: skipped photo.jpg: unsupported type\n"
    listed = json.loads(cli("corpus", "list", "--json").out)["corpora"]
    assert [(one["corpus"], one["version"], one["size"]) for one in listed] == [("space", 2, 2)]
    assert "space" in cli("corpus", "list").out
    shown = json.loads(cli("corpus", "show", "space", "--json").out)
    assert ([one["name"] for one in shown["documents"]], shown["versions"]) == (["more.txt", "voyager.md"], [1, 2])
    assert "voyager.md" in cli("corpus", "show", "space").out
    assert "more.txt" not in cli("corpus", "show", "space", "--version", 1).out
    assert cli("corpus", "remove", "space", "--version", 2).code == 2
    assert cli("corpus", "remove", "space", "--version", 1).code == 0
    ran = cli("corpus", "show", "space", "--version", 1)
    assert (ran.code, ran.err) == (2, "probatum: corpus space has no version 1; it has 2\n")
    assert "copies stay" in cli("corpus", "remove", "space").out
    assert cli("corpus", "show", "space").code == 2


def test_only_leaves_out_what_is_not_given(cli: Cli, material: Material) -> None:
    sources = material[1]
    cli("corpus", "add", "space", sources)
    (sources / "voyager.md").rename(sources / "other.md")
    (sources / "other.md").write_text("Another text.\n")
    ran = cli("corpus", "add", "space", sources, "--only")
    assert ran.out == "space: version 2, 1 document: 1 new, 0 changed, 1 left out\n"


@pytest.mark.parametrize("name", ["../x", "A", "con", ""])
def test_a_bad_name_makes_nothing(cli: Cli, material: Material, home: Path, name: str) -> None:
    ran = cli("corpus", "add", name, material[1])
    assert (ran.code, "cannot be called" in ran.err) == (2, True)
    assert not home.exists()


def test_verify_against_a_corpus_a_folder_or_both(cli: Cli, scripted: object, material: Material, tmp_path: Path) -> None:
    answer, sources = material
    cli("corpus", "add", "space", sources)
    report = json.loads(cli("verify", answer, "--corpus", "space", "--json").out)
    assert report["status"] == "certified"
    found = [passage["source"] for fragment in report["fragments"] for passage in fragment["evidence"]]
    assert set(found) == {"voyager.md"}
    other = tmp_path / "other.md"
    other.write_text("Voyager 1 is far away.\n")
    report = json.loads(cli("verify", answer, "--corpus", "space", "--evidence", other, "--json").out)
    assert {p["source"] for f in report["fragments"] for p in f["evidence"]} == {"voyager.md", "other.md"}
    assert "passages in 2 sources" in cli("verify", answer, "--corpus", "space", "--evidence", other).out


def test_an_old_certificate_can_still_be_checked_when_the_corpus_has_moved_on(
    cli: Cli, scripted: object, material: Material, home: Path, tmp_path: Path
) -> None:
    answer, sources = material
    cli("corpus", "add", "space", sources)
    bundle = tmp_path / "b.json"
    assert cli("verify", answer, "--corpus", "space", "--out", bundle).code == 0
    (sources / "voyager.md").write_text("Nothing is known of Voyager.\n")
    cli("corpus", "add", "space", sources)
    assert cli("audit", bundle, "--evidence", sources).code == 1
    old = Corpus(home, "space").version(1)
    kept = tmp_path / "kept"
    kept.mkdir()
    for document in old.documents:
        (kept / document.name).write_bytes(Corpus(home, "space").copy(document))
    ran = cli("audit", bundle, "--evidence", kept, "--output", answer)
    assert (ran.code, "skip" in ran.out) == (0, False)


def test_nothing_to_judge_against_is_said(cli: Cli, scripted: object, material: Material) -> None:
    ran = cli("verify", material[0])
    assert (ran.code, "--evidence PATH, --corpus NAME or both" in ran.err) == (2, True)
    ran = cli("verify", material[0], "--corpus", "gone")
    assert (ran.code, "there is no corpus gone; make it with" in ran.err) == (2, True)


KILL = """
import os, signal, sys
from pathlib import Path
from probatum.evidence.corpus import Corpus
from tests.unit.evidence.corpus.conftest import Letters

CALLS = ("open", "os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree")
left = int(sys.argv[3])

def kill(event, arguments):
    global left
    if event in CALLS and "home" in str(arguments[0]):
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(kill)
Corpus(Path(sys.argv[1]), "news").add([Path(sys.argv[2])], Letters())
print("added", left)
"""


def add_and_kill(home: Path, documents: Path, at: int) -> tuple[int, str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    command = [sys.executable, "-c", KILL, str(home), str(documents), str(at)]
    ran = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603
    assert not ran.stderr, ran.stderr
    return ran.returncode, ran.stdout


def test_killed_at_any_file_operation_the_version_before_holds(tmp_path: Path) -> None:
    """kill -9 at chosen calls into the file system; more of them with ``PROBATUM_KILLS``."""
    from tests.unit.evidence.corpus.conftest import Letters

    home, documents = tmp_path / "home", tmp_path / "documents"
    home.mkdir()
    documents.mkdir()
    (documents / "a.md").write_text("Ada was born in 1900.")
    corpus = Corpus(home, "news")
    before = corpus.add([documents], Letters()).version
    total = 60
    kills = max(int(os.environ.get("PROBATUM_KILLS", "6")), 2)
    for turn, at in enumerate(range(1, total, max(total // kills, 1)), start=1):
        (documents / "a.md").write_text(f"Ada was born in {1900 + turn}.")
        (documents / f"b{turn}.md").write_text(f"Bob bakes {turn} loaves.")
        code, out = add_and_kill(home, documents, at)
        assert (code, out) == (-9, "") or out.startswith("added")
        now = corpus.version()
        assert now == before or now.number == before.number + 1  # the version before, or the whole new one
        check_whole(home, corpus, now)
        after = corpus.add([documents], Letters()).version
        assert after.number <= before.number + 1
        assert [document.name for document in after.documents] == ["a.md", *sorted(f"b{n}.md" for n in range(1, turn + 1))]
        check_whole(home, corpus, after)
        left = [path.name for path in (home / "corpora").rglob("*") if path.name.startswith((".tmp-", ".removed-"))]
        assert not left
        before = after


def check_whole(home: Path, corpus: Corpus, version: Version) -> None:
    """Every version can be read, with every document; the newest can be searched."""
    from tests.unit.evidence.corpus.conftest import Letters

    for number in corpus.numbers():
        for document in corpus.version(number).documents:
            assert len(corpus.copy(document)) == document.size
    assert Corpus.open(home, "news", Letters()).search("Ada was born", k=1)[0].source == "a.md"
    assert corpus.version() == version
