"""The embedded ledger: what was acknowledged stays, and what failed leaves nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from probatum.consensus.participant import Slot, Step
from probatum.consensus.round import SignedOutcome
from probatum.consensus.verdict import Verdict
from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.schema import MIGRATIONS
from probatum.ledger.sqlite import Ledger
from probatum.testing.committee import committee, scripted_request
from probatum.tlog import tree
from probatum.tlog.checkpoint import Checkpoint, Log, SignedCheckpoint
from probatum.tlog.leaf import LogEntry
from probatum.tlog.note import NoteKey
from probatum.verify.bundle import LogProof

HERE = committee(3)
ORIGIN = HERE.epoch.log.origin
LOG = Log(ORIGIN, NoteKey(ORIGIN, HERE.epoch.log.key))
SLOT = Slot("v0", "testnet", 0, "ab" * 16, Step.BALLOT)


def seal(size: int, root: Digest) -> str:
    return Checkpoint(ORIGIN, size, root).sign(HERE.log_key).encode().decode()


def outcome(seed: int) -> SignedOutcome:
    return HERE.run(scripted_request(HERE.epoch, 1, seed=seed), [Verdict.SUPPORTED])


SIGNED = [outcome(seed) for seed in range(12)]


def round_id(seed: int) -> str:
    return SIGNED[seed].outcome.opening.round_id


def publish(ledger: Ledger, seed: int, *, open_first: bool = True, make: Callable[[LogProof], bytes] | None = None) -> LogProof:
    """Open and publish a round; its bundle is its checkpoint."""
    proofs: list[LogProof] = []

    def bundle(proof: LogProof) -> bytes:
        proofs.append(proof)
        return proof.checkpoint.encode()

    if open_first:
        ledger.open_round(round_id(seed), "job", seed, b"request")
    envelope = SIGNED[seed].envelope
    ledger.publish(envelope, round_id(seed), SIGNED[seed].outcome.opening.output, seal, make or bundle)
    return proofs[0]


def dump(path: Path) -> list[str]:
    """Everything in the file, as another process would see it."""
    with sqlite3.connect(path) as db:
        lines = list(db.iterdump())
    db.close()
    return lines


# -- locks ------------------------------------------------------------------------------------------------------------------


def test_locks_outlive_the_process(path: Path) -> None:
    with Ledger(path) as first:
        assert first.held(SLOT) is None
        assert first.hold(SLOT, b"one") == b"one"
    with Ledger(path) as second:
        assert second.held(SLOT) == b"one"
        assert second.hold(SLOT, b"two") == b"one"
    with Ledger(path) as third:
        assert third.held(SLOT) == b"one"


def test_two_processes_share_one_lock(path: Path) -> None:
    with Ledger(path) as one, Ledger(path) as other:
        assert one.hold(SLOT, b"one") == b"one"
        assert other.hold(SLOT, b"two") == b"one"


def test_every_part_of_a_slot_counts(ledger: Ledger) -> None:
    ledger.hold(SLOT, b"one")
    for other in (
        SLOT._replace(validator="v1"),
        SLOT._replace(network="othernet"),
        SLOT._replace(epoch=1),
        SLOT._replace(round_id="cd" * 16),
        SLOT._replace(step=Step.OUTCOME),
    ):
        assert ledger.held(other) is None


# -- rounds and ballots -----------------------------------------------------------------------------------------------------


def test_an_open_round_is_found_after_a_restart_with_its_ballots(path: Path) -> None:
    ballots = [(f"v{i}", envelope) for i, envelope in enumerate(SIGNED[0].ballots)]
    with Ledger(path) as first:
        first.open_round(round_id(0), "job", 5, b"request")
        first.add_ballots(round_id(0), ballots[:2])
    with Ledger(path) as second:
        found = second.find_open("job")
        assert found is not None
        assert (found.round_id, found.opened_at, found.request) == (round_id(0), 5, b"request")
        assert found.ballots == SIGNED[0].ballots[:2]
        assert second.find_open("another job") is None


def test_the_first_ballots_stay_whoever_comes_later(ledger: Ledger) -> None:
    """Someone may have signed an outcome of exactly these."""
    ledger.open_round(round_id(0), "job", 1, b"")
    one, other, another = SIGNED[0].ballots[0], SIGNED[1].ballots[0], SIGNED[0].ballots[1]
    ledger.add_ballots(round_id(0), [])
    for ballots in ([("v0", one)], [("v0", one)], [("v0", other)], [("v0", one), ("v1", another)]):
        ledger.add_ballots(round_id(0), ballots)
    assert ledger.ballots(round_id(0)) == (one,)


def test_ballots_are_acknowledged_together_or_not_at_all(ledger: Ledger) -> None:
    ledger.open_round(round_id(0), "job", 1, b"")
    with pytest.raises(LedgerError, match="nothing was written"):
        ledger.add_ballots(round_id(0), [("v0", SIGNED[0].ballots[0])] * 2)
    assert ledger.ballots(round_id(0)) == ()


def test_ballots_of_no_round_are_refused_whole(ledger: Ledger) -> None:
    with pytest.raises(LedgerError, match="nothing was written"):
        ledger.add_ballots(round_id(0), [("v0", SIGNED[0].ballots[0])])
    assert ledger.ballots(round_id(0)) == ()


def test_a_round_id_is_used_once(ledger: Ledger) -> None:
    ledger.open_round(round_id(0), "job", 1, b"")
    with pytest.raises(LedgerError, match="nothing was written"):
        ledger.open_round(round_id(0), "job 2", 2, b"other")
    assert ledger.find_open("job 2") is None


def test_the_latest_open_round_of_a_job(ledger: Ledger) -> None:
    for seed, opened_at in ((0, 10), (1, 30), (2, 20)):
        ledger.open_round(round_id(seed), "job", opened_at, b"")
    found = ledger.find_open("job")
    assert found is not None
    assert found.round_id == round_id(1)


def test_expiring_twice_is_expiring_once(ledger: Ledger) -> None:
    ledger.open_round(round_id(0), "job", 1, b"")
    ledger.expire(round_id(0))
    ledger.expire(round_id(0))
    ledger.expire("no such round")
    assert ledger.find_open("job") is None


def test_expire_older(ledger: Ledger) -> None:
    for seed in range(4):
        ledger.open_round(round_id(seed), f"job {seed}", seed * 10, b"")
    assert ledger.expire_older(20) == 2
    assert ledger.expire_older(20) == 0
    assert [ledger.find_open(f"job {seed}") is not None for seed in range(4)] == [False, False, True, True]


def test_a_finished_round_does_not_expire(ledger: Ledger, path: Path) -> None:
    publish(ledger, 0)
    ledger.expire(round_id(0))
    assert any("'finished'" in line for line in dump(path) if round_id(0) in line)


def test_an_expired_round_is_never_published(ledger: Ledger) -> None:
    """Its user was told that it expired; a certificate that turns up later would be a second answer."""
    ledger.open_round(round_id(0), "job", 1, b"")
    ledger.expire(round_id(0))
    with pytest.raises(LedgerError, match="has expired; nothing was published"):
        publish(ledger, 0, open_first=False)
    assert ledger.head().size == 0
    assert ledger.bundle(SIGNED[0].envelope.digest) is None


# -- the log ----------------------------------------------------------------------------------------------------------------


def test_proofs_hold_at_every_size(ledger: Ledger) -> None:
    assert ledger.head().size == 0
    assert ledger.head().root == merkle.EMPTY_ROOT
    assert ledger.checkpoint() is None
    leaves: list[Digest] = []
    for seed in range(len(SIGNED)):
        proof = publish(ledger, seed)
        leaf = LogEntry(SIGNED[seed].envelope.payload).leaf_hash
        leaves.append(leaf)
        checkpoint = SignedCheckpoint.parse(proof.checkpoint.encode()).verify(LOG).checkpoint
        assert (proof.index, checkpoint.size, checkpoint.root) == (seed, seed + 1, merkle.root(leaves))
        merkle.verify_inclusion(leaf, proof.index, checkpoint.size, proof.proof, checkpoint.root)
        assert (ledger.head().size, ledger.head().root) == (checkpoint.size, checkpoint.root)
        assert ledger.checkpoint() == proof.checkpoint
        for size in range(1, seed + 2):
            steps = tree.consistency_proof(size, seed + 1, ledger._node)
            merkle.verify_consistency(size, merkle.root(leaves[:size]), seed + 1, checkpoint.root, steps)


def test_the_log_goes_on_after_a_restart(path: Path) -> None:
    for seed in range(5):
        with Ledger(path, sync=False) as ledger:
            assert publish(ledger, seed).index == seed


def test_publishing_twice_gives_the_first_bundle_and_one_leaf(ledger: Ledger) -> None:
    envelope, output = SIGNED[0].envelope, SIGNED[0].outcome.opening.output
    ledger.open_round(round_id(0), "job", 1, b"")
    first = ledger.publish(envelope, round_id(0), output, seal, lambda _: b"first")
    again = ledger.publish(envelope, round_id(0), output, seal, lambda _: b"second")
    assert first == again == ledger.bundle(envelope.digest) == b"first"
    assert ledger.head().size == 1
    assert ledger.find_open("job") is None


def test_publishing_what_no_round_was_opened_for(ledger: Ledger, path: Path) -> None:
    before = dump(path)
    with pytest.raises(LedgerError, match="nothing was written"):
        publish(ledger, 0, open_first=False)
    assert dump(path) == before


def test_an_unknown_hash_has_no_bundle(ledger: Ledger) -> None:
    assert ledger.bundle(Digest.of(b"x")) is None


class Crash(Exception):
    """Something breaks in the middle of a transaction."""


def broken(*_: object) -> bytes:
    raise Crash


def test_a_failure_while_publishing_leaves_nothing(ledger: Ledger, path: Path) -> None:
    publish(ledger, 0)
    ledger.open_round(round_id(1), "job", 1, b"")
    before = dump(path)
    with pytest.raises(Crash):
        publish(ledger, 1, open_first=False, make=broken)
    with pytest.raises(Crash):
        ledger.publish(SIGNED[1].envelope, round_id(1), Digest.of(b""), broken, lambda _: b"")  # type: ignore[arg-type]
    assert dump(path) == before
    assert publish(ledger, 1, open_first=False).index == 1


def test_epochs_are_logged_once_and_never_change(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.log_epoch(0, HERE.genesis, seal)
    assert ledger.epochs() == (HERE.genesis,)
    assert ledger.head().size == 1
    with pytest.raises(LedgerError, match="epochs never change"):
        ledger.log_epoch(0, committee(4).genesis, seal)
    assert ledger.epochs() == (HERE.genesis,)
    assert ledger.head().size == 1


def test_a_missing_node_is_noticed(ledger: Ledger) -> None:
    publish(ledger, 0)
    publish(ledger, 1)
    ledger._db.execute("DELETE FROM nodes WHERE level = 1")
    with pytest.raises(LedgerError, match=r"node 1/0 is missing; the file is damaged"):
        ledger.head()


# -- a full disk ------------------------------------------------------------------------------------------------------------


def fill(ledger: Ledger) -> None:
    """No page more than there are: what SQLite sees when the disk is full."""
    pages = ledger._db.execute("PRAGMA page_count").fetchone()[0]
    ledger._db.execute(f"PRAGMA max_page_count = {pages}")


BIG = b"x" * 100_000
WRITES: dict[str, Callable[[Ledger], object]] = {
    "lock": lambda ledger: ledger.hold(SLOT, BIG),
    "round": lambda ledger: ledger.open_round(round_id(1), "job", 1, BIG),
    "publish": lambda ledger: publish(ledger, 0, open_first=False, make=lambda _: BIG),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_full_disk_leaves_nothing_half_written(name: str, ledger: Ledger, path: Path) -> None:
    ledger.open_round(round_id(0), "job", 1, b"")
    before = dump(path)
    fill(ledger)
    with pytest.raises(LedgerError, match=r"nothing was written.*full"):
        WRITES[name](ledger)
    assert dump(path) == before
    assert ledger.head().size == 0
    ledger._db.execute("PRAGMA max_page_count = 1000000")
    ledger.hold(SLOT, b"works again")
    assert publish(ledger, 0, open_first=False).index == 0


def test_a_lock_that_could_not_be_written_is_not_held(ledger: Ledger) -> None:
    fill(ledger)
    with pytest.raises(LedgerError):
        ledger.hold(SLOT, BIG)
    assert ledger.held(SLOT) is None


# -- the file ---------------------------------------------------------------------------------------------------------------


def test_a_file_of_a_newer_version_is_refused_and_left_alone(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger.hold(SLOT, b"one")
        ledger._db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = dump(path)
    with pytest.raises(LedgerError, match=rf"written by a newer Probatum \(schema {len(MIGRATIONS) + 1}\)"):
        Ledger(path)
    assert dump(path) == before


NOT_LEDGERS = {
    "text": b"this is not a database" * 100,
    "another-format": b"PK\x03\x04" + bytes(4096),
    "header-alone": b"SQLite format 3\0" + b"\xff" * 4080,
}


@pytest.mark.parametrize("name", NOT_LEDGERS)
def test_a_file_that_is_no_database(name: str, path: Path) -> None:
    path.write_bytes(NOT_LEDGERS[name])
    with pytest.raises(LedgerError, match=r"cannot be used as a ledger|cannot write"):
        Ledger(path)
    assert path.read_bytes() == NOT_LEDGERS[name]


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be used as a ledger"):
        Ledger(tmp_path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be used as a ledger"):
        Ledger(tmp_path / "no" / "ledger.sqlite3")


def test_commits_are_synced(path: Path) -> None:
    with Ledger(path) as ledger:
        assert ledger._db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert ledger._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_opening_an_old_ledger_keeps_it(path: Path) -> None:
    with Ledger(path) as ledger:
        publish(ledger, 0)
    before = dump(path)
    with Ledger(path):
        pass
    assert dump(path) == before


READS: dict[str, Callable[[Ledger], object]] = {
    "head": Ledger.head,
    "epochs": Ledger.epochs,
    "checkpoint": Ledger.checkpoint,
    "held": lambda ledger: ledger.held(SLOT),
    "ballots": lambda ledger: ledger.ballots(round_id(0)),
    "find-open": lambda ledger: ledger.find_open("job"),
    "bundle": lambda ledger: ledger.bundle(SIGNED[0].envelope.digest),
    "hold": lambda ledger: ledger.hold(SLOT, b"one"),
}


@pytest.mark.parametrize("name", READS)
def test_a_file_damaged_in_the_middle_is_named(name: str, path: Path) -> None:
    with Ledger(path) as ledger:
        publish(ledger, 0)
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))
    with (
        pytest.raises(LedgerError, match=r"ledger\.sqlite3: .*(restore it from a copy|nothing was written)"),
        Ledger(path) as ledger,
    ):
        READS[name](ledger)
