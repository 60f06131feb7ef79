"""The optional classifier validator: any Hugging Face sequence classifier that lies in a folder. Nothing is ever downloaded.

The folder holds ``config.json`` with ``id2label``, ``tokenizer.json``, and the model as ``model.onnx`` (or ``onnx/model.onnx``),
which onnxruntime runs, or as ``model.safetensors``, which needs the packages torch and transformers. Its probabilities are taken as
they are: nobody calibrated them here, and the descriptor says so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from probatum.consensus.model import ModelDescriptor
from probatum.consensus.verdict import Verdict
from probatum.encoding.digest import Digest
from probatum.errors import ValidatorUnavailable
from probatum.validators.endings import STOPS_SHORT, withheld
from probatum.validators.extras import need
from probatum.validators.protocol import BASIS_POINTS, Abstention, Distribution, Judgement, Question, each
from probatum.validators.source import WeightsFile, weights_digest

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Scorer: TypeAlias = Callable[[Sequence[Sequence[int]], Sequence[Sequence[int]]], Any]
"""From token ids and token types of pairs, each of its own length, to logits of shape (pairs, labels)."""

ORDER: Final = (Verdict.SUPPORTED, Verdict.INSUFFICIENT, Verdict.REFUTED)
MINIMUM: Final = 0.6  # probability under which it abstains
MAX_TOKENS: Final = 512
PAIRS_PER_BATCH: Final = 16
_MODELS: Final = ("model.onnx", "onnx/model.onnx", "model.safetensors")
_MEANINGS: Final = {
    Verdict.SUPPORTED: ("entailment", "entails", "supported", "supports", "support", "consistent", "true", "grounded"),
    Verdict.REFUTED: ("contradiction", "contradicts", "contradicted", "refuted", "refutes", "refute"),
    Verdict.INSUFFICIENT: ("neutral", "notentailment", "notenoughinfo", "nei", "insufficient", "unsupported", "notsupported"),
}
_NEGATIVE: Final = ("inconsistent", "false", "hallucinated", "nonfactual", "nonentailment", "notconsistent")  # of two-way models


@dataclass(frozen=True, slots=True)
class Folder:
    """A classifier's folder that was looked at.

    Attributes:
        path: where it is.
        model: the model's file, relative to it.
        verdicts: what each output of the model means.
        tokens: how many tokens it reads.
        digest: of every file that is used.
    """

    path: Path
    model: str
    verdicts: tuple[Verdict, ...]
    tokens: int
    digest: Digest


def look_at(path: Path) -> Folder:
    """Read a classifier's configuration and hash its files.

    Raises:
        ValidatorUnavailable: a file is missing or cannot be read, or the labels do not say what supports a claim.
    """
    model = next((name for name in _MODELS if (path / name).is_file()), None)
    if model is None:
        raise ValidatorUnavailable(f"{path} holds no model; expected one of {', '.join(_MODELS)}")
    try:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        labels = [str(config["id2label"][str(i)]) for i in range(len(config["id2label"]))]
        tokens = min(MAX_TOKENS, int(config.get("max_position_embeddings", MAX_TOKENS)))
        files = [_file(path, name) for name in ("config.json", "tokenizer.json", model)]
    except OSError as error:
        raise ValidatorUnavailable(f"cannot read {error.filename}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValidatorUnavailable(f"{path / 'config.json'} has no id2label with the labels 0, 1, 2 ... ({error})") from None
    return Folder(path, model, read_labels(labels, path), tokens, weights_digest(files))


def _file(folder: Path, name: str) -> WeightsFile:
    with (folder / name).open("rb") as opened:
        digest = Digest(hashlib.file_digest(opened, "sha256").digest())
    return WeightsFile(name, digest, (folder / name).stat().st_size)


def read_labels(labels: Sequence[str], path: Path) -> tuple[Verdict, ...]:
    """What each label means; in a two-way model whatever is not support is INSUFFICIENT. Raises ValidatorUnavailable."""
    known = {word: verdict for verdict, words in _MEANINGS.items() for word in words}
    known |= dict.fromkeys(_NEGATIVE, Verdict.INSUFFICIENT)
    found = [known.get("".join(c for c in label.lower() if c.isalpha())) for label in labels]
    verdicts = tuple(verdict for verdict in found if verdict is not None)
    if len(verdicts) != len(labels) or len(set(verdicts)) != len(labels) or Verdict.SUPPORTED not in verdicts:
        raise ValidatorUnavailable(
            f"the labels {', '.join(labels)} of {path} do not say which one supports a claim; "
            "name them entailment, neutral and contradiction in config.json"
        )
    return verdicts


def descriptor(name: str, family: str, digest: Digest) -> ModelDescriptor:
    """What an epoch lists of a classifier."""
    return ModelDescriptor(
        name=name,
        family=family,
        architecture="sequence classifier from a local folder, not calibrated",
        training=("unknown (local)",),
        weights=digest,
    )


def load(path: Path, name: str, family: str, expected: Digest, threads: int = 2) -> ClassifierValidator:
    """Load a classifier.

    Args:
        path: its folder.
        name: what the descriptor calls it.
        family: its model family.
        expected: digest of its files, as :func:`look_at` gave it when the network was made.
        threads: for onnxruntime or torch.

    Raises:
        ValidatorUnavailable: a file is missing or has changed, or a library is not installed.
    """
    folder = look_at(path)
    if folder.digest != expected:
        raise ValidatorUnavailable(f"the files in {path} are not those that validator {name} was made with")
    scorer = _onnx(folder, threads) if folder.model.endswith(".onnx") else _torch(folder, name, threads)
    try:
        return ClassifierValidator(folder, descriptor(name, family, expected), _tokenizer(folder), scorer)
    except Exception as problem:  # tokenizers raises nothing more special
        raise ValidatorUnavailable(f"{path / 'tokenizer.json'} cannot be used: {problem}") from None


class ClassifierValidator:
    """Judges every window of the evidence and keeps the one that says most; what fails is an abstention.

    Args:
        folder: the classifier's folder.
        described: what an epoch lists.
        tokenizer: of that folder.
        scorer: the model.
    """

    def __init__(self, folder: Folder, described: ModelDescriptor, tokenizer: Tokenizer, scorer: Scorer) -> None:
        self._folder, self._descriptor, self._tokenizer, self._scorer = folder, described, tokenizer, scorer

    @property
    def descriptor(self) -> ModelDescriptor:
        """What an epoch lists."""
        return self._descriptor

    def judge(self, questions: Sequence[Question]) -> Iterator[Judgement | Abstention]:
        """One answer per question, in order."""
        return each(questions, self._judge)

    def _judge(self, question: Question) -> Judgement | Abstention:
        from probatum.validators.reasons import not_sure
        from probatum.validators.windows import cut

        claim = " ".join(question.claim.split())
        windows = cut(claim, question.passages) if claim else []
        if not windows:
            return Abstention("there is no claim or no evidence to judge")
        each = self._distributions([(window.text, claim) for window in windows])
        strongest = max(range(len(windows)), key=lambda i: max(each[i][0], each[i][2]))
        whole = each[strongest]
        best = max(range(3), key=whole.__getitem__)
        if whole[best] < MINIMUM:
            return Abstention(not_sure(ORDER[best], whole[best], MINIMUM), whole)
        if withheld(ORDER[best], claim):
            return Abstention(STOPS_SHORT, whole)
        passage = windows[strongest].passage
        where = f"passage {passage + 1}" if passage >= 0 else "the passages together"
        said = {Verdict.SUPPORTED: "supports it", Verdict.REFUTED: "says otherwise", Verdict.INSUFFICIENT: "does not settle it"}
        return Judgement(ORDER[best], round(whole[best] * BASIS_POINTS), f"{where}: {said[ORDER[best]]}", whole)

    def _distributions(self, pairs: Sequence[tuple[str, str]]) -> list[Distribution]:
        import numpy as np

        found: list[Distribution] = []
        for start in range(0, len(pairs), PAIRS_PER_BATCH):
            encoded = self._tokenizer.encode_batch(list(pairs[start : start + PAIRS_PER_BATCH]))
            logits = np.asarray(self._scorer([one.ids for one in encoded], [one.type_ids for one in encoded]), float)
            if logits.shape != (len(encoded), len(self._folder.verdicts)) or not np.isfinite(logits).all():
                raise ValueError("the model gave no finite score for each label")
            powers = np.exp(logits - logits.max(1, keepdims=True))
            for row in powers / powers.sum(1, keepdims=True):
                by = dict(zip(self._folder.verdicts, map(float, row), strict=True))
                found.append((by[Verdict.SUPPORTED], by.get(Verdict.INSUFFICIENT, 0.0), by.get(Verdict.REFUTED, 0.0)))
        return found


def _tokenizer(folder: Folder) -> Tokenizer:
    from tokenizers import Tokenizer

    tokenizer: Tokenizer = Tokenizer.from_file(str(folder.path / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(folder.tokens, strategy="only_first")  # the evidence, never the claim
    return tokenizer


def _onnx(folder: Folder, threads: int) -> Scorer:
    from probatum.validators.transformers_onnx import open_session, pad

    try:
        session = open_session(folder.path / folder.model, threads)
    except Exception as problem:  # onnxruntime's own errors have no common base
        raise ValidatorUnavailable(f"onnxruntime cannot load {folder.path / folder.model}: {problem}") from None
    wanted = {one.name for one in session.get_inputs()}

    def score(ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]]) -> Any:
        padded, mask = pad(ids)
        feeds: Mapping[str, Any] = {"input_ids": padded, "attention_mask": mask, "token_type_ids": pad(types)[0]}
        return session.run(None, {name: value for name, value in feeds.items() if name in wanted})[0]

    return score


def _torch(folder: Folder, name: str, threads: int) -> Scorer:
    from probatum.validators.transformers_onnx import pad

    torch, transformers = need("torch", f"validator {name}"), need("transformers", f"validator {name}")
    torch.set_num_threads(threads)
    kind = transformers.AutoModelForSequenceClassification
    try:
        model = kind.from_pretrained(str(folder.path), local_files_only=True, use_safetensors=True).eval()
    except (OSError, ValueError, RuntimeError) as problem:
        raise ValidatorUnavailable(f"transformers cannot load {folder.path}: {problem}") from None
    takes_types = "token_type_ids" in model.forward.__code__.co_varnames

    def score(ids: Sequence[Sequence[int]], types: Sequence[Sequence[int]]) -> Any:
        padded, mask = pad(ids)
        feeds = {"input_ids": torch.from_numpy(padded), "attention_mask": torch.from_numpy(mask)}
        if takes_types:
            feeds["token_type_ids"] = torch.from_numpy(pad(types)[0])
        with torch.no_grad():
            return model(**feeds).logits.float().numpy()

    return score
