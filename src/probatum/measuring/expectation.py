"""The committee's own record, fixed before anything is certified: its threshold, and what it was measured to be worth.

``committee.json`` lies beside the weights::

    {"score_threshold": 0.5,
     "expected": {"SET": {"rows": 1000, "precision_supported": 0.93, "recall_supported": 0.45}}}

``precision_supported`` weighs both classes alike; it is ``null`` where nothing was certified.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
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
        score_threshold: of the mean probability of SUPPORTED.
        calibration: what an epoch of exactly these validators states; ``None`` where nothing was measured.
    """

    score_threshold: float = NEUTRAL
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
        threshold = float(value["score_threshold"])
        measured = tuple(sorted((_expected(name, one) for name, one in value["expected"].items()), key=lambda one: one.set))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValidatorUnavailable(f"{path} is not a committee's record ({error}); reinstall the package") from None
    calibration = Calibration(measured, f"weights/{FILE}", Digest.of(data)) if measured else None
    return CommitteeRecord(threshold, calibration)


def _expected(name: str, value: dict[str, Any]) -> Expected:
    precision = value["precision_supported"]
    return Expected(
        set=name,
        rows=int(value["rows"]),
        precision=None if precision is None else basis_points(precision),
        recall=basis_points(value["recall_supported"]),
    )
