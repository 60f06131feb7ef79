"""Trees, proofs and stored nodes against the recursive definition of RFC 6962."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import LogError
from probatum.tlog import tree
from probatum.tlog.tree import Frontier
from tests.reference import merkle as reference

ENTRIES = st.lists(st.binary(max_size=3), min_size=1, max_size=70)


def hashes(entries: list[bytes]) -> list[Digest]:
    return [merkle.leaf_hash(entry) for entry in entries]


def stored(entries: list[bytes]) -> tuple[Frontier, dict[tuple[int, int], Digest]]:
    frontier, nodes = Frontier(), dict[tuple[int, int], Digest]()
    for leaf in hashes(entries):
        where = tree.written_by(frontier.size)
        frontier, new = frontier.append(leaf)
        assert tuple((node.level, node.index) for node in new) == where
        assert not nodes.keys() & set(where), "a stored node is written once"
        nodes.update({(node.level, node.index): node.hash for node in new})
    return frontier, nodes


@st.composite
def two_sizes(draw: st.DrawFn) -> tuple[list[bytes], int, int]:
    """Entries, a size of at least 1, and an old size of at least 1 below or at it."""
    entries = draw(ENTRIES)
    size = draw(st.integers(1, len(entries)))
    return entries, size, draw(st.integers(1, size))


@given(two_sizes())
def test_memory_and_store_agree_with_the_definition(drawn: tuple[list[bytes], int, int]) -> None:
    entries, size, old = drawn
    frontier, nodes = stored(entries)

    def read(level: int, index: int) -> Digest:
        return nodes[level, index]

    now, leaves = entries[:size], hashes(entries[:size])
    assert frontier.root == merkle.root(hashes(entries)) == reference.mth(entries)
    assert Frontier.load(len(entries), read) == frontier
    assert tree.root(size, read) == merkle.root(leaves) == reference.mth(now)
    path = tree.inclusion_proof(old - 1, size, read)
    assert list(path) == list(merkle.inclusion_proof(leaves, old - 1)) == reference.path(old - 1, now)
    proof = tree.consistency_proof(old, size, read)
    assert list(proof) == list(merkle.consistency_proof(leaves, old)) == reference.proof(old, now)
    merkle.verify_inclusion(leaves[old - 1], old - 1, size, path, merkle.root(leaves))
    merkle.verify_consistency(old, merkle.root(leaves[:old]), size, merkle.root(leaves), proof)


@given(two_sizes(), st.booleans(), st.data())
def test_a_proof_with_any_bit_changed_is_refused(drawn: tuple[list[bytes], int, int], inclusion: bool, data: st.DataObject) -> None:
    entries, size, old = drawn
    leaves = hashes(entries[:size])
    proof = list(merkle.inclusion_proof(leaves, old - 1) if inclusion else merkle.consistency_proof(leaves, old))
    assume(proof)
    place, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    flipped = int.from_bytes(proof[place], "big") ^ (1 << bit)
    proof[place] = Digest(flipped.to_bytes(32, "big"))
    with pytest.raises(LogError, match="leads to"):
        (_inclusion if inclusion else _consistency)(leaves, old, proof)


def _consistency(leaves: list[Digest], old: int, proof: list[Digest]) -> None:
    merkle.verify_consistency(old, merkle.root(leaves[:old]), len(leaves), merkle.root(leaves), proof)


def _inclusion(leaves: list[Digest], old: int, proof: list[Digest]) -> None:
    merkle.verify_inclusion(leaves[old - 1], old - 1, len(leaves), proof, merkle.root(leaves))


@given(ENTRIES, st.data())
def test_subtrees_agree_with_the_draft(entries: list[bytes], data: st.DataObject) -> None:
    height = data.draw(st.integers(0, len(entries).bit_length() - 1))
    start = data.draw(st.integers(0, (len(entries) - 1) >> height)) << height
    end = data.draw(st.integers(start + 1, min(start + (1 << height), len(entries))))
    leaves = hashes(entries)
    proof = merkle.prove(start, end, len(entries), lambda a, b: merkle.root(leaves[a:b]))
    assert list(proof) == reference.subtree_proof(start, end, entries)
    merkle.verify_subtree_consistency(start, end, merkle.root(leaves[start:end]), len(leaves), merkle.root(leaves), proof)


@given(st.integers(1, merkle.MAX_SIZE), st.data())
def test_the_work_stays_logarithmic_at_every_size(size: int, data: st.DataObject) -> None:
    index, reads = data.draw(st.integers(0, size - 1)), list[tuple[int, int]]()

    def read(level: int, at: int) -> Digest:
        assert (at + 1) << level <= size, "only complete subtrees are read"
        reads.append((level, at))
        return merkle.EMPTY_ROOT

    bits = size.bit_length()
    assert len(tree.written_by(index)) <= bits
    tree.inclusion_proof(index, size, read)
    assert len(reads) <= 2 * bits
    reads.clear()
    tree.consistency_proof(index + 1, size, read)
    assert len(reads) <= 2 * bits + 1
