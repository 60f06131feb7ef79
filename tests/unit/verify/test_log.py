"""Attacks on the log: index, proof, checkpoint, rollback, fork."""

from __future__ import annotations

import pytest

from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.frozen import replace
from probatum.testing.committee import fixed_key
from probatum.tlog.checkpoint import Checkpoint
from probatum.tlog.leaf import LogEntry
from probatum.verify import LogProof
from tests.unit.verify.attacked import (
    GOOD,
    HERE,
    OTHER_BUNDLE,
    check,
    refused,
)

LOG = GOOD.log
NOTE = LOG.checkpoint
TEXT, _, LINE = NOTE.rpartition("\n\n")
ROLLED_BACK = Checkpoint(HERE.epoch.log.origin, 5, merkle.root([merkle.leaf_hash(b"leaf %d" % i) for i in range(5)]))
FORKED = Checkpoint(HERE.epoch.log.origin, 11, Digest.of(b"another tree"))
BY_STRANGER = Checkpoint(HERE.epoch.log.origin, 1, LogEntry(GOOD.statement.payload).leaf_hash)
OTHER_ORIGIN = Checkpoint("othernet/log", 1, LogEntry(GOOD.statement.payload).leaf_hash)


def note(checkpoint: Checkpoint, key: str = "testnet log") -> str:
    return checkpoint.sign(fixed_key(key)).encode().decode()


LOGS: dict[str, tuple[LogProof, str]] = {
    "index-edited": (replace(LOG, index=4), "proof"),
    "index-beyond-the-tree": (replace(LOG, index=11), "out of range"),
    "proof-edited": (replace(LOG, proof=(Digest.of(b"x"), *LOG.proof[1:])), "root"),
    "proof-truncated": (replace(LOG, proof=LOG.proof[:-1]), "too short"),
    "proof-extended": (replace(LOG, proof=(*LOG.proof, Digest.of(b"x"))), "too long"),
    "proof-reordered": (replace(LOG, proof=LOG.proof[::-1]), "root"),
    "proof-empty": (replace(LOG, proof=()), "too short"),
    "root-edited": (replace(LOG, checkpoint=NOTE.replace(TEXT.split("\n")[2], "A" * 43 + "=")), "does not verify"),
    "size-edited": (replace(LOG, checkpoint=NOTE.replace("\n11\n", "\n12\n")), "does not verify"),
    "origin-edited": (replace(LOG, checkpoint=NOTE.replace("testnet/log\n", "othernet/log\n", 1)), "is of 'othernet/log'"),
    "rollback-to-an-older-checkpoint": (replace(LOG, checkpoint=note(ROLLED_BACK)), "out of range"),
    "fork": (replace(LOG, checkpoint=note(FORKED)), "root"),
    "checkpoint-by-a-stranger": (LogProof(note(BY_STRANGER, "stranger"), 0, ()), "is not signed by the log's key"),
    "checkpoint-of-another-log": (LogProof(note(OTHER_ORIGIN), 0, ()), "is of 'othernet/log'"),
    "checkpoint-by-a-validator": (LogProof(note(BY_STRANGER, "testnet v0"), 0, ()), "is not signed by the log's key"),
    "unknown-signature-line-added": (replace(LOG, checkpoint=NOTE + "— witness AAAAAGFi\n"), "nobody vouches for"),
    "signature-line-twice": (replace(LOG, checkpoint=NOTE + LINE), "nobody vouches for"),
    "signature-line-missing": (replace(LOG, checkpoint=TEXT + "\n\n"), "signature"),
    "not-a-note": (replace(LOG, checkpoint="hello"), "not a signed note"),
    "empty": (replace(LOG, checkpoint=""), "not a signed note"),
    "carriage-returns": (replace(LOG, checkpoint=NOTE.replace("\n", "\r\n")), "U+000D"),
    "of-another-statement": (OTHER_BUNDLE.log, "root"),
}


@pytest.mark.parametrize("name", LOGS)
def test_log(name: str) -> None:
    proof, reason = LOGS[name]
    refused(check(replace(GOOD, log=proof)), 9, reason)
