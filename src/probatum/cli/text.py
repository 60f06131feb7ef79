"""Making other people's text safe and readable in a terminal."""

from __future__ import annotations

import unicodedata

from rich.text import Text

_KEEP = "\n\t"


def clean(text: str) -> str:
    """``text`` without anything that steers a terminal: control, format and bidirectional characters become U+FFFD."""
    return "".join(
        c if c in _KEEP or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") or c in "\u200d\ufe0f" else "\ufffd"
        for c in text
    )


def one_line(text: str, width: int = 0) -> str:
    """``text`` cleaned, on one line, cut to ``width`` characters if that is not 0."""
    flat = " ".join(clean(text).split())
    return flat if not width or len(flat) <= width else flat[: width - 1] + "…"


def plain(text: str, style: str = "") -> Text:
    """Cleaned text that is never read as markup."""
    return Text(clean(text), style)
