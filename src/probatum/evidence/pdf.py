"""PDF to text with pypdf: page after page, lines joined into paragraphs again, and no way for a broken file to raise.

A PDF stores where glyphs stand, not sentences, so the copy is a reading of it. What pypdf's own limits do not stop (they cap the
output of each stream) the limits here do: pages, characters, and time.
"""

from __future__ import annotations

import io
import logging
import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from probatum.errors import EvidenceRefused
from probatum.evidence.tidy import tidy

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_PAGES: Final = 5000
MAX_CHARACTERS: Final = 32 * 1024 * 1024
MAX_SECONDS: Final = 120.0
MAX_CONTENT_BYTES: Final = 16 * 1024 * 1024  # of one page's drawing operators, decompressed


def read_pdf(shown: str, data: bytes, clock: Callable[[], float] = time.monotonic) -> tuple[str, bytes]:
    """The reader's label and the copy.

    Args:
        shown: the source's name, for errors.
        data: the file.
        clock: seconds; a file that takes longer than 120 s is refused.

    Raises:
        EvidenceRefused: encrypted, broken, too many pages, too much text, too slow, or no text (scanned).
    """
    import pypdf

    _silence("pypdf")
    label = f"pdf/1 pypdf {pypdf.__version__}"
    try:
        text = "\n\n".join(_pages(shown, _open(shown, data), clock))
    except EvidenceRefused:
        raise
    except Exception as error:  # pypdf raises almost anything on hostile files: KeyError, RecursionError, struct.error ...
        raise EvidenceRefused(f"{shown}: broken PDF ({type(error).__name__}: {str(error)!r:.100}); export it again") from None
    if not any(character.isalnum() for character in text):
        raise EvidenceRefused(f"{shown}: the PDF holds no text (a scan?); run text recognition on it first")
    return label, tidy(join_lines(text)).encode("utf-8")


def _open(shown: str, data: bytes) -> PdfReader:
    from pypdf import PasswordType, PdfReader

    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted:
        try:
            opened = reader.decrypt("")  # many files are encrypted with an empty password: anyone may read them
        except Exception:
            opened = PasswordType.NOT_DECRYPTED
        if opened == PasswordType.NOT_DECRYPTED:
            raise EvidenceRefused(f"{shown}: the PDF is encrypted; save it without a password")
    return reader


def _pages(shown: str, reader: PdfReader, clock: Callable[[], float]) -> Iterator[str]:
    count = len(reader.pages)
    if count == 0:
        raise EvidenceRefused(f"{shown}: broken PDF: it has no pages; export it again")
    if count > MAX_PAGES:
        raise EvidenceRefused(f"{shown}: {count} pages are more than the {MAX_PAGES} allowed; split the document")
    begin, characters = clock(), 0
    for number, page in enumerate(reader.pages, 1):
        contents = page.get_contents()
        if contents is not None and len(contents.get_data()) > MAX_CONTENT_BYTES:
            raise EvidenceRefused(f"{shown}: page {number} draws more than {MAX_CONTENT_BYTES} bytes; a decompression bomb?")
        text = page.extract_text()
        characters += len(text)
        if characters > MAX_CHARACTERS:
            raise EvidenceRefused(f"{shown}: more than {MAX_CHARACTERS} characters of text; split the document")
        if clock() - begin > MAX_SECONDS:
            raise EvidenceRefused(f"{shown}: reading took more than {MAX_SECONDS:.0f} s (page {number}); split or export it again")
        yield text


_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BROKEN = re.compile(r"([^\W\d_]{2,})-\Z")
_LETTERS = re.compile(r"[^\W\d_]+")
_ITEM = re.compile(r"(?:[•▪◦‣*–—-]|\d{1,3}[.)]|\(?[a-z]\))\s")
_ENDED = re.compile(r"[.!?:;。！？][\"'”’)\]]*\Z")


def join_lines(text: str) -> str:
    """Undo the layout: join words hyphenated at a line's end, and the lines of one paragraph.

    A hyphen is dropped unless the document itself writes the word with it elsewhere. A line goes on the one before if it begins
    in lower case where no sentence had ended, or if the line before was full, as only lines inside a paragraph are.
    """
    words = set(_WORD.findall(text))
    lines = [line.strip() for line in text.split("\n")]
    width = _usual_width(lines)
    out: list[str] = []
    before = ""
    for line in lines:
        glue = _glue(before, line, width, words) if before and line else None
        if glue is None:
            out += ["\n", line]
        else:
            out[-1] = out[-1].removesuffix("-") if glue == "-" else out[-1]
            out += [line] if glue in ("", "-") else [glue, line]
        before = line
    return "".join(out[1:])


def _glue(before: str, line: str, width: int, words: set[str]) -> str | None:
    """What joins two lines: a space, nothing, "-" for taking the hyphen away; None if they are not one paragraph."""
    first, second = _BROKEN.search(before), _LETTERS.match(line)
    if first and second:
        hyphenated = f"{first[1]}-{second[0]}"
        keep = second[0][0].isupper() or (hyphenated in words and first[1] + second[0] not in words)
        return "" if keep else "-"
    return " " if _goes_on(before, line, width) else None


def _usual_width(lines: list[str]) -> int:
    """The length that full lines have, in characters: the upper quartile of the longer lines."""
    lengths = sorted(len(line) for line in lines if len(line) > 20)
    return lengths[len(lengths) * 3 // 4] if lengths else 80


def _goes_on(before: str, line: str, width: int) -> bool:
    if _ITEM.match(line):
        return False
    full = len(before) >= width * 0.75
    if _ENDED.search(before):
        return full
    return full or line[0].islower()


def _silence(name: str) -> None:
    """pypdf logs every oddity of a file; without a handler Python prints that to stderr."""
    logger = logging.getLogger(name)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
