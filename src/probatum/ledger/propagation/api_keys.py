"""API keys: who may do what for which tenant. The secret itself is never stored."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.ledger.propagation.schema import api_keys
from probatum.ledger.propagation.unit import Unit

PREFIX: Final = "pk_"  # of a secret, so that scanners for leaked keys find it


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is known of a key.

    Attributes:
        id: names the key without giving it away.
        name: for people.
        tenant: for whom it acts.
        scopes: what it may do.
        per_minute: requests allowed in a minute; ``None``: no limit.
        per_day: requests allowed in a day (UTC).
        created_at: ms since 1970.
        disabled_at: since when it is refused.
    """

    id: str
    name: str
    tenant: str
    scopes: frozenset[str]
    per_minute: int | None
    per_day: int | None
    created_at: int
    disabled_at: int | None = None


def new_secret() -> str:
    """A secret of 256 random bits. With so many, one SHA-256 hides it: there is nothing to guess."""
    return PREFIX + secrets.token_urlsafe(32)


def add(unit: Unit, key: ApiKey, secret: str) -> None:
    """Keep a key.

    Raises:
        LedgerError: a scope is empty or holds white space, or the id or secret is there already.
    """
    if any(not scope or scope.split() != [scope] for scope in key.scopes):
        raise LedgerError(f"a scope is one word, but {sorted(key.scopes)} were given")
    digest = Digest.of(secret.encode())
    taken = select(api_keys.c.id).where((api_keys.c.id == key.id) | (api_keys.c.hash == digest))
    if unit.connection.execute(taken).first() is not None:
        raise LedgerError(f"the key {key.id} is there already")
    scopes = " ".join(sorted(key.scopes))
    values = {name: getattr(key, name) for name in ApiKey.__slots__}
    unit.connection.execute(api_keys.insert(), {**values, "scopes": scopes, "hash": digest})
    unit.append("key_added", key.created_at, {"key": key.id, "name": key.name, "scopes": scopes, "tenant": key.tenant})


def find(connection: Connection, secret: str) -> ApiKey | None:
    """The key with this secret, unless it is disabled."""
    wanted = (api_keys.c.hash == Digest.of(secret.encode("utf-8", "replace"))) & api_keys.c.disabled_at.is_(None)
    row = connection.execute(select(api_keys).where(wanted)).first()
    return None if row is None else _key(row)


def all_keys(connection: Connection) -> tuple[ApiKey, ...]:
    """Every key, disabled ones included, in the order of their making."""
    rows = connection.execute(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))
    return tuple(_key(row) for row in rows)


def disable(unit: Unit, key: str, at: int) -> None:
    """Refuse a key from now on; doing it again changes nothing.

    Raises:
        LedgerError: there is no such key.
    """
    row = unit.connection.execute(select(api_keys.c.disabled_at).where(api_keys.c.id == key)).first()
    if row is None:
        raise LedgerError(f"there is no key {key}")
    if row.disabled_at is None:
        unit.connection.execute(update(api_keys).where(api_keys.c.id == key), {"disabled_at": at})
        unit.append("key_disabled", at, {"key": key})


def _key(row: Row[Any]) -> ApiKey:
    values = {name: getattr(row, name) for name in ApiKey.__slots__}
    return ApiKey(**{**values, "scopes": frozenset(row.scopes.split())})
