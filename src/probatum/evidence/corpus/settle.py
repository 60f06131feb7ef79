"""Which documents a corpus has after files were added: pure, so that it can be tested on its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from probatum.encoding.digest import Digest
from probatum.evidence.corpus.files import Known
from probatum.evidence.corpus.manifest import Document
from probatum.evidence.names import unique_name


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of adding files.

    Attributes:
        documents: of the new version, sorted by name; each name and each content once.
        files: what to remember of the files, those of earlier additions included.
        same: names of files whose content is there already, and the document that holds it.
    """

    documents: tuple[Document, ...]
    files: dict[str, Known]
    same: tuple[tuple[str, str], ...]


def settle(documents: Sequence[Document], files: Mapping[str, Known], found: Mapping[str, Known], *, only: bool = False) -> Settled:
    """Put files into a corpus.

    A file that stands for a document keeps its name and replaces its content. Any other file becomes a document of its own, unless
    its content is there already; it then stands for that document if no other file does.

    Args:
        documents: of the version before.
        files: what is remembered, by path.
        found: the files as they are now, by path, in the order in which they were given.
        only: leave out documents that no found file holds.
    """
    names = {document.name for document in documents}
    owned = {path: known.document.name for path, known in files.items() if known.owner and known.document.name in names}
    changing = {owned[path] for path in found if path in owned}
    kept = {} if only else {document.name: document for document in documents if document.name not in changing}
    earlier = {path: replace(known, owner=owned.get(path) in kept) for path, known in files.items()}
    state = _State(dict(kept), {known.document.name for known in earlier.values() if known.owner})
    mine = {path: state.put(known, owned[path]) for path, known in found.items() if path in owned}
    others = {path: state.put(known, None) for path, known in found.items() if path not in owned}
    ordered = sorted(state.documents.values(), key=lambda document: document.name)
    return Settled(tuple(ordered), {**earlier, **mine, **others}, tuple(state.same))


class _State:
    """The documents so far, by name and by content, and the names that some file stands for."""

    def __init__(self, documents: dict[str, Document], owned: set[str]) -> None:
        self.documents = documents
        self.same: list[tuple[str, str]] = []
        self._owned = owned
        self._names = set(documents)
        self._by_digest: dict[Digest, str] = {document.digest: name for name, document in documents.items()}

    def put(self, known: Known, name: str | None) -> Known:
        """Add one file's content, under ``name`` if it has one; what to remember of the file."""
        there = self._by_digest.get(known.document.digest)
        if there is not None:
            return self._again(known, there)
        name = name or unique_name(known.document.name, self._names)
        made = known.named(name, owner=True)
        self.documents[name] = made.document
        self._by_digest[made.document.digest] = name
        self._names.add(name)
        self._owned.add(name)
        return made

    def _again(self, known: Known, there: str) -> Known:
        if there not in self._owned:
            self._owned.add(there)
            return Known(known.stamp, self.documents[there], owner=True)
        self.same.append((known.document.name, there))
        return replace(known, owner=False)
