"""What the vectors cannot say in JSON: types that only verification makes, results that explain themselves, stored nodes."""

from __future__ import annotations

import pytest

from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import KeyRefused, LogError
from probatum.frozen import replace
from probatum.signing.keys import PrivateKey
from probatum.signing.statement import Statement
from probatum.tlog import tiles, tree
from probatum.tlog.checkpoint import Checkpoint, Log, SignedCheckpoint, VerifiedCheckpoint
from probatum.tlog.cosignature import CosignedCheckpoint, WitnessKey, cosign, cosignatures, missing
from probatum.tlog.leaf import LogEntry
from probatum.tlog.monitor import Memory, replay
from probatum.tlog.note import Note, NoteKey, NoteSignature, sign
from probatum.tlog.proof import LogProof
from probatum.tlog.tree import Frontier

LOG, FIRST, SECOND = (PrivateKey(bytes([n]) * 32) for n in (1, 2, 3))
ORIGIN = "log.example/test"
TRUSTED = Log(ORIGIN, NoteKey(ORIGIN, LOG.public))
WITNESSES = (WitnessKey("w1.example", FIRST.public), WitnessKey("w2.example", SECOND.public))
LEAVES = [merkle.leaf_hash(bytes([n])) for n in range(6)]


def signed(leaves: list[Digest] = LEAVES) -> SignedCheckpoint:
    return Checkpoint(ORIGIN, len(leaves), merkle.root(leaves)).sign(LOG)


def test_a_verified_checkpoint_cannot_be_turned_into_another() -> None:
    verified = signed().verify(TRUSTED)
    unsigned = SignedCheckpoint(Note(signed(LEAVES[:2]).note.text, signed().note.signatures))
    with pytest.raises(LogError, match="reject the whole note"):
        replace(verified, signed=unsigned)
    with pytest.raises(LogError, match="reject the whole note"):
        VerifiedCheckpoint(unsigned, TRUSTED)
    with pytest.raises(AttributeError):
        verified.signed = unsigned  # type: ignore[misc]


def test_a_cosigned_checkpoint_says_who_signed_when_and_who_did_not() -> None:
    tree_head = signed().claimed
    verified = signed().with_signatures(cosign(tree_head, "w2.example", SECOND, 90)).verify(TRUSTED)
    cosigned = CosignedCheckpoint(verified, WITNESSES, 1)
    assert [(item.witness.name, item.time) for item in cosigned.cosignatures] == [("w2.example", 90)]
    assert [witness.name for witness in missing(cosigned.cosignatures, WITNESSES)] == ["w1.example"]
    assert cosigned.checkpoint == tree_head
    with pytest.raises(LogError, match=r"1 of 2 needed cosignatures; none by w1\.example"):
        replace(cosigned, threshold=2)


def test_a_witness_that_signed_twice_counts_once_with_its_latest_time() -> None:
    lines = [cosign(signed().claimed, "w1.example", FIRST, time) for time in (70, 90, 80)]
    found = cosignatures(signed().with_signatures(*lines).verify(TRUSTED), WITNESSES)
    assert [(item.witness.name, item.time) for item in found] == [("w1.example", 90)]


@pytest.mark.parametrize("time", [0, -1, 2**63])
def test_a_cosignature_has_a_time(time: int) -> None:
    with pytest.raises(LogError, match="time is 1 to"):
        cosign(signed().claimed, "w1.example", FIRST, time)


def test_a_signature_line_is_not_repeated() -> None:
    line = cosign(signed().claimed, "w1.example", FIRST, 70)
    assert signed().with_signatures(line, line).with_signatures(line) == signed().with_signatures(line)


def test_two_keys_under_one_name_and_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NoteKey, "id", property(lambda self: b"same"))
    keys = [NoteKey("k.example", FIRST.public), NoteKey("k.example", SECOND.public)]
    with pytest.raises(LogError, match="share a name and a key id"):
        Note("Text.\n", (sign("Text.\n", "k.example", FIRST),)).signed_by(keys)


