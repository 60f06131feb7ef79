"""The interpreter's pauses, in a process of its own because they are set for the whole process."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc, sys
from probatum.gateway.serving.pauses import SWITCH_S, THRESHOLDS, shorten_pauses
shorten_pauses()
print(gc.get_freeze_count() > 1000, gc.get_threshold() == THRESHOLDS, gc.isenabled())
print(abs(sys.getswitchinterval() - SWITCH_S) < 1e-6)
"""


def test_what_is_loaded_is_frozen_and_what_is_young_is_still_collected() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.split() == ["True"] * 4
