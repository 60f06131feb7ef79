"""A passage is checked against the sources at hand, and the reason for a failure is said."""

from probatum.encoding.digest import Digest
from probatum.evidence.check import check_passage
from probatum.evidence.passages import cut
from probatum.evidence.readers import read_source
from probatum.frozen import replace
from tests.unit.evidence.pdf_maker import make_pdf

TEXT = read_source("a.txt", b"Ada was born in 1950. She died in 2001.")
PDF = read_source("b.pdf", make_pdf([["Bob was born in 1961."]]))
(OF_TEXT,) = cut(TEXT)
(OF_PDF,) = cut(PDF)


def test_in_place() -> None:
    assert check_passage(OF_TEXT, [PDF, TEXT]) is None
    assert check_passage(OF_PDF, [TEXT, PDF]) is None


def test_name_does_not_matter_content_does() -> None:
    assert check_passage(OF_TEXT, [replace(TEXT, name="renamed.txt")]) is None
    assert "has other content" in str(check_passage(OF_TEXT, [read_source("a.txt", b"Ada was born in 1951.")]))
    assert "no file given" in str(check_passage(OF_TEXT, [PDF]))
    assert "no file given" in str(check_passage(OF_TEXT, []))


def test_the_copy_itself_serves_as_source() -> None:
    assert check_passage(OF_PDF, [read_source("copy.txt", PDF.copy)]) is None


def test_moved_or_changed_text_is_found_out() -> None:
    assert "not the text" in str(check_passage(replace(OF_TEXT, start=1), [TEXT]))
    assert "not the text" in str(check_passage(replace(OF_TEXT, text="Ada was born in 1960. She died in 2001."), [TEXT]))
    assert "do not exist" in str(check_passage(replace(OF_TEXT, end=1000), [TEXT]))


def test_copy_attributed_to_another_file_is_found_out() -> None:
    forged = replace(OF_PDF, source_digest=Digest.of(b"some famous report"))
    assert "has other content" in str(check_passage(forged, [TEXT, PDF]))


def test_other_reader_version_is_said() -> None:
    newer = replace(PDF, reader="pdf/1 pypdf 99", copy=b"Bob  was born", copy_digest=Digest.of(b"Bob  was born"))
    reason = str(check_passage(OF_PDF, [newer]))
    assert "cannot be made again" in reason
    assert "not occur" in reason
    same = replace(newer, reader=PDF.reader)
    assert "makes another copy" in str(check_passage(OF_PDF, [same]))
