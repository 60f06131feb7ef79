"""The weighted mean of two states of one model, before and after its last run (WiSE-FT, Wortsman et al., CVPR 2022, section 3).

A run gains on what it is trained on and loses a little elsewhere; the mean keeps most of the first and gives back the second.

Run: ``python training/average.py mpnet``, ``python training/average.py deberta-second`` (what DeBERTa's third run starts from) or
``python training/average.py deberta``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

RUNS = Path("training/runs")
# weights before the last run and after it, and the share of the latter
LAST = {
    "mpnet": ("read-back/mpnet.pt", "mpnet-third/final.pt", 0.6),
    "deberta-second": ("deberta-crossencoder/final.pt", "deberta-further/final.pt", 0.5),
    "deberta": ("deberta-second-average/final.pt", "deberta-third/final.pt", 0.5),
}


def mean(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """Every floating-point parameter as ``share`` of ``after`` and the rest of ``before``; whole numbers as they are after."""
    return {name: torch.lerp(before[name], value, share) if value.is_floating_point() else value for name, value in after.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=sorted(LAST))
    model = parser.parse_args().model
    first, last, share = LAST[model]
    before, after = (torch.load(RUNS / file, weights_only=True) for file in (first, last))
    out = RUNS / f"{model}-average" / "final.pt"
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(mean(before, after, share), out)
    print(f"{out}: {len(after)} parameters")


if __name__ == "__main__":
    main()
