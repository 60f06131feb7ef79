"""Writes ``merkle.json`` and ``log.json``: run ``python -m tests.vectors.generate_log`` from the repository root.

A case names an operation, its input and what must come of it: ``ok``, or a part of the error. Hash inputs come from the slow
reference, not from the package; keys are made from fixed seeds, so that every run writes the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from probatum.encoding.base64 import encode64
from probatum.encoding.digest import Digest
from probatum.signing.dsse import PAYLOAD_TYPE, pae
from probatum.signing.keys import PrivateKey
from probatum.signing.statement import Statement
from probatum.tlog import note
from probatum.tlog.checkpoint import Checkpoint
from probatum.tlog.cosignature import WitnessKey, cosign
from probatum.tlog.note import Note, NoteKey, NoteSignature
from probatum.tlog.proof import LogProof
from tests.reference import merkle as reference

HERE = Path(__file__).parent
ORIGIN = "log.example/probatum"
LOG, OTHER, WITNESS = (PrivateKey(bytes([n]) * 32) for n in (1, 2, 3))
LOG_KEY, WITNESS_KEY = NoteKey(ORIGIN, LOG.public), WitnessKey("witness.example/w1", WITNESS.public)
LEAVES = [f"leaf {n}".encode() for n in range(8)]
FORKED = [*LEAVES[:2], b"another leaf", *LEAVES[3:]]
TIME = 1_700_000_000

Case = dict[str, Any]


def case(name: str, op: str, want: str, **given: Any) -> Case:
    return {"name": name, "op": op, "want": want, **given}


def hexed(hashes: list[bytes]) -> list[str]:
    return [item.hex() for item in hashes]


def inclusion_cases() -> Iterator[Case]:
    path, root = hexed(reference.path(5, LEAVES[:7])), reference.mth(LEAVES[:7]).hex()
    leaf, garbage = reference.mth([LEAVES[5]]).hex(), "00" * 32
    good = {"leaf": leaf, "index": 5, "size": 7, "root": root, "proof": path}
    wrong: dict[str, tuple[str, Case]] = {
        "truncated-proof": ("too short: 2 hashes where 3", {"proof": path[:-1]}),
        "trailing-garbage": ("too long: 4 hashes where 3", {"proof": [*path, garbage]}),
        "trailing-root": ("too long", {"proof": [*path, root]}),
        "preceding-garbage": ("too long", {"proof": [garbage, *path]}),
        "swapped-hashes": ("leads to the root", {"proof": [path[1], path[0], path[2]]}),
        "wrong-root": ("leads to the root", {"root": garbage}),
        "root-of-empty-tree": ("leads to the root", {"root": reference.mth([]).hex()}),
        "wrong-leaf": ("leads to the root", {"leaf": garbage}),
        "node-posing-as-leaf": ("too short", {"leaf": reference.mth(LEAVES[4:6]).hex(), "index": 5, "proof": path[1:]}),
        "neighbour-index": ("leads to the root", {"index": 4}),
        "index-at-size": ("out of range", {"index": 7}),
        "negative-index": ("out of range", {"index": -1}),
        "empty-tree": ("out of range", {"index": 0, "size": 0, "proof": []}),
        "size-doubled": ("too short", {"size": 14}),
        "size-beyond-63-bits": ("do not lie", {"size": 2**63}),
    }
    yield case("last-of-a-ragged-tree", "inclusion", "ok", **good)
    yield case("only-leaf", "inclusion", "ok", leaf=leaf, index=0, size=1, root=leaf, proof=[])
    for name, (want, change) in wrong.items():
        yield case(name, "inclusion", want, **{**good, **change})


def consistency_cases() -> Iterator[Case]:
    proof, garbage = hexed(reference.proof(6, LEAVES)), "00" * 32
    old, new = reference.mth(LEAVES[:6]).hex(), reference.mth(LEAVES).hex()
    fork = reference.mth(FORKED).hex()
    good = {"old_size": 6, "old_root": old, "new_size": 8, "new_root": new, "proof": proof}
    wrong: dict[str, tuple[str, Case]] = {
        "empty-proof": ("too short", {"proof": []}),
        "truncated-proof": ("too short", {"proof": proof[:-1]}),
        "trailing-garbage": ("too long", {"proof": [*proof, garbage]}),
        "fork": ("leads to the old root", {"new_root": fork, "proof": hexed(reference.proof(6, FORKED))}),
        "wrong-old-root": ("leads to the old root", {"old_root": garbage}),
        "wrong-new-root": ("leads to the new root", {"new_root": garbage}),
        "swapped-roots": ("leads to the old root", {"old_root": new, "new_root": old}),
        "shrinking": ("larger than the new size", {"old_size": 8, "new_size": 6}),
        "from-empty-tree": ("starts at size 0", {"old_size": 0, "old_root": reference.mth([]).hex(), "proof": []}),
        "same-size-other-root": ("leads to the new root", {"old_size": 8, "old_root": new, "new_root": fork, "proof": []}),
        "same-size-with-proof": ("too long", {"old_size": 8, "old_root": new}),
    }
    yield case("six-to-eight", "consistency", "ok", **good)
    yield case("same-tree", "consistency", "ok", **{**good, "old_size": 8, "old_root": new, "proof": []})
    for name, (want, change) in wrong.items():
        yield case(name, "consistency", want, **{**good, **change})


def root_cases() -> Iterator[Case]:
    for size in (0, 1, 2, 3, 7, 8):
        yield case(f"root-of-{size}", "root", "ok", entries=hexed(LEAVES[:size]), root=reference.mth(LEAVES[:size]).hex())


def checkpoint(leaves: list[bytes], origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, len(leaves), Digest(reference.mth(leaves)))


def note_cases() -> Iterator[Case]:
    text = "First line.\n\nThird line.\n"
    key, signer = NoteKey("key.example/a", LOG.public), note.sign(text, "key.example/a", LOG)
    good = Note(text, (signer,)).encode().decode()
    other = note.sign(text, "key.example/b", OTHER)
    mallory = NoteSignature(signer.name, signer.key_id, note.sign("Else.\n", "key.example/a", LOG).signature)
    vkeys = [key.vkey]
    sixteen = tuple(note.sign(text, f"key.example/{n}", OTHER) for n in range(15))
    yield case("one-signature", "note", "ok", vkeys=vkeys, note=good)
    yield case("sixteen-signatures", "note", "ok", vkeys=vkeys, note=Note(text, (*sixteen, signer)).encode().decode())
    yield case("same-signature-twice", "note", "ok", vkeys=vkeys, note=good + signer.line + "\n")
    yield case("unknown-key-ignored", "note", "ok", vkeys=vkeys, note=good + other.line + "\n")
    yield case(
        "shared-id-other-name-ignored",
        "note",
        "ok",
        vkeys=vkeys,
        note=good + NoteSignature("key.example/c", signer.key_id, b"x" * 64).line + "\n",
    )
    yield case("unknown-key", "note", "no known key", vkeys=vkeys, note=Note(text, (other,)).encode().decode())
    yield case("one-bad-beside-one-good", "note", "reject the whole note", vkeys=vkeys, note=good + mallory.line + "\n")
    yield case("edited-text", "note", "reject the whole note", vkeys=vkeys, note=good.replace("Third", "Other"))
    yield case("no-keys", "note", "no keys", vkeys=[], note=good)
    yield case("too-many-signatures", "note", "1 to 64", vkeys=vkeys, note=good + (signer.line + "\n") * 64)
    for name, want, bad in (
        ("no-signatures", "not a signature line", text),
        ("no-final-newline", "not a signed note", good[:-1]),
        ("trailing-garbage", "not a signature line", good + "garbage\n"),
        ("trailing-empty-line", "not a signed note", good + "\n"),
        ("carriage-return", "U+000D", good.replace("\n", "\r\n")),
        ("tab-in-text", "U+0009", good.replace("First line", "First\tline")),
        ("hyphen-for-dash", "not a signature line", good.replace("—", "-")),
        ("two-spaces", "not a signature line", good.replace("— ", "—  ")),
        ("plus-in-name", "U+002B", good.replace("key.example/a ", "key.example+a ")),
        ("no-break-space-in-name", "U+00A0", good.replace("key.example/a ", "key.example\u00a0a ")),
        ("unpadded-base64", "base64", good.replace("=\n", "\n")),
        ("key-id-only", "and a signature after it", good[: good.index("—")] + f"— a {encode64(signer.key_id)}\n"),
    ):
        yield case(name, "note", want, vkeys=vkeys, note=bad)


def vkey_cases() -> Iterator[Case]:
    good = LOG_KEY.vkey
    name, key_id, material = good.split("+", 2)
    low_order, short = encode64(b"\x01" + bytes(32)), encode64(b"\x01" + bytes(31))
    yield case("vkey", "vkey", "ok", vkey=good)
    for title, want, bad in (
        ("wrong-key-id", "says the key id", f"{name}+00000000+{material}"),
        ("upper-case-key-id", "is not a verifier key", f"{name}+{key_id.upper()}+{material}"),
        ("empty-name", "it is empty", f"+{key_id}+{material}"),
        ("space-in-name", "U+0020", f"log example+{key_id}+{material}"),
        ("witness-key-as-log-key", "has the type 0x04", WITNESS_KEY.vkey),
        ("short-key", "32 bytes", f"{name}+{key_id}+{short}"),
        ("small-order-key", "not a canonical point of prime order", f"{name}+{key_id}+{low_order}"),
        ("trailing-newline", "is not a verifier key", good + "\n"),
    ):
        yield case(title, "vkey", want, vkey=bad)


def checkpoint_cases() -> Iterator[Case]:
    good = checkpoint(LEAVES[:7]).body
    origin, _, root, _ = good.split("\n")
    yield case("checkpoint", "checkpoint", "ok", body=good)
    yield case("extension-line", "checkpoint", "ok", body=good + "opaque\n")
    yield case("empty-tree", "checkpoint", "ok", body=checkpoint([]).body)
    for name, want, bad in (
        ("leading-zero-size", "without leading zeroes", f"{origin}\n07\n{root}\n"),
        ("signed-size", "without leading zeroes", f"{origin}\n+7\n{root}\n"),
        ("non-ascii-digit", "without leading zeroes", f"{origin}\n٧\n{root}\n"),
        ("size-beyond-63-bits", "up to 2^63-1", f"{origin}\n{2**63}\n{root}\n"),
        ("short-root", "a hash has 32", f"{origin}\n7\n{encode64(bytes(31))}\n"),
        ("stray-bits-in-root", "stray bits", f"{origin}\n7\n{root[:-2]}{chr(ord(root[-2]) + 1)}=\n"),
        ("empty-tree-with-a-root", "root of the empty tree", f"{origin}\n0\n{root}\n"),
        ("empty-origin", "non-empty lines", f"\n7\n{root}\n"),
        ("empty-extension", "non-empty lines", good + "\n"),
        ("two-lines", "at least three lines", f"{origin}\n7\n"),
        ("no-final-newline", "at least three lines", good[:-1]),
        ("trailing-space", "without leading zeroes", f"{origin}\n7 \n{root}\n"),
    ):
        yield case(name, "checkpoint", want, body=bad)


def signed_cases() -> Iterator[Case]:
    tree = checkpoint(LEAVES[:7])
    signed, log = tree.sign(LOG), LOG_KEY.vkey
    line = cosign(tree, WITNESS_KEY.name, WITNESS, TIME)
    later = NoteSignature(line.name, line.key_id, (TIME + 60).to_bytes(8, "big") + line.signature[8:])
    plain = NoteSignature(line.name, line.key_id, TIME.to_bytes(8, "big") + WITNESS.sign(tree.body.encode()))
    timeless = NoteSignature(line.name, line.key_id, bytes(8) + line.signature[8:])
    given = {"log": log, "witnesses": [WITNESS_KEY.vkey], "threshold": 1}

    def named(name: str, want: str, *lines: NoteSignature, **change: Any) -> Case:
        return case(name, "cosigned", want, **{**given, "note": signed.with_signatures(*lines).encode().decode(), **change})

    alias = WitnessKey("witness.example/alias", WITNESS.public)
    yield named("cosigned", "ok", line)
    yield named("not-cosigned", "0 of 1 needed")
    yield named("cosignature-wrong-time", "reject the whole note", later)
    yield named("cosignature-without-time", "reject the whole note", timeless)
    yield named("log-signature-posing-as-cosignature", "reject the whole note", plain)
    yield named("same-witness-twice", "1 of 2 needed", line, cosign(tree, line.name, WITNESS, TIME + 60), threshold=2)
    twice = {"witnesses": [WITNESS_KEY.vkey, alias.vkey], "threshold": 2}
    yield named("one-key-two-names", "1 of 2 needed", line, cosign(tree, alias.name, WITNESS, TIME), **twice)
    yield named("threshold-zero", "asks for nothing", line, threshold=0)
    yield named("no-witnesses", "no keys", line, witnesses=[])
    yield named("foreign-log", "not of the log", line, log=NoteKey("log.example/other", LOG.public).vkey)
    yield named("other-key-same-name", "not signed by the log's key", line, log=NoteKey(ORIGIN, OTHER.public).vkey)
    yield named("witness-only", "not signed by the log's key", note=Note(tree.body, (line,)).encode().decode())
    replay = NoteSignature(line.name, line.key_id, cosign(checkpoint(LEAVES[:6]), line.name, WITNESS, TIME).signature)
    yield named("cosignature-of-another-tree", "reject the whole note", replay)


def proof_cases() -> Iterator[Case]:
    hashes = tuple(Digest(item) for item in reference.path(5, LEAVES[:7]))
    signed, log = checkpoint(LEAVES[:7]).sign(LOG), LOG_KEY.vkey
    good = LogProof(5, hashes, signed).encode().decode()
    leaf = reference.mth([LEAVES[5]]).hex()
    forged = checkpoint(FORKED[:7]).sign(OTHER).encode().decode()
    lines = good.split("\n")
    given = {"log": log, "leaf": leaf}
    yield case("proof", "proof", "ok", **given, proof=good)
    yield case("proof-with-extra", "proof", "ok", **given, proof=LogProof(5, hashes, signed, b"extra").encode().decode())
    for name, want, bad in (
        ("truncated-proof", "too short", "\n".join([*lines[:2], *lines[3:]])),
        ("trailing-hash", "too long", good.replace("\n\n", f"\n{lines[2]}\n\n", 1)),
        ("leading-zero-index", "without leading zeroes", good.replace("index 5", "index 05")),
        ("wrong-index", "leads to the root", good.replace("index 5", "index 4")),
        ("index-beyond-tree", "out of range", good.replace("index 5", "index 7")),
        ("no-index", "no line 'index <number>'", good.replace("index 5\n", "")),
        ("empty-extra", "no extra line", good.replace("index", "extra \nindex")),
        ("extra-twice", "no line 'index <number>'", good.replace("index", "extra QQ==\nextra QQ==\nindex")),
        ("other-version", "starts with the line", good.replace("@v1", "@v2", 1)),
        ("space-after-hash", "base64", good.replace(lines[2], lines[2] + " ")),
        ("carriage-return", "U+000D", good.replace("\n", "\r\n")),
        ("no-checkpoint", "not a signed note", good[: good.index("\n\n") + 2]),
        ("checkpoint-by-another-key", "not signed by the log's key", good[: good.index("\n\n") + 2] + forged),
        ("edited-root", "reject the whole note", good.replace(encode64(reference.mth(LEAVES[:7])), encode64(bytes(32)))),
        ("trailing-garbage", "not a signature line", good + "garbage\n"),
    ):
        yield case(name, "proof", want, **given, proof=bad)


def monitor_cases() -> Iterator[Case]:
    def offered(leaves: list[bytes], **given: Any) -> dict[str, Any]:
        return {"offered": checkpoint(leaves).sign(LOG).encode().decode(), "log": LOG_KEY.vkey, **given}

    old = {"remembered": checkpoint(LEAVES[:6]).sign(LOG).encode().decode(), "old_size": 6}
    proof, fork = hexed(reference.proof(6, LEAVES)), hexed(reference.proof(6, FORKED))
    yield case("extension", "monitor", "ok", **old, **offered(LEAVES, proof=proof))
    yield case("first-checkpoint", "monitor", "ok", remembered=None, old_size=0, **offered(LEAVES, proof=[]))
    yield case("same-again", "monitor", "ok", **old, **offered(LEAVES[:6], proof=[]))
    yield case("rollback", "monitor", "rollback", **old, **offered(LEAVES[:5], proof=[]))
    yield case("rollback-to-empty", "monitor", "rollback", **old, **offered([], proof=[]))
    yield case("split-view", "monitor", "split-view", **old, **offered(FORKED[:6], proof=[]))
    yield case("fork", "monitor", "fork", **old, **offered(FORKED, proof=fork))
    yield case("fork-with-honest-proof", "monitor", "fork", **old, **offered(FORKED, proof=proof))
    yield case("extension-without-proof", "monitor", "unproven", **old, **offered(LEAVES, proof=[]))
    yield case("extension-with-truncated-proof", "monitor", "unproven", **old, **offered(LEAVES, proof=proof[1:]))
    yield case("proof-for-first-checkpoint", "monitor", "unproven", remembered=None, old_size=0, **offered(LEAVES, proof=proof))
    stale = {**old, "old_size": 5}
    yield case("proof-from-another-size", "monitor", "stale", **stale, **offered(LEAVES, proof=hexed(reference.proof(5, LEAVES))))
    yield case("forgetting-witness", "monitor", "stale", **{**old, "old_size": 0}, **offered(FORKED, proof=[]))


def tile_cases() -> Iterator[Case]:
    for path in ("tile/0/000", "tile/0/x001/234", "tile/0/x001/x234/067", "tile/63/000.p/1", "tile/entries/x001/234.p/255"):
        yield case(path, "tile-path", "ok", path=path)
    for name, path in (
        ("missing-x", "tile/0/001/234"),
        ("x-on-the-last", "tile/0/x001/x234"),
        ("short-group", "tile/0/1"),
        ("superfluous-group", "tile/0/x000/001"),
        ("leading-zero-level", "tile/00/000"),
        ("level-64", "tile/64/000"),
        ("negative", "tile/0/-01"),
        ("width-zero", "tile/0/000.p/0"),
        ("width-256", "tile/0/000.p/256"),
        ("leading-zero-width", "tile/0/000.p/01"),
        ("traversal", "tile/0/../000"),
        ("absolute", "/tile/0/000"),
        ("trailing-slash", "tile/0/000/"),
        ("trailing-newline", "tile/0/000\n"),
        ("non-ascii-digit", "tile/0/00٣"),
        ("index-beyond-63-bits", "tile/0/x999/x999/x999/x999/x999/x999/999"),
    ):
        yield case(name, "tile-path", "tile", path=path)
    good = "0003" + b"one".hex() + "0000" + "0005" + b"three".hex()
    yield case("bundle", "bundle", "ok", width=3, data=good)
    yield case("bundle-truncated", "bundle", "ends inside entry 2", width=3, data=good[:-2])
    yield case("bundle-truncated-length", "bundle", "ends inside entry 3", width=4, data=good + "00")
    yield case("bundle-trailing-garbage", "bundle", "1 bytes after", width=3, data=good + "00")
    yield case("bundle-too-few", "bundle", "ends inside entry 3", width=4, data=good)


def leaf_cases() -> Iterator[Case]:
    def payload(kind: str) -> bytes:
        return Statement(kind, "output", Digest.of(b"an output"), {"note": "vector"}).encode()

    good = pae(PAYLOAD_TYPE, payload("certificate"))
    yield case("certificate", "leaf", "ok", data=good.decode(), leaf=reference.mth([good]).hex())
    yield case("rejection", "leaf", "ok", data=pae(PAYLOAD_TYPE, payload("rejection")).decode())
    for name, want, bad in (
        ("ballot", "a ballot is not logged", pae(PAYLOAD_TYPE, payload("ballot"))),
        ("trailing-garbage", "exact length", good + b" "),
        ("truncated", "exact length", good[:-1]),
        ("leading-zero-length", "exact length", good.replace(b"json ", b"json 0")),
        ("other-payload-type", "does not start", pae("application/json", payload("certificate"))),
        ("bare-payload", "does not start", payload("certificate")),
        ("not-canonical", "not a statement", pae(PAYLOAD_TYPE, payload("certificate").replace(b'":', b'": ', 1))),
        ("empty", "does not start", b""),
    ):
        yield case(name, "leaf", want, data=bad.decode())


def documents() -> dict[str, list[Case]]:
    return {
        "merkle.json": [*root_cases(), *inclusion_cases(), *consistency_cases()],
        "log.json": [
            *leaf_cases(), *tile_cases(), *note_cases(), *vkey_cases(), *checkpoint_cases(),
            *signed_cases(), *proof_cases(), *monitor_cases(),
        ],
    }  # fmt: skip


def render(cases: list[Case]) -> str:
    return json.dumps(cases, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, cases in documents().items():
        (HERE / name).write_text(render(cases), encoding="utf-8")
