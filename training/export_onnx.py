# ruff: noqa: E501
"""Export the frozen MiniLM encoder or a trained cross-encoder with its head to ONNX with int8 weights.

Run: ``python training/export_onnx.py encoder``, or ``python training/export_onnx.py deberta [--checkpoint PATH]``, or
``python training/export_onnx.py mpnet [--checkpoint PATH]``.
Prints how far the int8 model's outputs are from the float model's.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from bodies import BODIES, minilm_folder, published
from crossencoder import encode, new_model, new_tokenizer, predict
from data import held_out, read_rows, sample
from smoothing import smooth

TYPICAL = {"ling_in_loop": 100, "mnli": 60, "covidfact": 60, "cg2c_doc": 30, "climate_fever": 60, "rte": 60, "begin": 40}


class TokenVectors(nn.Module):
    """Last hidden state only."""

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        return self.body(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state


def export(model: nn.Module, out: Path, output: str) -> None:
    import onnx
    import onnxruntime
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model.eval()
    ids = torch.randint(1000, 20000, (3, 24))
    mask, types = torch.ones_like(ids), torch.zeros_like(ids)
    types[:, 12:] = 1
    axes = {name: {0: "batch", 1: "length"} for name in ("input_ids", "attention_mask", "token_type_ids")}
    axes[output] = {0: "batch", 1: "length"} if output == "vectors" else {0: "batch"}
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        torch.onnx.export(
            model,
            (ids, mask, types),
            str(plain),
            input_names=["input_ids", "attention_mask", "token_type_ids"],
            output_names=[output],
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
        prepared = Path(folder) / "prepared.onnx"
        try:
            from onnxruntime.quantization.shape_inference import quant_pre_process

            quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
        except Exception as problem:  # the plain graph quantises too, only slower to run
            print("pre-processing skipped:", problem)
            shutil.copyfile(plain, prepared)
        head = [node.name for node in onnx.load(str(prepared)).graph.node if node.name.startswith("/head")]  # small, and last
        quantize_dynamic(str(prepared), str(out), weight_type=QuantType.QInt8, per_channel=True, nodes_to_exclude=head)
    session = onnxruntime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
    mask[2, 20:] = 0
    feed = {"input_ids": ids.numpy(), "attention_mask": mask.numpy(), "token_type_ids": types.numpy()}
    with torch.no_grad():
        expected = model(ids, mask, types).numpy()
    got = session.run(None, feed)[0]
    print(
        f"{out}: {out.stat().st_size / 1e6:.1f} MB, mean |difference| {np.abs(got - expected).mean():.4f} of {np.abs(expected).mean():.4f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", choices=["encoder", *sorted(BODIES)])
    parser.add_argument("--weights", type=Path, default=Path("src/probatum/weights"))
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data"), help="rows that show how large a cross-encoder's activations get"
    )
    parser.add_argument("--checkpoint", type=Path, help="default: the mean of the last run (average.py)")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if args.which == "encoder":
        shutil.copyfile(minilm_folder() / "tokenizer.json", _ready(args.weights / "minilm") / "tokenizer.json")
        export(TokenVectors(published(minilm_folder())), args.weights / "minilm" / "encoder.onnx", "vectors")
        return
    body, place = BODIES[args.which], _ready(args.weights / args.which)
    shutil.copyfile(body.tokenizer() / "tokenizer.json", place / "tokenizer.json")
    model = new_model(body)
    saved = torch.load(args.checkpoint or Path("training/runs") / f"{args.which}-average" / "final.pt", weights_only=True)
    model.load_state_dict(saved.get("model", saved))
    tokenizer = new_tokenizer(body)
    seen = sample([row for row in read_rows(args.data / "train.jsonl.gz") if not held_out(row)], TYPICAL, 1)
    smooth(model.eval(), model.body.encoder, lambda: predict(model, encode(tokenizer, seen)))
    export(model, place / "model.onnx", "logits")


def _ready(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    main()
