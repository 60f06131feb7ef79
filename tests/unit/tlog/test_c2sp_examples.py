"""The literal examples of the C2SP specifications (``../shared/vectors/c2sp-specs``)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probatum.errors import LogError
from probatum.tlog.checkpoint import SignedCheckpoint
from probatum.tlog.note import Note, NoteKey
from probatum.tlog.tiles import Tile, tiles

FOLDER = Path(__file__).resolve().parents[3].parent / "shared/vectors/c2sp-specs"
BLOCK = re.compile(r"^```\n(.*?)^```$", re.M | re.S)

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the C2SP specifications are not there: {FOLDER}")


def _blocks(page: str) -> list[bytes]:
    return [block.encode() for block in BLOCK.findall((FOLDER / page).read_text("utf-8"))]


def test_the_signed_note_example_verifies() -> None:
    vkey = re.search(r"^    (example\.com/foo\+\S+)$", (FOLDER / "signed-note.md").read_text("utf-8"), re.M)
    assert vkey
    data = _blocks("signed-note.md")[-1]
    key, note = NoteKey.parse(vkey[1]), Note.parse(data)
    assert [found.vkey for found, _ in note.signed_by([key])] == [vkey[1]]
    assert note.encode() == data
    with pytest.raises(LogError, match="reject the whole note"):
        Note.parse(data.replace(b"example message", b"exemplary message")).signed_by([key])


@pytest.mark.parametrize(("page", "signatures"), [("tlog-checkpoint.md", 1), ("tlog-cosignature.md", 2)])
def test_the_checkpoint_examples_parse(page: str, signatures: int) -> None:
    data = _blocks(page)[0]
    signed = SignedCheckpoint.parse(data)
    assert (signed.claimed.origin, signed.claimed.size) == ("example.com/behind-the-sofa", 20852163)
    assert len(signed.note.signatures) == signatures
    assert signed.encode() == data


def test_the_note_with_letters_beyond_ascii_parses() -> None:
    data = _blocks("signed-note.md")[0]
    assert Note.parse(data).encode() == data


def test_the_tiles_of_the_tiles_example() -> None:
    found = list(tiles(70_000))
    assert [sum(tile.level == level and tile.width == 256 for tile in found) for level in (0, 1, 2)] == [273, 1, 0]
    assert [tile.path for tile in found if tile.width < 256] == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert Tile(0, 1234067).path == "tile/0/x001/x234/067"
    assert [tile.path for tile in tiles(256)] == ["tile/0/000", "tile/1/000.p/1"]
