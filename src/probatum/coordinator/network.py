"""The embedded network: a folder with validators' keys, a ledger, a log and copies of the sources. No service, no account."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from probatum.consensus.calibration import Calibration
from probatum.consensus.epoch import Epoch, LogKey, Member, Policy, Threshold, check_chain, prove_possession, sign_epoch
from probatum.coordinator.keyfile import load_key, save_key, write_new
from probatum.coordinator.seats import descriptor, stake, threshold
from probatum.coordinator.settings import BuiltinModel, Endpoint, Seat, Settings
from probatum.encoding.digest import Digest
from probatum.errors import SettingsRefused
from probatum.evidence.content_store import ContentStore
from probatum.frozen import replace
from probatum.ledger.sqlite import Ledger
from probatum.signing.keys import PrivateKey
from probatum.tlog.checkpoint import Checkpoint
from probatum.verify.trust import Trust

LOG_KEY: Final = "log"
PLACE: Final = "ledger.url"  # in the folder, where the ledger was moved into PostgreSQL; it may hold a password


@dataclass(frozen=True, slots=True)
class Network:
    """An embedded network that is open: settings, newest epoch, everyone's keys, ledger and source copies."""

    folder: Path
    settings: Settings
    epoch: Epoch
    genesis: Digest
    keys: dict[str, PrivateKey]
    log_key: PrivateKey
    ledger: Ledger
    sources: ContentStore

    @property
    def trust(self) -> Trust:
        """What someone needs to check this network's certificates."""
        return Trust(self.epoch.network, self.genesis)

    def seal(self, size: int, root: Digest) -> str:
        """Sign a checkpoint of this network's log; the C2SP note."""
        return Checkpoint(self.epoch.log.origin, size, root).sign(self.log_key).encode().decode()

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def default_seats() -> tuple[Seat, ...]:
    """One validator for each built-in model."""
    from probatum.validators.builtin import BUILTIN

    return tuple(Seat(name, BuiltinModel(name)) for name in BUILTIN)


