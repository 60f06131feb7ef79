"""The literal bytes in ``docs/spec/merkle.md`` and ``docs/spec/log.md`` are what the code makes, and there are no others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.signing.keys import PrivateKey
from probatum.signing.statement import Statement
from probatum.tlog import tiles
from probatum.tlog.checkpoint import Checkpoint
from probatum.tlog.cosignature import WitnessKey, cosign, message
from probatum.tlog.leaf import LogEntry
from probatum.tlog.note import NoteKey
from probatum.tlog.proof import LogProof

SPEC = Path(__file__).resolve().parents[3] / "docs/spec"
BLOCK = re.compile(r"^```text\n(.*?)^```$", re.M | re.S)
LOG, WITNESS = PrivateKey(bytes([1]) * 32), PrivateKey(bytes([3]) * 32)
TIME = 1_700_000_000


def merkle_examples() -> list[str]:
    leaves = [merkle.leaf_hash(data) for data in (b"a", b"b", b"c")]
    named = {
        "leaf 0 = leaf_hash('a')": leaves[0],
        "leaf 1 = leaf_hash('b')": leaves[1],
        "leaf 2 = leaf_hash('c')": leaves[2],
        "node   = node_hash(leaf 0, leaf 1)": merkle.node_hash(leaves[0], leaves[1]),
        "root   = node_hash(node, leaf 2)": merkle.root(leaves),
        "empty  = SHA-256('')": merkle.EMPTY_ROOT,
    }
    proofs = {
        "inclusion of leaf 0 in 3": merkle.inclusion_proof(leaves, 0),
        "inclusion of leaf 2 in 3": merkle.inclusion_proof(leaves, 2),
        "consistency of 1 with 3": merkle.consistency_proof(leaves, 1),
        "consistency of 2 with 3": merkle.consistency_proof(leaves, 2),
        "consistency of 3 with 3": merkle.consistency_proof(leaves, 3),
    }
    names = {leaves[1]: "leaf 1", leaves[2]: "leaf 2", named["node   = node_hash(leaf 0, leaf 1)"]: "node"}
    return [
        "".join(f"{name:<34} {value.hex()}\n" for name, value in named.items()),
        "".join(f"{name:<26} [{', '.join(names[item] for item in proof)}]\n" for name, proof in proofs.items()),
    ]


def log_examples() -> list[str]:
    entries = [LogEntry(Statement(kind, "output", Digest.of(kind.encode()), {}).encode()) for kind in ("epoch", "certificate")]
    leaves = [entry.leaf_hash for entry in entries]
    head = Checkpoint("log.example/main", len(leaves), merkle.root(leaves))
    signed = head.sign(LOG).with_signatures(cosign(head, "witness.example/w1", WITNESS, TIME))
    proof = LogProof(1, merkle.inclusion_proof(leaves, 1), signed)
    keys = [NoteKey("log.example/main", LOG.public).vkey, WitnessKey("witness.example/w1", WITNESS.public).vkey]
    parts: list[tiles.Tile | tiles.EntryBundle] = [*tiles.tiles(70_000), *tiles.bundles(70_000)]
    return [
        f"{entries[1].data.decode()}\n",
        proof.encode().decode(),
        "".join(f"{key}\n" for key in keys),
        message(head.body, TIME).decode(),
        "".join(f"{tile.path}\n" for tile in parts if tile.index in (0, 272, 273)),
    ]


@pytest.mark.parametrize(("page", "examples"), [("merkle.md", merkle_examples()), ("log.md", log_examples())])
def test_the_examples_are_what_the_code_makes(page: str, examples: list[str]) -> None:
    text = (SPEC / page).read_text("utf-8")
    assert BLOCK.findall(text) == examples
    assert len(text.splitlines()) <= 120
