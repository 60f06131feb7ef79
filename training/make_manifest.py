"""Write ``src/probatum/weights/manifest.json``: SHA-256 and size of every weights file, and what each model is.

Run after any change of weights or calibration: ``python training/make_manifest.py``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import mixes
from data import LICENCES, MADE

# family: the unit that an epoch's min_families counts; see docs/models for the measured error correlations behind it.
MODELS = {
    "mpnet": (
        "mpnet-crossencoder",
        "transformer cross-encoder, MPNet-base (110 M parameters, relative positions), int8",
        ["mpnet"],
        mixes.together(mixes.MPNET_CLEAN, mixes.MPNET_MIXED, mixes.MPNET_FURTHER),
    ),
    "deberta": (
        "deberta-crossencoder",
        "transformer cross-encoder, DeBERTa-v3-xsmall (70.7 M parameters, disentangled attention), int8",
        ["deberta"],
        mixes.together(mixes.DEBERTA_CLEAN, mixes.DEBERTA_MIXED),
    ),
    "alignment": (
        "feature-trees",
        "gradient-boosted trees over alignment, number, name, negation and order features",
        ["alignment", "static"],
        mixes.ALIGNMENT,
    ),
    "crossattention": (
        "frozen-crossattention",
        "cross-attention network over frozen MiniLM-L6 token vectors (0.4 M trained parameters)",
        ["crossattention", "minilm/encoder.onnx", "minilm/tokenizer.json"],
        mixes.CROSSATTENTION,
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
    for name, (family, architecture, wanted, mix) in MODELS.items():
        mine = sorted(p for p in files for w in wanted if p == w or p.startswith(w + "/"))
        origin = {s: "edits of real sentences" if s in MADE else LICENCES[s] for s in sorted(mix)}
        training = [f"{s} ({whence}), at most {mix[s]} rows" for s, whence in origin.items()]
        models[name] = {"family": family, "architecture": architecture, "training": training, "files": mine}
    (folder / "manifest.json").write_text(
        json.dumps({"format": 1, "files": files, "models": models}, indent=1) + "\n", encoding="utf-8"
    )
    print(f"{len(files)} files, {sum(int(str(f['bytes'])) for f in files.values()) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
