"""What a committee's word is worth: its rule, and what it was measured to be worth when its epoch was made."""

from __future__ import annotations

from probatum.cli.text import one_line
from probatum.consensus.calibration import Expected
from probatum.consensus.epoch import Epoch

NOT_MEASURED = "expected precision: not known; this committee was not measured"


def rule_lines(epoch: Epoch) -> list[str]:
    """The rule of an epoch and its committee's figures, set by set, with their source."""
    policy = epoch.policy
    lines = [
        f"rule: more than 2/3 of the stake and at least {policy.min_families} model families; "
        f"ballots {'committed first' if policy.commit else 'sent openly'}"
    ]
    for one in policy.thresholds:
        least = f"supported under {_percent(one.supported)}, refuted under {_percent(one.refuted)}"
        lines.append(f"  {one.validator} abstains from {least}, insufficient under {_percent(one.insufficient)}")
    if epoch.calibration is None:
        return [*lines, NOT_MEASURED]
    lines += [worth_line(epoch), *(f"  {one_line(each.set, 80)}: {_figures(each)}" for each in epoch.calibration.measured)]
    return [
        *lines,
        f"  measured when the epoch was made; source {one_line(epoch.calibration.source, 80)}, {epoch.calibration.digest}",
    ]


def worth_line(epoch: Epoch) -> str:
    """The expected precision of SUPPORTED in one line, with the sets it was measured on."""
    calibration = epoch.calibration
    if calibration is None:
        return NOT_MEASURED
    sets = f"{len(calibration.measured)} labelled set{'s' if len(calibration.measured) != 1 else ''}"
    if calibration.range is None:
        return f"expected precision: not known; on {sets} this committee certified nothing"
    low, high = calibration.range
    found = _percent(low) if low == high else f"{_percent(low)} to {_percent(high)}"
    return f"expected precision of SUPPORTED: {found} on {sets}, both classes weighted alike"


def _figures(one: Expected) -> str:
    precision = "nothing certified" if one.precision is None else f"precision {_percent(one.precision)}"
    return f"{precision}, recall {_percent(one.recall)}, {one.rows} claims"


def _percent(points: int) -> str:
    """Basis points as a person reads them."""
    return f"{points / 100:.1f} %"
