"""A log's tree over stored nodes: what to write on append, and every root and proof at every size from what was written.

A stored node (level, index) is the root over the 2**level leaves from ``index * 2**level``. Only complete subtrees are stored, so
a node is written once and never changes, an append writes at most log2(n)+1 of them (two on average), and a root or a proof
at any size reads O(log n).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import LogError
from probatum.frozen import Value

Read: TypeAlias = Callable[[int, int], Digest]
"""``read(level, index)`` gives a stored node; it raises when there is none."""


class Node(Value, frozen=True):
    """A complete subtree's root, to be stored."""

    level: int
    index: int
    hash: Digest


def written_by(size: int) -> tuple[tuple[int, int], ...]:
    """The (level, index) of the nodes that the append at ``size`` completes: the leaf and every subtree it fills."""
    _check_size(size)
    filled = (~size & (size + 1)).bit_length()  # 1 + the number of trailing one bits of size
    return tuple((level, size >> level) for level in range(filled))


def complete_parts(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees (level, index), left to right, that make up a subtree ``[start, end)``: one per one bit of its size."""
    size = end - start
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            yield level, start >> level
            start += 1 << level


def range_root(start: int, end: int, read: Read) -> Digest:
    """The root over leaves ``[start, end)``, a non-empty subtree on some route."""
    parts = [read(level, index) for level, index in complete_parts(start, end)]
    return _fold(parts)


def _fold(parts: list[Digest]) -> Digest:
    """The root over complete subtrees of falling size: the right edge is hashed first."""
    result = parts[-1]
    for part in reversed(parts[:-1]):
        result = merkle.node_hash(part, result)
    return result


def root(size: int, read: Read) -> Digest:
    """The root of the tree of the first ``size`` leaves."""
    _check_size(size)
    return range_root(0, size, read) if size else merkle.EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: Read) -> tuple[Digest, ...]:
    """RFC 6962 section 2.1.1, of leaf ``index`` in the tree of the first ``size`` leaves."""
    if not 0 <= index < size:
        raise LogError(f"leaf {index} is not in a tree of {size} leaves")
    return merkle.prove(index, index + 1, size, lambda start, end: range_root(start, end, read))


def consistency_proof(old_size: int, size: int, read: Read) -> tuple[Digest, ...]:
    """RFC 6962 section 2.1.2, from the tree of ``old_size`` leaves (at least 1) to that of ``size``."""
    if not 0 < old_size <= size:
        raise LogError(f"no consistency proof leads from size {old_size} to size {size}")
    return merkle.prove(0, old_size, size, lambda start, end: range_root(start, end, read))


class Frontier(Value, frozen=True):
    """The right edge of a tree: its complete subtrees' roots, largest first. Enough to append and to know the root.

    Raises:
        LogError: the number of roots is not the number of one bits of ``size``.
    """

    size: int = 0
    roots: tuple[Digest, ...] = ()

    def __post_init__(self) -> None:
        _check_size(self.size)
        if len(self.roots) != self.size.bit_count():
            raise LogError(f"a frontier of {self.size} leaves has {self.size.bit_count()} roots, not {len(self.roots)}")

    @classmethod
    def load(cls, size: int, read: Read) -> Frontier:
        """The frontier of a stored tree: one read per one bit of ``size``."""
        _check_size(size)
        return cls(size, tuple(read(level, index) for level, index in complete_parts(0, size)))

    def append(self, leaf: Digest) -> tuple[Frontier, tuple[Node, ...]]:
        """The frontier with one more leaf, and the nodes to store in the same transaction as the entry."""
        roots, nodes, current = list(self.roots), list[Node](), leaf
        for level, index in written_by(self.size):
            if level:
                current = merkle.node_hash(roots.pop(), current)
            nodes.append(Node(level, index, current))
        return Frontier(self.size + 1, (*roots, current)), tuple(nodes)

    @property
    def root(self) -> Digest:
        """The tree's root."""
        return _fold(list(self.roots)) if self.roots else merkle.EMPTY_ROOT


def _check_size(size: int) -> None:
    if not 0 <= size <= merkle.MAX_SIZE:
        raise LogError(f"a tree has 0 to {merkle.MAX_SIZE} leaves, not {size}")
