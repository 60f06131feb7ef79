"""Where weights come from, and the check that they are the right bytes.

Any source will do: a folder, an installed package's folder, or what ships with this package. The SHA-256 in the manifest decides.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from probatum.encoding.digest import Digest
from probatum.errors import ValidatorUnavailable

SHIPPED = Path(__file__).resolve().parent.parent / "weights"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file relative to the weights folder, its SHA-256 and size in bytes."""

    path: str
    digest: Digest
    size: int


def package_folder(package: str, inside: str = "") -> Path:
    """Folder ``inside`` an installed package, found without importing it.

    Raises:
        ValidatorUnavailable: the package is not installed.
    """
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ValidatorUnavailable(f"package {package} is not installed; install it or give a folder that holds the weights")
    return Path(next(iter(spec.submodule_search_locations))) / inside


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """The manifest as parsed JSON.

    Raises:
        ValidatorUnavailable: missing or not JSON.
    """
    path = folder / MANIFEST
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ValidatorUnavailable(f"weights manifest {path} cannot be read: {problem}") from None
    if not isinstance(loaded, dict) or not isinstance(loaded.get("models"), dict) or not isinstance(loaded.get("files"), dict):
        raise ValidatorUnavailable(f"weights manifest {path} has not the expected form")
    return loaded


def files_of(manifest: Mapping[str, Any], name: str) -> tuple[WeightsFile, ...]:
    """The files a model needs, sorted by path.

    Raises:
        ValidatorUnavailable: unknown model, or a file that the manifest does not describe.
    """
    try:
        wanted = sorted(manifest["models"][name]["files"])
        return tuple(
            WeightsFile(path, Digest.parse(manifest["files"][path]["sha256"]), int(manifest["files"][path]["bytes"]))
            for path in wanted
        )
    except (KeyError, TypeError) as problem:
        raise ValidatorUnavailable(f"the weights manifest does not describe model {name!r}: missing {problem}") from None


def weights_digest(files: Iterable[WeightsFile]) -> Digest:
    """One digest for a set of files: SHA-256 over ``<sha256> <path>\\n`` lines sorted by path."""
    lines = "".join(f"{file.digest} {file.path}\n" for file in sorted(files, key=lambda f: f.path))
    return Digest.of(lines.encode())


def check(folder: Path, files: Iterable[WeightsFile]) -> None:
    """Read every file and compare its SHA-256.

    Raises:
        ValidatorUnavailable: a file is missing or has other bytes; names the file.
    """
    for file in files:
        path = folder / file.path
        try:
            with path.open("rb") as opened:
                found = hashlib.file_digest(opened, "sha256").digest()
        except OSError as problem:
            raise ValidatorUnavailable(f"weights file {path} cannot be read: {problem.strerror}; reinstall the package") from None
        if found != bytes(file.digest):
            raise ValidatorUnavailable(
                f"weights file {path} has SHA-256 {found.hex()}, the manifest says {file.digest.hex()}; refusing to load it"
            )
