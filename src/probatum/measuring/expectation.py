"""The committee's own record, fixed before anything is certified: its threshold, and what it was measured to be worth.

``committee.json`` lies beside the weights::

    {"score_threshold": 0.5,
     "stakes": {"VALIDATOR": 3},
     "expected": {"SET": {"rows": 1000, "precision_supported": 0.93, "recall_supported": 0.45}}}

``stakes`` weigh the votes, and the members in the committee's probability. ``precision_supported`` weighs both classes alike; it is
``null`` where nothing was certified.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from probatum.consensus.calibration import Calibration, Expected, basis_points
from probatum.encoding.digest import Digest
from probatum.errors import ValidatorUnavailable
from probatum.validators.builtin import weights_folder

FILE: Final = "committee.json"
NEUTRAL: Final = 0.5


@dataclass(frozen=True, slots=True)
class CommitteeRecord:
    """What was found on development data for the committee of all built-in validators.

    Attributes:
        score_threshold: of the committee's probability of SUPPORTED, which pools its members'.
        stakes: of the built-in validators, by name.
        calibration: what an epoch of exactly these validators states; ``None`` where nothing was measured.
    """

    score_threshold: float = NEUTRAL
    stakes: Mapping[str, int] = field(default_factory=dict)
    calibration: Calibration | None = None


def read_record(folder: Path | None = None) -> CommitteeRecord:
    """The record beside the weights; a neutral one where there is none.

    Raises:
        ValidatorUnavailable: the file is there and is not of its form.
    """
    path = (folder or weights_folder()) / FILE
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return CommitteeRecord()
    except OSError as error:
        raise ValidatorUnavailable(f"cannot read {path}: {error.strerror}; reinstall the package") from None
    try:
        value = json.loads(data)
        threshold, stakes = float(value["score_threshold"]), {name: int(one) for name, one in value.get("stakes", {}).items()}
        measured = tuple(sorted((_expected(name, one) for name, one in value["expected"].items()), key=lambda one: one.set))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValidatorUnavailable(f"{path} is not a committee's record ({error}); reinstall the package") from None
    calibration = Calibration(measured, f"weights/{FILE}", Digest.of(data)) if measured else None
    return CommitteeRecord(threshold, stakes, calibration)


def _expected(name: str, value: dict[str, Any]) -> Expected:
    precision = value["precision_supported"]
    return Expected(
        set=name,
        rows=int(value["rows"]),
        precision=None if precision is None else basis_points(precision),
        recall=basis_points(value["recall_supported"]),
    )
