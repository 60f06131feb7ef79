"""What a validator may say of a fragment."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """A judgement of one fragment against its evidence. An abstention is not a verdict: it is the absence of one."""

    SUPPORTED = "SUPPORTED"
    REFUTED = "REFUTED"
    INSUFFICIENT = "INSUFFICIENT"

    __hash__ = str.__hash__  # Enum's own is Python code; votes are counted by verdict, for every fragment and ballot
