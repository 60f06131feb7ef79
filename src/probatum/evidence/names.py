"""Names of sources: what is shown to people, so what an attacker would shape.

A name is a relative path with forward slashes. It never names a place on a machine, and it cannot rewrite the line it is
printed on. The rules are fixed ranges, not Unicode properties, so that every Python version judges a name alike.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

MAX_NAME: Final = 512  # UTF-8 bytes of the whole name
MAX_PART: Final = 255  # UTF-8 bytes of one component: the limit of common file systems
REPLACEMENT: Final = "\ufffd"

_BAD = re.compile(
    "[\x00-\x1f\x7f-\x9f\\\\"  # control characters; a backslash is a separator on some systems
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidi controls, invisible, line separators
    "\ud800-\udfff\U000e0000-\U000e007f]"  # lone surrogates, tag characters
)
_DRIVE = re.compile(r"[A-Za-z]:")


def name_problem(name: object) -> str | None:
    """Why ``name`` cannot stand in an evidence record, or None if it can."""
    if not isinstance(name, str) or not name:
        return "is not a non-empty text"
    if bad := _BAD.search(name):
        return f"holds U+{ord(bad.group()):04X} at {bad.start()}: no controls, invisible signs, surrogates or backslashes"
    if name.startswith("/") or _DRIVE.match(name):
        return "is absolute; it must be relative"
    parts = name.split("/")
    if any(part in ("", ".", "..") for part in parts):
        return "holds an empty, '.' or '..' component"
    if len(name.encode()) > MAX_NAME or any(len(part.encode()) > MAX_PART for part in parts):
        return f"is longer than {MAX_NAME} bytes ({MAX_PART} per component)"
    return None


def safe_name(raw: str) -> str:
    """A name for ``raw`` (a file name or relative path of any form) that :func:`name_problem` accepts.

    Bad characters become U+FFFD, '.' and '..' components are dropped, long names lose their middle to a short hash, which keeps
    different names different. Deterministic, and the identity on good names in Unicode form NFC.
    """
    text = _BAD.sub(lambda m: "/" if m.group() == "\\" and "/" not in raw else REPLACEMENT, raw)
    text = unicodedata.normalize("NFC", text)
    parts = [_shorten(part, MAX_PART) for part in text.split("/") if part not in ("", ".", "..")]
    name = "/".join(parts) or "unnamed"
    if _DRIVE.match(name):
        name = name[0] + REPLACEMENT + name[2:]
        name = "/".join(_shorten(part, MAX_PART) for part in name.split("/"))
    return _shorten(name, MAX_NAME, flat=True)


def unique_name(name: str, taken: set[str]) -> str:
    """``name``, or the first of ``name (2)``, ``name (3)`` ... (before the suffix) that is not in ``taken``."""
    if name not in taken:
        return name
    head, dot, suffix = name.rpartition(".")
    if not head or "/" in suffix or len(suffix) > 10:
        head, dot, suffix = name, "", ""
    number = 2
    while True:
        candidate = safe_name(f"{head} ({number}){dot}{suffix}")
        if candidate not in taken:
            return candidate
        number += 1


def _shorten(text: str, limit: int, *, flat: bool = False) -> str:
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    if flat:  # cutting through components: keep only the last ones' characters, in one component
        text = text.replace("/", "_")
        data, limit = text.encode("utf-8", "replace"), MAX_PART
    mark = "~" + hashlib.sha256(data).hexdigest()[:12] + "~"
    keep = limit - len(mark)
    head, tail = data[: keep - 48], data[-48:]
    return head.decode("utf-8", "ignore") + mark + tail.decode("utf-8", "ignore")
