"""Reading text and refusing what is not: one clear line that names the file."""

import pytest

from probatum.encoding.digest import Digest
from probatum.errors import EvidenceRefused
from probatum.evidence.readers import read_source


@pytest.mark.parametrize(
    ("name", "reader"), [("a.txt", "text/1"), ("A.TXT", "text/1"), ("b.md", "markdown/1"), ("dir/b.markdown", "markdown/1")]
)
def test_text_is_its_own_copy(name: str, reader: str) -> None:
    data = "\ufeffZeile 1\r\nZeile 2 ü\n".encode()
    source = read_source(name, data)
    assert (source.copy, source.reader) == (data, reader)
    assert source.digest == source.copy_digest == Digest.of(data)


@pytest.mark.parametrize(
    ("case", "name", "data", "message"),
    [
        ("empty", "a.txt", b"", "empty"),
        ("white-space", "a.txt", b" \r\n\t\n", "no readable text"),
        ("bom-only", "a.md", b"\xef\xbb\xbf", "no readable text"),
        ("binary", "a.txt", b"abc\x00def", "binary file .NUL at byte 3"),
        ("invalid-utf-8", "a.txt", b"ok \xff\xfe no", "invalid UTF-8 at byte 3"),
        ("truncated-utf-8", "a.md", "aü".encode()[:-1], "invalid UTF-8 at byte 1"),
        ("utf-16", "a.txt", "hello".encode("utf-16"), "UTF-16"),
        ("unsupported", "a.docx", b"PK", "unsupported type"),
        ("no-suffix", "passwd", b"root", "unsupported type"),
        ("hidden-without-suffix", ".txt", b"root", "unsupported type"),
        ("pdf-named-txt", "a.txt", b"%PDF-1.4 ...", "PDF by its content"),
        ("txt-named-pdf", "a.pdf", b"hello", "does not begin like a PDF"),
        ("nul-in-html", "a.html", b"<p>a\x00b", "binary"),
        ("empty-page", "a.html", b"<html><body><script>x</script></body></html>", "no readable text"),
    ],
)
def test_unusable_file_is_refused(case: str, name: str, data: bytes, message: str) -> None:
    with pytest.raises(EvidenceRefused, match=message) as caught:
        read_source(name, data)
    assert "\n" not in str(caught.value), case


def test_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probatum.evidence.readers.MAX_SOURCE_BYTES", 10)
    with pytest.raises(EvidenceRefused, match="split the document"):
        read_source("a.txt", b"x" * 11)


def test_name_is_made_safe() -> None:
    assert read_source("../../a\u202e\n.txt", b"x").name == "a\ufffd\ufffd.txt"
