"""``probatum bench judgement`` as a user runs it, with the real models on a small file."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.e2e.conftest import Cli

BRIDGE = "The Halden Bridge is a steel arch bridge in Norway. It was opened in 1946 by King Haakon and replaced a ferry."
ROWS = [
    {"evidence": BRIDGE, "claim": "The Halden Bridge was opened in 1946.", "label": "supported", "set": "one"},
    {"evidence": BRIDGE, "claim": "The Halden Bridge was opened in 1964.", "label": "contradicted", "set": "one"},
    {"evidence": [BRIDGE, "It is 90 m long."], "claim": "The bridge replaced a ferry.", "label": "supported", "set": "two"},
    {"evidence": BRIDGE, "claim": "The bridge won a prize for its lamps.", "label": "not_supported", "set": "two"},
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "claims.jsonl.gz"
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in ROWS).encode()))
    return path


def test_the_report_and_the_picture_and_the_json_tell_the_same(cli: Cli, data: Path, tmp_path: Path) -> None:
    done = cli("bench", "judgement", "--data", data, "--group", "both=one,two", "--out", tmp_path / "report.md", "--json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    assert list(found) == ["data", "floor", "validators", "committee", "correlation"]
    assert len(found["validators"]) >= 4
    assert len(found["correlation"]["pairs"]) == len(found["validators"]) * (len(found["validators"]) - 1) // 2
    assert all(one["peak_memory_bytes"] > 2**24 for one in found["validators"])
    assert found["committee"]["by_set"].keys() == {"one", "two"}
    text = (tmp_path / "report.md").read_text()
    assert "(report.svg)" in text
    assert "**mean, both**" in text
    assert (tmp_path / "report.svg").read_text().startswith("<svg ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--group", "g=one,three"], "group g: no row is of set three; the file has one, two"),
        (["--group", "g"], "cannot read the group 'g'; expected NAME=SET,SET,..."),
        (["--out", "/no/such/folder/report.md"], "cannot write the report to"),
        (["--out", "report.txt"], "expected a name that ends in .md"),
        (["--limit", "0"], "the limit is at least 1"),
        (["--with", "id=alignment,gguf=x.gguf"], "one validator id stands twice"),
        (["--with", "gguf=x.gguf"], "expected id=NAME,url="),
    ],
)
def test_wrong_arguments_are_one_line_before_any_work(arguments: list[str], reason: str, cli: Cli, data: Path) -> None:
    done = cli("bench", "judgement", "--data", data, *arguments)
    assert (done.code, done.out) == (2, "")
    assert reason in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.jsonl", b"", "holds no rows"),
        ("broken.jsonl", b'{"evidence":"a","claim":"b","label":"supported"}\n{"evidence":\n', "line 2: not a labelled claim"),
        ("label.jsonl", b'{"evidence":"a","claim":"b","label":"maybe"}\n', "line 1: not a labelled claim: unknown label"),
        ("plain.jsonl.gz", b"not gzip", "cannot read"),
    ],
)
def test_bad_data_is_one_line_and_two(name: str, content: bytes, reason: str, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    done = cli("bench", "judgement", "--data", tmp_path / name)
    assert (done.code, done.out) == (2, "")
    assert reason in done.err
    assert done.err.count("\n") == 1


def test_a_further_validator_that_cannot_be_loaded_is_named(cli: Cli, data: Path) -> None:
    done = cli("bench", "judgement", "--data", data, "--with", "id=qwen,gguf=/no/such/model.gguf")
    assert (done.code, done.out) == (5, "")
    assert "xllamacpp" in done.err or "there is no model file" in done.err
