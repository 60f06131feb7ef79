"""Write the static token embedding table that the alignment model and retrieval share.

Source: the ``wordllama`` package (MIT), table ``l2_supercat_256`` (32,000 rows of 256 float16) and its tokenizer.
Output: ``src/probatum/weights/static`` (see FORMAT.md there).  Run: ``python training/make_static.py``.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np


def package_folder(name: str) -> Path:
    """Folder of an installed package, without importing it (import would pull optional dependencies)."""
    from importlib.util import find_spec

    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise SystemExit(f"package {name} is not installed; see training/requirements.in")
    return Path(spec.origin).parent


def quantise_rows(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per-row symmetric int8: ``table ~= rows * scale[:, None]``.  Returns (int8 rows, float32 scales)."""
    scale = np.abs(table).max(axis=1) / 127.0
    scale = np.where(scale == 0, 1.0, scale).astype(np.float32)
    rows = np.clip(np.rint(table / scale[:, None]), -127, 127).astype(np.int8)
    return rows, scale


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("src/probatum/weights/static"))
    args = parser.parse_args()
    from safetensors.numpy import load_file

    package = package_folder("wordllama")
    table = load_file(str(package / "weights" / "l2_supercat_256.safetensors"))["embedding.weight"].astype(np.float32)
    rows, scale = quantise_rows(table)
    error = np.abs(rows * scale[:, None] - table).max()
    args.out.mkdir(parents=True, exist_ok=True)
    np.save(args.out / "rows.npy", rows, allow_pickle=False)
    np.save(args.out / "scale.npy", scale, allow_pickle=False)
    shutil.copyfile(package / "tokenizers" / "l2_supercat_tokenizer_config.json", args.out / "tokenizer.json")
    print(f"rows {rows.shape}, largest absolute error {error:.5f}, mean row norm {np.linalg.norm(table, axis=1).mean():.3f}")


if __name__ == "__main__":
    main()
