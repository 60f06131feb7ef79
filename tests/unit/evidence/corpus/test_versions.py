"""Adding, changing and removing documents: every change is a version, and every version stays as it was."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from probatum.encoding import canonical
from probatum.encoding.digest import Digest
from probatum.errors import EvidenceRefused, LedgerError
from probatum.evidence.content_store import ContentDamaged
from probatum.evidence.corpus import Corpus, Version
from probatum.evidence.corpus.manifest import Document, check_name
from tests.unit.evidence.corpus.conftest import Place


def names(version: Version) -> list[str]:
    return [document.name for document in version.documents]


def test_versions_follow_one_another_and_nothing_new_makes_none(place: Place) -> None:
    place.write(a="Ada was born in Lyon.", b="Bob bakes bread.")
    first = place.add()
    assert (first.version.number, names(first.version), first.new) == (1, ["a.md", "b.md"], ("a.md", "b.md"))
    again = place.add()
    assert (again.version, again.anything) == (first.version, False)
    place.write(b="Bob bakes cakes.", c="Cleo counts.")
    second = place.add()
    assert (second.version.number, second.new, second.changed, second.gone) == (2, ("c.md",), ("b.md",), ())
    assert second.version.previous == first.version.digest
    assert place.corpus.numbers() == (1, 2)


def test_an_old_version_is_there_byte_for_byte(place: Place) -> None:
    old = "Bob bakes bread.\r\n\r\nÜber alles: bread.\n"
    (place.documents / "b.md").write_bytes(old.encode())
    first = place.add().version
    passage = Corpus.open(place.home, "news", place.embedder).search("Bob bakes bread.", k=1)[0]
    manifest = (place.home / "corpora/news/versions/00000001.json").read_bytes()
    (place.documents / "b.md").write_text("Something else.")
    place.add()
    (place.documents / "b.md").unlink()
    place.write(z="The only one.")
    third = place.add(only=True)
    assert (third.gone, names(third.version)) == (("b.md",), ["z.md"])
    assert (place.home / "corpora/news/versions/00000001.json").read_bytes() == manifest
    kept = place.corpus.version(1)
    assert kept == first
    assert place.corpus.copy(kept.documents[0]) == old.encode()
    assert place.corpus.copy(kept.documents[0])[passage.start : passage.end].decode() == passage.text
    assert Corpus.open(place.home, "news", place.embedder, 1).search("Bob bakes bread.", k=1)[0] == passage


def test_unchanged_files_are_neither_read_nor_embedded_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write(a="Ada was born in Lyon.", b="Bob bakes bread.")
    place.add()
    place.write(c="Cleo counts sheep.")
    read: list[str] = []
    monkeypatch.setattr("probatum.evidence.corpus.corpus.read_found", _spy(read))
    place.embedder.seen = 0
    place.add()
    assert read == ["c.md"]
    assert place.embedder.seen == 1 + 2  # one sentence; and twice the probe that tells embedders apart


def _spy(read: list[str]) -> object:
    from probatum.evidence.collect import read_found

    def spy(found, report):  # type: ignore[no-untyped-def]
        read.append(found.name)
        return read_found(found, report)

    return spy


def test_a_file_written_a_moment_ago_is_read_again(place: Place) -> None:
    """Its times could stay the same while its content changes: same size, same clock tick."""
    place.ahead_ns = 0
    place.write(a="Ada was born in 1950.")
    place.add()
    before = (place.documents / "a.md").stat()
    place.write(a="Ada was born in 1951.")
    os.utime(place.documents / "a.md", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert place.add().changed == ("a.md",)


def test_a_file_that_changed_behind_its_own_times_is_noticed(place: Place) -> None:
    place.write(a="Ada was born in 1950.")
    place.add()
    before = (place.documents / "a.md").stat()
    place.write(a="Ada was born in 1951.")
    os.utime(place.documents / "a.md", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert place.add().changed == ("a.md",)


def test_the_same_content_is_kept_once(place: Place) -> None:
    place.write(a="The same.", b="The same.")
    assert names(place.add().version) == ["a.md"]
    assert place.skipped == [("b.md", "the same content as a.md")]
    place.write(a="Another.")
    assert names(place.add().version) == ["a.md", "b.md"]  # what b.md holds is not lost with a.md


def test_two_folders_with_the_same_names_do_not_overwrite_each_other(place: Place, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    place.write(readme="Ours.")
    (other / "readme.md").write_text("Theirs.")
    place.add()
    assert names(place.add(other).version) == ["readme (2).md", "readme.md"]
    (other / "readme.md").write_text("Theirs, changed.")
    assert place.add(other).changed == ("readme (2).md",)
    assert place.add(place.documents).anything is False


def test_a_moved_file_stands_for_its_document_from_then_on(place: Place) -> None:
    place.write(a="Ada was born in Lyon.")
    place.add()
    (place.documents / "a.md").rename(place.documents / "z.md")
    assert place.add().anything is False
    place.write(z="Ada was born in Graz.")
    assert place.add().changed == ("a.md",)


def test_what_is_remembered_of_files_can_be_lost(place: Place) -> None:
    place.write(a="One.", b="Two.")
    place.add()
    for broken in (b"", b"{}", b'{"format":"probatum-corpus-files/1","files":{"/":{}}}', b"[1]"):
        (place.home / "corpora/news/files.json").write_bytes(broken)
        assert place.add().anything is False
    place.write(a="One, changed.")
    assert place.add().changed == ("a.md",)


def test_removing(place: Place) -> None:
    place.write(a="One.")
    place.add()
    place.write(a="Two.")
    kept = place.add().version
    with pytest.raises(EvidenceRefused, match="newest"):
        place.corpus.remove(2)
    with pytest.raises(EvidenceRefused, match=r"no version 7; it has 1, 2"):
        place.corpus.remove(7)
    place.corpus.remove(1)
    assert place.corpus.numbers() == (2,)
    with pytest.raises(EvidenceRefused, match="no version 1"):
        place.corpus.version(1)
    place.write(a="Three.")
    assert place.add().version.number == 3
    assert Corpus.names(place.home) == ("news",)
    place.corpus.remove()
    assert Corpus.names(place.home) == ()
    with pytest.raises(EvidenceRefused, match="there is no corpus news"):
        place.corpus.version()
    with pytest.raises(EvidenceRefused, match="there is no corpus news"):
        place.corpus.remove()
    assert place.corpus.copy(kept.documents[0]) == b"Two."  # a certificate may rest on it
    assert [path.name for path in (place.home / "corpora").iterdir()] == [".locks"]


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "a/b", "a\\b", "/etc", "-a", "a-", ".a", "A", "a" * 65, "a..b", "con", "nul.txt", "a\n", "ä", "a b"],
)
def test_names_that_lead_elsewhere_are_refused(place: Place, name: str) -> None:
    with pytest.raises(EvidenceRefused, match="cannot be called"):
        Corpus(place.home, name)


def test_names_that_are_fine() -> None:
    for name in ("a", "news-2026", "v1.2", "0", "a" * 64, "console"):
        assert check_name(name) == name


def test_nothing_usable_and_links_out_of_the_folder_are_refused(place: Place, tmp_path: Path) -> None:
    with pytest.raises(EvidenceRefused, match="nothing to add"):
        place.add()
    (place.documents / "x.bin").write_bytes(b"\0")
    with pytest.raises(EvidenceRefused, match="nothing to add"):
        place.add()
    with pytest.raises(EvidenceRefused, match=r"gone\.md: cannot be read"):
        place.add(place.documents / "gone.md")
    secret = tmp_path / "secret.md"
    secret.write_text("Not yours.")
    (place.documents / "link.md").symlink_to(secret)
    with pytest.raises(EvidenceRefused, match="leads out of the folder"):
        place.add()
    assert place.corpus.numbers() == ()


def test_a_changed_copy_is_noticed_by_name(place: Place) -> None:
    place.write(a="Ada was born in Lyon.")
    document = place.add().version.documents[0]
    stored = place.home / "sources/sha256" / document.copy_digest.hex()[:2] / document.copy_digest.hex()[2:]
    stored.write_bytes(b"Ada was born in Graz.")
    with pytest.raises(ContentDamaged, match="does not have the digest"):
        Corpus.open(place.home, "news", place.embedder).search("Where was Ada born?")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v | {"version": 2}, "manifest of version 2"),
        (lambda v: v | {"corpus": "other"}, "of other"),
        (lambda v: v | {"format": "x"}, "corpus.format"),
        (lambda v: v | {"extra": 1}, "unknown field"),
        (lambda v: v | {"documents": list(reversed(v["documents"]))}, "sorted by name"),
        (lambda v: v | {"documents": [d | {"sha256": v["documents"][0]["sha256"]} for d in v["documents"]]}, "must equal"),
        (lambda v: v | {"documents": [d | {"name": "../a"} for d in v["documents"]]}, r"name: holds an empty"),
        (lambda v: v | {"documents": [d | v["documents"][0] | {"name": d["name"]} for d in v["documents"]]}, "same content twice"),
    ],
)
def test_a_manifest_that_was_edited_is_refused(place: Place, change, message: str) -> None:  # type: ignore[no-untyped-def]
    place.write(a="One.", b="Two.")
    place.add()
    path = place.home / "corpora/news/versions/00000001.json"
    path.write_bytes(canonical.encode(change(canonical.decode(path.read_bytes()))))
    with pytest.raises(LedgerError, match=message):
        place.corpus.version()
    path.write_bytes(b"{ }")
    with pytest.raises(LedgerError, match="cannot be read"):
        place.corpus.version()


def test_a_manifest_round_trips() -> None:
    digest = Digest.of(b"x")
    version = Version("a", 3, Digest.of(b"y"), 5, (Document("ü/x.md", digest, digest, "markdown/1", 7),))
    assert Version.decode(version.encode()) == version
    assert Version.decode(version.encode()).digest == version.digest == Digest.of(version.encode())


def test_adders_wait_for_one_another(place: Place, tmp_path: Path) -> None:
    """Eight at once: eight versions, none lost, the last holds everything."""
    folders = [tmp_path / f"part{number}" for number in range(8)]
    for number, folder in enumerate(folders):
        folder.mkdir()
        (folder / f"{number}.md").write_text(f"Part {number} of it all.")
    threads = [threading.Thread(target=place.add, args=(folder,)) for folder in folders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert place.corpus.numbers() == tuple(range(1, 9))
    assert names(place.corpus.version()) == [f"{number}.md" for number in range(8)]
    assert {"reading", "indexing"} <= {progress.stage for progress in place.stages}


def test_what_cannot_be_written_is_one_clear_error(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write(a="One.")
    first = place.add().version
    place.write(a="Two.")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("probatum.evidence.corpus.data.np.save", full)
    with pytest.raises(LedgerError, match=r"cannot change corpus news: .*No space left"):
        place.add()
    monkeypatch.undo()
    assert place.corpus.version() == first
    assert [path.name for path in (place.home / "corpora/news/index").iterdir()] == [first.digest.hex()]
    assert place.add().changed == ("a.md",)
