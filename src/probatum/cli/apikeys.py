"""``probatum apikeys new|list|revoke``: who may use the gateway."""

from __future__ import annotations

import json
import re
import secrets
import time
from argparse import Namespace
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.table import Table

from probatum.cli.exits import Exit
from probatum.coordinator.folder import default_folder
from probatum.errors import SettingsRefused
from probatum.ledger.propagation import api_keys
from probatum.ledger.propagation.api_keys import ApiKey
from probatum.ledger.propagation.database import Database

SCOPES: Final = ("generate", "verify", "read", "admin")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")


def run(arguments: Namespace) -> Exit:
    """Make a key, list all, or revoke one."""
    with _open(arguments) as database:
        if arguments.action == "new":
            _new(database, arguments)
        elif arguments.action == "list":
            _list(database, as_json=arguments.json)
        else:
            with database.write() as unit:
                api_keys.disable(unit, arguments.id, _now())
            print(f"{arguments.id} is revoked; a running gateway refuses it within seconds")
    return Exit.OK


def _open(arguments: Namespace) -> Database:
    """The ledger that keys are in; made if missing, because keys come before the first start."""
    if arguments.database is not None:
        return Database(arguments.database)
    folder = arguments.network or default_folder()
    if not (folder / "network.json").exists():
        raise SettingsRefused(f"no network in {folder}; make one with 'probatum network init', or name the folder with --network")
    return Database.in_folder(folder)


def _new(database: Database, arguments: Namespace) -> None:
    for what in ("name", "tenant"):
        if not _NAME.match(getattr(arguments, what)):
            raise SettingsRefused(f"--{what} is 1 to 64 lower-case letters, digits, dots, hyphens and underscores")
    scopes = frozenset(arguments.scopes.split(","))
    if odd := sorted(scopes - set(SCOPES)):
        raise SettingsRefused(f"--scopes: {odd[0]!r:.40} is no scope; scopes are {', '.join(SCOPES)}, with commas between them")
    for what in ("rate", "quota"):
        if (value := getattr(arguments, what)) is not None and value < 1:
            raise SettingsRefused(f"--{what} must be at least 1; leave it out for no limit")
    secret = api_keys.new_secret()
    key = ApiKey(f"key_{secrets.token_hex(6)}", arguments.name, arguments.tenant, scopes, arguments.rate, arguments.quota, _now())
    with database.write() as unit:
        api_keys.add(unit, key, secret)
    print(secret)
    Console(stderr=True, highlight=False).print(f"{key.id}: keep the key above, it is shown only now", soft_wrap=True)


def _list(database: Database, *, as_json: bool) -> None:
    with database.read() as connection:
        keys = api_keys.all_keys(connection)
    if as_json:
        print(json.dumps([_json(key) for key in keys], indent=1))
        return
    table = Table("id", "name", "tenant", "scopes", "a minute", "a day", "made", "revoked", box=None, pad_edge=False)
    for key in keys:
        limits = ("-" if limit is None else str(limit) for limit in (key.per_minute, key.per_day))
        table.add_row(
            key.id, key.name, key.tenant, " ".join(sorted(key.scopes)), *limits, _day(key.created_at), _day(key.disabled_at)
        )
    Console(highlight=False).print(table)


def _json(key: ApiKey) -> dict[str, object]:
    return {name: getattr(key, name) for name in ApiKey.__slots__} | {"scopes": sorted(key.scopes)}


def _day(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")


def _now() -> int:
    return time.time_ns() // 1_000_000
