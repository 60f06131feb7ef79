"""``probatum reverify``: a certified text judged again stands, or is superseded, or too little is decided and nothing changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from probatum.cli.exits import Exit
from probatum.consensus.verdict import Verdict
from probatum.verify import Trust, decode_bundle, decode_revocation, verify, verify_revocation
from tests.e2e.conftest import Cli, Script
from tests.e2e.test_revoke import Issued, issued, known_to_a_gateway

__all__ = ["issued"]

NEPTUNE = "Voyager 2 visited Neptune in 1989."
Use = Callable[[Script], None]


def again(cli: Cli, issued: Issued, material: tuple[Path, Path], *more: object) -> tuple[int, dict[str, object]]:
    ran = cli("reverify", issued.cert_hash, "--evidence", material[1], "--json", *more)
    return ran.code, json.loads(ran.out)


def test_what_survives_again_stands(cli: Cli, scripted: Use, issued: Issued, material: tuple[Path, Path]) -> None:
    code, told = again(cli, issued, material)
    assert (code, told["fate"], told["cert_hash"]) == (Exit.OK, "stands", issued.cert_hash)
    assert cli("revoke", issued.cert_hash, "--reason", "x").code == Exit.OK, "and can still be revoked"


@pytest.mark.parametrize("verdict", [Verdict.REFUTED, Verdict.INSUFFICIENT])
def test_what_is_decided_against_is_superseded_and_its_receivers_are_told(
    cli: Cli, scripted: Use, home: Path, issued: Issued, material: tuple[Path, Path], tmp_path: Path, verdict: Verdict
) -> None:
    generation = known_to_a_gateway(home, issued)
    scripted({NEPTUNE: verdict})
    code, told = again(cli, issued, material)
    assert (code, told["fate"]) == (Exit.REVOKED, "superseded")
    file = tmp_path / "revocation.json"
    assert cli("revoke", issued.cert_hash, "--reason", "too late", "--out", file).code == Exit.OK
    trust = Trust.decode((home / "trust.json").read_bytes())
    certificate = verify(decode_bundle(issued.bundle.read_bytes()), trust).verified
    check = verify_revocation(decode_revocation(file.read_bytes()), trust, certificate=certificate)
    assert check.verified is not None
    said = check.verified.revocation
    assert said.reason == "judged again: 1 of 2 claims that were certified do not stand any more"
    report = told["report"]
    assert isinstance(report, dict)
    assert str(said.successor) == report["record_hash"]
    assert "is superseded" not in cli("revoke", issued.cert_hash, "--reason", "x").out
    traced = cli("trace", generation).out
    assert "superseded" in traced
    assert "because superseded" in traced
    audited = cli("audit", issued.bundle, "--revocation", file)
    assert audited.code == Exit.REVOKED
    assert f"in its place stands {said.successor}" in audited.out


def test_what_is_not_decided_changes_nothing(cli: Cli, scripted: Use, issued: Issued, material: tuple[Path, Path]) -> None:
    scripted({NEPTUNE: None})
    code, told = again(cli, issued, material)
    assert (code, told["fate"]) == (Exit.NOT_CERTIFIED, "open")
    assert "REVOKED" not in cli("show", issued.cert_hash).out


def test_it_says_what_became_of_it(cli: Cli, scripted: Use, issued: Issued, material: tuple[Path, Path]) -> None:
    ran = cli("reverify", issued.cert_hash, "--evidence", material[1])
    assert f"it stands: every claim that {issued.cert_hash} certified survived again" in ran.out
    scripted({NEPTUNE: Verdict.REFUTED})
    ran = cli("reverify", issued.cert_hash, "--evidence", material[1])
    assert ran.code == Exit.REVOKED
    assert "judged again: partially certified" in ran.out
    assert f"of {issued.cert_hash} do not stand any more" in ran.out
    assert "to be told: 0 receivers" in ran.out


def test_the_bytes_that_are_judged_again_are_the_certified_ones(
    cli: Cli, scripted: Use, home: Path, issued: Issued, material: tuple[Path, Path], tmp_path: Path
) -> None:
    output = material[0].read_bytes()
    material[0].unlink()
    _, told = again(cli, issued, material)
    report = told["report"]
    assert isinstance(report, dict)
    assert report["output"]["bytes"] == len(output)
    bundle = tmp_path / "original"
    bundle.write_bytes(output)
    assert cli("audit", issued.bundle, "--output", bundle).code == Exit.OK


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("a" * 64, "--evidence", "."), "no certificate"),
        (("abc", "--evidence", "."), "CERT_HASH: expected"),
        ((None,), "nothing to judge the text against"),
        ((None, "--evidence", "missing"), "missing"),
        ((None, "--corpus", "missing"), "missing"),
    ],
    ids=["unknown-hash", "no-hash", "no-evidence", "missing-file", "missing-corpus"],
)
def test_what_cannot_be_done_is_one_line_and_code_2(
    cli: Cli,
    scripted: Use,
    issued: Issued,
    words: tuple[str | None, ...],
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = cli("reverify", *(issued.cert_hash if word is None else word for word in words))
    assert ran.code == Exit.USAGE, ran.out
    assert why in ran.err.splitlines()[-1]


def test_what_was_revoked_is_not_judged_again(cli: Cli, scripted: Use, issued: Issued, material: tuple[Path, Path]) -> None:
    cli("revoke", issued.cert_hash, "--reason", "wrong")
    ran = cli("reverify", issued.cert_hash, "--evidence", material[1])
    assert ran.code == Exit.USAGE
    assert "was revoked before" in ran.err
