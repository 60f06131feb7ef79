"""The right use: mypy and pyright must accept every line."""

from __future__ import annotations

from probatum.gate import Certified, GatePolicy, Provisional, require
from probatum.verify import Trust


def publish(text: Certified[str]) -> str:
    return text.value


def answer(draft: Provisional[str], bundle: bytes, trust: Trust) -> str:
    return publish(draft.certify(bundle, GatePolicy(), trust))


def release(text: str, bundle: bytes | None, trust: Trust | None) -> str:
    return publish(require(text, bundle, GatePolicy(), trust))
