"""``probatum keys new|show``."""

from __future__ import annotations

from argparse import Namespace

from probatum.cli.exits import Exit
from probatum.coordinator.folder import default_folder
from probatum.coordinator.keyfile import load_key, save_key
from probatum.coordinator.network import open_network
from probatum.signing.keys import PrivateKey, PublicKey


def run(arguments: Namespace) -> Exit:
    """Make a key file, or show public keys; private keys are never printed."""
    if arguments.action == "new":
        key = PrivateKey.generate()
        save_key(arguments.out, key)
        _print(str(arguments.out), key.public)
    elif arguments.file is not None:
        _print(str(arguments.file), load_key(arguments.file).public)
    else:
        with open_network(arguments.network or default_folder()) as network:
            for name, key in [*network.keys.items(), ("log", network.log_key)]:
                _print(name, key.public)
    return Exit.OK


def _print(name: str, key: PublicKey) -> None:
    print(f"{name}  ed25519 {key}  id {key.id}")