def init(
    folder: Path,
    *,
    seats: Sequence[Seat] | None = None,
    decomposer: Endpoint | None = None,
    policy: Policy | None = None,
) -> Network:
    """Make a new embedded network: keys, genesis epoch (logged), ledger, trust file. All of it appears at once, or nothing does.

    Args:
        folder: missing or empty.
        seats: its validators; by default one for each built-in model.
        decomposer: the language model that splits texts, if one does.
        policy: by default that of :func:`default_policy`.

    Raises:
        SettingsRefused: the folder exists and is not empty, or cannot be written, or one id stands twice.
    """
    if folder.exists() and any(folder.iterdir()):
        raise SettingsRefused(f"{folder} is not empty; a network is never overwritten")
    chosen = default_seats() if seats is None else tuple(seats)
    if len({seat.id for seat in chosen}) != len(chosen):
        raise SettingsRefused("one validator id stands twice; give each validator its own")
    settings = Settings(f"embedded-{secrets.token_hex(4)}", chosen, decomposer)
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True, mode=0o700)
        _fill(part, settings, policy or default_policy(chosen))
        part.rename(folder)
    except OSError as error:
        raise SettingsRefused(f"cannot make a network in {folder}: {error.strerror}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return open_network(folder)


def default_policy(seats: Sequence[Seat]) -> Policy:
    """At least two model families must agree, three where there are four or more; and each validator's own thresholds."""
    families = len({descriptor(seat).family for seat in seats})
    return Policy(min_families=min(3, families) if families > 3 else min(2, families), thresholds=_thresholds(seats))


def _thresholds(seats: Sequence[Seat]) -> tuple[Threshold, ...]:
    return tuple(sorted((threshold(seat) for seat in seats), key=lambda one: one.validator))


def expected_of(seats: Sequence[Seat], policy: Policy) -> Calibration | None:
    """What the shipped record says of exactly this committee: all built-in models and the default rule; of any other, nothing."""
    if [seat.model for seat in seats] != [seat.model for seat in default_seats()]:
        return None
    if policy.min_families != default_policy(seats).min_families or policy.committee is not None:
        return None
    from probatum.measuring.expectation import read_record

    return read_record().calibration


def _fill(folder: Path, settings: Settings, policy: Policy) -> None:
    keys = {seat.id: PrivateKey.generate() for seat in settings.seats}
    log_key = PrivateKey.generate()
    members = [member_of(settings.network, seat, keys[seat.id]) for seat in settings.seats]
    log, expected = LogKey(log_key.public, f"{settings.network}/log"), expected_of(settings.seats, policy)
    epoch = Epoch.build(settings.network, 0, None, members, policy, log, expected)
    envelope = sign_epoch(epoch, list(keys.values()))
    write_new(folder / "network.json", settings.encode())
    write_new(folder / "trust.json", Trust(settings.network, epoch.digest).encode(), 0o644)
    for name, key in [*keys.items(), (LOG_KEY, log_key)]:
        save_key(_key_path(folder, name), key)
    with Ledger(folder / "ledger.sqlite3") as ledger:
        ledger.log_epoch(0, envelope, lambda size, root: Checkpoint(epoch.log.origin, size, root).sign(log_key).encode().decode())


def member_of(network: str, seat: Seat, key: PrivateKey) -> Member:
    """A seat with this key as an epoch lists it; raises ValidatorUnavailable where its model is not known."""
    return Member(
        id=seat.id,
        key=key.public,
        model=descriptor(seat),
        operator="embedded",
        possession=prove_possession(network, seat.id, key),
        stake=stake(seat),
    )


def _key_path(folder: Path, name: str) -> Path:
    return folder / "keys" / f"{name}.json"


def open_network(folder: Path) -> Network:
    """Open an embedded network.

    Raises:
        SettingsRefused: there is none, or a file of it is missing, edited or readable by others.
        LedgerError: the ledger cannot be used.
        ConsensusError: the epochs in the ledger do not follow from the trusted genesis.
    """
    try:
        settings = Settings.decode((folder / "network.json").read_bytes())
        trust = Trust.decode((folder / "trust.json").read_bytes())
    except OSError as error:
        raise SettingsRefused(f"no network in {folder} ({error.strerror}); make one with 'probatum network init'") from None
    keys = {seat.id: load_key(_key_path(folder, seat.id)) for seat in settings.seats}
    log_key = load_key(_key_path(folder, LOG_KEY))
    ledger = open_ledger(folder)
    epoch = check_chain(ledger.epochs(), trust.genesis)[-1].epoch
    return Network(folder, settings, epoch, trust.genesis, keys, log_key, ledger, ContentStore(folder / "sources"))


def open_ledger(folder: Path) -> Ledger:
    """The ledger of a network's folder: its file, or the PostgreSQL database that it was moved into.

    Raises:
        SettingsRefused: where it is cannot be read, or the driver for PostgreSQL is not installed.
        LedgerError: it cannot be used.
    """
    try:
        url = (folder / PLACE).read_text("utf-8").strip()
    except FileNotFoundError:
        return Ledger(folder / "ledger.sqlite3")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"cannot read {folder / PLACE}, which says where the ledger is: {error}") from None
    try:
        from probatum.ledger.postgresql import PostgresLedger
    except ImportError:
        raise SettingsRefused("PostgreSQL needs psycopg; install it with: pip install 'probatum[postgres]'") from None
    return PostgresLedger(url)


def open_or_init(folder: Path) -> Network:
    """Open the network of a folder, making the embedded default first if there is none."""
    if not (folder / "network.json").exists():
        try:
            return init(folder)
        except SettingsRefused:
            if not (folder / "network.json").exists():  # else another process was faster
                raise
    return open_network(folder)


def open_renewed(folder: Path) -> Network:
    """:func:`open_or_init` and :func:`renew`: the folder's network as whoever certifies with it needs it."""
    network = open_or_init(folder)
    try:
        return renew(network)
    except BaseException:
        network.close()
        raise


def renew(network: Network) -> Network:
    """The network with an epoch that lists the models as they are installed now, their thresholds and what they were measured at.

    When the software brought new weights, the old epoch's statements would be untrue: epoch N+1 is made, signed by the
    same keys for the old and the new set, and logged. Otherwise nothing changes.
    """
    before, seats = network.epoch, network.settings.seats
    members = tuple(member_of(before.network, seat, network.keys[seat.id]) for seat in seats)
    policy = replace(before.policy, thresholds=_thresholds(seats))
    expected = expected_of(seats, policy)
    if (members, policy, expected) == (before.members, before.policy, before.calibration):
        return network
    epoch = Epoch.build(before.network, before.number + 1, before.digest, members, policy, before.log, expected)
    network.ledger.log_epoch(epoch.number, sign_epoch(epoch, list(network.keys.values())), network.seal)
    return replace(network, epoch=epoch)
