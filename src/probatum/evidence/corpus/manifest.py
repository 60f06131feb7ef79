"""A version of a corpus: the exact list of its documents, fixed for good (docs/spec/corpus.md)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.errors import EncodingError, EvidenceRefused, LedgerError
from probatum.evidence.names import name_problem
from probatum.evidence.readers import MAX_COPY_BYTES
from probatum.evidence.record import VERBATIM_READERS
from probatum.frozen import Value, known, lazy

FORMAT: Final = "probatum-corpus/v1"
MAX_DOCUMENTS: Final = 100_000
MAX_BYTES: Final = 128 * 1024 * 1024  # of one manifest
NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?")

_LABEL: Final = re.compile(r"[!-~](?:[ -~]{0,126}[!-~])?")
_LAST_MS: Final = 253_402_300_799_999  # of the year 9999, the last that dates are written for
_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")  # Windows gives these names to devices


class Document(Value, frozen=True):
    """One document of a corpus.

    Attributes:
        name: unique in its version; see :mod:`probatum.evidence.names`.
        digest: SHA-256 of the file's bytes.
        copy_digest: SHA-256 of the readable copy, which the content store holds.
        reader: what made the copy.
        size: bytes of the copy.
    """

    name: str
    digest: Digest
    copy_digest: Digest
    reader: str
    size: int


class Version(Value, frozen=True, dict=True):
    """One version of a corpus. Two versions with the same documents do not follow one another.

    Attributes:
        corpus: the corpus's name.
        number: 1, 2, 3 ...
        previous: digest of the version before; None for the first.
        created_at: ms since 1970.
        documents: sorted by name, each name and each content once.
    """

    corpus: str
    number: int
    previous: Digest | None
    created_at: int
    documents: tuple[Document, ...]

    @lazy
    def digest(self) -> Digest:
        """SHA-256 of the manifest: names the version for good."""
        return Digest.of(self.encode())

    @property
    def size(self) -> int:
        """Bytes of all copies together."""
        return sum(document.size for document in self.documents)

    def encode(self) -> bytes:
        """The canonical bytes of the manifest."""
        documents: list[Json] = [_document_json(document) for document in self.documents]
        previous = None if self.previous is None else str(self.previous)
        return canonical.encode(
            {
                "corpus": self.corpus,
                "created_at": self.created_at,
                "documents": documents,
                "format": FORMAT,
                "previous": previous,
                "version": self.number,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Version:
        """Read a manifest; raises LedgerError naming the field."""
        try:
            value = canonical.decode(data, max_bytes=MAX_BYTES)
        except EncodingError as error:
            raise LedgerError(f"the manifest of a corpus cannot be read: {error}") from None
        f = Fields(value, "corpus created_at documents format previous version", "corpus", LedgerError)
        if f.value["format"] != FORMAT:
            raise f.fail("format", FORMAT)
        documents = f.each("documents", _document, MAX_DOCUMENTS)
        _check_order(documents)
        made = cls(
            f.match("corpus", NAME, "a name of a corpus"),
            f.integer("version", 1),
            f.optional("previous", f.digest),
            f.integer("created_at", 0, _LAST_MS),
            documents,
        )
        return known(made, digest=Digest.of(data))  # canonical, and every field of it was read: it is encode()


def check_name(name: str) -> str:
    """``name``, if a corpus can be called so.

    Raises:
        EvidenceRefused: it is not 1 to 64 lower-case letters, digits, dots and hyphens with a letter or digit at both ends, or it
            would name a device or a folder above.
    """
    if not NAME.fullmatch(name) or ".." in name or _DEVICE.fullmatch(name):
        raise EvidenceRefused(
            f"a corpus cannot be called {name!r:.80}; use 1 to 64 lower-case letters, digits, single dots and hyphens, "
            "with a letter or digit at both ends"
        )
    return name


def _document_json(document: Document) -> Json:
    return {
        "bytes": document.size,
        "copy": str(document.copy_digest),
        "name": document.name,
        "reader": document.reader,
        "sha256": str(document.digest),
    }


def _document(value: Json, where: str) -> Document:
    f = Fields(value, "bytes copy name reader sha256", where, LedgerError)
    name = f.text("name", 512)
    if problem := name_problem(name):
        raise LedgerError(f"{where}.name: {problem}")
    made = Document(
        name,
        f.digest("sha256"),
        f.digest("copy"),
        f.match("reader", _LABEL, "1 to 128 printable ASCII characters"),
        f.integer("bytes", 1, MAX_COPY_BYTES),
    )
    if made.reader in VERBATIM_READERS and made.copy_digest != made.digest:
        raise LedgerError(f"{where}.copy: {made.reader} copies verbatim, so 'copy' must equal 'sha256'")
    return made


def _check_order(documents: Sequence[Document]) -> None:
    if any(one.name >= other.name for one, other in pairwise(documents)):
        raise LedgerError("corpus.documents: must be sorted by name, each name once")
    if len({document.digest for document in documents}) != len(documents):
        raise LedgerError("corpus.documents: holds the same content twice")
