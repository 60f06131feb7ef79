"""A named corpus in a network's folder: adding documents, keeping versions, opening one for search.

::

    corpora/NAME/versions/00000001.json   a version: the list of its documents, never changed
    corpora/NAME/files.json               which files they came from; can be lost
    corpora/NAME/index/DIGEST/            the newest version's searchable form; can be made again
    corpora/.locks/NAME                   held by whoever changes the corpus
    sources/sha256/...                    the documents' copies, shared with the rounds

What a version needs is written before it, and the version appears last, whole. A crash therefore leaves the version before.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from probatum.errors import EvidenceRefused, LedgerError
from probatum.evidence.collect import Found, Report, read_found, walk
from probatum.evidence.content_store import ContentStore
from probatum.evidence.corpus import files
from probatum.evidence.corpus.data import Data
from probatum.evidence.corpus.files import Known, document_of
from probatum.evidence.corpus.index import CorpusIndex
from probatum.evidence.corpus.lock import locked
from probatum.evidence.corpus.manifest import MAX_DOCUMENTS, Document, Version, check_name
from probatum.evidence.corpus.settle import settle
from probatum.evidence.corpus.shelf import Shelf
from probatum.evidence.durable import sync_folder, write_new
from probatum.evidence.meaning import Embedder
from probatum.evidence.names import safe_name

FOLDER: Final = "corpora"
STORE: Final = "sources"
MAX_TEXT_BYTES: Final = 2 * 1024 * 1024 * 1024  # of all copies of one version
_MANIFEST: Final = re.compile(r"([0-9]{8})\.json")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an addition is. ``stage`` is ``waiting`` (for another process), ``reading`` or ``indexing``."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Added:
    """What an addition did: the version that holds now, and the names of documents that are new, changed and gone in it, sorted."""

    version: Version
    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]

    @property
    def anything(self) -> bool:
        """Whether there is a new version."""
        return bool(self.new or self.changed or self.gone)


@dataclass(frozen=True, slots=True)
class Watch:
    """Who is told of what happens: progress, and files that are passed over with the reason."""

    progress: Callable[[Progress], None] = lambda progress: None
    skipped: Report = lambda name, reason: None


class Corpus:
    """One corpus.

    Args:
        folder: the network's folder.
        name: 1 to 64 lower-case letters, digits, dots and hyphens.
        now_ns: the time since 1970, in nanoseconds.

    Raises:
        EvidenceRefused: the name is not a name.
    """

    def __init__(self, folder: Path, name: str, now_ns: Callable[[], int] = time.time_ns) -> None:
        self.name = check_name(name)
        self._corpora = folder / FOLDER
        self._folder = self._corpora / name
        self._store = ContentStore(folder / STORE)
        self._shelf = Shelf(self._folder / "index", self._store)
        self._now_ns = now_ns

    @classmethod
    def open(cls, folder: Path, name: str, embedder: Embedder, number: int | None = None) -> CorpusIndex:
        """Open a version for search, the newest unless ``number`` says another.

        Raises:
            EvidenceRefused: there is no such corpus or version, or it holds no passage.
            LedgerError: it cannot be read.
        """
        corpus = cls(folder, name)
        version = corpus.version(number)
        return CorpusIndex(version, corpus._search_form(version, embedder), corpus._store, embedder)

    @staticmethod
    def names(folder: Path) -> tuple[str, ...]:
        """The corpora in a network's folder, sorted."""
        try:
            found = sorted(path.name for path in (folder / FOLDER).iterdir() if not path.name.startswith("."))
        except FileNotFoundError:
            return ()
        return tuple(name for name in found if Corpus(folder, name).numbers())

    def numbers(self) -> tuple[int, ...]:
        """The numbers of the versions there are, ascending; none if there is no such corpus."""
        try:
            found = [_MANIFEST.fullmatch(path.name) for path in (self._folder / "versions").iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return ()
        return tuple(sorted(int(match[1]) for match in found if match))

    def version(self, number: int | None = None) -> Version:
        """A version, the newest unless ``number`` says another.

        Raises:
            EvidenceRefused: there is none.
            LedgerError: its manifest cannot be read, or is another's.
        """
        numbers = self.numbers()
        if not numbers:
            raise EvidenceRefused(f"there is no corpus {self.name}; make it with 'probatum corpus add {self.name} PATH'")
        chosen = numbers[-1] if number is None else number
        if chosen not in numbers:
            raise EvidenceRefused(f"corpus {self.name} has no version {chosen}; it has {_listed(numbers)}")
        try:
            found = Version.decode(self._manifest(chosen).read_bytes())
        except OSError as error:
            raise LedgerError(f"cannot read {self._manifest(chosen)}: {error.strerror}") from None
        if (found.corpus, found.number) != (self.name, chosen):
            raise LedgerError(f"{self._manifest(chosen)} is the manifest of version {found.number} of {found.corpus}; put it back")
        return found

    def copy(self, document: Document) -> bytes:
        """A document's readable copy, hashed again; raises ContentMissing, ContentDamaged."""
        return self._store.get(document.copy_digest)

    def add(self, paths: Sequence[Path], embedder: Embedder, *, only: bool = False, watch: Watch | None = None) -> Added:
        """Put files into the corpus; if that changes anything, there is a new version afterwards.

        Args:
            paths: files, and folders to read recursively.
            embedder: for the index.
            only: leave out documents that are not under ``paths``.
            watch: is told what happens.

        Raises:
            EvidenceRefused: a named file cannot be used, a link leads out of its folder, nothing is usable, or it is too much.
            LedgerError: the corpus cannot be read or written; the version before still holds.
        """
        watch = watch or Watch()
        with self._changing(lambda: watch.progress(Progress("waiting", 0, 0))):
            before = self.version() if self.numbers() else None
            documents = before.documents if before else ()
            known = files.load(self._folder / "files.json")
            settled = settle(documents, known, self._read(paths, known, watch), only=only)
            for name, same in settled.same:
                watch.skipped(name, f"the same content as {same}")
            _check_size(settled.documents)
            files.save(self._folder / "files.json", settled.files)
            if before and settled.documents == documents:
                return Added(before, (), (), ())
            number, previous = (before.number + 1, before.digest) if before else (1, None)
            version = Version(self.name, number, previous, self._now_ns() // 1_000_000, settled.documents)
            data = self._shelf.build(version, before, embedder, lambda done, of: watch.progress(Progress("indexing", done, of)))
            self._shelf.keep(version, data, embedder)
            write_new(self._manifest(number), version.encode())
            self._shelf.forget_others(version)
            return _difference(documents, version)

    def remove(self, number: int | None = None) -> None:
        """Remove a version, or all of it. The documents' copies stay: certificates may rest on them.

        Raises:
            EvidenceRefused: there is no such corpus or version, or it is the newest of several.
            LedgerError: it cannot be removed.
        """
        with self._changing():
            newest = self.version().number
            if number is None:
                gone = Path(tempfile.mkdtemp(dir=self._corpora, prefix=".removed-"))
                self._folder.rename(gone / self.name)
                for left in self._corpora.glob(".removed-*"):  # this one, and what crashes left
                    shutil.rmtree(left, ignore_errors=True)
                return
            if number == newest:
                raise EvidenceRefused(
                    f"version {number} is the newest of corpus {self.name}; "
                    f"remove the corpus, or put other documents in its place with 'probatum corpus add {self.name} PATH --only'"
                )
            self.version(number)
            self._manifest(number).unlink()
            sync_folder(self._manifest(number).parent)

    # -- inside ---------------------------------------------------------------------------------------------------------------

    def _manifest(self, number: int) -> Path:
        return self._folder / "versions" / f"{number:08}.json"

    @contextmanager
    def _changing(self, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold the corpus's lock; what the file system refuses becomes a LedgerError."""
        locks = self._corpora / ".locks"
        try:
            locks.mkdir(parents=True, exist_ok=True, mode=0o700)
            with locked(locks / self.name, waiting):
                yield
        except OSError as error:
            where = error.filename or self._folder
            raise LedgerError(
                f"cannot change corpus {self.name}: {where}: {error.strerror or error}; check space and rights"
            ) from None

    def _read(self, paths: Sequence[Path], known: dict[str, Known], watch: Watch) -> dict[str, Known]:
        """The files under ``paths`` as they are now, by absolute path; only those that may have changed are read."""
        found = list(walk(paths, watch.skipped))
        if len(found) > MAX_DOCUMENTS:
            raise EvidenceRefused(f"{len(found)} files; a corpus holds at most {MAX_DOCUMENTS}")
        for folder in (self._folder, self._folder / "versions", self._folder / "index"):
            folder.mkdir(exist_ok=True, mode=0o700)
        self._clear()
        made: dict[str, Known] = {}
        for at, one in enumerate(found):
            watch.progress(Progress("reading", at, len(found)))
            if (read := self._read_one(one, known, watch.skipped)) is not None:
                made[os.path.abspath(one.path)] = read
        watch.progress(Progress("reading", len(found), len(found)))
        if not made:
            where = ", ".join(safe_name(str(path)) for path in paths[:3])
            raise EvidenceRefused(f"nothing to add ({where}); give txt, md, html or pdf files, or folders with such files")
        return made

    def _read_one(self, found: Found, known: dict[str, Known], skipped: Report) -> Known | None:
        stamp = files.stamp(found.path, self._now_ns())
        before = known.get(os.path.abspath(found.path))
        if before is not None and stamp and before.stamp == stamp and before.document.copy_digest in self._store:
            return before if before.owner else before.named(found.name, owner=False)
        source = read_found(found, skipped)
        if source is None:
            return None
        self._store.put(source.copy)
        return Known(stamp, document_of(source))

    def _search_form(self, version: Version, embedder: Embedder) -> Data:
        """The data of a version; made, and kept if the folder can be written, where there is none."""
        if (kept := self._shelf.load(version, embedder)) is not None:
            return kept
        made = self._shelf.build(version, None, embedder, lambda done, total: None)
        with suppress(LedgerError), self._changing():
            self._shelf.keep(version, made, embedder)
        return made

    def _clear(self) -> None:
        """Remove what a crash left half-written."""
        for folder in (self._folder, self._folder / "versions"):
            for path in folder.glob(".tmp-*"):
                path.unlink(missing_ok=True)


def _check_size(documents: Sequence[Document]) -> None:
    size = sum(document.size for document in documents)
    if len(documents) > MAX_DOCUMENTS or size > MAX_TEXT_BYTES:
        raise EvidenceRefused(
            f"the corpus would have {len(documents)} documents with {size} bytes of text; "
            f"at most {MAX_DOCUMENTS} and {MAX_TEXT_BYTES} are allowed: make several corpora"
        )


def _difference(before: Sequence[Document], version: Version) -> Added:
    old = {document.name: document for document in before}
    new = {document.name: document for document in version.documents}
    changed = [name for name in new if name in old and new[name] != old[name]]
    return Added(version, tuple(sorted(new.keys() - old.keys())), tuple(changed), tuple(sorted(old.keys() - new.keys())))


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[-10:]))
    return shown if len(numbers) <= 10 else f"{len(numbers)}, the last ones {shown}"
