"""HTML to text: what a person would read, as lines of light Markdown.

Built on Lexbor (the selectolax package), which parses as browsers do. Headings become ``# lines``, list items ``- lines``, table
rows ``cell | cell`` lines. Text that a reader of the page does not see is dropped, because it is a channel to a model that the
person checking the passage would never notice: comments, scripts, templates, ``hidden``, ``aria-hidden``, ``display:none`` and
its kin in attributes and in the page's own style sheets. Colours are not computed: white text on white is not noticed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from probatum.errors import EvidenceRefused
from probatum.evidence.html_hidden import hidden_by_sheets, is_hidden
from probatum.evidence.html_input import decode_html, refuse_explosive
from probatum.evidence.tidy import tidy

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

_words = str.split

# Not read by a person (script, template ...), not statements of the page (forms, navigation), or withdrawn by it (del, s).
_DROPPED: Final = frozenset(
    _words(
        "script style template noscript head nav iframe object embed applet canvas audio video map svg select datalist "
        "option button input textarea meter progress rp rt del s strike"
    )
)
_BLOCKS: Final = frozenset(
    _words(
        "address article aside blockquote body center details dd div dl dt fieldset figcaption figure footer form header "
        "hgroup hr html legend li main menu ol p pre section summary table caption tbody thead tfoot tr ul"
    )
)
_HEADINGS: Final = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_SPACED: Final = frozenset(_words("article aside blockquote dl figure hr main ol p section table ul"))  # a blank line around
_LONG_CELL: Final = 600  # characters
_FIXED_SPACES: Final = str.maketrans(dict.fromkeys("\xa0\u2007\u2009\u200a\u202f", " "))
_SPACES = re.compile(r"[ \t\n\r\f]+")
_SUPERSCRIPTS: Final = str.maketrans("0123456789+-−()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ⁿ")
_SUPERSCRIPT = re.compile(r"[0-9+\-−()n]{1,8}\Z")


def read_html(shown: str, data: bytes) -> tuple[str, bytes]:
    """The reader's label and the copy.

    Raises:
        EvidenceRefused: the bytes do not fit the declared character set (the byte is named), the page is built to explode in a
            parser, or nothing readable is in it.
    """
    import selectolax
    from selectolax.lexbor import LexborHTMLParser

    markup = decode_html(shown, data)
    refuse_explosive(shown, markup)
    try:
        tree = LexborHTMLParser(markup)
        writer = _Writer(hidden_by_sheets(shown, tree))
        if tree.root is not None:
            writer.title(tree)
            writer.read(tree.root)
    except EvidenceRefused:
        raise
    except Exception as error:
        raise EvidenceRefused(f"{shown}: HTML that cannot be parsed ({type(error).__name__}: {str(error)!r:.100})") from None
    text = tidy("".join(writer.out))
    if not any(character.isalnum() for character in text):
        raise EvidenceRefused(f"{shown}: the page holds no readable text")
    return f"html/1 selectolax {selectolax.__version__}", text.encode("utf-8")


@dataclass(slots=True)
class _Row:
    """A table row being written: where it and its cells lie in ``out``, and whether it can become one line."""

    start: int
    cells: list[int] = field(default_factory=list)
    one_line: bool = True


class _Writer:
    """Walks the tree without recursion (pages nest deeper than Python may) and writes lines."""

    def __init__(self, hidden: set[int]) -> None:
        self.out: list[str] = []
        self._hidden = hidden
        self._rows: list[_Row] = []
        self._pre = 0
        self._heading = 0
        self._fresh = False  # a prefix such as "- " was written, and no text after it
        self._space = True  # the last character written is white space
        self._lines = 2  # line feeds written since the last text
        self._items = 0  # open list items

    def title(self, tree: LexborHTMLParser) -> None:
        """The page's title as its first heading, unless its first ``h1`` says the same."""
        title = tree.css_first("head > title")
        heading = tree.css_first("h1")
        text = _SPACES.sub(" ", title.text()).strip() if title is not None else ""
        said = _SPACES.sub(" ", heading.text()).strip() if heading is not None else ""
        if text and not (said and said in text):
            self.out.append(f"# {text}\n\n")

    def read(self, root: LexborNode) -> None:
        """Write everything visible under ``root``."""
        node: LexborNode | None = root
        open_nodes: list[tuple[LexborNode, str]] = []
        while True:
            if node is None:
                if not open_nodes:
                    return
                closed, tag = open_nodes.pop()
                self._leave(tag)
                node = closed.next if open_nodes else None
            elif node.is_text_node:
                self._text(node.text_content or "")
                node = node.next
            elif node.is_element_node and self._visible(node):
                tag = node.tag or ""
                self._enter(tag)
                open_nodes.append((node, tag))
                node = self._superscript(node) if tag == "sup" else node.first_child
            else:
                node = node.next if open_nodes else None

    def _visible(self, node: LexborNode) -> bool:
        if node.tag in _DROPPED or (self._hidden and node.mem_id in self._hidden):
            return False
        attributes = node.attributes
        return not (attributes and is_hidden(attributes)) and not (node.tag == "dialog" and "open" not in attributes)

    def _superscript(self, node: LexborNode) -> LexborNode | None:
        """10<sup>6</sup> is written 10⁶: as 106 it would be another number."""
        text = node.text(deep=True).strip()
        if not _SUPERSCRIPT.match(text):
            return node.first_child
        self._put(text.translate(_SUPERSCRIPTS))
        return None

    def _enter(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._break(2)
            self._prefix(_HEADINGS[tag])
            self._heading += 1
        elif tag == "li":
            self._break(1)
            self._prefix("- ")
            self._items += 1
        elif tag == "tr":
            self._break(1)
            self._rows.append(_Row(len(self.out)))
        elif tag in ("td", "th") and self._rows:
            self._rows[-1].cells.append(len(self.out))
            self._space = True
        elif tag == "br":
            self._break(1)
        elif tag == "pre":
            self._break(2)
            self._pre += 1
        elif tag in _BLOCKS:
            self._break(2 if tag in _SPACED else 1)

    def _leave(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._heading -= 1
            self._unprefix()
            self._break(2)
        elif tag == "li":
            self._unprefix()
            self._items -= 1
            self._break(1)
        elif tag == "tr" and self._rows:
            self._end_row(self._rows.pop())
        elif tag == "table" and self._rows:
            self._rows[-1].one_line = False
            self._break(2)
        elif tag == "pre":
            self._pre -= 1
            self._break(2)
        elif tag in _BLOCKS:
            self._break(2 if tag in _SPACED else 1)

    def _end_row(self, row: _Row) -> None:
        """Join the cells into one line, unless they hold tables or long text, as in pages laid out with tables."""
        cuts = [*row.cells, len(self.out)]
        cells = [_SPACES.sub(" ", "".join(self.out[a:b])).strip() for a, b in pairwise(cuts)] if row.one_line else []
        if any(cells) and max(map(len, cells)) <= _LONG_CELL:
            del self.out[row.start :]
            self.out.append(" | ".join(cells))
            self._space, self._lines = False, 0
        elif self._rows:
            self._rows[-1].one_line = False
        self._break(1)

    def _text(self, text: str) -> None:
        if self._pre:
            self._put(text)
            return
        text = _SPACES.sub(" ", text.translate(_FIXED_SPACES))
        if self._space:
            text = text.lstrip(" ")
        if text:
            self._put(text)

    def _put(self, text: str) -> None:
        self.out.append(text)
        self._space = text[-1:].isspace()
        if text.strip():
            self._fresh, self._lines = False, 0

    def _break(self, lines: int) -> None:
        """End the line; two lines end the paragraph. In a heading both are a space, in a list item there are no paragraphs."""
        if self._fresh:
            return
        if self._heading:
            self.out.append("" if self._space else " ")
        else:
            wanted = 1 if self._items else lines
            self.out.append("\n" * max(wanted - self._lines, 0))
            self._lines = max(wanted, self._lines)
        self._space = True

    def _prefix(self, text: str) -> None:
        if not self._fresh and not self._heading:
            self.out.append(text)
            self._fresh = self._space = True

    def _unprefix(self) -> None:
        if self._fresh:
            while self.out and not self.out[-1].strip(" -#") and "\n" not in self.out[-1]:
                self.out.pop()
            self._fresh = False
