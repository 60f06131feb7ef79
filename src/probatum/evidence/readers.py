"""Source files to readable copies: UTF-8 text whose byte ranges evidence records point into.

txt and md are their own copy, byte for byte. For html and pdf the copy is made by a named reader (with the version of the
library behind it), so that someone with the same reader can make the same copy again.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from probatum.encoding.digest import Digest
from probatum.errors import EvidenceRefused
from probatum.evidence.names import safe_name

MAX_SOURCE_BYTES: Final = 64 * 1024 * 1024
MAX_COPY_BYTES: Final = 32 * 1024 * 1024

_TEXT: Final = "text/1"
_MARKDOWN: Final = "markdown/1"


@dataclass(frozen=True, slots=True)
class Source:
    """One source document and its readable copy.

    Attributes:
        name: shown to people; see :mod:`probatum.evidence.names`.
        digest: SHA-256 of the file's bytes.
        copy_digest: SHA-256 of ``copy``; equals ``digest`` for txt and md.
        reader: what made the copy.
        copy: UTF-8 text.
    """

    name: str
    digest: Digest
    copy_digest: Digest
    reader: str
    copy: bytes


def supported(name: str) -> bool:
    """Whether a reader exists for a file of this name."""
    return _suffix(name) in _READERS


def read_source(name: str, data: bytes) -> Source:
    """Read one document. The suffix of ``name`` says what it should be; its content must agree.

    Args:
        name: file name or relative path; made safe for display.
        data: the file's bytes.

    Raises:
        EvidenceRefused: unsupported type, empty, binary or not UTF-8 (the byte is named), too large, or a PDF that is encrypted,
            broken or without text.
    """
    shown = safe_name(name)
    reader = _READERS.get(_suffix(name))
    if reader is None:
        raise EvidenceRefused(f"{shown}: unsupported type; evidence can be {', '.join(sorted(_READERS))}")
    if len(data) > MAX_SOURCE_BYTES:
        raise EvidenceRefused(f"{shown}: {len(data)} bytes are more than the {MAX_SOURCE_BYTES} allowed; split the document")
    _refuse_other_content(shown, data)
    label, copy = reader(shown, data)
    if len(copy) > MAX_COPY_BYTES:
        raise EvidenceRefused(f"{shown}: {len(copy)} bytes of text are more than the {MAX_COPY_BYTES} allowed; split the document")
    if not copy.strip(b" \t\r\n\f\v\xef\xbb\xbf"):
        raise EvidenceRefused(f"{shown}: it holds no readable text")
    digest = Digest.of(data)
    return Source(shown, digest, digest if copy is data else Digest.of(copy), label, copy)


def decode_utf8(shown: str, data: bytes) -> str:
    """Strict UTF-8; refuses binary files (a NUL byte) and says at which byte the text stops being UTF-8."""
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise EvidenceRefused(f"{shown}: it is UTF-16 text; save it as UTF-8")
    if (at := data.find(b"\x00")) >= 0:
        raise EvidenceRefused(f"{shown}: it is a binary file (NUL at byte {at}), not text")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EvidenceRefused(f"{shown}: invalid UTF-8 at byte {error.start}; save the text as UTF-8") from None


def _suffix(name: str) -> str:
    last = name.replace("\\", "/").rpartition("/")[2]
    stem, dot, suffix = last.rpartition(".")
    return suffix.lower() if dot and stem else ""


def _refuse_other_content(shown: str, data: bytes) -> None:
    if not data:
        raise EvidenceRefused(f"{shown}: the file is empty")
    is_pdf = b"%PDF-" in data[:1024]
    if _suffix(shown) == "pdf" and not is_pdf:
        raise EvidenceRefused(f"{shown}: it is named .pdf but does not begin like a PDF (no %PDF- in its first 1024 bytes)")
    if _suffix(shown) != "pdf" and data.startswith(b"%PDF-"):
        raise EvidenceRefused(f"{shown}: it is a PDF by its content; give it the suffix .pdf")


def _read_text(shown: str, data: bytes) -> tuple[str, bytes]:
    decode_utf8(shown, data)
    return _TEXT, data


def _read_markdown(shown: str, data: bytes) -> tuple[str, bytes]:
    decode_utf8(shown, data)
    return _MARKDOWN, data


def _read_html(shown: str, data: bytes) -> tuple[str, bytes]:
    from probatum.evidence.html import read_html

    return read_html(shown, data)


def _read_pdf(shown: str, data: bytes) -> tuple[str, bytes]:
    from probatum.evidence.pdf import read_pdf

    return read_pdf(shown, data)


_READERS: Final[dict[str, Callable[[str, bytes], tuple[str, bytes]]]] = {
    "txt": _read_text,
    "text": _read_text,
    "md": _read_markdown,
    "markdown": _read_markdown,
    "html": _read_html,
    "htm": _read_html,
    "xhtml": _read_html,
    "pdf": _read_pdf,
}
