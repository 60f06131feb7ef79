"""PDF: text where there is some, one clear line where there is not, and no traceback from any file."""

import io
import random
from contextlib import suppress

import pypdf
import pytest

from probatum.errors import EvidenceRefused
from probatum.evidence import pdf
from probatum.evidence.readers import read_source
from tests.unit.evidence.pdf_maker import make_pdf

LINES = [
    "The company was founded in 1950 by Ada Smith, who led the organi-",
    "zation until 1972. It employed 3,500 people and sold well-made instru-",
    "ments to many countries.",
    "Second paragraph.",
]


def read(data: bytes) -> str:
    return read_source("a.pdf", data).copy.decode()


def test_lines_become_paragraphs() -> None:
    assert read(make_pdf([LINES, ["Page two."]])) == (
        "The company was founded in 1950 by Ada Smith, who led the organization until 1972. It employed 3,500 people and sold"
        " well-made instruments to many countries.\nSecond paragraph.\n\nPage two.\n"
    )


def test_reader_names_the_library() -> None:
    source = read_source("a.pdf", make_pdf([LINES]))
    assert source.reader == f"pdf/1 pypdf {pypdf.__version__}"
    assert source.copy_digest != source.digest


def test_hyphen_is_kept_where_the_document_writes_it() -> None:
    assert pdf.join_lines("a well-known case; the well-\nknown case") == "a well-known case; the well-known case"
    assert pdf.join_lines("in Baden-\nBaden") == "in Baden-Baden"


def encrypted(password: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf([LINES])))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")  # noqa: S106
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_encrypted_is_refused_unless_anyone_may_read_it() -> None:
    with pytest.raises(EvidenceRefused, match="encrypted"):
        read(encrypted("secret"))
    assert "Ada Smith" in read(encrypted(""))


@pytest.mark.parametrize(
    ("case", "data", "message"),
    [
        ("header-only", b"%PDF-1.4\n", "broken PDF"),
        ("no-pages", make_pdf([]), "no pages"),
        ("scanned", make_pdf([[]]), "holds no text"),
    ],
)
def test_unusable_pdf_is_refused(case: str, data: bytes, message: str) -> None:
    with pytest.raises(EvidenceRefused, match=message):
        read(data)


def test_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    data = make_pdf([LINES] * 3)
    for name, value, message in (
        ("MAX_PAGES", 2, "3 pages"),
        ("MAX_CHARACTERS", 100, "characters"),
        ("MAX_CONTENT_BYTES", 50, "page 1"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(pdf, name, value)
            with pytest.raises(EvidenceRefused, match=message):
                read(data)


def test_slow_pdf_is_refused() -> None:
    ticks = iter(range(0, 1000, 100))
    with pytest.raises(EvidenceRefused, match="more than 120 s"):
        pdf.read_pdf("a.pdf", make_pdf([LINES] * 3), clock=lambda: float(next(ticks)))


@pytest.mark.parametrize("compress", [True, False])
def test_broken_pdf_never_raises_anything_else(compress: bool, caplog: pytest.LogCaptureFixture) -> None:
    chance, whole = random.Random(7), make_pdf([LINES, LINES], compress=compress)  # noqa: S311
    for attempt in range(300):
        data = bytearray(whole)
        if attempt % 3 == 0:
            del data[chance.randrange(len(data)) :]
        else:
            for _ in range(chance.choice((1, 2, 8))):
                data[chance.randrange(len(data))] = chance.choice((chance.randrange(256), *b"9[< "))
        with suppress(EvidenceRefused):
            read(bytes(data))
