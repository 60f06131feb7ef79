"""tlog-tiles: the tree and its entries as static files that anyone can mirror.

A tile holds up to 256 consecutive stored nodes of one level in eight: tile (level, index) begins with node
``(8 * level, 256 * index)``. A bundle holds the entries under one level 0 tile, each behind its length in two bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import LogError
from probatum.frozen import Value
from probatum.tlog.leaf import MAX_ENTRY
from probatum.tlog.tree import Read

FULL: Final = 256
HEIGHT: Final = 8
MAX_LEVEL: Final = 63

_PATH: Final = re.compile(r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?\Z")


class Tile(Value, frozen=True):
    """One tile of hashes; ``width`` below 256 makes it partial.

    Raises:
        LogError: level, index or width out of range.
    """

    level: int
    index: int
    width: int = FULL

    def __post_init__(self) -> None:
        if not 0 <= self.level <= MAX_LEVEL:
            raise LogError(f"a tile's level is 0 to {MAX_LEVEL}, not {self.level}")
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """``tile/<L>/<N>[.p/<W>]``."""
        return f"tile/{self.level}/{_place(self.index, self.width)}"

    def encode(self, read: Read) -> bytes:
        """The tile's bytes from stored nodes."""
        first = self.index * FULL
        return b"".join(read(HEIGHT * self.level, first + i) for i in range(self.width))

    def decode(self, data: bytes) -> tuple[Digest, ...]:
        """The tile's hashes; raises LogError unless there are exactly ``width``."""
        if len(data) != 32 * self.width:
            raise LogError(f"{self.path} has {len(data)} bytes; {self.width} hashes are {32 * self.width}")
        return tuple(Digest(data[at : at + 32]) for at in range(0, len(data), 32))


class EntryBundle(Value, frozen=True):
    """The entries under the level 0 tile of the same index and width.

    Raises:
        LogError: index or width out of range.
    """

    index: int
    width: int = FULL

    def __post_init__(self) -> None:
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """``tile/entries/<N>[.p/<W>]``."""
        return f"tile/entries/{_place(self.index, self.width)}"

    def encode(self, entries: Sequence[bytes]) -> bytes:
        """The bundle's bytes; raises LogError when the number of entries is not ``width`` or one is longer than 65535 bytes."""
        if len(entries) != self.width:
            raise LogError(f"{self.path} holds {self.width} entries, not {len(entries)}")
        for place, entry in enumerate(entries):
            if len(entry) > MAX_ENTRY:
                raise LogError(f"entry {place} of {self.path} has {len(entry)} bytes; an entry has at most {MAX_ENTRY}")
        return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)

    def decode(self, data: bytes) -> tuple[bytes, ...]:
        """The entries; raises LogError when the bytes are not exactly ``width`` of them."""
        entries, at = list[bytes](), 0
        for place in range(self.width):
            start = at + 2
            at = start + int.from_bytes(data[at:start], "big")
            if start > len(data) or at > len(data):
                raise LogError(f"{self.path} ends inside entry {place}, at byte {len(data)}")
            entries.append(data[start:at])
        if at != len(data):
            raise LogError(f"{self.path} has {len(data) - at} bytes after its {self.width} entries")
        return tuple(entries)


def parse_path(path: str) -> Tile | EntryBundle:
    """Read a path relative to the log's prefix.

    Raises:
        LogError: not the one path of some tile or bundle (wrong padding, missing ``x``, width 0 or 256, traversal, ...).
    """
    match = _PATH.match(path)
    if not match:
        raise LogError(f"{path!r:.80} is not a tile path such as tile/0/x001/234 or tile/entries/000.p/17")
    level, place, width = match.groups()
    index = int(place.replace("x", "").replace("/", ""))
    wide = int(width) if width else FULL
    tile = EntryBundle(index, wide) if level == "entries" else Tile(int(level), index, wide)
    if tile.path != path:
        raise LogError(f"{path!r:.80} is written {tile.path}")
    return tile


def tiles(size: int, *, since: int = 0) -> Iterator[Tile]:
    """The tiles of a tree of ``size`` leaves, lowest level first; those already published at size ``since`` are left out."""
    for level in range(MAX_LEVEL + 1):
        count, before = size >> (HEIGHT * level), since >> (HEIGHT * level)
        if not count:
            return
        if count > before:
            yield from (Tile(level, index) for index in range(before // FULL, count // FULL))
            if count % FULL:
                yield Tile(level, count // FULL, count % FULL)


def bundles(size: int, *, since: int = 0) -> Iterator[EntryBundle]:
    """The entry bundles of a tree of ``size`` leaves; those already published at size ``since`` are left out."""
    yield from (EntryBundle(tile.index, tile.width) for tile in tiles(size, since=since) if tile.level == 0)


def reader(size: int, fetch: Callable[[Tile], bytes]) -> Read:
    """Stored nodes read from a mirror's tiles at ``size``, for ``tree.root`` and the proofs; a checkpoint decides if they hold."""

    def read(level: int, index: int) -> Digest:
        tile_level, height = divmod(level, HEIGHT)
        first = index << height
        filled = (size >> (HEIGHT * tile_level)) - first // FULL * FULL
        if first % FULL + (1 << height) > filled:
            raise LogError(f"node ({level}, {index}) is not complete in a tree of {size} leaves")
        tile = Tile(tile_level, first // FULL, min(filled, FULL))
        return merkle.root(tile.decode(fetch(tile))[first % FULL : first % FULL + (1 << height)])

    return read


def _place(index: int, width: int) -> str:
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *upper, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
    partial = f".p/{width}" if width < FULL else ""
    return "".join(f"x{group}/" for group in upper) + last + partial


def _check_place(index: int, width: int) -> None:
    if not 0 <= index <= merkle.MAX_SIZE // FULL:
        raise LogError(f"a tile's index is 0 to {merkle.MAX_SIZE // FULL}, not {index}")
    if not 1 <= width <= FULL:
        raise LogError(f"a tile's width is 1 to {FULL}, not {width}")
