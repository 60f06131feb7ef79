"""From an address that a client gave to an endpoint that may be written to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from probatum.errors import InputError
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.webhooks.delivery import Endpoint
from probatum.gateway.webhooks.signing import Secret

MAX_URL: Final = 2048


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The gateway's rules for addresses, and the secrets of those who gave none.

    Attributes:
        root: at least 32 random bytes; endpoints' secrets are derived from it.
        check: raises InputError for an address that must not be reached, as one inside the operator's network.
    """

    root: bytes = field(repr=False)
    check: Callable[[str], Awaitable[None]]

    async def accept(self, tenant: str, url: object, secret: object = None, *, where: str = "webhook") -> Endpoint:
        """The endpoint that a client names.

        Raises:
            HttpRefusal: 400 ``webhook_refused``: not an address, one that must not be reached, or a secret that is none.
        """
        if not isinstance(url, str) or not 0 < len(url) <= MAX_URL or not url.isascii() or not url.isprintable():
            raise _refused(f"{where}.url must be a URL of at most {MAX_URL} printable ASCII characters", f"{where}.url")
        if secret is not None and not isinstance(secret, str):
            raise _refused(f"{where}.secret must be text", f"{where}.secret")
        try:
            endpoint = self.endpoint(tenant, url, secret)
        except InputError as error:
            raise _refused(f"{where}.secret: {error}", f"{where}.secret") from None
        try:
            await self.check(url)
        except InputError as error:
            raise _refused(f"{where}.url: {error}", f"{where}.url") from None
        return endpoint

    def endpoint(self, tenant: str, url: str, secret: str | None = None) -> Endpoint:
        """An endpoint that was accepted before; the address is checked again whenever something is sent to it."""
        return Endpoint(url, Secret.derive(self.root, tenant, url) if secret is None else Secret.parse(secret))


def _refused(message: str, param: str) -> HttpRefusal:
    return HttpRefusal(400, "webhook_refused", message, param=param)
