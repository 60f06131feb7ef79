"""The project's own vectors for trees and the log: each case is run through the operation that it names."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import ProbatumError
from probatum.tlog.checkpoint import Checkpoint, Log, SignedCheckpoint
from probatum.tlog.cosignature import CosignedCheckpoint, WitnessKey
from probatum.tlog.leaf import LogEntry
from probatum.tlog.monitor import Accepted, Memory, Refused, observe
from probatum.tlog.note import Note, NoteKey
from probatum.tlog.proof import LogProof
from probatum.tlog.tiles import EntryBundle, parse_path
from tests.vectors import generate_log

Case = dict[str, Any]
FILES = ("merkle.json", "log.json")
CASES: list[Case] = [case for name in FILES for case in json.loads((generate_log.HERE / name).read_text("utf-8"))]


def _digest(text: str) -> Digest:
    return Digest(bytes.fromhex(text))


def _proof(case: Case) -> list[Digest]:
    return [_digest(item) for item in case["proof"]]


def _root(case: Case) -> None:
    entries = [bytes.fromhex(entry) for entry in case["entries"]]
    assert merkle.root([merkle.leaf_hash(entry) for entry in entries]).hex() == case["root"]


def _inclusion(case: Case) -> None:
    merkle.verify_inclusion(_digest(case["leaf"]), case["index"], case["size"], _proof(case), _digest(case["root"]))


def _consistency(case: Case) -> None:
    old, new = _digest(case["old_root"]), _digest(case["new_root"])
    merkle.verify_consistency(case["old_size"], old, case["new_size"], new, _proof(case))


def _leaf(case: Case) -> None:
    entry = LogEntry.parse(case["data"].encode())
    assert entry.data == case["data"].encode()
    assert entry.leaf_hash.hex() == case.get("leaf", entry.leaf_hash.hex())


def _tile_path(case: Case) -> None:
    assert parse_path(case["path"]).path == case["path"]


def _bundle(case: Case) -> None:
    bundle, data = EntryBundle(0, case["width"]), bytes.fromhex(case["data"])
    assert bundle.encode(bundle.decode(data)) == data


def _note(case: Case) -> None:
    note = Note.parse(case["note"].encode())
    assert note.encode() == case["note"].encode()
    if not note.signed_by([NoteKey.parse(vkey) for vkey in case["vkeys"]]):
        raise ProbatumError("no known key signed the note")


def _vkey(case: Case) -> None:
    assert NoteKey.parse(case["vkey"]).vkey == case["vkey"]


def _checkpoint(case: Case) -> None:
    assert Checkpoint.parse(case["body"]).body == case["body"]


def _cosigned(case: Case) -> None:
    verified = SignedCheckpoint.parse(case["note"].encode()).verify(Log.parse(case["log"]))
    CosignedCheckpoint(verified, tuple(WitnessKey.parse(vkey) for vkey in case["witnesses"]), case["threshold"])


def _log_proof(case: Case) -> None:
    proof = LogProof.parse(case["proof"].encode())
    assert proof.encode() == case["proof"].encode()
    proof.verify(_digest(case["leaf"]), Log.parse(case["log"]))


def _monitor(case: Case) -> None:
    log = Log.parse(case["log"])
    last = SignedCheckpoint.parse(case["remembered"].encode()).verify(log) if case["remembered"] else None
    offered = SignedCheckpoint.parse(case["offered"].encode()).verify(log)
    match observe(Memory(log, last), offered, case["old_size"], _proof(case)):
        case Accepted(memory):
            assert memory.last == offered
        case Refused() as refused:
            assert (refused.remembered, refused.offered) == (last, offered)
            assert refused.fault.value == case["want"]
            raise ProbatumError(refused.reason)


OPERATIONS: dict[str, Callable[[Case], None]] = {
    "root": _root,
    "inclusion": _inclusion,
    "consistency": _consistency,
    "leaf": _leaf,
    "tile-path": _tile_path,
    "bundle": _bundle,
    "note": _note,
    "vkey": _vkey,
    "checkpoint": _checkpoint,
    "cosigned": _cosigned,
    "proof": _log_proof,
    "monitor": _monitor,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['op']}-{case['name']}")
def test_case(case: Case) -> None:
    operation = OPERATIONS[case["op"]]
    if case["want"] == "ok":
        return operation(case)
    with pytest.raises(ProbatumError) as caught:
        operation(case)
    assert case["want"] in str(caught.value)


@pytest.mark.parametrize("name", FILES)
def test_the_vectors_are_what_the_generator_writes(name: str) -> None:
    assert (generate_log.HERE / name).read_text("utf-8") == generate_log.render(generate_log.documents()[name])
