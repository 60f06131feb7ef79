"""The log as static files: a stranger mirrors them and checks everything without asking for a proof."""

from __future__ import annotations

import gzip

import pytest

from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import LogError
from probatum.signing.statement import Statement
from probatum.tlog import tree
from probatum.tlog.checkpoint import Log, SignedCheckpoint, VerifiedCheckpoint
from probatum.tlog.leaf import LogEntry
from probatum.tlog.note import NoteKey
from probatum.tlog.tiles import EntryBundle, Tile, bundles, reader, tiles
from tests.unit.gateway.served.client import Client
from tests.unit.gateway.served.house import Builder, run
from tests.unit.gateway.test_verifier import HERE

LOG = Log(HERE.epoch.log.origin, NoteKey(HERE.epoch.log.origin, HERE.epoch.log.key))


def grow(here: Builder, entries: int) -> None:
    """Put statements into the log, as rounds would."""
    ledger = here.network.ledger
    with ledger._write() as db:
        for number in range(entries):
            payload = Statement("revocation", "output", Digest.of(b"x"), {"number": ledger.head().size + number}).encode()
            entry = LogEntry(payload)
            ledger._append(db, entry.data, entry.leaf_hash, here.network.seal)


class Mirror:
    """A client that walks the static files, and trusts nothing but the log's key."""

    def __init__(self, client: Client) -> None:
        self.client, self.files = client, dict[str, bytes]()

    async def take(self) -> VerifiedCheckpoint:
        note = await self.client.get("/log/checkpoint")
        assert note.headers["content-type"] == "text/plain; charset=utf-8"
        assert note.headers["cache-control"] == "no-cache"
        checked = SignedCheckpoint.parse(note.body).verify(LOG)
        size = checked.checkpoint.size
        for tile in [*tiles(size), *bundles(size)]:
            if tile.path not in self.files:
                answer = await self.client.get(f"/log/{tile.path}")
                assert answer.status == 200, tile.path
                assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
                assert answer.headers["content-type"] == "application/octet-stream"
                self.files[tile.path] = answer.body
        return checked

    def read(self, size: int) -> tree.Read:
        return reader(size, lambda tile: self.files[tile.path])

    def entries(self, size: int) -> list[bytes]:
        return [entry for bundle in bundles(size) for entry in bundle.decode(self.files[bundle.path])]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 515])
def test_a_mirror_checks_every_entry_against_the_signed_root(here: Builder, size: int) -> None:
    grow(here, size - 1)

    async def main() -> None:
        async with here.open() as house:
            mirror = Mirror(house.nobody)
            checkpoint = (await mirror.take()).checkpoint
            assert checkpoint.size == size
            read = mirror.read(size)
            assert tree.root(size, read) == checkpoint.root
            entries = mirror.entries(size)
            assert len(entries) == size
            for index in {0, 1, size // 2, size - 1} & set(range(size)):
                path = tree.inclusion_proof(index, size, read)
                merkle.verify_inclusion(LogEntry.parse(entries[index]).leaf_hash, index, size, path, checkpoint.root)

    run(main)


def test_a_mirror_sees_that_the_log_only_grew(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            mirror = Mirror(house.nobody)
            old = (await mirror.take()).checkpoint
            for more in (1, 200, 60, 300):
                grow(here, more)
                new = (await mirror.take()).checkpoint
                assert new.size == old.size + more
                path = tree.consistency_proof(old.size, new.size, mirror.read(new.size))
                merkle.verify_consistency(old.size, old.root, new.size, new.root, path)
                old = new

    run(main)


def test_partial_tiles_stay_when_the_full_tile_is_there(here: Builder) -> None:
    grow(here, 299)

    async def main() -> None:
        async with here.open() as house:
            whole = (await house.nobody.get("/log/tile/0/000")).body
            for width in (1, 17, 255):
                assert (await house.nobody.get(f"/log/tile/0/000.p/{width}")).body == whole[: 32 * width]
            assert (await house.nobody.get("/log/tile/1/000.p/1")).status == 200

    run(main)


@pytest.mark.parametrize(
    "path", ["tile/0/001.p/45", "tile/0/001", "tile/1/000.p/2", "tile/2/000.p/1", "tile/entries/002", "tile/63/000"]
)
def test_what_the_log_has_not_reached_is_not_there_yet_and_no_cache_keeps_that(here: Builder, path: str) -> None:
    grow(here, 299)

    async def main() -> None:
        async with here.open() as house:
            answer = await house.nobody.get(f"/log/{path}")
            assert (answer.status, answer.code, answer.headers["cache-control"]) == (404, "tile_not_found", "no-store")

    run(main)


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000",
        "tile/0/x000/000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000/",
        "tile/0/../0/000",
        "tile/../checkpoint",
        "tile/entries/../../../../etc/passwd",
        "tile/entries/%2e%2e/%2e%2e/ledger.sqlite3",
        "tile/entries/000\x00",
        "tile/0/٠٠٠",
        "tile/0/x" + "999/x" * 40 + "999",
        "tile/",
        "",
        "../ledger.sqlite3",
    ],
)
def test_paths_that_no_tile_has_lead_nowhere(here: Builder, path: str) -> None:
    async def main() -> None:
        async with here.open() as house:
            assert (await house.nobody.get(f"/log/{path}")).status == 404

    run(main)


def test_entries_are_compressed_for_those_who_ask_and_are_the_same(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            plain = await house.nobody.get("/log/tile/entries/000.p/1")
            packed = await house.nobody.get("/log/tile/entries/000.p/1", accept_encoding="gzip, identity")
            assert packed.headers["content-encoding"] == "gzip"
            assert gzip.decompress(packed.body) == plain.body
            assert packed.headers["etag"] != plain.headers["etag"]
            assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
            again = await house.nobody.get(
                "/log/tile/entries/000.p/1", accept_encoding="gzip", if_none_match=packed.headers["etag"]
            )
            assert again.status == 304

    run(main)


def test_a_file_that_was_changed_on_the_way_is_noticed(here: Builder) -> None:
    grow(here, 20)

    async def main() -> None:
        async with here.open() as house:
            mirror = Mirror(house.nobody)
            checkpoint = (await mirror.take()).checkpoint
            path = Tile(0, 0, 21).path
            mirror.files[path] = bytes(32) + mirror.files[path][32:]
            assert tree.root(21, mirror.read(21)) != checkpoint.root
            mirror.files[EntryBundle(0, 21).path] += b"x"
            with pytest.raises(LogError):
                mirror.entries(21)

    run(main)


def test_reading_never_waits_for_a_round_that_is_being_written(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            with here.network.ledger._write() as db:
                db.execute("INSERT INTO leaves VALUES (99, x'00')")
                assert (await house.nobody.get("/log/checkpoint")).status == 200
                assert house.reader.size() == 1
                db.execute("DELETE FROM leaves WHERE leaf = 99")

    run(main)


def test_the_reader_cannot_write(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            with pytest.raises(Exception, match=r"readonly|cannot be read"):
                house.reader._rows("DELETE FROM leaves")

    run(main)
