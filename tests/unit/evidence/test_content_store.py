"""The store gives back exactly what was put, or says which file is wrong."""

import stat
import sys
from pathlib import Path

import pytest

from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.evidence.content_store import ContentDamaged, ContentMissing, ContentStore


def test_put_get_contains(tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "store")
    digest = Digest.of(b"data")
    assert digest not in store
    assert store.put(b"data") == digest == store.put(b"data")
    assert digest in store
    assert store.get(digest) == b"data"
    assert store.path(digest) == tmp_path / "store" / "sha256" / digest.hex()[:2] / digest.hex()[2:]
    assert "x" not in store
    assert len([path for path in (tmp_path / "store").rglob("*") if path.is_file()]) == 1


def test_missing_and_damaged_are_named(tmp_path: Path) -> None:
    store = ContentStore(tmp_path)
    with pytest.raises(ContentMissing, match="sha256:"):
        store.get(Digest.of(b"other"))
    digest = store.put(b"data")
    store.path(digest).write_bytes(b"datum")
    for call in (lambda: store.get(digest), lambda: store.put(b"data")):
        with pytest.raises(ContentDamaged, match=digest.hex()[2:]):
            call()


def test_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("probatum.evidence.durable.os.fsync", full)
    store = ContentStore(tmp_path)
    with pytest.raises(LedgerError, match="No space left"):
        store.put(b"data")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_folders_are_private(tmp_path: Path) -> None:
    store = ContentStore(tmp_path / "new")
    path = store.path(store.put(b"data"))
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in path.parents[:3]] == [0o700] * 3
