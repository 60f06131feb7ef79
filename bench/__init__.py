"""Measurements. What they need from the environment is set here, before any of them imports numpy."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does
