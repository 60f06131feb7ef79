# ruff: noqa: E501
"""How well a calibration carries over to sets that it was not fitted on: each set of the calibration questions is left out in turn.

What ``combine.evidence`` gives the linear map, and the ridge of ``calibrate.py``, were chosen by these figures, because what is judged in
use comes from sets that nobody fitted on. Run: ``python training/leave_out.py [--ridge R]``, once ``calibrate.py`` has filled the cache.
"""

from __future__ import annotations

import numpy as np
import torch

from calibrate import GROUPS, RIDGE, features, fit_map, known_of
from probatum.measuring import metrics
from probatum.validators import builtin
from questions import arguments, parts, window_logits

TOGETHER = {"ling_in_loop": "nli", "mnli": "nli", "cad_nli": "nli", "hard_cases": "made", "summary_cases": "made"}
TEMPERATURE = 1.3


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--ridge", type=float, default=RIDGE)
    args = parser.parse_args()
    torch.set_num_threads(1)
    groups = parts(args.data, args.hard)
    known = known_of(groups)
    sets = np.array([TOGETHER.get(c.set, c.set) for n in GROUPS for c in groups[n]])
    for model in builtin.BUILTIN:
        scored = [x for n in GROUPS for x in window_logits(model, n, groups[n], args.weights, args.cache)]
        keep = np.array([bool(windows) for windows, _ in scored])
        raw, labels, weights, names = (
            features([x for x in scored if x[0]], TEMPERATURE),
            known.labels[keep],
            known.weights[keep],
            sets[keep],
        )
        auc, balanced = {}, {}
        for name in sorted(set(names)):
            out = names == name
            matrix, bias, _ = fit_map(raw[~out], labels[~out], weights[~out], args.ridge)
            p = np.exp(raw[out] @ matrix.T + bias)
            support, true = p[:, 0] / p.sum(1), labels[out] == 0
            auc[name] = metrics.auc(support, true)
            balanced[name] = metrics.balanced_accuracy(support >= 0.5, true)
        print(
            f"{model}: AUC {100 * np.mean(list(auc.values())):.2f}, balanced accuracy {100 * np.mean(list(balanced.values())):.1f}",
            end="  ",
        )
        print(" ".join(f"{name} {100 * value:.1f}" for name, value in auc.items()), flush=True)


if __name__ == "__main__":
    main()
