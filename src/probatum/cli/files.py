"""Reading what the user names, and writing what the user asks for."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Final

from probatum.encoding.digest import Digest
from probatum.errors import BundleError, SettingsRefused
from probatum.verify.bundle import MAX_BYTES
from probatum.verify.trust import Trust

_HASH: Final = re.compile(r"(?:sha256:)?[0-9a-f]{64}\Z")


def read_input(name: str, limit: int) -> bytes:
    """A file's bytes, or standard input for ``-``; at most one byte more than ``limit``, so that the caller can refuse it."""
    if name == "-":
        return sys.stdin.buffer.read(limit + 1)
    with open(name, "rb") as file:
        return file.read(limit + 1)


def read_bundle(path: Path) -> bytes:
    """A bundle's bytes; raises BundleError when the file cannot be read."""
    try:
        data = read_input(str(path), MAX_BYTES)
    except OSError as error:
        raise BundleError(f"cannot read the bundle {path}: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise BundleError(f"{path} is larger than {MAX_BYTES} bytes; that is no bundle")
    return data


def find_bundle(what: str, folder: Path) -> bytes:
    """The bundle named by a path or, out of the embedded network's ledger, by its hash; raises BundleError."""
    if not _HASH.match(what) or Path(what).exists():
        return read_bundle(Path(what))
    from probatum.coordinator.network import open_network

    digest = Digest.parse(what if what.startswith("sha256:") else f"sha256:{what}")
    with open_network(folder) as network:
        data = network.ledger.bundle(digest)
    if data is None:
        raise BundleError(f"no certificate or rejection {digest} in the ledger of {folder}")
    return data


def read_trust(path: Path | None, folder: Path) -> Trust | None:
    """The trust file given, else the embedded network's, else ``None``; raises BundleError for one that cannot be read."""
    chosen = folder / "trust.json" if path is None else path
    if path is None and not chosen.exists():
        return None
    try:
        return Trust.decode(chosen.read_bytes())
    except OSError as error:
        raise BundleError(f"cannot read the trust file {chosen}: {error.strerror}") from None


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, replacing one that is there; raises SettingsRefused."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(part, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise SettingsRefused(f"cannot write {path}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
