"""A number shown to a user has a source: what the committee was measured to be worth, from the weights to the certificate."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from probatum.encoding.digest import Digest
from tests.e2e.conftest import Cli, Script
from tests.unit.coordinator.test_seats import write_record

Material = tuple[Path, Path]
RANGE = "expected precision of SUPPORTED: 93.0 % on 1 labelled set"


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Digest:
    """Weights with a committee's record; its digest."""
    write_record(tmp_path / "weights", monkeypatch)
    return Digest.of((tmp_path / "weights" / "committee.json").read_bytes())


def test_every_view_of_a_certificate_states_it(
    cli: Cli, scripted: Callable[[Script], None], material: Material, record: Digest, tmp_path: Path
) -> None:
    answer, sources = material
    bundle = tmp_path / "bundle.json"
    report = json.loads(cli("verify", answer, "--evidence", sources, "--out", bundle, "--json").out)
    assert report["calibration"] == {
        "measured": [{"precision": 9300, "recall": 4000, "rows": 716, "set": "talk"}],
        "source": {"digest": str(record), "name": "weights/committee.json"},
    }
    assert RANGE in " ".join(cli("verify", answer, "--evidence", sources).out.replace("│", " ").split())
    assert RANGE in cli("show", bundle).out
    shown = cli("network", "show").out
    assert RANGE in shown
    assert "talk: precision 93.0 %, recall 40.0 %, 716 claims" in shown
    assert "deberta abstains from supported under" in shown
    assert json.loads(cli("network", "show", "--json").out)["epoch"]["calibration"] == report["calibration"]


def test_an_old_certificate_keeps_what_held_when_it_was_issued(
    cli: Cli,
    scripted: Callable[[Script], None],
    material: Material,
    record: Digest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer, sources = material
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    cli("verify", answer, "--evidence", sources, "--out", old)
    write_record(tmp_path / "weights", monkeypatch, precision=0.95)
    cli("verify", answer, "--evidence", sources, "--out", new)
    assert "93.0 %" in cli("show", old).out
    assert "95.0 %" in cli("show", new).out
    assert cli("audit", old).code == cli("audit", new).code == 0


def test_a_committee_that_nobody_measured_says_so(
    cli: Cli, scripted: Callable[[Script], None], material: Material, record: Digest
) -> None:
    answer, sources = material
    assert cli("network", "init", "--validator", "id=more,url=http://127.0.0.1:9/v1,model=m,family=f").code == 0
    report = json.loads(cli("verify", answer, "--evidence", sources, "--json").out)
    assert report["calibration"] is None
    assert "this committee was not measured" in cli("show", report["record_hash"]).out


def test_a_broken_record_stops_before_anything_is_signed(cli: Cli, material: Material, record: Digest, tmp_path: Path) -> None:
    (tmp_path / "weights" / "committee.json").write_text("{}")
    answer, sources = material
    done = cli("verify", answer, "--evidence", sources)
    assert (done.code, done.out) == (5, "")
    assert "committee.json is not a committee's record" in done.err
