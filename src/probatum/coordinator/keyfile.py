"""Private keys on disk: one small JSON file each, readable by the owner only."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Final

from probatum.errors import SettingsRefused
from probatum.signing.keys import PrivateKey

FORMAT: Final = "probatum-key/v1"


def write_new(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Write a file that must not exist yet, whole or not at all, and sync it.

    Raises:
        SettingsRefused: it exists, or cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # unlike a rename, never replaces
    except FileExistsError:
        raise SettingsRefused(f"{path} exists already and is not overwritten; choose another place or remove it yourself") from None
    except OSError as error:
        raise SettingsRefused(f"cannot write {path}: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def save_key(path: Path, key: PrivateKey) -> None:
    """Write a new key file with mode 0600; never overwrites. Raises SettingsRefused."""
    body = {"format": FORMAT, "public": str(key.public), "seed": key.seed().hex()}
    write_new(path, json.dumps(body, indent=1).encode() + b"\n")


def load_key(path: Path) -> PrivateKey:
    """Read a key file.

    Raises:
        SettingsRefused: missing, readable by others, or not a key file whose public key belongs to its seed.
    """
    try:
        mode = path.stat().st_mode
        value = json.loads(path.read_bytes())
        key = PrivateKey(bytes.fromhex(value["seed"]))
    except OSError as error:
        raise SettingsRefused(f"cannot read the key {path}: {error.strerror}") from None
    except Exception:  # whatever is wrong in there, it is not a key file
        raise SettingsRefused(f"{path} is not a Probatum key file; make one with 'probatum keys new'") from None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise SettingsRefused(
            f"{path} can be read by others (mode {stat.S_IMODE(mode):o}); "
            f"run 'chmod 600 {path}', and replace the key if others had it"
        )
    if value.get("format") != FORMAT or value.get("public") != str(key.public):
        raise SettingsRefused(f"{path}: the public key does not belong to the seed; the file was edited")
    return key
