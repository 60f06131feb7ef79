"""The validators that ship with the package. Listing them loads no model; loading one checks the SHA-256 of every file it reads.

Weights are looked for in ``PROBATUM_WEIGHTS`` (a folder of the same layout) if set, else in the package.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probatum.consensus.model import ModelDescriptor
from probatum.errors import ValidatorError, ValidatorUnavailable
from probatum.validators.source import SHIPPED, check, files_of, read_manifest, weights_digest

if TYPE_CHECKING:
    from probatum.validators.judge import Scorer
    from probatum.validators.protocol import Validator

BUILTIN: tuple[str, ...] = ("mpnet", "deberta", "alignment", "crossattention")
_CROSS_ENCODERS = ("mpnet", "deberta")


def weights_folder() -> Path:
    """The folder that holds the manifest and the weights."""
    configured = os.environ.get("PROBATUM_WEIGHTS")
    return Path(configured) if configured else SHIPPED


@lru_cache(maxsize=4)
def _manifest(folder: Path) -> Mapping[str, Any]:
    return read_manifest(folder)


def describe(name: str, folder: Path | None = None) -> ModelDescriptor:
    """The descriptor of one built-in validator, from the manifest alone.

    Raises:
        ValidatorError: unknown name.
        ValidatorUnavailable: the manifest is missing or does not describe it.
    """
    if name not in BUILTIN:
        raise ValidatorError(f"no built-in validator is called {name!r}; there are {', '.join(BUILTIN)}")
    manifest = _manifest(folder or weights_folder())
    files = files_of(manifest, name)
    entry = manifest["models"][name]
    return ModelDescriptor(
        name=name,
        family=str(entry["family"]),
        architecture=str(entry["architecture"]),
        training=tuple(map(str, entry["training"])),
        weights=weights_digest(files),
    )


def descriptors() -> tuple[ModelDescriptor, ...]:
    """Descriptors of all built-in validators, in the order of ``BUILTIN``. Imports neither numpy nor onnxruntime."""
    return tuple(describe(name) for name in BUILTIN)


def load_builtin(name: str, *, folder: Path | None = None, threads: int = 2) -> Validator:
    """Check the weights of one validator and load it.

    Args:
        name: one of ``BUILTIN``.
        folder: weights folder; by default ``weights_folder()``.
        threads: onnxruntime threads for the models that use it.

    Raises:
        ValidatorError: unknown name.
        ValidatorUnavailable: a file is missing, has other bytes than the manifest says, or a library is not installed.
    """
    place = folder or weights_folder()
    descriptor = describe(name, place)
    check(place, files_of(_manifest(place), name))
    try:
        from probatum.validators.combine import Calibration
        from probatum.validators.judge import WindowedValidator

        record = json.loads((place / name / "calibration.json").read_text(encoding="utf-8"))
        return WindowedValidator(descriptor, scorer(name, place, threads), Calibration.of(record))
    except ImportError as problem:
        raise ValidatorUnavailable(f"validator {name} needs a library that is not installed: {problem}") from None
    except (OSError, KeyError, TypeError, ValueError) as problem:
        raise ValidatorUnavailable(f"validator {name} cannot be loaded from {place}: {problem}") from None


def scorer(name: str, place: Path, threads: int) -> Scorer:
    """The bare model of a built-in validator, its weights not checked."""
    if name in _CROSS_ENCODERS:
        from probatum.validators.crossencoder import CrossEncoderScorer

        return CrossEncoderScorer(place / name / "model.onnx", place / name / "tokenizer.json", threads)
    if name == "alignment":
        from probatum.validators.alignment import AlignmentScorer

        return AlignmentScorer(place)
    from probatum.validators.crossattention import CrossAttentionScorer

    return CrossAttentionScorer(place, threads)
