"""Read a cross-encoder's weights back from its int8 ONNX file, so that training can go on where the float weights are not at hand.

Each weight is a whole number times a scale, so what comes back is off by at most half a step; layers that were smoothed
(``smoothing.py``) get their own scale back. Frozen embeddings come from the published body. The result serves as ``--start``.

Run: ``python training/read_back.py mpnet`` or ``python training/read_back.py deberta``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from bodies import BODIES
from crossencoder import new_model

FROZEN = "word_embeddings"


def weights_of(path: Path) -> dict[str, np.ndarray]:
    """Every parameter in the file, by its name in the model, float32."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    stored = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    made_by = {out: node for node in graph.node for out in node.output}
    found = {name: value for name, value in stored.items() if name.startswith(("body.", "head.")) and value.dtype == np.float32}
    for name, value in stored.items():
        if name.endswith("_quantized") and name.startswith("body."):
            plain = name.removesuffix("_quantized")
            steps = value.astype(np.float32) - np.float32(stored[f"{plain}_zero_point"])
            found[plain.replace(".linear.", ".")] = steps * stored[f"{plain}_scale"]
    for node in graph.node:
        if node.op_type not in ("MatMulInteger", "MatMul") or node.input[1] not in stored or not node.name.startswith("/"):
            continue
        value = stored[node.input[1]]
        if value.dtype == np.int8:
            plain = node.input[1].removesuffix("_quantized")
            value = (value.astype(np.float32) - np.float32(stored[f"{plain}_zero_point"])) * stored[f"{plain}_scale"]
        down = _smoothing(node, made_by, stored)
        if down is not None:
            value = value * down[:, None]
        module = node.name.removeprefix("/").rsplit("/", 1)[0].removesuffix("/linear").replace("/", ".")
        found[f"{_plain(module)}.weight"] = value.T
    return {_plain(name): value for name, value in found.items()}


def _plain(name: str) -> str:
    """Names of the graph's scopes and of smoothed layers, as the model has them."""
    return name.replace(".linear.", ".").replace("head.head.", "head.")


def _smoothing(node: object, made_by: dict, stored: dict[str, np.ndarray]) -> np.ndarray | None:
    """What the layer's input is multiplied by, if it was smoothed: from the layer back over the quantisation."""
    at = made_by.get(node.input[0])  # type: ignore[attr-defined]
    if at is not None and at.op_type == "DynamicQuantizeLinear":
        at = made_by.get(at.input[0])
    if at is None or at.op_type != "Mul":
        return None
    factor = next((stored[name] for name in at.input if name in stored), None)
    return factor if factor is not None and factor.ndim == 1 and len(factor) > 1 else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=sorted(BODIES))
    parser.add_argument("--weights", type=Path, default=Path("src/probatum/weights"))
    parser.add_argument("--out", type=Path, help="default: training/runs/read-back/NAME.pt")
    args = parser.parse_args()
    model = new_model(BODIES[args.which])
    found = weights_of(args.weights / args.which / "model.onnx")
    own = model.state_dict()
    for name, value in own.items():
        if FROZEN in name or "position_ids" in name:
            continue
        if name not in found or found[name].shape != tuple(value.shape):
            raise SystemExit(f"{name} {tuple(value.shape)} is not in the file; it has {sorted(found)[:5]} ...")
        own[name] = torch.from_numpy(found[name].copy()).to(value.dtype)
    model.load_state_dict(own)
    out = args.out or Path("training/runs/read-back") / f"{args.which}.pt"
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(model.state_dict(), out)
    print(f"{out}: {len(found)} parameters")


if __name__ == "__main__":
    main()
