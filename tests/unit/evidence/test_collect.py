"""Folders: what is read, under which name, and what never is."""

import os
import sys
from pathlib import Path

import pytest

from probatum.errors import EvidenceRefused
from probatum.evidence.collect import collect


def make(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def test_folder_is_read_in_order_and_the_rest_is_reported(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            "b.txt": "b",
            "a.md": "a",
            "sub/c.txt": "c",
            ".git/x.txt": "x",
            ".env": "x",
            "pic.png": b"\x89",
            "bad.txt": b"\xff",
            "twin.txt": "a",
        },
    )
    skipped: list[tuple[str, str]] = []
    seen: list[tuple[int, str]] = []
    sources = collect(
        [tmp_path], lambda name, reason: skipped.append((name, reason)), lambda count, name: seen.append((count, name))
    )
    assert [source.name for source in sources] == ["a.md", "b.txt", "sub/c.txt"]
    assert dict(skipped) == {
        ".git": "hidden",
        ".env": "hidden",
        "pic.png": "unsupported type",
        "bad.txt": "invalid UTF-8 at byte 0; save the text as UTF-8",
        "twin.txt": "the same content as a.md",
    }
    assert seen[0] == (0, "a.md")


def test_named_file_must_be_usable(tmp_path: Path) -> None:
    make(tmp_path, {"a.txt": "fine", "b.docx": "x", "c.txt": ""})
    for name, message in (("b.docx", "unsupported"), ("c.txt", "empty"), ("absent.txt", "cannot be read .No such file")):
        with pytest.raises(EvidenceRefused, match=message):
            collect([tmp_path / "a.txt", tmp_path / name])


def test_nothing_usable_is_refused(tmp_path: Path) -> None:
    for paths in ([], [tmp_path], [make(tmp_path / "sub", {"x.png": "x"})]):
        with pytest.raises(EvidenceRefused, match="no usable evidence"):
            collect(paths)


def test_equal_names_are_told_apart(tmp_path: Path) -> None:
    make(tmp_path, {"one/a.txt": "1", "two/a.txt": "2", "three/a.txt": "3"})
    sources = collect([tmp_path / "one", tmp_path / "two" / "a.txt", tmp_path / "three"])
    assert [(source.name, source.copy) for source in sources] == [("a.txt", b"1"), ("a (2).txt", b"2"), ("a (3).txt", b"3")]


def test_same_content_is_kept_once(tmp_path: Path) -> None:
    make(tmp_path, {"a.txt": "same", "b.txt": "same"})
    assert [source.name for source in collect([tmp_path / "b.txt", tmp_path / "a.txt", tmp_path])] == ["b.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs links and special files")
class TestPosix:
    def test_link_out_of_the_folder_is_refused(self, tmp_path: Path) -> None:
        make(tmp_path, {"secret.txt": "s", "docs/a.txt": "a"})
        link = tmp_path / "docs" / "link.txt"
        link.symlink_to(tmp_path / "secret.txt")
        with pytest.raises(EvidenceRefused, match=r"link\.txt: a link that leads out"):
            collect([tmp_path / "docs"])
        link.unlink()
        (tmp_path / "docs" / "up").symlink_to("..")
        with pytest.raises(EvidenceRefused, match="leads out"):
            collect([tmp_path / "docs"])

    def test_links_inside_and_in_circles_do_no_harm(self, tmp_path: Path) -> None:
        make(tmp_path, {"a.txt": "a", "sub/b.txt": "b"})
        (tmp_path / "circle").symlink_to(".")
        (tmp_path / "again.txt").symlink_to("a.txt")
        assert {source.copy for source in collect([tmp_path])} == {b"a", b"b"}
        (tmp_path / "self.txt").symlink_to("self.txt")
        with pytest.raises(EvidenceRefused, match=r"self\.txt"):
            collect([tmp_path])

    def test_named_pipe_does_not_block(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe.txt")
        with pytest.raises(EvidenceRefused, match="not a regular file"):
            collect([tmp_path / "pipe.txt"])

    def test_hostile_file_names_are_shown_safely(self, tmp_path: Path) -> None:
        hostile = (b"a\xff.txt", "b\u202etxt.txt".encode(), b"c\n\x1b[2J.txt", b"x\\..\\..\\d.txt", b"e" * 250 + b".txt")
        for number, name in enumerate(hostile):
            Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_text(f"content {number}")
        names = [source.name for source in collect([tmp_path])]
        assert len(set(names)) == 5
        assert all(name.isprintable() and "\\" not in name and ".." not in name.split("/") for name in names)


def test_too_large_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probatum.evidence.collect.MAX_SOURCE_BYTES", 10)
    make(tmp_path, {"a.txt": "x" * 11})
    with pytest.raises(EvidenceRefused, match="10 bytes allowed"):
        collect([tmp_path / "a.txt"])


def test_too_much_in_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, {"a.txt": "aaaa", "b.txt": "bbbb"})
    monkeypatch.setattr("probatum.evidence.collect.MAX_TOTAL_BYTES", 6)
    with pytest.raises(EvidenceRefused, match="in all"):
        collect([tmp_path])
    monkeypatch.setattr("probatum.evidence.collect.MAX_FILES", 1)
    with pytest.raises(EvidenceRefused, match="more than 1 evidence files"):
        collect([tmp_path])
