"""Sentences that stop before they end, as the last one of an answer does that ran into its length limit.

What is there may be true as far as it goes, but nobody knows what it was going to say ("The drug is safe for").
"""

from __future__ import annotations

import re
from typing import Final

from probatum.consensus.verdict import Verdict

STOPS_SHORT: Final = "the claim stops in the middle of a sentence"

# English words that a statement without a closing mark does not end in. Another such word must come before, so that what looks the
# same in other languages is left alone.
_BEFORE: Final = re.compile(r"\b(?:the|an?|of|and|is|are|was|were|has|have|had|to|in|for|by|with|on|at|it|that|this|from)\b", re.I)
_LAST: Final = re.compile(
    r"\s(?:the|a|an|and|or|but|nor|of|in|on|at|for|from|with|into|onto|than|as|because|although|while|whereas|which|"
    r"whose|its|their|his|my|our|your|been|very|between|during|including|per)$"
)
# The same behind a closing mark, where only words count that no statement ends in ("The house that she lived in." is whole).
_NEVER_LAST: Final = re.compile(
    r"\s(?:the|and|nor|because|although|whereas|its|their|our|your|(?:of|in|on|with|for|by|from|as|and|is|was) a)$"
)
_STOPS: Final = ".!?…"
_CLOSING: Final = "*_\"'“”‘’`"


def withheld(verdict: Verdict, claim: str) -> bool:
    """Whether a validator abstains in place of ``verdict``: of a sentence that stops short only what is missing can be said."""
    return verdict is not Verdict.INSUFFICIENT and stops_short(claim)


def stops_short(claim: str) -> bool:
    """Whether ``claim`` ends in the middle of a sentence: in a word that needs another one after it."""
    text = claim.rstrip().rstrip(_CLOSING).rstrip(",")
    open_end = text.rstrip(_STOPS + _CLOSING)
    found = (_LAST if text == open_end else _NEVER_LAST).search(open_end)
    return found is not None and _BEFORE.search(open_end, 0, found.start()) is not None
