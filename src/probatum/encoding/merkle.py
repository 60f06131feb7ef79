"""Merkle trees of RFC 6962 section 2.1: roots, inclusion proofs and consistency proofs.

A tree is cut at the largest power of two below its size, so every node stands for a range of leaves. One walk, ``route``,
goes from the root down to a range and names the sibling ranges it passes; a proof is their hashes, lowest first. The same walk
makes and checks proofs that a leaf lies in a tree (the range ``[index, index + 1)``), that a tree is a prefix of a larger one
(``[0, old_size)``), and that a subtree lies in a tree (draft-ietf-plants-merkle-tree-certs section 4). The length is known before
any hash is read, so a proof that is too long or too short is refused as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from probatum.encoding.digest import Digest
from probatum.errors import LogError

EMPTY_ROOT: Final = Digest(sha256(b"").digest())
MAX_SIZE: Final = 2**63 - 1


def leaf_hash(data: bytes) -> Digest:
    """The hash of a leaf: SHA-256(0x00 || data)."""
    return bytes.__new__(Digest, sha256(b"\x00" + data).digest())


def node_hash(left: bytes, right: bytes) -> Digest:
    """The hash of an inner node: SHA-256(0x01 || left || right)."""
    return Digest(_node(left, right))


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> Digest:
    """The root over leaf hashes, in order. Hashes level by level; an odd last node moves up unchanged, which is RFC 6962's tree."""
    level = list(leaf_hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        rest = iter(level)
        above = [sha256(b"\x01" + left + right).digest() for left, right in zip(rest, rest, strict=False)]
        if len(level) % 2:
            above.append(level[-1])
        level = above
    return Digest(level[0])


def root_of(leaves: Iterable[bytes]) -> Digest:
    """The root over the leaves themselves."""
    return root([sha256(b"\x00" + leaf).digest() for leaf in leaves])


# -- routes -----------------------------------------------------------------------------------------------------------------


class Sibling(NamedTuple):
    """A range of leaves ``[start, end)`` beside the route. ``shared``: it lies inside the sought range too (always to the left)."""

    start: int
    end: int
    left: bool
    shared: bool


class Route(NamedTuple):
    """What a proof consists of: ``siblings`` from the lowest to the highest, preceded by the hash of ``[base_start, base_end)``
    when the sought range is no single node of the tree (``base_given``)."""

    base_start: int
    base_end: int
    base_given: bool
    siblings: tuple[Sibling, ...]

    @property
    def length(self) -> int:
        """How many hashes the proof has."""
        return len(self.siblings) + self.base_given


def split(size: int) -> int:
    """The largest power of two smaller than ``size`` (at least 2): where RFC 6962 cuts a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def route(start: int, end: int, size: int) -> Route:
    """The way from the root of a tree of ``size`` leaves down to the subtree ``[start, end)``.

    Raises:
        LogError: ``[start, end)`` is no non-empty valid subtree of such a tree.
    """
    _check_subtree(start, end)
    if end > size or size > MAX_SIZE:
        raise LogError(f"leaves [{start}, {end}) do not lie in a tree of {size} (at most {MAX_SIZE})")
    low, high, siblings, given = 0, size, list[Sibling](), False
    while low != start or high != end:
        cut = low + split(high - low)
        if end <= cut:
            siblings.append(Sibling(cut, high, False, False))
            high = cut
        else:
            inside = start < cut
            siblings.append(Sibling(low, cut, True, inside))
            given = given or inside
            low, start = cut, max(start, cut)
    siblings.reverse()
    return Route(low, high, given, tuple(siblings))


def _check_subtree(start: int, end: int) -> None:
    """The draft's section 4.1: a range is a subtree when its start is a multiple of its size rounded up to a power of two."""
    if not 0 <= start < end:
        raise LogError(f"[{start}, {end}) is not a range of leaves")
    if start % (1 << (end - start - 1).bit_length()):
        raise LogError(f"[{start}, {end}) is not a subtree: its start is no multiple of its size rounded up to a power of two")


# -- making proofs ----------------------------------------------------------------------------------------------------------


def prove(start: int, end: int, size: int, hash_of: Callable[[int, int], Digest]) -> tuple[Digest, ...]:
    """The proof that ``[start, end)`` lies in a tree of ``size``, where ``hash_of(a, b)`` is the root over leaves ``[a, b)``."""
    way = route(start, end, size)
    base = (hash_of(way.base_start, way.base_end),) if way.base_given else ()
    return base + tuple(hash_of(sibling.start, sibling.end) for sibling in way.siblings)


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> tuple[Digest, ...]:
    """RFC 6962 section 2.1.1: the path of leaf ``index``, from its sibling up to the root's child."""
    _check_index(index, len(leaf_hashes))
    return prove(index, index + 1, len(leaf_hashes), lambda a, b: root(leaf_hashes[a:b]))


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> tuple[Digest, ...]:
    """RFC 6962 section 2.1.2: that the tree over the first ``old_size`` leaves is a prefix of the tree over all of them."""
    _check_sizes(old_size, len(leaf_hashes))
    return prove(0, old_size, len(leaf_hashes), lambda a, b: root(leaf_hashes[a:b]))


# -- checking proofs --------------------------------------------------------------------------------------------------------


def verify_inclusion(leaf: Digest, index: int, size: int, proof: Sequence[Digest], root: Digest) -> None:
    """Check that ``leaf`` is leaf ``index`` of the tree of ``size`` leaves with that root.

    Raises:
        LogError: the index is out of range, the proof has the wrong length, or it leads to another root.
    """
    _check_index(index, size)
    _, found = _climb(leaf, route(index, index + 1, size), proof)
    if found != root:
        raise LogError(f"inclusion proof of leaf {index} of {size} leads to the root {found.hex()}, not to {root.hex()}")


def verify_consistency(old_size: int, old_root: Digest, new_size: int, new_root: Digest, proof: Sequence[Digest]) -> None:
    """Check that the old tree is a prefix of the new one. From the empty tree there is nothing to prove, so size 0 is refused.

    Raises:
        LogError: the sizes are out of order, the proof has the wrong length, or it does not lead to both roots.
    """
    _check_sizes(old_size, new_size)
    _verify_range(0, old_size, old_root, new_size, new_root, proof)


def verify_subtree_consistency(
    start: int, end: int, subtree_root: Digest, size: int, root: Digest, proof: Sequence[Digest]
) -> None:
    """Check that the subtree ``[start, end)`` with that root lies in the tree. An empty one has ``EMPTY_ROOT`` and no proof."""
    if start != end:
        return _verify_range(start, end, subtree_root, size, root, proof)
    if not 0 <= start <= size:
        raise LogError(f"the empty subtree at {start} does not lie in a tree of {size}")
    _check_length(proof, 0)
    if subtree_root != EMPTY_ROOT:
        raise LogError(f"an empty subtree has the root {EMPTY_ROOT.hex()}, not {subtree_root.hex()}")


def verify_subtree_inclusion(leaf: Digest, index: int, start: int, end: int, proof: Sequence[Digest], root: Digest) -> None:
    """Check that ``leaf`` is leaf ``index`` of a tree whose subtree ``[start, end)`` has that root."""
    _check_subtree(start, end)
    if not start <= index < end:
        raise LogError(f"leaf {index} does not lie in the subtree [{start}, {end})")
    verify_inclusion(leaf, index - start, end - start, proof, root)


def _verify_range(start: int, end: int, old_root: bytes, size: int, new_root: bytes, proof: Sequence[Digest]) -> None:
    old, new = _climb(old_root, route(start, end, size), proof)
    where = f"consistency proof from [{start}, {end}) to a tree of {size}"
    if old != old_root:
        raise LogError(f"{where} leads to the old root {old.hex()}, not to {old_root.hex()}")
    if new != new_root:
        raise LogError(f"{where} leads to the new root {new.hex()}, not to {new_root.hex()}")


def _climb(base: bytes, way: Route, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Hash up the route; gives the root of the sought range and the root of the tree."""
    _check_length(proof, way.length)
    hashes = iter(proof)
    old = new = next(hashes) if way.base_given else base
    for sibling, other in zip(way.siblings, hashes, strict=True):
        new = _node(other, new) if sibling.left else _node(new, other)
        if sibling.shared:
            old = _node(other, old)
    return old, new


def _check_length(proof: Sequence[bytes], length: int) -> None:
    if len(proof) != length:
        fault = "too short" if len(proof) < length else "too long"
        raise LogError(f"the proof is {fault}: {len(proof)} hashes where {length} are needed")
    for place, item in enumerate(proof):
        if len(item) != 32:
            raise LogError(f"hash {place} of the proof has {len(item)} bytes, not 32")


def _check_index(index: int, size: int) -> None:
    if not 0 <= index < size:
        raise LogError(f"the index {index} is out of range: the tree has {size} leaves")


def _check_sizes(old_size: int, new_size: int) -> None:
    if old_size < 1:
        raise LogError(f"no consistency proof starts at size {old_size}: everything extends the empty tree")
    if old_size > new_size:
        raise LogError(f"the old size {old_size} is larger than the new size {new_size}")
