"""The whole report: the promised keys, means over groups, the page and its picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from typing import Any

import numpy as np
import pytest

from probatum.consensus.verdict import Verdict
from probatum.errors import InputError
from probatum.measuring.answers import Answers
from probatum.measuring.curve import Panel, draw
from probatum.measuring.page import curves, page
from probatum.measuring.report import Committee, Measured, measure
from probatum.measuring.rows import Label, Row
from probatum.testing.committee import committee
from probatum.validators.protocol import Question

PROMISED = "balanced_accuracy auc precision_supported recall_supported precision_refuted recall_refuted undecided abstained"
SVG = "{http://www.w3.org/2000/svg}"


def measured(rows_of: dict[str, int] | None = None, groups: dict[str, list[str]] | None = None) -> Measured:
    """Four validators that are right more often than not, on sets of alternating labels."""
    rows = tuple(
        Row(Question(f"claim {i}", "", ("text",)), Label.CONTRADICTED if i % 2 else Label.SUPPORTED, name)
        for name, count in (rows_of or {"a|b": 12, "c": 20}).items()
        for i in range(count)
    )
    truth, here, random = np.array([row.label is Label.SUPPORTED for row in rows]), committee(4), np.random.default_rng(5)
    answers = {}
    for member in here.epoch.members:
        support = np.clip(np.where(truth, 0.75, 0.25) + random.normal(0, 0.25, len(rows)), 0, 1)
        verdicts = tuple(Verdict.SUPPORTED if p > 0.6 else Verdict.REFUTED if p < 0.3 else None for p in support)
        answers[member.id] = Answers(verdicts, support, 0.5, 2**26)
    return Measured("data <1>.jsonl", rows, answers, Committee(here.epoch.members, 3, 0.55), groups or {})


def shares(value: Any) -> list[float]:
    if isinstance(value, dict):
        named = {"rows", "supported", "claims_per_s", "peak_memory_bytes", "min_families", "effective_votes", "phi"}
        return [share for key, one in value.items() if key not in named for share in shares(one)]
    if isinstance(value, list):
        return [share for one in value for share in shares(one)]
    return [value] if isinstance(value, int | float) else []


def test_the_promised_keys_and_nothing_above_one() -> None:
    found = json.loads(json.dumps(measure(measured(groups={"all": ["a|b", "c"]})), allow_nan=False))
    assert list(found) == ["data", "floor", "validators", "committee", "correlation"]
    assert {*PROMISED.split(), "claims_per_s", "by_set"} <= found["committee"].keys()
    assert found["validators"][0]["name"] == "v0"
    assert found["validators"][0]["family"] == "family-0"
    assert len(found["correlation"]["pairs"]) == 6
    assert found["committee"]["by_set"].keys() == {"a|b", "c"}
    assert all(0 <= share <= 1 for share in shares(found))


def test_a_groups_mean_is_the_mean_of_its_sets() -> None:
    found = measure(measured(groups={"both": ["a|b", "c"]}))["committee"]
    mean, sets = found["groups"]["both"]["mean"], found["by_set"]
    assert mean["auc"] == pytest.approx((sets["a|b"]["auc"] + sets["c"]["auc"]) / 2)


def test_a_group_of_an_unknown_set_is_named() -> None:
    with pytest.raises(InputError, match=r"group g: no row is of set z; the file has a\|b, c"):
        measure(measured(groups={"g": ["a|b", "z"]}))


def test_a_file_with_one_label_says_not_known_instead_of_a_number() -> None:
    one = measured({"a": 1})
    found = measure(one)
    assert found["committee"]["auc"] is None
    assert found["committee"]["recall_at_precision"] == {"0.90": None, "0.95": None, "0.97": None}
    assert "n/a" in page(found)
    assert curves(found)


def test_the_page_prints_coverage_beside_precision_and_every_table_is_whole() -> None:
    text = page(measure(measured(groups={"both": ["a|b", "c"]})), "curve.svg")
    assert "| certified, of all claims | precision |" in text
    assert "![Precision of SUPPORTED by coverage](curve.svg)" in text
    assert "**mean, both**" in text
    for block in text.split("\n\n"):
        rows = [line.replace("\\|", "").count("|") for line in block.splitlines() if line.startswith("|")]
        assert len(set(rows)) <= 1, block


def test_the_picture_is_one_curve_a_voter_and_one_panel_a_group() -> None:
    tree = ElementTree.fromstring(curves(measure(measured(groups={"both <1>": ["a|b", "c"]}))))  # noqa: S314 - our own
    assert len(tree.findall(f"{SVG}g")) == 2
    assert len(tree.findall(f".//{SVG}polyline")) == 2 * 5
    assert "both <1>" in {text.text for text in tree.iter(f"{SVG}text")}


def test_what_lies_under_the_axis_is_drawn_on_it() -> None:
    tree = ElementTree.fromstring(draw([Panel("p", {"a": [(0.0, 0.1), (1.0, 1.0)]}, (0.5, 0.9))]))  # noqa: S314
    points = [tuple(map(float, pair.split(","))) for pair in tree.find(f".//{SVG}polyline").attrib["points"].split()]  # type: ignore[union-attr]
    assert points[0][0] < points[1][0]
    assert points[0][1] > points[1][1]
    assert all(0 <= x <= 520 and 0 <= y <= 400 for x, y in points)
