"""The committee's record beside the weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probatum.consensus.calibration import Expected
from probatum.encoding.digest import Digest
from probatum.errors import ValidatorUnavailable
from probatum.measuring.expectation import CommitteeRecord, read_record

RECORD = {
    "score_threshold": 0.55,
    "stakes": {"mpnet": 3},
    "expected": {
        "talk": {"rows": 716, "precision_supported": 0.93121, "recall_supported": 0.4, "note": "more may stand here"},
        "facts": {"rows": 10, "precision_supported": None, "recall_supported": 0.0},
    },
}


def test_shares_become_basis_points_and_the_file_is_the_source(tmp_path: Path) -> None:
    data = json.dumps(RECORD).encode()
    (tmp_path / "committee.json").write_bytes(data)
    found = read_record(tmp_path)
    assert found.score_threshold == 0.55
    assert found.stakes == {"mpnet": 3}
    assert found.calibration is not None
    assert found.calibration.measured == (
        Expected(precision=None, recall=0, rows=10, set="facts"),
        Expected(precision=9312, recall=4000, rows=716, set="talk"),
    )
    assert (found.calibration.source, found.calibration.digest) == ("weights/committee.json", Digest.of(data))


def test_without_a_record_nothing_is_claimed(tmp_path: Path) -> None:
    assert read_record(tmp_path) == CommitteeRecord(0.5, {}, None)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"score_threshold":0.5,"expected":{"a":{"rows":1,"precision_supported":1.2,"recall_supported":0}}}'],
)
def test_a_broken_record_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "committee.json").write_text(text)
    with pytest.raises(ValidatorUnavailable, match=r"committee\.json is not a committee's record"):
        read_record(tmp_path)
