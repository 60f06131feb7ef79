"""A content-addressed store of evidence on disk: ``ROOT/sha256/ab/cdef...``, one file per content.

A file appears under its final name only when it is complete and on disk, so a crash leaves at most a stray temporary file.
Everything read is hashed again: a disk, a sync tool or an intruder that changed a file is noticed, by name.
"""

from __future__ import annotations

from pathlib import Path

from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.evidence.durable import sync_folder, write_whole


class ContentMissing(LedgerError):
    """The store holds nothing under this digest."""


class ContentDamaged(LedgerError):
    """A stored file does not have the digest that its name says."""


class ContentStore:
    """Bytes by their SHA-256.

    Args:
        root: folder of the store; created, readable by the owner only, on the first :meth:`put`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, digest: Digest) -> Path:
        """Where the content with this digest lies, or would lie."""
        text = digest.hex()
        return self._root / "sha256" / text[:2] / text[2:]

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, Digest) and self.path(digest).is_file()

    def put(self, data: bytes) -> Digest:
        """Store ``data`` durably; when it returns, the content is on disk under its digest. Never overwrites.

        Raises:
            LedgerError: the file cannot be written; nothing half-written is left under the final name.
            ContentDamaged: the content is there already, but damaged.
        """
        digest = Digest.of(data)
        path = self.path(digest)
        try:
            if path.is_file():
                self.get(digest)
            else:
                _write(path, data)
        except OSError as error:
            reason = error.strerror or str(error)
            raise LedgerError(f"cannot store evidence in {path}: {reason}; check the folder and free space") from None
        return digest

    def get(self, digest: Digest) -> bytes:
        """The content with this digest, hashed again.

        Raises:
            ContentMissing: nothing is stored under ``digest``.
            ContentDamaged: the file there hashes to something else.
            LedgerError: the file cannot be read.
        """
        path = self.path(digest)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise ContentMissing(f"no content {digest} in {self._root}; verify again with the source at hand") from None
        except OSError as error:
            raise LedgerError(f"cannot read evidence from {path}: {error.strerror or error}") from None
        if Digest.of(data) != digest:
            raise ContentDamaged(f"{path} does not have the digest its name says; remove it and store the source again")
        return data


def _write(path: Path, data: bytes) -> None:
    for folder in reversed(path.parents[:3]):  # the root, its sha256/ and the shard: mkdir's own parents would ignore the mode
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, data)  # two writers of one content write the same bytes, so whichever is last changes nothing
    sync_folder(path.parent.parent)
