"""What a verifier takes on trust: one network's genesis digest, pinned in a small file."""

from __future__ import annotations

import json
from typing import Final

from probatum.encoding import canonical
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.encoding.form import NAME
from probatum.errors import BundleError
from probatum.frozen import Value

FORMAT: Final = "probatum-trust/v1"
_MAX_BYTES: Final = 64 * 1024


class Trust(Value, frozen=True):
    """The network's name and the digest of its genesis epoch. Everything else follows from it by signatures."""

    network: str
    genesis: Digest

    def encode(self) -> bytes:
        """The bytes of a trust file."""
        return canonical.encode({"format": FORMAT, "genesis": str(self.genesis), "network": self.network}) + b"\n"

    @classmethod
    def decode(cls, data: bytes) -> Trust:
        """Read a trust file. It is written by hand at times, so white space and key order are free.

        Raises:
            BundleError: not JSON, or not exactly format, genesis and network.
        """
        try:
            value = json.loads(data[:_MAX_BYTES])
        except (ValueError, RecursionError) as error:
            raise BundleError(f"the trust file cannot be read: {error}") from None
        f = Fields(value, "format genesis network", "trust", BundleError)
        if f.value["format"] != FORMAT:
            raise f.fail("format", FORMAT)
        return cls(f.match("network", NAME, "a lower-case name"), f.digest("genesis"))
