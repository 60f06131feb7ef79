"""``probatum revoke``: withdraw a certificate, signed and logged, and have everyone told who received what it certified."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from probatum.cli.exits import Exit
from probatum.cli.files import write_whole
from probatum.cli.ledger import find_ledger
from probatum.cli.text import one_line
from probatum.coordinator.folder import default_folder
from probatum.coordinator.network import open_network
from probatum.coordinator.revoking import revoke
from probatum.encoding.digest import Digest
from probatum.errors import DigestError, SettingsRefused
from probatum.ledger.propagation import generations, recalls
from probatum.ledger.records import State
from probatum.verify import VerifiedRevocation


def run(arguments: Namespace) -> Exit:
    """Have the network sign and log the revocation; then take its answers out of the cache, and make the recalls due."""
    cert_hash, folder = read_hash(arguments.cert_hash), arguments.network or default_folder()
    with open_network(folder) as network:
        done = revoke(network, cert_hash, arguments.reason)
        file = network.ledger.revocation(cert_hash)
    print(f"revoked {cert_hash}: {one_line(done.revocation.reason)}")
    print(f"signed by {len(done.signer_ids)} of {len(done.epoch.members)} validators; log leaf {done.log_index}")
    if arguments.out is not None and file is not None:
        write_whole(arguments.out, file)
        print(f"revocation  {arguments.out}")
    tell(arguments, folder, done)
    return Exit.OK


def tell(arguments: Namespace, folder: Path, done: VerifiedRevocation, *, quiet: bool = False) -> None:
    """Record it where it is known who has the text; what was recorded before a crash is not recorded twice."""
    say: Callable[[str], None] = (lambda _: None) if quiet else print
    said, at = done.revocation, time.time_ns() // 1_000_000
    state = State.REVOKED if said.successor is None else State.SUPERSEDED
    with find_ledger(arguments, folder) as database:
        if database is None:
            say("to be told: 0 receivers (no gateway has served from this folder)")
            return
        with database.write() as unit:
            revoked = generations.withdraw(unit, said.certificate, said.reason, at, state=state)
            told = _receivers(unit.connection, revoked)
    for generation in revoked:
        say(f"{generation} is {state}")
    say(f"to be told: {len(told)} receiver{'' if len(told) == 1 else 's'}{': ' if told else ''}{', '.join(told)}")


def read_hash(text: str) -> Digest:
    """The certificate that is named, with or without ``sha256:``; raises SettingsRefused."""
    try:
        return Digest.parse(text if text.startswith("sha256:") else f"sha256:{text}")
    except DigestError as error:
        raise SettingsRefused(f"CERT_HASH: {error}") from None


def _receivers(connection: Connection, revoked: tuple[str, ...]) -> list[str]:
    found = recalls.of(connection, revoked).values()
    return sorted({one_line(one.receiver, 60) for group in found for one in group})
