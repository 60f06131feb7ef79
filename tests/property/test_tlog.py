"""Everything the log writes is read back, and everything it reads is written back identically."""

from __future__ import annotations

import string
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import ProbatumError
from probatum.signing.keys import PrivateKey
from probatum.tlog import tiles, tree
from probatum.tlog.checkpoint import Checkpoint, SignedCheckpoint
from probatum.tlog.cosignature import WitnessKey
from probatum.tlog.leaf import LogEntry
from probatum.tlog.note import Note, NoteKey, NoteSignature, name_fault, sign
from probatum.tlog.proof import LogProof
from probatum.tlog.tiles import EntryBundle, Tile, parse_path
from tests.property.test_merkle import hashes, stored
from tests.vectors import generate_log

SIZES = st.integers(0, merkle.MAX_SIZE)
DIGESTS = st.binary(min_size=32, max_size=32).map(Digest)
LINES = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=20)
NAMES = LINES.filter(lambda name: name_fault(name) is None)
SIGNATURES = st.builds(NoteSignature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=10).filter(lambda c: c == "\n" or c >= " "), max_size=60)
NOTES = st.builds(Note, TEXTS.map(lambda text: text + "\n"), st.lists(SIGNATURES, min_size=1, max_size=20).map(tuple))
CHECKPOINTS = st.builds(Checkpoint, LINES, st.integers(1, merkle.MAX_SIZE), DIGESTS, st.lists(LINES, max_size=2).map(tuple))
SIGNED = st.builds(lambda said, signed: SignedCheckpoint(Note(said.body, (signed,))), CHECKPOINTS, SIGNATURES)
PROOFS = st.builds(
    LogProof, SIZES, st.lists(DIGESTS, max_size=63).map(tuple), SIGNED, st.none() | st.binary(min_size=1, max_size=20)
)
PLACES = st.integers(0, merkle.MAX_SIZE // 256), st.integers(1, 256)
ANY_TILE = st.builds(Tile, st.integers(0, 63), *PLACES) | st.builds(EntryBundle, *PLACES)


@given(NOTES)
def test_notes(note: Note) -> None:
    assert Note.parse(note.encode()) == note


@given(CHECKPOINTS)
def test_checkpoints(checkpoint: Checkpoint) -> None:
    assert Checkpoint.parse(checkpoint.body) == checkpoint


@given(PROOFS)
def test_log_proofs(proof: LogProof) -> None:
    assert LogProof.parse(proof.encode()) == proof


@given(ANY_TILE)
def test_tile_paths(tile: Tile | EntryBundle) -> None:
    assert parse_path(tile.path) == tile


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_bundles(entries: list[bytes]) -> None:
    bundle = EntryBundle(0, len(entries))
    assert bundle.decode(bundle.encode(entries)) == tuple(entries)


@given(NAMES, st.binary(min_size=32, max_size=32), TEXTS)
def test_keys_and_signatures(name: str, seed: bytes, text: str) -> None:
    private, text = PrivateKey(seed), text + "\n"
    key, witness = NoteKey(name, private.public), WitnessKey(name, private.public)
    assert NoteKey.parse(key.vkey) == key
    assert WitnessKey.parse(witness.vkey) == witness
    assert key.id != witness.id
    assert Note(text, (sign(text, name, private),)).signed_by([key])


def _path(data: bytes) -> bytes:
    return parse_path(data.decode("latin-1")).path.encode("latin-1")


GIVEN = {case["name"]: case for case in generate_log.documents()["log.json"] if case["want"] == "ok"}
FORMATS: list[tuple[bytes, Callable[[bytes], bytes]]] = [
    (GIVEN["one-signature"]["note"].encode(), lambda data: Note.parse(data).encode()),
    (GIVEN["cosigned"]["note"].encode(), lambda data: SignedCheckpoint.parse(data).encode()),
    (GIVEN["proof-with-extra"]["proof"].encode(), lambda data: LogProof.parse(data).encode()),
    (GIVEN["certificate"]["data"].encode(), lambda data: LogEntry.parse(data).data),
    (bytes.fromhex(GIVEN["bundle"]["data"]), lambda data: EntryBundle(0, 3).encode(EntryBundle(0, 3).decode(data))),
    (b"tile/0/x001/234.p/17", _path),
]


@settings(max_examples=600)
@given(st.sampled_from(FORMATS), st.data())
def test_what_is_accepted_re_encodes_identically(form: tuple[bytes, Callable[[bytes], bytes]], data: st.DataObject) -> None:
    """Any edit of good bytes is either refused by an error of this package, or is another value with exactly those bytes."""
    good, again = form
    at, length = data.draw(st.integers(0, len(good))), data.draw(st.integers(0, 3))
    piece = data.draw(st.binary(max_size=3) | st.text(string.printable, max_size=3).map(str.encode))
    edited = good[:at] + piece + good[at + length :]
    try:
        assert again(edited) == edited
    except ProbatumError:
        assert edited != good


@given(st.integers(1, 1400), st.data())
def test_proofs_from_a_mirror_of_tiles(size: int, data: st.DataObject) -> None:
    entries = [number.to_bytes(2, "big") for number in range(size)]
    frontier, nodes = stored(entries)
    files = {tile.path: tile.encode(lambda level, index: nodes[level, index]) for tile in tiles.tiles(size)}
    read = tiles.reader(size, lambda tile: files[tile.path])
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion_proof(index, size, read)
    assert tree.root(size, read) == frontier.root
    merkle.verify_inclusion(hashes(entries[index : index + 1])[0], index, size, proof, frontier.root)
    old = data.draw(st.integers(1, size))
    older = {tile.path for tile in tiles.tiles(old)}
    assert {tile.path for tile in tiles.tiles(size, since=old)} == set(files) - older
