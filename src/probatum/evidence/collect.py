"""Files and folders to sources: which files are read, under which names, and what is refused.

A file that is named must be readable. In a folder, what cannot be evidence is passed over and reported. Nothing outside the named
paths is ever read: a link that leads out of a folder is refused.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from probatum.encoding.digest import Digest
from probatum.errors import EvidenceRefused
from probatum.evidence.names import safe_name, unique_name
from probatum.evidence.readers import MAX_SOURCE_BYTES, Source, read_source, supported

MAX_FILES: Final = 20_000
MAX_TOTAL_BYTES: Final = 512 * 1024 * 1024

Report = Callable[[str, str], None]


def collect(
    paths: Sequence[Path],
    skipped: Report | None = None,
    progress: Callable[[int, str], None] | None = None,
) -> tuple[Source, ...]:
    """Read every source under ``paths``; a folder's files come in the order of their names.

    Args:
        paths: files, and folders to read recursively.
        skipped: called with a name and a reason for each file of a folder that is passed over, and for content given twice.
        progress: called with the number of sources read so far and the name of the next one.

    Raises:
        EvidenceRefused: a path does not exist or cannot be read, a named file is not usable, a link leads out of its folder, there
            is too much, or nothing usable is left.
    """
    gathered = _Gathered(skipped or _ignore, progress or (lambda count, name: None))
    for found in walk(paths, gathered.report):
        if not found.named:
            gathered.start(found.name)
        source = read_found(found, gathered.report)
        if source is not None:
            gathered.add(found.name, source)
    if not gathered.sources:
        where = ", ".join(safe_name(str(path)) for path in paths[:3]) or "no path was given"
        raise EvidenceRefused(f"no usable evidence ({where}); give txt, md, html or pdf files with --evidence")
    return tuple(gathered.sources)


def collect_named(documents: Sequence[tuple[str, bytes]], skipped: Report | None = None) -> tuple[Source, ...]:
    """:func:`collect` for documents that are in memory already: ``(file name, content)``; each must be readable.

    Raises:
        EvidenceRefused: a document is not usable, there is too much, or there is none.
    """
    gathered = _Gathered(skipped or _ignore, lambda count, name: None)
    for given, data in documents:
        name = safe_name(given)
        gathered.start(name)
        gathered.add(name, read_source(name, data))
    if not gathered.sources:
        raise EvidenceRefused("no evidence was given; a claim can only be judged against sources")
    return tuple(gathered.sources)


@dataclass(frozen=True, slots=True)
class Found:
    """A file that could be evidence, not yet read.

    Attributes:
        path: where it lies.
        name: what its source is called, unless another has that name already.
        named: given by itself, so that it must be usable; the others were found in a folder.
    """

    path: Path
    name: str
    named: bool


def walk(paths: Sequence[Path], report: Report) -> Iterator[Found]:
    """The files under ``paths`` in order; what cannot be evidence by its name is reported instead.

    Raises:
        EvidenceRefused: a folder cannot be read, or a link leads out of it.
    """
    for path in paths:
        if not path.is_dir():
            yield Found(path, safe_name(path.name), named=True)
            continue
        for file, relative in _files(path, report):
            name = safe_name(relative)
            if supported(name):
                yield Found(file, name, named=False)
            else:
                report(name, "unsupported type")


def read_found(found: Found, report: Report) -> Source | None:
    """Read one file; None, and a report, if it was found in a folder and is not usable.

    Raises:
        EvidenceRefused: it was named and is not usable.
    """
    try:
        return read_source(found.name, _read_file(found.path, found.name))
    except EvidenceRefused as error:
        if found.named:
            raise
        report(found.name, str(error).removeprefix(f"{found.name}: "))
        return None


def _ignore(name: str, reason: str) -> None:
    pass


class _Gathered:
    """Sources so far, each content once, each name once."""

    def __init__(self, report: Report, progress: Callable[[int, str], None]) -> None:
        self.sources: list[Source] = []
        self.report = report
        self._progress = progress
        self._names: set[str] = set()
        self._seen: dict[Digest, str] = {}
        self._bytes = 0

    def start(self, name: str) -> None:
        if len(self.sources) >= MAX_FILES:
            raise EvidenceRefused(f"more than {MAX_FILES} evidence files; give a smaller folder")
        self._progress(len(self.sources), name)

    def add(self, name: str, source: Source) -> None:
        if source.digest in self._seen:
            self.report(name, f"the same content as {self._seen[source.digest]}")
            return
        self._bytes += len(source.copy)
        if self._bytes > MAX_TOTAL_BYTES:
            raise EvidenceRefused(f"{name}: the evidence has more than {MAX_TOTAL_BYTES} bytes of text in all; give less of it")
        name = unique_name(name, self._names)
        self._names.add(name)
        self._seen[source.digest] = name
        self.sources.append(Source(name, source.digest, source.copy_digest, source.reader, source.copy))


def _files(folder: Path, report: Report) -> Iterator[tuple[Path, str]]:
    """Files under ``folder`` with their relative names, sorted by name within each folder; hidden ones reported, not returned."""
    root = folder.resolve()
    waiting = [""]
    while waiting:
        inner = waiting.pop()
        folders: list[str] = []
        for entry in _entries(folder / inner, safe_name(inner) if inner else safe_name(folder.name)):
            relative = f"{inner}/{entry.name}" if inner else entry.name
            if entry.name.startswith("."):
                report(safe_name(relative), "hidden")
            elif entry.is_symlink() and not _inside(folder / relative, root):
                shown = safe_name(relative)
                raise EvidenceRefused(f"{shown}: a link that leads out of the folder; remove it or give its target by itself")
            elif entry.is_dir():
                if not entry.is_symlink():  # a link to a folder inside leads to files that are read anyway, or in circles
                    folders.append(relative)
            else:
                yield folder / relative, relative
        waiting += reversed(folders)


def _entries(folder: Path, name: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        raise EvidenceRefused(f"{name}: the folder cannot be read ({error.strerror}); check its permissions") from None


def _inside(path: Path, root: Path) -> bool:
    try:
        path.stat()
    except OSError as error:
        if error.errno == errno.ELOOP:  # a circle of links; ``resolve`` reports it on some versions of Python only
            return False
    return path.resolve().is_relative_to(root)


def _read_file(path: Path, name: str) -> bytes:
    """The bytes of a regular file, at most the limit. Opening does not wait for a writer, as a named pipe would make it."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise EvidenceRefused(f"{name}: not a regular file; save its content to a file first")
            data = file.read(MAX_SOURCE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise EvidenceRefused(f"{name}: cannot be read ({reason}); check the path and its permissions") from None
    if len(data) > MAX_SOURCE_BYTES:
        raise EvidenceRefused(f"{name}: more than the {MAX_SOURCE_BYTES} bytes allowed; split the document")
    return data
