"""Which files a corpus was filled from: so that an unchanged file is not read again, and a changed one replaces its document.

This is a memory, not a record: without it files are read again, and nothing else is lost. An entry counts only as long as the file
has the size, times and inode it had when it was read. A file that had just been written then could change once more without
showing it, so its entry does not count (git calls such an entry "racily clean").
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from probatum.encoding.digest import Digest
from probatum.errors import DigestError
from probatum.evidence.corpus.manifest import Document
from probatum.evidence.durable import write_whole
from probatum.evidence.readers import Source
from probatum.frozen import replace

FORMAT: Final = "probatum-corpus-files/1"
SETTLED_NS: Final = 2_000_000_000  # file systems keep times to two seconds or better


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one file.

    Attributes:
        stamp: size, times and inode when it was read; empty if that does not prove that it is unchanged.
        document: its content; the name is that of the document it stands for, or the one it would like.
        owner: whether it stands for that document, so that a change of the file changes the document.
    """

    stamp: str
    document: Document
    owner: bool = False

    def named(self, name: str, *, owner: bool) -> Known:
        """The same content under another name."""
        return Known(self.stamp, replace(self.document, name=name), owner)


def document_of(source: Source) -> Document:
    """A source as a document of a corpus."""
    return Document(source.name, source.digest, source.copy_digest, source.reader, len(source.copy))


def stamp(path: Path, now_ns: int) -> str:
    """Size, times and inode of a file that is about to be read; empty if they could stay the same while it changes."""
    try:
        found = path.stat()
    except OSError:
        return ""
    if now_ns - max(found.st_mtime_ns, found.st_ctime_ns) < SETTLED_NS:
        return ""
    return f"{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}:{found.st_ino}"


def load(path: Path) -> dict[str, Known]:
    """What was kept, by the files' absolute paths, without files that are gone; empty if it cannot be read."""
    try:
        value = orjson.loads(path.read_bytes())
        if value["format"] != FORMAT:
            return {}
        return {key: _known(item) for key, item in value["files"].items() if os.path.lexists(key)}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, DigestError):
        return {}


def save(path: Path, files: Mapping[str, Known]) -> None:
    """Keep ``files``, whole or not at all; raises OSError."""
    items = {os.fsencode(key).decode("utf-8", "replace"): _json(known) for key, known in files.items()}
    write_whole(path, orjson.dumps({"format": FORMAT, "files": items}))


def _json(known: Known) -> dict[str, Any]:
    document = known.document
    return {
        "bytes": document.size,
        "copy": str(document.copy_digest),
        "name": document.name,
        "owner": known.owner,
        "reader": document.reader,
        "sha256": str(document.digest),
        "stamp": known.stamp,
    }


def _known(item: dict[str, Any]) -> Known:
    digest, copy = Digest.parse(item["sha256"]), Digest.parse(item["copy"])
    document = Document(str(item["name"]), digest, copy, str(item["reader"]), int(item["bytes"]))
    return Known(str(item["stamp"]), document, item["owner"] is True)
