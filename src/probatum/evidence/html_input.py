"""Bytes of an HTML page to markup that is safe to parse: the character set, and pages built to explode in a parser."""

from __future__ import annotations

import codecs
import re
from typing import Final

from probatum.errors import EvidenceRefused

MAX_WORK: Final = 2_000_000_000  # open elements times tags: what scope checks in an HTML5 parser may cost
MAX_COPIES: Final = 2_000_000  # open formatting elements times tags: elements that a parser re-creates after each block

_words = str.split

_SNIFFED: Final = 4096  # bytes searched for a declaration; browsers search 1024
_META = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.\-]{1,40})", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_:.\-]{1,40})[\"']")
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# As in the WHATWG Encoding Standard, section 4.2: labels mean the superset that browsers use, and nothing exotic is allowed.
_SUPERSETS: Final = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874", "gb2312": "gb18030",
    "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs", "utf-16": "utf-8", "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
}  # fmt: skip
_ALLOWED: Final = frozenset(
    _words(
        "utf-8 gb18030 big5hkscs cp932 euc_jp iso2022_jp cp949 koi8-r koi8-u mac-roman mac-cyrillic cp866 cp874 "
        "cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 iso8859-2 iso8859-3 iso8859-4 "
        "iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 iso8859-13 iso8859-14 iso8859-15 iso8859-16"
    )
)


def decode_html(shown: str, data: bytes) -> str:
    """The markup as text: by byte order mark, else by declaration, else UTF-8.

    Raises:
        EvidenceRefused: an unknown character set, or a byte that does not fit it.
    """
    encoding, skip = _encoding(shown, data)
    if not encoding.startswith("utf-16") and (at := data.find(b"\x00")) >= 0:
        raise EvidenceRefused(f"{shown}: it is a binary file (NUL at byte {at}), not HTML")
    try:
        markup = data[skip:].decode(encoding)
    except UnicodeDecodeError as error:
        raise EvidenceRefused(f"{shown}: invalid {encoding.upper()} at byte {skip + error.start}; save the page as UTF-8") from None
    return _close_empty(markup) if markup.lstrip().startswith("<?xml") or shown.lower().endswith(".xhtml") else markup


def _encoding(shown: str, data: bytes) -> tuple[str, int]:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return encoding, len(bom)
    declared = _XML.match(data[:_SNIFFED]) or _META.search(data[:_SNIFFED])
    if declared is None:
        return "utf-8", 0
    label = declared.group(1).decode("ascii")
    try:
        encoding = codecs.lookup(label).name
    except LookupError:
        encoding = ""
    encoding = _SUPERSETS.get(encoding, encoding)
    if encoding not in _ALLOWED:
        raise EvidenceRefused(f"{shown}: it declares the character set {label!r}, which is not supported; save the page as UTF-8")
    return encoding, 0


_EMPTY = re.compile(r"<(script|style|title|textarea|iframe|noscript|template|xmp)(\s[^<>]{0,500})?/>", re.IGNORECASE)


def _close_empty(markup: str) -> str:
    """XHTML may write ``<script/>``; an HTML parser would take the rest of the page for the script."""
    return _EMPTY.sub(r"<\1\2></\1>", markup)


_VOID: Final = frozenset(_words("area base br col embed hr img input link meta source track wbr"))
_SELF_CLOSING: Final = frozenset(
    _words("p li dt dd tr td th thead tbody tfoot option optgroup colgroup rb rt rtc rp a html head body")
)
_FORMATTING: Final = frozenset(_words("b big code em font i s small strike strong tt u"))
_RAW: Final = frozenset(_words("script style textarea title xmp iframe noembed noframes plaintext"))
_TAG = re.compile(r"<(?:!--|(/?)([a-zA-Z][^\s/>]*))")
_ATTRIBUTES = re.compile(r"(?:[^>=]|=[ \t\n\r\f]*(?:\"[^\"]*\"|'[^']*')?)*+")


def refuse_explosive(shown: str, markup: str) -> None:
    """Refuse a page whose parse would take quadratic time or memory, from a linear count of open elements.

    HTML5 parsing walks the open elements at many tags, and re-creates every unclosed formatting element in each new block.

    Raises:
        EvidenceRefused: the count shows such a page.
    """
    depth, deepest, formatting, most, tags = 0, 0, 0, 0, 0
    at = 0
    while (match := _TAG.search(markup, at)) is not None:
        name = (match[2] or "").lower()
        if not name:
            at = _comment_end(markup, match.end())
            continue
        attributes = _ATTRIBUTES.match(markup, match.end())
        at = attributes.end() if attributes else match.end()  # an unfinished tag takes the rest of the page
        tags += 1
        step = -1 if match[1] else 1
        if name in _FORMATTING:
            formatting = max(formatting + step, 0)
            most = max(most, formatting)
        if name not in _VOID and name not in _SELF_CLOSING:
            depth = max(depth + step, 0)
            deepest = max(deepest, depth)
        if name in _RAW and step == 1:
            at = _raw_end(markup, name, at)
    if deepest * tags > MAX_WORK or most * tags > MAX_COPIES:
        nested = max(deepest, most)
        raise EvidenceRefused(f"{shown}: elements nested {nested} deep among {tags} tags; simplify the page or save it as text")


def _comment_end(markup: str, at: int) -> int:
    end = markup.find("-->", at - 2)  # "<!-->" is a complete comment
    return len(markup) if end < 0 else end + 3


def _raw_end(markup: str, name: str, at: int) -> int:
    end = re.compile(f"</{name}", re.IGNORECASE).search(markup, at)
    return len(markup) if end is None else end.start()
