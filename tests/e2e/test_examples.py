"""Both examples as a new user runs them: real processes, the shipped models, an empty home folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@dataclass(frozen=True, slots=True)
class Home:
    """An empty home folder and the bundles made in it."""

    folder: Path

    def run(self, *argv: object) -> subprocess.CompletedProcess[str]:
        """One ``probatum`` process whose network folder and user-data folder lie in this home."""
        environment = {**os.environ, "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder / "data"), "COLUMNS": "100"}
        environment.pop("PROBATUM_HOME", None)
        command = [sys.executable, "-m", "probatum", *map(str, argv)]
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=300)  # noqa: S603

    def bundle(self, example: str) -> Path:
        """Where the example's bundle is written."""
        return self.folder / f"{example}.json"


@dataclass(frozen=True, slots=True)
class Verified:
    """One example, verified."""

    home: Home
    code: int
    report: dict[str, Any]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    yield Home(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=["mixed", "sound"])
def verified(request: pytest.FixtureRequest, home: Home) -> Verified:
    name = request.param
    ran = home.run(
        "verify", EXAMPLES / name / "answer.md", "--evidence", EXAMPLES / name / "sources", "--json", "--out", home.bundle(name)
    )
    assert ran.stderr == ""
    return Verified(home, ran.returncode, {"example": name, **json.loads(ran.stdout)})


def test_the_example_ends_as_it_must(verified: Verified) -> None:
    report = verified.report
    claims = {f["claim"]: f["status"] for f in report["fragments"] if f["status"] != "not_checkable"}
    assert 8 <= len(claims) <= 15
    if report["example"] == "sound":
        assert set(claims.values()) == {"certified"}, claims
        assert (verified.code, report["status"], report["scope"]) == (0, "certified", "complete")
        assert report["cert_hash"] == report["record_hash"]
        return
    assert (verified.code, report["status"], report["cert_hash"]) == (3, "partially_certified", None)
    expected = json.loads((EXAMPLES / "mixed" / "expected.json").read_text(encoding="utf-8"))["claims"]
    for one in expected:
        status = next(found for claim, found in claims.items() if one["claim"] in claim)
        if not one["certified"]:
            assert status in {"refuted", "insufficient"}, (one["claim"], status)
    true = [one["claim"] for one in expected if one["certified"]]
    survived = [claim for claim, status in claims.items() if status == "certified"]
    assert len(survived) >= 8, f"of {len(true)} true claims only these survived: {survived}"


def test_nothing_is_left_in_the_home_folder_but_our_own(verified: Verified) -> None:
    left = {path.relative_to(verified.home.folder).parts[:2] for path in verified.home.folder.rglob("*") if path.is_file()}
    assert left <= {("data", "probatum"), ("mixed.json",), ("sound.json",)}, left


def test_each_hash_stands_where_it_belongs(verified: Verified) -> None:
    for fragment in verified.report["fragments"]:
        assert fragment["cert_hash"] == (verified.report["record_hash"] if fragment["status"] == "certified" else None)
    total = verified.report["coverage"].pop("total")
    assert sum(verified.report["coverage"].values()) == total == verified.report["output"]["bytes"]
    assert len({validator["model"]["family"] for validator in verified.report["validators"]}) >= 4


def test_anyone_can_check_it_with_the_trust_file_alone(verified: Verified, tmp_path: Path) -> None:
    name, elsewhere = verified.report["example"], Home(tmp_path)
    trust = next(verified.home.folder.rglob("trust.json"))
    copied = {path: tmp_path / path.name for path in (trust, verified.home.bundle(name))}
    for path, copy in copied.items():
        shutil.copyfile(path, copy)
    argv = [copied[verified.home.bundle(name)], "--trust", copied[trust]]
    whole = ["--output", EXAMPLES / name / "answer.md", "--evidence", EXAMPLES / name / "sources"]
    ran = elsewhere.run("audit", *argv, *whole)
    assert ran.returncode == 0, ran.stdout
    assert [line.split()[1] for line in ran.stdout.splitlines()[:11]] == ["pass"] * 11
    assert elsewhere.run("audit", argv[0]).returncode == 1  # without the trust file nothing is trusted
    assert {path.name for path in tmp_path.iterdir()} == {"trust.json", f"{name}.json"}
