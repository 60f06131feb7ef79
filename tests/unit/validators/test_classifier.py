"""The classifier validator on tiny ONNX models made here: a bag of words that knows three words."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

from probatum.consensus.verdict import Verdict
from probatum.encoding.digest import Digest
from probatum.errors import ValidatorUnavailable
from probatum.validators import classifier
from probatum.validators.classifier import load, look_at, read_labels
from probatum.validators.protocol import Abstention, Judgement, Question
from tests.unit.validators.tiny_onnx import embedding_sum

WORDS = ["[PAD]", "[UNK]", "[SEP]", "yes", "no", "maybe"]
NLI = {"0": "contradiction", "1": "entailment", "2": "neutral"}
YES, NO, MAYBE = 3, 4, 5


def tiny(folder: Path, labels: dict[str, str] = NLI, **config: object) -> Path:
    """A classifier for which "yes" entails, "no" contradicts, "maybe" is neutral, and nothing else counts."""
    tokenizer = Tokenizer(WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))  # noqa: S106
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(single="$A", pair="$A [SEP] $B:1", special_tokens=[("[SEP]", 2)])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps({"id2label": labels, "max_position_embeddings": 64, **config}))
    table = np.zeros((len(WORDS), len(labels)), np.float32)
    for row, word in ((NO, "contradiction"), (YES, "entailment"), (MAYBE, "neutral")):
        for place, label in labels.items():
            table[row, int(place)] = 4.0 if label == word else 0.0
    (folder / "model.onnx").write_bytes(embedding_sum(table))
    return folder


def judge(folder: Path, *passages: str, claim: str = "Is it so") -> Judgement | Abstention:
    validator = load(folder, "local", "tiny", look_at(folder).digest, threads=1)
    (answer,) = validator.judge([Question(claim, "", passages)])
    return answer


@pytest.mark.parametrize(
    ("passage", "verdict"), [("yes it is", Verdict.SUPPORTED), ("no it is", Verdict.REFUTED), ("maybe it is", Verdict.INSUFFICIENT)]
)
def test_each_label_becomes_its_verdict(passage: str, verdict: Verdict, tmp_path: Path) -> None:
    answer = judge(tiny(tmp_path), passage)
    assert isinstance(answer, Judgement)
    assert answer.verdict is verdict
    assert answer.confidence == round(10_000 * np.exp(4) / (np.exp(4) + 2))
    assert answer.reason.startswith("passage 1: ")
    assert answer.distribution is not None
    assert sum(answer.distribution) == pytest.approx(1)


def test_the_window_that_says_most_decides(tmp_path: Path) -> None:
    answer = judge(tiny(tmp_path), "It is so maybe.", "It is so yes.")
    assert isinstance(answer, Judgement)
    assert answer.verdict is Verdict.SUPPORTED


def test_unsure_and_empty_abstain(tmp_path: Path) -> None:
    folder = tiny(tmp_path)
    unsure = judge(folder, "it is")
    assert isinstance(unsure, Abstention)
    assert unsure.reason.startswith("not sure enough")
    assert unsure.distribution == pytest.approx((1 / 3, 1 / 3, 1 / 3))
    assert judge(folder) == judge(folder, "yes", claim=" ") == Abstention("there is no claim or no evidence to judge")


def test_two_labels_are_enough(tmp_path: Path) -> None:
    folder = tiny(tmp_path, {"0": "entailment", "1": "not_entailment"})
    assert look_at(folder).verdicts == (Verdict.SUPPORTED, Verdict.INSUFFICIENT)
    answer = judge(folder, "yes")
    assert isinstance(answer, Judgement)
    assert answer.verdict is Verdict.SUPPORTED


def test_a_model_whose_labels_and_outputs_differ_abstains(tmp_path: Path) -> None:
    folder = tiny(tmp_path)
    (folder / "model.onnx").write_bytes(embedding_sum(np.zeros((len(WORDS), 2), np.float32)))
    answer = judge(folder, "yes")
    assert isinstance(answer, Abstention)
    assert "ValueError" in answer.reason


@pytest.mark.parametrize(
    "labels", [["LABEL_0", "LABEL_1"], ["entailment"] * 2, ["neutral", "contradiction"], ["entailment", "what"]]
)
def test_labels_that_do_not_say_what_supports_are_refused(labels: list[str]) -> None:
    with pytest.raises(ValidatorUnavailable, match="do not say which one supports"):
        read_labels(labels, Path("folder"))


def test_files_are_pinned(tmp_path: Path) -> None:
    folder = tiny(tmp_path)
    before = look_at(folder)
    tiny(folder, architectures=["Other"])
    assert look_at(folder).digest != before.digest
    with pytest.raises(ValidatorUnavailable, match="are not those that validator local was made with"):
        load(folder, "local", "tiny", before.digest)


@pytest.mark.parametrize("missing", ["config.json", "tokenizer.json", "model.onnx"])
def test_a_missing_file_is_named(missing: str, tmp_path: Path) -> None:
    (tiny(tmp_path) / missing).unlink()
    with pytest.raises(ValidatorUnavailable, match=missing):
        look_at(tmp_path)


def test_a_broken_model_or_tokenizer_is_named(tmp_path: Path) -> None:
    folder = tiny(tmp_path)
    (folder / "model.onnx").write_bytes(b"nothing")
    with pytest.raises(ValidatorUnavailable, match="onnxruntime cannot load"):
        load(folder, "local", "tiny", look_at(folder).digest)
    tiny(folder)
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ValidatorUnavailable, match=r"tokenizer\.json cannot be used"):
        load(folder, "local", "tiny", look_at(folder).digest)


def test_no_labels_no_classifier(tmp_path: Path) -> None:
    tiny(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ValidatorUnavailable, match="id2label"):
        look_at(tmp_path)


def torch_folder(folder: Path) -> Path:
    (tiny(folder) / "model.onnx").unlink()
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def test_safetensors_without_torch_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    folder = torch_folder(tmp_path)
    with pytest.raises(ValidatorUnavailable, match="needs the package torch"):
        load(folder, "local", "tiny", look_at(folder).digest)


def test_transformers_is_told_to_stay_on_this_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def refuse(folder: str, **options: object) -> None:
        asked.update(options, folder=folder)
        raise OSError("not a real model")

    kind = SimpleNamespace(from_pretrained=refuse)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(set_num_threads=lambda n: None))  # type: ignore[arg-type]
    monkeypatch.setitem(sys.modules, "transformers", SimpleNamespace(AutoModelForSequenceClassification=kind))  # type: ignore[arg-type]
    folder = torch_folder(tmp_path)
    with pytest.raises(ValidatorUnavailable, match="transformers cannot load"):
        load(folder, "local", "tiny", look_at(folder).digest)
    assert asked == {"folder": str(folder), "local_files_only": True, "use_safetensors": True}


def test_the_descriptor_says_that_nobody_calibrated_it() -> None:
    made = classifier.descriptor("local", "deberta", Digest.of(b""))
    assert (made.name, made.family) == ("local", "deberta")
    assert "not calibrated" in made.architecture
