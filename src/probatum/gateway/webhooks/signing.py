"""Signatures of Standard Webhooks 1.0.0 (symmetric scheme ``v1``): HMAC-SHA256 over ``id.timestamp.body``."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import Final, Self

from probatum.encoding.base64 import decode64, encode64
from probatum.errors import EncodingError, SettingsRefused

PREFIX: Final = "whsec_"
MIN_BYTES: Final = 24
MAX_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Secret:
    """What sender and receiver share: 24 to 64 random bytes.

    Raises:
        SettingsRefused: another length.
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not MIN_BYTES <= len(self.key) <= MAX_BYTES:
            raise SettingsRefused(f"a webhook's secret has {MIN_BYTES} to {MAX_BYTES} bytes, this one {len(self.key)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``whsec_`` and base64; raises SettingsRefused. The text never stands in the error."""
        try:
            return cls(decode64(text.removeprefix(PREFIX)))
        except EncodingError:
            raise SettingsRefused(f"a webhook's secret is written {PREFIX} and the base64 of its bytes") from None

    @classmethod
    def derive(cls, root: bytes, tenant: str, url: str) -> Self:
        """The secret of one tenant's endpoint, the same whenever it is asked for; so nothing has to be kept for it.

        Args:
            root: at least 32 random bytes of the gateway's own.
            tenant: whose endpoint; cannot hold a line break.
            url: the endpoint.
        """
        return cls(hmac.digest(root, f"probatum webhook\n{tenant}\n{url}".encode(), "sha256"))

    def __str__(self) -> str:
        return PREFIX + encode64(self.key)

    def sign(self, id_: str, timestamp: int, body: bytes) -> str:
        """The value of ``webhook-signature``.

        Args:
            id_: of the message; holds no full stop.
            timestamp: of this attempt, in seconds since 1970.
            body: exactly what is sent.
        """
        return "v1," + encode64(hmac.digest(self.key, f"{id_}.{timestamp}.".encode() + body, "sha256"))
