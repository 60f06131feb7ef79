"""Passages and the evidence record that binds a fragment to them.

One record, as the canonical bytes that are hashed (wrapped here)::

    {"passages":[{"copy":"sha256:2cf2...","end":112,"method":"bm25+static","reader":"text/1","sha256":"sha256:2cf2...",
    "source":"report.txt","start":40,"text_sha256":"sha256:9a01..."}]}

``sha256`` is the source file's digest, ``copy`` that of the readable UTF-8 copy in which ``start`` and ``end`` count bytes. The
record holds the digest of each text, not the text, so its hash binds the text while the text itself travels beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, NewType, TypeAlias

from msgspec import Meta

from probatum.encoding import canonical
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Reader, Size, write
from probatum.errors import BundleError
from probatum.evidence.names import name_problem
from probatum.frozen import Value, known, lazy

MAX_PASSAGES: Final = 64
VERBATIM_READERS: Final = ("text/1", "markdown/1")  # their copy is the file itself


class Passage(Value, frozen=True, dict=True):
    """A stretch of one source, exactly as its readable copy holds it.

    Attributes:
        source: name shown to people; relative, forward slashes (see :mod:`probatum.evidence.names`).
        source_digest: SHA-256 of the source file's bytes.
        copy_digest: SHA-256 of the readable copy (UTF-8 text); equals ``source_digest`` for txt and md.
        reader: what made the copy, for example ``text/1`` or ``pdf/1 pypdf 7.1.0``.
        start: first byte in the copy, on a character boundary.
        end: the byte after the last one.
        text: exactly ``copy[start:end]``.
        method: how it was found, for example ``bm25+static``; empty until retrieved.
    """

    source: str
    source_digest: Digest
    copy_digest: Digest
    reader: str
    start: int
    end: int
    text: str
    method: str

    @lazy
    def text_digest(self) -> Digest:
        """SHA-256 of the text's UTF-8 bytes."""
        return Digest.of(self.text.encode("utf-8"))


Texts = NewType("Texts", Mapping[Digest, str])  # of which each hashes to its key


def check_texts(texts: Mapping[str, str], where: str) -> Texts:
    """The texts by the digests that they were given under as text.

    Raises:
        BundleError: a text hashes to something else.
        CanonicalError: a text holds a lone surrogate.
    """
    checked: dict[Digest, str] = {}
    for said, text in texts.items():
        digest = Digest.of(canonical.utf8(text))
        if said != str(digest):
            raise BundleError(f"{where}: the text given for {said!r:.90} hashes to {digest}")
        checked[digest] = text
    return Texts(checked)


class EvidenceRecord(Value, frozen=True, dict=True):
    """The ordered passages, best first, that one fragment is judged against."""

    passages: tuple[Passage, ...]

    def encode(self) -> bytes:
        """The record as it is hashed; see the example at the head of this module.

        Raises:
            CanonicalError: a field has no canonical form.
        """
        return write(_RecordForm(tuple([_form_of(passage) for passage in self.passages])))

    @lazy
    def hash(self) -> Digest:
        """The evidence hash: SHA-256 of the canonical record; raises CanonicalError as :meth:`encode` does."""
        return Digest.of(self.encode())

    @classmethod
    def decode(cls, data: bytes, texts: Texts, where: str = "evidence record") -> EvidenceRecord:
        """Read a record's canonical bytes and join it with its texts.

        Args:
            data: what :meth:`encode` gave.
            texts: what :func:`check_texts` passed; more than needed is fine.
            where: the place, for error texts.

        Raises:
            CanonicalError: the bytes are not canonical.
            BundleError: a key is missing or unknown, a value has the wrong type, form or range, or a text is missing or has another
                length than its range; the field is named.
        """
        form = _read(data, where)
        passages = tuple([_passage(one, f"{where}.passages[{at}]", texts) for at, one in enumerate(form.passages)])
        return known(cls(passages), hash=Digest.of(data))


Label: TypeAlias = Annotated[str, Meta(pattern=r"\A[!-~](?:[ -~]{0,126}[!-~])?\Z")]  # printable ASCII, no space at either end


class _PassageForm(Form, frozen=True):
    copy: Digest
    end: Size
    method: Label
    reader: Label
    sha256: Digest
    source: str
    start: Size
    text_sha256: Digest


class _RecordForm(Form, frozen=True):
    passages: Annotated[tuple[_PassageForm, ...], Meta(min_length=1, max_length=MAX_PASSAGES)]


_read: Final = Reader(_RecordForm, "evidence record", BundleError)


def _form_of(p: Passage) -> _PassageForm:
    return _PassageForm(p.copy_digest, p.end, p.method, p.reader, p.source_digest, p.source, p.start, p.text_digest)


def _passage(f: _PassageForm, where: str, texts: Texts) -> Passage:
    if f.start >= f.end:
        raise BundleError(f"{where}.end: the byte range {f.start}..{f.end} is empty or reversed")
    if problem := name_problem(f.source):
        raise BundleError(f"{where}.source: the name {problem}")
    if f.reader in VERBATIM_READERS and f.copy != f.sha256:
        raise BundleError(f"{where}.copy: {f.reader} copies verbatim, so 'copy' must equal 'sha256'")
    text = texts.get(f.text_sha256)
    if text is None:
        raise BundleError(f"{where}.text_sha256: the text {f.text_sha256} is not among the bundle's texts")
    length = len(text) if text.isascii() else len(text.encode())
    if length != f.end - f.start:
        raise BundleError(f"{where}.end: the range has {f.end - f.start} bytes, its text has {length}")
    passage = Passage(f.source, f.sha256, f.copy, f.reader, f.start, f.end, text, f.method)
    return known(passage, text_digest=f.text_sha256)
