"""verify, audit, show, prove, network and keys, with scripted validators: the contract that scripts rely on."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from probatum.consensus.verdict import Verdict
from tests.e2e.conftest import Cli, Script

Material = tuple[Path, Path]
LAUNCH, NEPTUNE = "Voyager 1 was launched in 1977.", "Voyager 2 visited Neptune in 1989."


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [
        ({}, "certified", 0),
        ({LAUNCH: Verdict.REFUTED}, "partially_certified", 3),
        ({LAUNCH: Verdict.REFUTED, NEPTUNE: Verdict.INSUFFICIENT}, "rejected", 4),
        ({LAUNCH: None, NEPTUNE: None}, "undecided", 4),
    ],
)
def test_status_and_exit_code(
    script: Script, status: str, code: int, cli: Cli, scripted: Callable[[Script], None], material: Material
) -> None:
    scripted(script)
    ran = cli("verify", material[0], "--evidence", material[1], "--json")
    assert (ran.code, json.loads(ran.out)["status"]) == (code, status)


def test_json_is_the_contract(cli: Cli, scripted: Callable[[Script], None], material: Material) -> None:
    scripted({NEPTUNE: Verdict.REFUTED})
    answer, sources = material
    report = json.loads(cli("verify", answer, "--evidence", sources, "--json").out)
    assert list(report) == [
        "status", "cert_hash", "record_hash", "output", "round", "scope", "fragments", "coverage", "validators",
        "calibration",
    ]  # fmt: skip
    assert report["cert_hash"] is None
    assert report["record_hash"].startswith("sha256:")
    output = answer.read_bytes()
    assert (
        sum(report["coverage"][key] for key in ("certified", "failed", "not_checkable", "uncovered"))
        == report["coverage"]["total"]
        == len(output)
    )
    by_status = {fragment["status"]: fragment for fragment in report["fragments"]}
    survived, refuted, aside = by_status["certified"], by_status["refuted"], by_status["not_checkable"]
    assert survived["cert_hash"] == report["record_hash"]
    assert (refuted["cert_hash"], aside["cert_hash"], aside["evidence_hash"]) == (None, None, None)
    assert refuted["votes"] == {"supported": 0, "refuted": 4, "insufficient": 0, "abstained": 0}
    assert output[survived["start"] : survived["end"]].decode() == LAUNCH
    passage = survived["evidence"][0]
    source = (sources / passage["source"]).read_bytes()
    assert source[passage["start"] : passage["end"]].decode() == passage["text"]


def test_nothing_to_check(cli: Cli, scripted: object, tmp_path: Path, material: Material) -> None:
    answer = tmp_path / "hello.md"
    answer.write_text("Hello! How are you?\n")
    ran = cli("verify", answer, "--evidence", material[1], "--json")
    report = json.loads(ran.out)
    assert (ran.code, report["status"], report["cert_hash"], report["record_hash"]) == (4, "nothing_to_check", None, None)
    assert {fragment["status"] for fragment in report["fragments"]} == {"not_checkable"}


def test_validators_unavailable_expires_and_certifies_nothing(
    cli: Cli, scripted: object, material: Material, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from probatum.errors import ValidatorUnavailable

    def refuse(seat: object) -> None:
        raise ValidatorUnavailable("the weights are gone")

    monkeypatch.setattr("probatum.cli.verify.load_seat", refuse)
    bundle = tmp_path / "b.json"
    ran = cli("verify", material[0], "--evidence", material[1], "--json", "--out", bundle)
    report = json.loads(ran.out)
    assert (ran.code, report["status"], report["record_hash"]) == (5, "expired", None)
    assert not bundle.exists()


def test_person_sees_provisional_first_and_the_hash_last(cli: Cli, scripted: object, material: Material) -> None:
    out = cli("verify", material[0], "--evidence", material[1]).out
    assert "PROVISIONAL" in out
    assert out.index("PROVISIONAL") < out.index("2 claims") < out.index("certified") < out.index("cert_hash")
    assert out.rstrip().splitlines()[-1].startswith("cert_hash    sha256:")


def test_audit_needs_only_the_bundle_and_the_trust_file(
    cli: Cli, scripted: object, material: Material, home: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / "b.json"
    assert cli("verify", material[0], "--evidence", material[1], "--out", bundle).code == 0
    trust = tmp_path / "trust.json"
    trust.write_bytes((home / "trust.json").read_bytes())
    elsewhere = tmp_path / "elsewhere"
    assert cli("audit", bundle, "--network", elsewhere).code == 1  # nothing to trust
    ran = cli("audit", bundle, "--trust", trust, "--output", material[0], "--evidence", material[1], "--network", elsewhere)
    assert (ran.code, "skip" in ran.out) == (0, False)
    assert not elsewhere.exists()
    changed = tmp_path / "changed.md"
    changed.write_bytes(material[0].read_bytes().replace(b"1977", b"1978"))
    ran = cli("audit", bundle, "--trust", trust, "--output", changed)
    assert (ran.code, "10. FAIL  output bytes" in ran.out) == (1, True)
    (material[1] / "voyager.md").write_text("Something else entirely.\n")
    ran = cli("audit", bundle, "--trust", trust, "--evidence", material[1])
    assert (ran.code, "11. FAIL  sources" in ran.out) == (1, True)


GUARD = """
import sys
def hook(event, args):
    if event.startswith("socket."):
        raise SystemExit(f"opened a socket: {event}")