def test_the_other_errors_of_notes_name_the_place() -> None:
    with pytest.raises(LogError, match="not UTF-8 at byte 3"):
        Note.parse(b"abc\xff")
    with pytest.raises(LogError, match="more than the 1000000 allowed"):
        Note.parse(b"a" * 1_000_001)
    with pytest.raises(LogError, match="does not end in a newline"):
        Note("no newline", (NoteSignature("k.example", b"0000", b"x"),))
    with pytest.raises(KeyRefused, match="base64"):
        NoteKey.parse("k.example+00000000+AAA")


def test_a_log_proof_is_only_included_in_the_log_it_was_made_for() -> None:
    proof = LogProof(2, merkle.inclusion_proof(LEAVES, 2), signed())
    included = proof.verify(LEAVES[2], TRUSTED)
    assert included.checkpoint.checkpoint.size == 6
    with pytest.raises(LogError, match="leads to the root"):
        replace(included, leaf=LEAVES[3])
    with pytest.raises(LogError, match="at most 63 hashes"):
        replace(proof, proof=(LEAVES[0],) * 64)
    with pytest.raises(LogError, match="index is 0"):
        replace(proof, index=-1)


def test_a_memory_keeps_to_its_log() -> None:
    other = Log("log.example/other", TRUSTED.key)
    with pytest.raises(LogError, match="was verified as one of"):
        Memory(other, signed().verify(TRUSTED))


def test_following_by_leaves_finds_a_fork_without_a_proof() -> None:
    known = replay(Frontier(), LEAVES[:4], signed(LEAVES[:4]).verify(TRUSTED))
    assert replay(known, LEAVES[4:], signed().verify(TRUSTED)).size == 6
    with pytest.raises(LogError, match="fork: the 6 leaves"):
        replay(known, reversed(LEAVES[4:]), signed().verify(TRUSTED))
    with pytest.raises(LogError, match="fetch the entries between"):
        replay(known, LEAVES[4:5], signed().verify(TRUSTED))


def test_a_frontier_has_one_root_per_one_bit() -> None:
    assert Frontier().root == merkle.EMPTY_ROOT == tree.root(0, lambda level, index: LEAVES[0])
    with pytest.raises(LogError, match="a frontier of 3 leaves has 2 roots, not 1"):
        Frontier(3, (LEAVES[0],))
    for wrong in (-1, 2**63):
        with pytest.raises(LogError, match="a tree has 0 to"):
            tree.written_by(wrong)


def test_proofs_outside_the_tree_are_refused() -> None:
    for call in (tree.inclusion_proof, tree.consistency_proof):
        with pytest.raises(LogError, match="5"):
            call(5 if call is tree.inclusion_proof else 6, 5, lambda level, index: LEAVES[0])
    with pytest.raises(LogError, match="no consistency proof leads from size 0"):
        tree.consistency_proof(0, 5, lambda level, index: LEAVES[0])


def test_a_mirror_cannot_be_asked_for_an_incomplete_node() -> None:
    read = tiles.reader(3, lambda tile: b"".join(LEAVES[: tile.width]))
    assert read(1, 0) == merkle.node_hash(LEAVES[0], LEAVES[1])
    with pytest.raises(LogError, match=r"node \(1, 1\) is not complete"):
        read(1, 1)
    with pytest.raises(LogError, match="3 hashes are 96"):
        tiles.reader(3, lambda tile: b"short")(0, 0)


def test_an_entry_beyond_a_bundle_is_refused_when_it_is_made() -> None:
    payload = Statement("certificate", "output", LEAVES[0], {"text": "x" * 66_000}).encode()
    with pytest.raises(LogError, match="a log entry has at most 65535"):
        LogEntry(payload)
    with pytest.raises(LogError, match="an entry has at most 65535"):
        tiles.EntryBundle(0, 1).encode([b"x" * 65_536])
    with pytest.raises(LogError, match="holds 2 entries, not 1"):
        tiles.EntryBundle(0, 2).encode([b"x"])


def test_an_entry_is_hashed_as_it_is_signed() -> None:
    entry = LogEntry(Statement("rejection", "output", LEAVES[0], {}).encode())
    assert entry.digest == Digest.of(entry.data)
    assert entry.leaf_hash == merkle.leaf_hash(entry.data)
    assert LogEntry.parse(entry.data) == entry
