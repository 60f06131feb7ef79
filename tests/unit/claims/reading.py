"""How the tests below look at a split: claims as pairs of span text and claim text, the rest as pairs of span text and reason."""

from __future__ import annotations

from probatum.claims.draft import Claim
from probatum.claims.split import split


def claims(text: str, media_type: str = "text/markdown") -> list[str]:
    """The claim texts."""
    return [draft.text for draft in split(text.encode(), media_type=media_type) if isinstance(draft, Claim)]


def spans(text: str, media_type: str = "text/markdown") -> list[str]:
    """The output's text under every draft."""
    output = text.encode()
    return [output[draft.start : draft.end].decode() for draft in split(output, media_type=media_type)]


def silent(text: str) -> list[tuple[str, str]]:
    """What is not checkable, and why."""
    output = text.encode()
    return [(output[d.start : d.end].decode(), d.reason.value) for d in split(output) if not isinstance(d, Claim)]


def contexts(text: str) -> list[str]:
    """The contexts of the claims."""
    return [draft.context for draft in split(text.encode()) if isinstance(draft, Claim)]
