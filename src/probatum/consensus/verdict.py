"""What a validator may say of a fragment."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """A judgement of one fragment against its evidence. An abstention is not a verdict: it is the absence of one."""

    SUPPORTED = "SUPPORTED"
    REFUTED = "REFUTED"
    INSUFFICIENT = "INSUFFICIENT"

    __hash__ = str.__hash__  # Enum's own is Python code


ABSTENTION: Final = "A"
VERDICT_OF: Final = {"S": Verdict.SUPPORTED, "R": Verdict.REFUTED, "I": Verdict.INSUFFICIENT}
"""The letters of ballots (docs/adr/0003); an abstention has one too, and is no verdict."""
_LETTER_OF: Final = {verdict: letter for letter, verdict in VERDICT_OF.items()}


def letter_of(verdict: Verdict | None) -> str:
    """The letter of a vote; ``None`` is an abstention."""
    return ABSTENTION if verdict is None else _LETTER_OF[verdict]
