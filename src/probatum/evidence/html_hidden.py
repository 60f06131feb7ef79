"""What a page hides from its reader: by attributes, by inline style, and by simple rules of its own style sheets.

An approximation of the cascade, on the side of dropping: text wrongly dropped makes a claim unsupported, text wrongly kept could
speak to a model behind the reader's back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from probatum.errors import EvidenceRefused

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_SELECTIONS: Final = 2000

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
_HIDING = re.compile(
    r"(?:^|;)(?:"
    r"display:none|visibility:(?:hidden|collapse)|content-visibility:hidden"
    r"|opacity:(?:0*\.?0+|0*\.0\d*|0%)(?=;|!|$)"
    r"|font-size:(?:0*\.\d+|0+(?:\.\d+)?|1(?:\.0*)?)(?:px|pt|em|rem|%|vw|vh|mm)?(?=;|!|$)(?<!1em)(?<!1rem)"
    r"|color:transparent|clip:rect\(0|clip:rect\(1px,?1px|clip-path:(?:inset\((?:50|100)%|circle\(0)|transform:scale\(0(?:\.0+)?\)"
    r"|(?:text-indent|left|top|right|bottom|margin-left|margin-top):-\d{3,}"
    r")"
)
_COLLAPSED = re.compile(r"(?:^|;)(?:max-)?(?:height|width):[01](?:px|em|%)?(?=;|!|$)")
_OVERFLOW = re.compile(r"(?:^|;)overflow:(?:hidden|clip)")
_COLOUR = re.compile(r"(?:^|;)color:([^;!]+)")
_BACKGROUND = re.compile(r"(?:^|;)background(?:-color)?:([^;!]+)")
_SHOWING = re.compile(r"(?:^|;)(?:display:(?!none)|visibility:visible|opacity:(?:1|0?\.[1-9]))")


def is_hidden(attributes: Mapping[str, str | None]) -> bool:
    """Whether an element with these attributes is not shown (or is navigation by its role)."""
    if not attributes:
        return False
    if "hidden" in attributes or (attributes.get("aria-hidden") or "").strip().lower() == "true":
        return True
    if (attributes.get("role") or "").strip().lower() in ("navigation", "menu", "menubar"):
        return True
    style = attributes.get("style")
    return bool(style) and hides(style or "")


def hides(declarations: str) -> bool:
    """Whether CSS declarations make text invisible: not displayed, clipped, moved away, tiny, transparent or of one colour."""
    text = _normalise(declarations)
    if _HIDING.search(text) or (_COLLAPSED.search(text) and _OVERFLOW.search(text)):
        return True
    colour, background = _COLOUR.search(text), _BACKGROUND.search(text)
    return bool(colour and background and colour[1] == background[1])


def hidden_by_sheets(shown: str, tree: LexborHTMLParser) -> set[int]:
    """``mem_id`` of every element that a rule in the page's ``<style>`` elements hides and no later rule shows.

    Raises:
        EvidenceRefused: the sheets have too many such rules to apply.
    """
    sheets = [node.text() for node in tree.css("style")]
    hidden: set[int] = set()
    selections = 0
    for selector, declarations in _rules("\n".join(sheets)):
        text = _normalise(declarations)
        hiding = hides(declarations)
        if not hiding and not (hidden and _SHOWING.search(text)):
            continue
        selections += 1
        if selections > MAX_SELECTIONS:
            raise EvidenceRefused(f"{shown}: more than {MAX_SELECTIONS} style rules that hide text; save the page as text")
        found = {node.mem_id for node in _select(tree, selector)}
        hidden = hidden | found if hiding else hidden - found
    return hidden


def _select(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    """Matches of one selector list; states and pseudo-elements (``a:hover``, ``p::before``) are not what the reader sees first."""
    plain = [part for part in selector.split(",") if ":" not in part and part.strip()]
    try:
        return tree.css(",".join(plain)) if plain else []
    except Exception:  # a selector of a newer CSS than Lexbor's hides nothing here
        return []


def _normalise(declarations: str) -> str:
    text = _COMMENT.sub("", declarations)
    text = _ESCAPE.sub(lambda m: chr(min(int(m[1], 16), 0x10FFFF)) if m[1] else m[2], text)
    return re.sub(r"\s+", "", text).lower()


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """``(selector, declarations)`` of the rules outside any at-rule (``@media print`` does not say what a reader sees)."""
    depth, start, selector = 0, 0, ""
    sheet = _COMMENT.sub("", sheet)
    for brace in re.finditer(r"[{}]", sheet):
        if brace.group() == "{":
            if depth == 0:
                selector = sheet[start : brace.start()].rpartition(";")[2].strip()
                start = brace.end()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                if not selector.startswith("@"):
                    yield selector, sheet[start : brace.start()]
                start = brace.end()