sys.addaudithook(hook)
from probatum.cli.main import main
code = main(sys.argv[1:])
heavy = {"onnxruntime", "numpy", "tokenizers", "httpx", "sqlite3", "torch"} & set(sys.modules)
sys.exit(f"loaded {heavy}" if heavy else code)
"""


def test_audit_loads_no_model_and_opens_no_socket(
    cli: Cli, scripted: object, material: Material, home: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / "b.json"
    cli("verify", material[0], "--evidence", material[1], "--out", bundle)
    argv = ["audit", bundle, "--trust", home / "trust.json", "--output", material[0], "--evidence", material[1]]
    ran = subprocess.run([sys.executable, "-c", GUARD, *map(str, argv)], capture_output=True, text=True)  # noqa: S603
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_show_by_hash_and_by_file(cli: Cli, scripted: Callable[[Script], None], material: Material, tmp_path: Path) -> None:
    scripted({NEPTUNE: Verdict.REFUTED})
    bundle = tmp_path / "b.json"
    report = json.loads(cli("verify", material[0], "--evidence", material[1], "--json", "--out", bundle).out)
    by_hash, by_file = cli("show", report["record_hash"]), cli("show", bundle)
    assert by_hash.code == by_file.code == 0
    assert by_hash.out == by_file.out
    for word in ("refuted", "4 against", "voyager.md", "signed", "epoch 0", "leaf 1 of 2"):
        assert word in by_hash.out
    assert cli("show", "sha256:" + "0" * 64).code == 2


def test_prove_shows_one_claim_and_no_other(
    cli: Cli, scripted: Callable[[Script], None], material: Material, tmp_path: Path
) -> None:
    scripted({NEPTUNE: Verdict.REFUTED})
    report = json.loads(cli("verify", material[0], "--evidence", material[1], "--json").out)
    number = {f["status"]: n for n, f in enumerate(report["fragments"])}
    proof = tmp_path / "p.json"
    assert cli("prove", report["record_hash"], "--fragment", number["certified"], "--out", proof).code == 0
    assert cli("audit", proof).code == 0
    assert "visited" not in proof.read_text()
    for wrong in (number["refuted"], number["not_checkable"], 99):
        assert cli("prove", report["record_hash"], "--fragment", wrong, "--out", tmp_path / "q.json").code == 2
    assert not (tmp_path / "q.json").exists()


def test_network_and_keys(cli: Cli, home: Path, tmp_path: Path) -> None:
    assert cli("network", "show").code == 2
    assert cli("network", "init").code == 0
    assert cli("network", "init").code == 2
    shown = json.loads(cli("network", "show", "--json").out)
    assert len(shown["validators"]) >= 4
    assert len({v["model"]["family"] for v in shown["validators"]}) >= 3
    assert str(json.loads((home / "trust.json").read_text())["genesis"]) == shown["genesis"]
    assert cli("keys", "new", "--out", tmp_path / "k.json").code == 0
    assert cli("keys", "new", "--out", tmp_path / "k.json").code == 2
    assert "seed" not in cli("keys", "show", tmp_path / "k.json").out
    assert cli("keys", "show").out.count("ed25519") == len(shown["validators"]) + 1
    if os.name == "posix":
        for path in [tmp_path / "k.json", *(home / "keys").iterdir()]:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        (home / "keys" / "log.json").chmod(0o644)
        ran = cli("network", "show")
        assert (ran.code, "chmod 600" in ran.err) == (2, True)


def test_init_with_commitments_and_endpoint(cli: Cli, scripted: object, material: Material) -> None:
    spec = "id=remote,url=http://127.0.0.1:9/v1,model=m,family=remote-family,key_env=NO_SUCH_KEY"
    assert cli("network", "init", "--commit", "--validator", spec).code == 0
    report = json.loads(cli("verify", material[0], "--evidence", material[1], "--json").out)
    assert report["status"] == "certified"
    assert "remote" in [validator["id"] for validator in report["validators"]]
    assert cli("network", "init", "--validator", "id=x").code == 2
