"""Making text that a reader extracted fit to be a copy: no control, invisible or unpaired characters, no runs of blank lines.

Only copies that the project itself makes (html, pdf) are tidied. A text file is its own copy and stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

_CONTROLS: Final = {code: " " for code in (*range(0x20), 0x7F, *range(0x80, 0xA0)) if code not in (0x09, 0x0A)}
# Invisible characters carry text that a person does not see (tag characters, bidi overrides) to a model that does.
_INVISIBLE: Final = (
    *(0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF),
    *(*range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080)),
)
_BREAKS: Final = {0x2028: "\n", 0x2029: "\n\n"}
_TABLE: Final[dict[int, str | None]] = {**_CONTROLS, **_BREAKS, **dict.fromkeys(_INVISIBLE)}
_SURROGATE = re.compile("[\ud800-\udfff]")


def tidy(text: str) -> str:
    """Clean lines ending in one line feed, at most one blank line between them, no spaces at line ends."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").translate(_TABLE)
    text = _SURROGATE.sub("\ufffd", text)
    lines: list[str] = []
    for line in text.split("\n"):
        line = line.rstrip()
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip("\n") + "\n"
