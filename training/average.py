"""The weighted mean of two states of one model, before and after its last run (WiSE-FT, Wortsman et al., CVPR 2022, section 3).

A run gains on what it is trained on and loses a little elsewhere; the mean keeps most of the first and gives back the second.

Run: ``python training/average.py``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

RUNS = Path("training/runs")


def mean(before: dict[str, torch.Tensor], after: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """Every floating-point parameter as ``share`` of ``after`` and the rest of ``before``; whole numbers as they are after."""
    return {name: torch.lerp(before[name], value, share) if value.is_floating_point() else value for name, value in after.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, default=RUNS / "read-back" / "mpnet.pt")
    parser.add_argument("--after", type=Path, default=RUNS / "mpnet-third" / "final.pt")
    parser.add_argument("--share", type=float, default=0.6, help="of the weights after the run, 0 to 1")
    parser.add_argument("--out", type=Path, default=RUNS / "mpnet-average" / "final.pt")
    args = parser.parse_args()
    before, after = (torch.load(path, weights_only=True) for path in (args.before, args.after))
    args.out.parent.mkdir(parents=True, exist_ok=True)
    torch.save(mean(before, after, args.share), args.out)
    print(f"{args.out}: {len(after)} parameters")


if __name__ == "__main__":
    main()
