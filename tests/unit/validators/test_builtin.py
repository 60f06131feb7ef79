"""The shipped validators: listing without model libraries, digest checks, and that each really judges."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from probatum.consensus.verdict import Verdict
from probatum.errors import ValidatorError, ValidatorUnavailable
from probatum.validators.builtin import BUILTIN, describe, descriptors, load_builtin, weights_folder
from probatum.validators.protocol import Abstention, Judgement, Question
from probatum.validators.source import files_of, package_folder, read_manifest, weights_digest

PASSAGES = (
    "The Halden Bridge is a steel arch bridge in Norway. It was opened in 1946 by King Haakon and replaced a ferry that "
    "had run for 80 years.",
    "The bridge was designed by the engineer Ingrid Solberg. About 4,200 vehicles cross it every day.",
    "Repairs began in 2011 and cost 38 million kroner. The bridge was closed to lorries during the work.",
)
TRUE = (
    "The Halden Bridge was opened in 1946 by King Haakon.",
    "About 4,200 vehicles cross the bridge every day.",
    "The repairs began in 2011 and cost 38 million kroner.",
)
FALSE = (
    "The Halden Bridge was opened in 1964 by King Haakon.",
    "The bridge was designed by the engineer Astrid Lunde.",
    "The bridge was not closed to lorries during the work.",
    "The repairs cost 83 million kroner.",
    "The bridge won a national architecture prize in Oslo.",
)


def test_listing_loads_no_model_library() -> None:
    code = (
        "import sys\nfrom probatum.validators.builtin import descriptors\nassert len(descriptors()) == 4\n"
        "bad = {'numpy', 'onnxruntime', 'tokenizers', 'httpx'} & set(sys.modules)\nassert not bad, bad\n"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[3] / "src")},
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_descriptors_are_distinct() -> None:
    found = descriptors()
    assert tuple(d.name for d in found) == BUILTIN
    assert len({d.weights for d in found}) == len({d.architecture for d in found}) == len({d.training for d in found}) == 4
    assert len({d.family for d in found}) >= 3


def test_digest_covers_every_file_in_order() -> None:
    files = files_of(read_manifest(weights_folder()), "alignment")
    assert weights_digest(reversed(files)) == weights_digest(files) == describe("alignment").weights
    assert weights_digest(files[1:]) != weights_digest(files)


def test_unknown_name() -> None:
    with pytest.raises(ValidatorError, match="no built-in validator"):
        load_builtin("oracle")


def test_changed_weights_are_refused(tmp_path: Path) -> None:
    for part in ("alignment", "static"):
        shutil.copytree(weights_folder() / part, tmp_path / part)
    shutil.copyfile(weights_folder() / "manifest.json", tmp_path / "manifest.json")
    load_builtin("alignment", folder=tmp_path)
    target = tmp_path / "alignment" / "trees.npz"
    data = bytearray(target.read_bytes())
    data[len(data) // 2] ^= 1
    target.write_bytes(bytes(data))
    with pytest.raises(ValidatorUnavailable, match=r"trees\.npz has SHA-256"):
        load_builtin("alignment", folder=tmp_path)
    target.unlink()
    with pytest.raises(ValidatorUnavailable, match="cannot be read"):
        load_builtin("alignment", folder=tmp_path)


@pytest.mark.parametrize("text", ["", "[]", '{"models": 1, "files": {}}', '{"models": {}, "files": {}}'])
def test_broken_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValidatorUnavailable):
        load_builtin("alignment", folder=tmp_path)


def test_missing_package_is_named() -> None:
    with pytest.raises(ValidatorUnavailable, match="not_there_at_all"):
        package_folder("not_there_at_all")


def test_manifest_matches_the_files_and_stays_small() -> None:
    manifest = read_manifest(weights_folder())
    assert sum(entry["bytes"] for entry in manifest["files"].values()) < 250_000_000
    for path, entry in manifest["files"].items():
        assert (weights_folder() / path).stat().st_size == entry["bytes"], path
    json.dumps(manifest)


@pytest.mark.parametrize("name", BUILTIN)
def test_each_validator_judges(name: str) -> None:
    validator = load_builtin(name, threads=1)
    assert validator.descriptor == describe(name)
    answers = list(validator.judge([Question(c, "", PASSAGES) for c in (*TRUE, *FALSE)]))
    # what it thinks, not what it votes: its threshold is chosen for the committee
    likely = [a.distribution is not None and max(a.distribution) == a.distribution[0] for a in answers]
    assert sum(likely[: len(TRUE)]) >= 2, answers
    assert not any(isinstance(a, Judgement) and a.verdict is Verdict.SUPPORTED for a in answers[len(TRUE) :]), answers
    assert all(a.reason for a in answers)


@pytest.mark.parametrize("name", BUILTIN)
def test_relevance_is_not_support(name: str) -> None:
    validator = load_builtin(name, threads=1)
    topic = ("The Halden Bridge, the bridge of Halden, is a bridge. Bridges in Halden include the Halden Bridge.",)
    (answer,) = validator.judge([Question("The Halden Bridge collapsed in a storm.", "", topic)])
    assert isinstance(answer, Abstention) or answer.verdict is not Verdict.SUPPORTED


SOURCE = (
    "The company plans to build a second factory in Leipzig in 2027. Maria Keller took a photograph of the mayor in front of the "
    "town hall. Two men were accused of stealing a painting by Otto Dix from the museum."
)


@pytest.mark.parametrize(
    ("lost", "kept"),
    [
        ("The company built a second factory in Leipzig.", "The company plans to build a second factory in Leipzig."),
        ("Maria Keller took the mayor in front of the town hall.", "Maria Keller took a photograph of the mayor."),
        ("Two men stole a painting by Otto Dix from the museum.", "Two men were accused of stealing a painting from the museum."),
        ("The company plans a second factory to in 2027.", "The company plans to build a second factory in 2027."),
    ],
)
def test_what_a_shortening_made_false_is_not_supported_by_deberta(lost: str, kept: str) -> None:
    """Nothing is certified without it (docs/adr/0028)."""
    wrong, right = load_builtin("deberta").judge([Question(claim, "", (SOURCE,)) for claim in (lost, kept)])
    assert not (isinstance(wrong, Judgement) and wrong.verdict is Verdict.SUPPORTED)
    assert isinstance(right, Judgement)
    assert right.verdict is Verdict.SUPPORTED
