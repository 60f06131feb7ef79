"""The embedded network withdraws certificates: once, logged, whatever dies in between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from probatum.consensus.verdict import Verdict
from probatum.coordinator.network import Network
from probatum.coordinator.revoking import revoke
from probatum.encoding.digest import Digest
from probatum.errors import ConsensusError, LedgerError, SettingsRefused
from probatum.frozen import replace
from probatum.ledger.reading import LedgerReader
from probatum.ledger.sqlite import Ledger
from probatum.testing.embedded import embedded
from probatum.tlog.leaf import LogEntry
from probatum.verify import decode_revocation, verify_revocation
from tests.unit.coordinator.test_once import HERE, Killed, run, tools

REASON = "the source was withdrawn"


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with embedded(HERE, tmp_path, sync=False) as made:
        yield made


@pytest.fixture
def cert(network: Network) -> Digest:
    verified = run(network).verified
    assert verified is not None
    return verified.record_hash


def entries(network: Network) -> list[bytes]:
    return [row[0] for row in network.ledger._rows("SELECT entry FROM leaves ORDER BY leaf")]


def test_it_is_signed_logged_kept_and_verifies(network: Network, cert: Digest) -> None:
    done = revoke(network, cert, REASON)
    file = network.ledger.revocation(cert)
    assert file is not None
    check = verify_revocation(decode_revocation(file), network.trust)
    assert check.verified == done
    assert done.revocation.reason == REASON
    assert LogEntry.parse(entries(network)[done.log_index]).digest == done.hash
    reader = LedgerReader(network.ledger.path)
    assert reader.revocation(cert) == file
    assert reader.revocations() == (file,)
    reader.close()


def test_the_first_reason_stays_and_the_log_holds_it_once(network: Network, cert: Digest) -> None:
    first = revoke(network, cert, REASON)
    assert revoke(network, cert, "another reason") == first
    assert len(entries(network)) == 3  # the epoch, the certificate, the revocation


@pytest.mark.parametrize("method", ["hold_all", "revoke"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_write_and_asked_again(
    network: Network, cert: Digest, method: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = getattr(Ledger, method)

    def dies(*arguments: Any) -> Any:
        if after:
            real(*arguments)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, method, dies)
        with pytest.raises(Killed):
            revoke(network, cert, REASON)
    done = revoke(network, cert, "another reason")
    locked = method == "revoke" or after
    assert done.revocation.reason == (REASON if locked else "another reason"), "what was locked is what is signed"
    assert len(entries(network)) == 3


def test_a_full_disk_revokes_nothing(network: Network, cert: Digest, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> Any:
        raise LedgerError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "hold_all", full)
        with pytest.raises(LedgerError, match="disk full"):
            revoke(network, cert, REASON)
    assert network.ledger.revocation(cert) is None


def test_what_this_network_did_not_issue_is_not_withdrawn(network: Network) -> None:
    with pytest.raises(SettingsRefused, match="no certificate"):
        revoke(network, Digest.of(b"unknown"), REASON)


def test_a_rejection_is_not_withdrawn(network: Network) -> None:
    verified = run(network, tools(Verdict.REFUTED)).verified
    assert verified is not None
    with pytest.raises(SettingsRefused, match="no certificate"):
        revoke(network, verified.record_hash, REASON)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_a_reason_that_cannot_be_used(network: Network, cert: Digest, reason: str) -> None:
    with pytest.raises(ConsensusError, match="reason"):
        revoke(network, cert, reason)
    assert network.ledger.revocation(cert) is None


def test_the_newest_epoch_signs(network: Network, cert: Digest) -> None:
    later = HERE.succeed(policy=replace(HERE.epoch.policy, min_families=3))
    network.ledger.log_epoch(1, later.epochs[-1], network.seal)
    assert revoke(replace(network, epoch=later.epoch), cert, REASON).epoch.number == 1
