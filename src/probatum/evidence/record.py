"""Passages and the evidence record that binds a fragment to them.

One record, as the canonical bytes that are hashed (wrapped here)::

    {"passages":[{"copy":"sha256:2cf2...","end":112,"method":"bm25+static","reader":"text/1","sha256":"sha256:2cf2...",
    "source":"report.txt","start":40,"text_sha256":"sha256:9a01..."}]}

``sha256`` is the source file's digest, ``copy`` that of the readable UTF-8 copy in which ``start`` and ``end`` count bytes. The
record holds the digest of each text, not the text, so its hash binds the text while the text itself travels beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from probatum.encoding import canonical
from probatum.encoding.canonical import MAX_INT, Json
from probatum.encoding.digest import Digest
from probatum.errors import BundleError, DigestError
from probatum.evidence.names import name_problem
from probatum.frozen import field, frozen

MAX_PASSAGES: Final = 64
VERBATIM_READERS: Final = ("text/1", "markdown/1")  # their copy is the file itself

_KEYS: Final = frozenset({"copy", "end", "method", "reader", "sha256", "source", "start", "text_sha256"})
_LABEL: Final = re.compile(r"[!-~](?:[ -~]{0,126}[!-~])?\Z")  # printable ASCII, no space at either end


@frozen
class Passage:
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
    _text_digest: Digest | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def text_digest(self) -> Digest:
        """SHA-256 of the text's UTF-8 bytes."""
        made = self._text_digest
        if made is None:
            object.__setattr__(self, "_text_digest", made := Digest.of(self.text.encode("utf-8")))
        return made


@frozen
class EvidenceRecord:
    """The ordered passages, best first, that one fragment is judged against."""

    passages: tuple[Passage, ...]
    _hash: Digest | None = field(default=None, init=False, repr=False, compare=False)

    def to_json(self) -> Json:
        """The record as it is hashed; see the example at the head of this module."""
        return {"passages": [_to_json(passage) for passage in self.passages]}

    @property
    def hash(self) -> Digest:
        """The evidence hash: SHA-256 of the canonical record.

        Raises:
            CanonicalError: a field has no canonical form (see :func:`probatum.encoding.canonical.encode`).
        """
        made = self._hash
        if made is None:
            object.__setattr__(self, "_hash", made := Digest.of(canonical.encode(self.to_json())))
        return made

    @classmethod
    def from_json(cls, value: Json, texts: Mapping[Digest, str]) -> EvidenceRecord:
        """Read a record and join it with its texts.

        Args:
            value: what :meth:`to_json` gave; exactly those keys.
            texts: by the SHA-256 of their UTF-8 bytes; more than needed is fine. The hashes are checked here.

        Raises:
            BundleError: a key is missing or unknown, a value has the wrong type, form or range, or a text is missing or does not
                match its digest or length; the field is named.
        """
        if not isinstance(value, dict) or set(value) != {"passages"}:
            raise BundleError("evidence record: expected an object with exactly the key 'passages'")
        items = value["passages"]
        if not isinstance(items, list) or not 1 <= len(items) <= MAX_PASSAGES:
            raise BundleError(f"evidence record: 'passages' must be a list of 1 to {MAX_PASSAGES} passages")
        made = cls(tuple([_from_json(item, f"passages[{at}]", texts) for at, item in enumerate(items)]))
        object.__setattr__(made, "_hash", Digest.of(canonical.encode_parts(value)))  # every field of it was read: it is to_json()
        return made


def _to_json(passage: Passage) -> Json:
    return {
        "copy": str(passage.copy_digest),
        "end": passage.end,
        "method": passage.method,
        "reader": passage.reader,
        "sha256": str(passage.source_digest),
        "source": passage.source,
        "start": passage.start,
        "text_sha256": str(passage.text_digest),
    }


def _from_json(item: Json, where: str, texts: Mapping[Digest, str]) -> Passage:
    if not isinstance(item, dict):
        raise BundleError(f"evidence record: {where} is not an object")
    if set(item) != _KEYS:
        wrong = sorted(set(item) ^ _KEYS)
        raise BundleError(f"evidence record: {where} must have exactly the keys {sorted(_KEYS)}; wrong: {wrong!r:.80}")
    start, end = _integer(item, "start", where), _integer(item, "end", where)
    if not 0 <= start < end:
        raise BundleError(f"evidence record: {where}.end: the byte range {start}..{end} is empty or reversed")
    text_digest = _digest(item, "text_sha256", where)
    passage = Passage(
        source=_name(item, where),
        source_digest=_digest(item, "sha256", where),
        copy_digest=_digest(item, "copy", where),
        reader=_label(item, "reader", where),
        start=start,
        end=end,
        text=_text(text_digest, end - start, where, texts),
        method=_label(item, "method", where),
    )
    if passage.reader in VERBATIM_READERS and passage.copy_digest != passage.source_digest:
        raise BundleError(f"evidence record: {where}.copy: {passage.reader} copies verbatim, so 'copy' must equal 'sha256'")
    object.__setattr__(passage, "_text_digest", text_digest)
    return passage


def _integer(item: dict[str, Json], key: str, where: str) -> int:
    value = item[key]
    if type(value) is not int or not 0 <= value <= MAX_INT:
        raise BundleError(f"evidence record: {where}.{key}: expected an integer from 0 to 2^53-1, got {value!r:.40}")
    return value


def _digest(item: dict[str, Json], key: str, where: str) -> Digest:
    try:
        return Digest.parse(item[key])
    except DigestError as error:
        raise BundleError(f"evidence record: {where}.{key}: {error}") from None


def _name(item: dict[str, Json], where: str) -> str:
    value = item["source"]
    if (problem := name_problem(value)) or not isinstance(value, str):
        raise BundleError(f"evidence record: {where}.source: the name {problem}")
    return value


def _label(item: dict[str, Json], key: str, where: str) -> str:
    value = item[key]
    if not isinstance(value, str) or not _LABEL.match(value):
        raise BundleError(f"evidence record: {where}.{key}: expected 1 to 128 printable ASCII characters, got {value!r:.40}")
    return value


def _text(digest: Digest, length: int, where: str, texts: Mapping[Digest, str]) -> str:
    text = texts.get(digest)
    if not isinstance(text, str):
        raise BundleError(f"evidence record: {where}.text_sha256: the text {digest} is not among the bundle's texts")
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:
        raise BundleError(f"evidence record: {where}.text_sha256: the text holds a lone surrogate") from None
    if Digest.of(data) != digest:
        raise BundleError(f"evidence record: {where}.text_sha256: the text given for {digest} hashes to {Digest.of(data)}")
    if len(data) != length:
        raise BundleError(f"evidence record: {where}.end: the range has {length} bytes, its text has {len(data)}")
    return text
