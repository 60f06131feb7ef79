"""Who calls: API keys, and what each may do. Every request passes here before any handler sees it, whatever its path.

Only a key's SHA-256 is stored. A slow password hash would add nothing but time: a key has 256 random bits, so a stolen hash leaves
nothing to guess. Nor does timing help: keys are found by hash, and how much of a hash agrees says nothing of a key.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from probatum.encoding.digest import Digest
from probatum.gateway.entrance.access import Scope, needed
from probatum.gateway.entrance.rates import Rates
from probatum.gateway.errors import HttpRefusal, as_refusal
from probatum.gateway.parts import Caller

CALLER: Final = "probatum.caller"  # in the ASGI scope
KEY: Final = "probatum.key"
REMEMBERED_MS: Final = 5_000  # a key that was revoked works at most so long
_REMEMBERED: Final = 4096  # keys, good ones and bad ones
_KEY_KIND: Final = "authentication_error"
_RECEIVER: Final = re.compile(r"[\x21-\x7e]{1,128}\Z")
_CALLBACK: Final = re.compile(r"https?://[\x21-\x7e]{1,2040}\Z")
_LOCAL: Final = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?\Z", re.IGNORECASE)
_NOBODY: Final = Caller("", "anyone")


class Key(Protocol):
    """A key, as ``ledger.propagation.api_keys`` has it."""

    @property
    def id(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def scopes(self) -> frozenset[str]: ...
    @property
    def per_minute(self) -> int | None: ...
    @property
    def per_day(self) -> int | None: ...


Find: TypeAlias = Callable[[str], Awaitable[Key | None]]
"""Looks a key up by its secret; ``None`` for one that is unknown or revoked."""


@dataclass(frozen=True, slots=True)
class _Seen:
    key: Key | None
    at: int


class Doorkeeper:
    """Decides who is let in.

    Args:
        find: looks keys up; ``None`` lets everyone in as the tenant ``local``.
        clock: ms since 1970.
        public: whether certificates may be read without a key by whoever knows their hash.
        loopback: without keys, let in only what names this machine, so that no web page that a browser here shows can use the
            gateway, neither by asking across origins nor by a DNS name that it points here.
    """

    def __init__(self, find: Find | None, clock: Callable[[], int], *, public: bool = False, loopback: bool = False) -> None:
        self._find = find
        self._clock = clock
        self._public = public
        self._loopback = loopback
        self._seen: OrderedDict[Digest, _Seen] = OrderedDict()
        self.rates = Rates()

    async def admit(self, method: str, path: str, headers: Mapping[str, str], address: str) -> tuple[Caller, str]:
        """Who this is, and the id of the key; raises HttpRefusal 401, 403 or 429."""
        if self._find is None:
            if self._loopback:
                _check_local(headers)
            return _caller("local", f"ip:{address}", headers), ""
        scope, secret = needed(method, path, public=self._public), _secret(headers)
        if scope is None and secret is None:
            return _NOBODY, ""
        key = await self._key(secret)
        if scope is not None and scope not in key.scopes:
            raise _out_of_scope(method, path, scope)
        if late := self.rates.use(key.id, key.per_minute, key.per_day, self._clock()):
            message = f"this key has used up its {late.limit}; try again in {late.retry_after_s} s"
            after = {"retry-after": str(late.retry_after_s)}
            raise HttpRefusal(429, "rate_limit_exceeded", message, "rate_limit_error", headers=after)
        return _caller(key.tenant, f"key:{key.id}", headers), key.id

    async def _key(self, secret: str | None) -> Key:
        if secret is None:
            raise _unknown("this needs an API key; send it as 'Authorization: Bearer KEY' or 'x-api-key: KEY'", "missing_api_key")
        digest, now = Digest.of(secret.encode("utf-8", "replace")), self._clock()
        seen = self._seen.get(digest)
        if seen is None or not 0 <= now - seen.at < REMEMBERED_MS:
            assert self._find is not None
            seen = self._seen[digest] = _Seen(await self._find(secret), now)
            while len(self._seen) > _REMEMBERED:
                self._seen.popitem(last=False)
        if seen.key is None:
            raise _unknown("this API key is not known here, or it was revoked", "invalid_api_key")
        return seen.key


class Authentication:
    """ASGI middleware: refuses, or says in the scope who calls."""

    def __init__(self, app: ASGIApp, doorkeeper: Doorkeeper) -> None:
        self._app = app
        self._doorkeeper = doorkeeper

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            address = scope["client"][0] if scope.get("client") else "unknown"
            try:
                admitted = await self._doorkeeper.admit(scope["method"], scope["path"], Headers(scope=scope), address)
            except Exception as error:
                await as_refusal(error).response()(scope, receive, send)
                return
            scope[CALLER], scope[KEY] = admitted
        await self._app(scope, receive, send)


async def identify(request: Request) -> Caller:
    """Who was let in; for ``Parts.identify``. A route that could be reached past the door would fail here, not answer."""
    caller = request.scope[CALLER]
    assert isinstance(caller, Caller)
    return caller


def _check_local(headers: Mapping[str, str]) -> None:
    origin = headers.get("origin")
    names = [headers.get("host", "localhost"), *([] if origin is None else [origin.rpartition("//")[2]])]
    for name in names:
        if not _LOCAL.match(name):
            message = f"without API keys only this machine may use the gateway, and {name:.100} is not a name of it"
            raise HttpRefusal(403, "foreign_origin", message, "permission_error")


def _secret(headers: Mapping[str, str]) -> str | None:
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and secret.strip():
        return secret.strip()
    return headers.get("x-api-key") or None


def _caller(tenant: str, receiver: str, headers: Mapping[str, str]) -> Caller:
    """The caller, with the name and the address for recalls that an application gives for whom it asks."""
    name, callback = headers.get("probatum-receiver"), headers.get("probatum-callback")
    if name is not None and not _RECEIVER.match(name):
        raise HttpRefusal(400, "invalid_receiver", "Probatum-Receiver must be 1 to 128 printable ASCII characters without spaces")
    if callback is not None and not _CALLBACK.match(callback):
        raise HttpRefusal(400, "invalid_callback", "Probatum-Callback must be an http(s) URL of at most 2048 characters")
    return Caller(tenant, receiver if name is None else f"{receiver}/{name}", callback)


def _unknown(message: str, code: str) -> HttpRefusal:
    return HttpRefusal(401, code, message, _KEY_KIND, headers={"www-authenticate": "Bearer"})


def _out_of_scope(method: str, path: str, scope: Scope) -> HttpRefusal:
    message = f"this key may not {method} {path:.100}; it would need the scope '{scope}'"
    return HttpRefusal(403, "insufficient_scope", message, "permission_error")
