"""Where the embedded network lives."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def default_folder() -> Path:
    """``PROBATUM_HOME`` if set, else the platform's user-data folder."""
    home = os.environ.get("PROBATUM_HOME")
    return Path(home) if home else Path(platformdirs.user_data_dir("probatum", appauthor=False))
