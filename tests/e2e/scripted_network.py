"""A network folder with scripted validators whose opinions change with every process, and a journal of all they sign.

As a program, ``python -m tests.e2e.scripted_network FOLDER FIRST`` certifies text after text from number FIRST on and prints each
hash once it is acknowledged, until it is killed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

from probatum.claims.draft import Claim
from probatum.consensus.epoch import Policy
from probatum.consensus.verdict import Verdict
from probatum.coordinator.certify import Certification, Tools, certify
from probatum.coordinator.network import Network, open_ledger
from probatum.coordinator.settings import Settings
from probatum.encoding.digest import Digest
from probatum.errors import ValidatorUnavailable
from probatum.evidence.content_store import ContentStore
from probatum.evidence.readers import Source, read_source
from probatum.signing.keys import PrivateKey
from probatum.testing.committee import ScriptedValidator, committee

HERE = committee(4, policy=Policy(min_families=2, commit=True, ballot_ms=3_600_000))
JOURNAL = "journal"


class JournalKey(PrivateKey):
    """A key that writes down every message before the signature exists, so that a crash hides none."""

    __slots__ = ("_journal",)

    def __init__(self, seed: bytes, journal: Path) -> None:
        super().__init__(seed)
        self._journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def sign(self, message: bytes) -> bytes:
        """Write, then sign."""
        os.write(self._journal, message.hex().encode() + b"\n")
        return super().sign(message)


def open_scripted(folder: Path) -> Network:
    """The network of a folder; its keys and epoch are always the same, its ledger and journal are the folder's."""
    ledger = open_ledger(folder)
    keys: dict[str, PrivateKey] = {name: JournalKey(key.seed(), folder / JOURNAL) for name, key in HERE.keys.items()}
    sources = ContentStore(folder / "sources")
    settings = Settings(HERE.epoch.network, ())
    network = Network(folder, settings, HERE.epoch, HERE.genesis.digest, keys, HERE.log_key, ledger, sources)
    ledger.log_epoch(0, HERE.genesis, network.seal)
    return network


def signed_messages(folder: Path) -> list[bytes]:
    """Everything that any validator signed, whichever process it was."""
    journal = folder / JOURNAL
    return [bytes.fromhex(line) for line in journal.read_text().splitlines()] if journal.exists() else []


def text(number: int) -> bytes:
    """The text of one job."""
    return b"Text %d has one claim. It has a second claim." % number


def source() -> Source:
    """What every text is judged against."""
    return read_source("facts.txt", b"Every text has one claim and a second claim.\n")


def split(output: bytes) -> tuple[Claim, ...]:
    """Two claims, one a sentence."""
    cut = output.index(b".") + 1
    return (Claim(0, cut, output[:cut].decode()), Claim(cut + 1, len(output), output[cut + 1 :].decode()))


def fickle(random: Random) -> Tools:
    """Validators that mostly say SUPPORTED, sometimes something else, and sometimes nothing at all."""

    def load(name: str) -> ScriptedValidator:
        if random.random() < 0.15:
            raise ValidatorUnavailable("not today")
        verdict = random.choice((Verdict.SUPPORTED, Verdict.SUPPORTED, Verdict.SUPPORTED, Verdict.REFUTED, None))
        return ScriptedValidator(HERE.epoch.by_id[name].model, otherwise=verdict)

    return Tools(load, None, split)


def run_job(network: Network, number: int, tools: Tools) -> Certification:
    """Certify one text."""
    return certify(network, text(number), [source()], tools)


def acknowledged(network: Network, first: int, tools: Tools) -> Iterator[tuple[int, Digest | None]]:
    """Certify text after text; the hash of each, ``None`` where the round expired."""
    number = first
    while True:
        verified = run_job(network, number, tools).verified
        yield number, None if verified is None else verified.record_hash
        number += 1


def main(folder: str, first: str) -> None:
    """Until killed."""
    with open_scripted(Path(folder)) as network:
        print("ready", flush=True)
        for number, record_hash in acknowledged(network, int(first), fickle(Random())):  # noqa: S311 - opinions, no secrets
            print(number, record_hash, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
