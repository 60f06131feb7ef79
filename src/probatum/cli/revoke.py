"""``probatum revoke``: withdraw a certificate, and have everyone told who received what it certified."""

from __future__ import annotations

import time
from argparse import Namespace
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from probatum.cli.exits import Exit
from probatum.cli.ledger import open_ledger
from probatum.cli.text import one_line
from probatum.coordinator.folder import default_folder
from probatum.coordinator.network import open_network
from probatum.encoding.digest import Digest
from probatum.errors import DigestError, SettingsRefused
from probatum.ledger.propagation import recalls
from probatum.ledger.propagation.generations import revoke

_MAX_REASON: Final = 1000  # characters


def run(arguments: Namespace) -> Exit:
    """Record the revocation, take its answers out of the cache, make the recalls due."""
    cert_hash, reason = _hash(arguments.cert_hash), arguments.reason
    if len(reason) > _MAX_REASON:
        raise SettingsRefused(f"the reason has {len(reason)} characters; at most {_MAX_REASON} are allowed")
    with open_ledger(arguments) as database, database.write() as unit:
        elsewhere = _in_network(arguments.network or default_folder(), cert_hash)
        revoked = revoke(unit, cert_hash, reason, time.time_ns() // 1_000_000, elsewhere=elsewhere)
        told = _receivers(unit.connection, revoked)
    print(f"revoked {cert_hash}: {one_line(reason)}")
    for generation in revoked:
        print(f"{generation} is revoked")
    print(f"to be told: {len(told)} receiver{'' if len(told) == 1 else 's'}{': ' if told else ''}{', '.join(told)}")
    return Exit.OK


def _hash(text: str) -> Digest:
    try:
        return Digest.parse(text if text.startswith("sha256:") else f"sha256:{text}")
    except DigestError as error:
        raise SettingsRefused(f"CERT_HASH: {error}") from None


def _in_network(folder: Path, cert_hash: Digest) -> bool:
    """Whether the embedded network certified or rejected something by this hash, for whatever command."""
    if not (folder / "network.json").exists():
        return False
    with open_network(folder) as network:
        return network.ledger.bundle(cert_hash) is not None


def _receivers(connection: Connection, revoked: tuple[str, ...]) -> list[str]:
    found = recalls.of(connection, revoked).values()
    return sorted({one_line(one.receiver, 60) for group in found for one in group})
