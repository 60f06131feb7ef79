"""Wrong uses: each marked line must be an error for mypy and for pyright, and no other line may be."""

from __future__ import annotations

from probatum.gate import Certified, GatePolicy, Provisional, decide
from probatum.verify import Trust


def publish(text: Certified[str]) -> str:
    return text.value


def wrong(text: str, draft: Provisional[str], data: Certified[bytes], good: Certified[str], trust: Trust) -> None:
    publish(text)  # WRONG: plain text
    publish(draft)  # WRONG: provisional text
    publish(data)  # WRONG: certified bytes
    publish(None)  # WRONG: nothing
    publish(decide(text, None, GatePolicy(), trust))  # WRONG: a decision
    Certified(text)  # WRONG: constructed
    good.value = text  # WRONG: changed
    print(draft.value)  # WRONG: read as if it were certified
