"""Sentences that stop before they end, as the last one of an answer does that ran into its length limit.

What is there may be true as far as it goes, but nobody knows what it was going to say ("The drug is safe for").
"""

from __future__ import annotations

import re
from typing import Final

STOPS_SHORT: Final = "the claim stops in the middle of a sentence"

# English words that a statement without a closing mark does not end in. Another such word must come before, so that what looks the
# same in other languages is left alone.
_BEFORE: Final = re.compile(r"\b(?:the|an?|of|and|is|are|was|were|has|have|had|to|in|for|by|with|on|at|it|that|this|from)\b", re.I)
_LAST: Final = re.compile(
    r"\s(?:the|a|an|and|or|but|nor|of|in|on|at|for|from|with|into|onto|than|as|because|although|while|whereas|which|"
    r"whose|its|their|his|my|our|your|been|very|between|during|including|per)$"
)
_CLOSING: Final = "*_\"'“”‘’`"


def stops_short(claim: str) -> bool:
    """Whether ``claim`` ends in the middle of a sentence: without a closing mark, in a word that needs another one after it."""
    text = claim.rstrip().rstrip(_CLOSING).rstrip(",")
    found = _LAST.search(text)
    return found is not None and _BEFORE.search(text, 0, found.start()) is not None
