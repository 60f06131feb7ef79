"""Reading labelled claims: what is taken, and how each bad input is named."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from probatum.errors import InputError
from probatum.measuring.rows import Label, read_rows

LINES = """{"evidence":"A is B.","claim":"A is B.","label":"supported","set":"x y/z"}
{"evidence":["A is B.", "D."],"claim":"A is C.","label":"contradicted"}

{"evidence":"A is B.","claim":"D is E.","label":"not_supported","source":"y/part (test)"}
"""


def test_plain_and_gzip_are_read_alike(tmp_path: Path) -> None:
    plain, packed = tmp_path / "d.jsonl", tmp_path / "d.jsonl.gz"
    plain.write_text(LINES)
    packed.write_bytes(gzip.compress(LINES.encode()))
    rows = read_rows(plain)
    assert rows == read_rows(packed)
    assert [(row.label, row.set) for row in rows] == [
        (Label.SUPPORTED, "x y/z"),
        (Label.CONTRADICTED, "d"),
        (Label.NOT_SUPPORTED, "y"),
    ]
    assert rows[1].question.passages == ("A is B.", "D.")


def test_a_limit_takes_rows_from_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(LINES)
    assert [row.label for row in read_rows(path, limit=2)] == [Label.SUPPORTED, Label.CONTRADICTED]
    assert len(read_rows(path, limit=9)) == 3
    with pytest.raises(InputError, match="at least 1"):
        read_rows(path, limit=0)


GOOD = '{"evidence":"a","claim":"b","label":"supported"}\n'
BAD = {
    "empty-file": ("", "holds no rows"),
    "blank-lines": ("\n\n", "holds no rows"),
    "broken-json-on-line-2": (GOOD + "{\n", "line 2: not a labelled claim"),
    "not-an-object": ("[1]\n", "line 1: .*expected a JSON object, not list"),
    "missing-fields": ('{"claim":"b"}\n', "missing evidence, label"),
    "unknown-label": ('{"evidence":"a","claim":"b","label":"maybe"}\n', "unknown label 'maybe'; labels are supported"),
    "label-is-a-list": ('{"evidence":"a","claim":"b","label":"[]"}\n', "unknown label"),
    "evidence-is-a-number": ('{"evidence":1,"claim":"b","label":"supported"}\n', "claim is text"),
    "claim-is-null": ('{"evidence":"a","claim":null,"label":"supported"}\n', "claim is text"),
    "too-deep": ("[" * 100_000 + "\n", "line 1"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_that_says_where(name: str, tmp_path: Path) -> None:
    text, reason = BAD[name]
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=reason) as caught:
        read_rows(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", [b"plain text", gzip.compress(GOOD.encode())[:-9], gzip.compress(GOOD.encode())[:12] + bytes(40)])
def test_a_broken_gzip_is_named(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl.gz"
    path.write_bytes(data)
    with pytest.raises(InputError, match="cannot read"):
        read_rows(path)


def test_a_missing_file_and_other_bytes_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_rows(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"claim":"\xe9"}\n')
    with pytest.raises(InputError, match="cannot read"):
        read_rows(tmp_path / "latin.jsonl")
