"""``probatum revoke``, and what ``audit``, ``show`` and the propagation ledger say afterwards."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from probatum.cli.exits import Exit
from probatum.encoding.digest import Digest
from probatum.ledger.propagation import generations, releases
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.texts import Text
from probatum.ledger.records import Channel, Generation, Release, Settlement, State
from tests.e2e.conftest import Cli

REASON = "the source was withdrawn"


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate in the home network, and its bundle's file."""

    cert_hash: str
    bundle: Path


@pytest.fixture
def issued(cli: Cli, scripted: object, material: tuple[Path, Path], tmp_path: Path) -> Issued:
    bundle = tmp_path / "bundle.json"
    ran = cli("verify", material[0], "--evidence", material[1], "--json", "--out", bundle)
    assert ran.code == Exit.OK, ran.err
    return Issued(json.loads(ran.out)["cert_hash"], bundle)


def known_to_a_gateway(home: Path, issued: Issued) -> str:
    """A generation with this certificate, that alice received."""
    one = Generation("gen_" + 32 * "1", "acme", Digest.of(b"asked"), "model-1", 1)
    cert = Digest.parse(issued.cert_hash)
    with Database.in_folder(home) as database, database.write() as unit:
        generations.begin(unit, one)
        generations.finish(unit, one.id, Text.of("Voyager 1 was launched in 1977."), complete=True, at=2)
        generations.settle(unit, one.id, Settlement(State.CERTIFIED, cert, cert, 3))
        releases.record(unit, Release(one.id, Channel.FETCH, "alice\x1b[31m", State.CERTIFIED, cert, 4))
    return one.id


def test_it_is_signed_and_logged_and_its_receivers_are_to_be_told(cli: Cli, home: Path, issued: Issued) -> None:
    generation = known_to_a_gateway(home, issued)
    ran = cli("revoke", issued.cert_hash.removeprefix("sha256:"), "--reason", REASON)
    assert ran.code == Exit.OK, ran.err
    assert ran.out.splitlines() == [
        f"revoked {issued.cert_hash}: {REASON}",
        "signed by 4 of 4 validators; log leaf 2",
        f"{generation} is revoked",
        "to be told: 1 receiver: alice\ufffd[31m",
    ]
    assert "recall  alice\ufffd[31m because revoked" in cli("trace", generation).out


def test_a_command_that_was_killed_half_way_is_finished_by_the_same_command(
    cli: Cli, home: Path, issued: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the two ledgers; and the reason that everyone signed is the one that is told."""

    class Killed(BaseException):
        pass

    def dies(*_: object) -> None:
        raise Killed

    generation = known_to_a_gateway(home, issued)
    with monkeypatch.context() as patch:
        patch.setattr("probatum.cli.revoke.tell", dies)
        with pytest.raises(Killed):
            cli("revoke", issued.cert_hash, "--reason", REASON)
    first = cli("revoke", issued.cert_hash, "--reason", "another reason")
    assert first.code == Exit.OK
    assert f"revoked {issued.cert_hash}: {REASON}" in first.out
    assert f"{generation} is revoked" in first.out
    again = cli("revoke", issued.cert_hash, "--reason", "another reason")
    assert again.code == Exit.OK
    assert "is revoked" not in again.out, "and a third time changes nothing"


def test_without_a_gateway_it_is_revoked_and_nobody_is_to_be_told(cli: Cli, home: Path, issued: Issued) -> None:
    ran = cli("revoke", issued.cert_hash, "--reason", REASON)
    assert ran.code == Exit.OK
    assert "0 receivers" in ran.out
    assert not (home / "gateway.sqlite3").exists()


@pytest.mark.parametrize(
    ("hash_", "reason", "why"),
    [
        ("abc", "x", "CERT_HASH: expected"),
        ("a" * 64, "x", "no certificate sha256:aaaa"),
        (None, " ", "needs a reason"),
        (None, "x" * 1001, "at most 1000"),
    ],
    ids=["no-hash", "unknown-hash", "no-reason", "long-reason"],
)
def test_what_cannot_be_done_is_one_line_and_code_2(cli: Cli, issued: Issued, hash_: str | None, reason: str, why: str) -> None:
    ran = cli("revoke", hash_ or issued.cert_hash, "--reason", reason)
    assert ran.code == Exit.USAGE
    assert why in ran.err
    assert ran.err.count("\n") == 1
    assert cli("audit", issued.bundle).code == Exit.OK


def test_an_audit_that_is_handed_the_revocation_says_revoked(cli: Cli, home: Path, issued: Issued, tmp_path: Path) -> None:
    file, trust = tmp_path / "revocation.json", home / "trust.json"
    assert cli("revoke", issued.cert_hash, "--reason", REASON, "--out", file).code == Exit.OK
    ran = cli("audit", issued.bundle, "--revocation", file, "--trust", trust, "--network", tmp_path / "elsewhere")
    assert ran.code == Exit.REVOKED
    assert f"VALID certificate, scope complete: cert_hash {issued.cert_hash}" in ran.out
    assert ran.out.splitlines()[-1] == f"REVOKED by epoch 0: {REASON}"
    told = json.loads(cli("audit", issued.bundle, "--revocation", file, "--json").out)
    assert (told["valid"], told["revocation"]["valid"], told["revocation"]["reason"]) == (True, True, REASON)
    without = cli("audit", issued.bundle, "--json")
    assert without.code == Exit.OK, "the bundle alone cannot know"
    assert json.loads(without.out)["revocation"] is None


def test_a_revocation_that_does_not_verify_withdraws_nothing_and_is_not_passed_over(
    cli: Cli, home: Path, issued: Issued, material: tuple[Path, Path], tmp_path: Path
) -> None:
    file, other = tmp_path / "revocation.json", tmp_path / "other.json"
    material[0].write_text("Voyager 2 visited Neptune in 1989.\n")
    second = json.loads(cli("verify", material[0], "--evidence", material[1], "--json").out)["cert_hash"]
    assert cli("revoke", second, "--reason", REASON, "--out", other).code == Exit.OK
    ran = cli("audit", issued.bundle, "--revocation", other)
    assert ran.code == Exit.NOT_VALID
    assert "the revocation is NOT VALID: step 6 failed; it withdraws nothing" in ran.out
    told = json.loads(cli("audit", issued.bundle, "--revocation", other, "--json").out)
    assert (told["valid"], told["revocation"]["valid"], told["revocation"]["reason"]) == (True, False, None)
    for data in (b"", b"{}", other.read_bytes()[:-1]):
        file.write_bytes(data)
        ran = cli("audit", issued.bundle, "--revocation", file)
        assert (ran.code, ran.out) == (Exit.USAGE, "")
        assert "revocation" in ran.err
    assert cli("audit", issued.bundle, "--revocation", tmp_path / "missing").code == Exit.USAGE


def test_show_says_that_it_was_revoked(cli: Cli, issued: Issued) -> None:
    assert "REVOKED" not in cli("show", issued.cert_hash).out
    cli("revoke", issued.cert_hash, "--reason", REASON)
    shown = cli("show", issued.cert_hash)
    assert shown.code == Exit.OK
    assert f"REVOKED by epoch 0: {REASON}" in " ".join(shown.out.split())


def test_the_same_text_judged_again_has_a_certificate_that_is_not_revoked(
    cli: Cli, issued: Issued, material: tuple[Path, Path]
) -> None:
    cli("revoke", issued.cert_hash, "--reason", REASON)
    again = json.loads(cli("verify", material[0], "--evidence", material[1], "--json").out)
    assert again["status"] == "certified"
    assert again["cert_hash"] != issued.cert_hash
