"""Ed25519 keys (RFC 8032) under libsodium's strict rule.

libsodium refuses a signature whose ``S`` is not below the group order (malleable), whose ``R`` is of small order, and any
public key that is not canonical or is of small order. Whoever registers a key makes the stronger check that the point lies in the
prime-order subgroup (:meth:`PublicKey.registrable`); whoever verifies need not repeat it.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final, Self

from nacl import bindings
from nacl._sodium import ffi, lib  # type: ignore[import-not-found]

from probatum.encoding.digest import from_hex
from probatum.errors import KeyRefused

SIGNATURE_BYTES: Final = 64


class PublicKey(bytes):
    """A 32-byte Ed25519 public key. Its textual form is 64 lower-case hex digits.

    Raises:
        KeyRefused: not 32 bytes.
    """

    __slots__ = ()

    def __new__(cls, value: bytes) -> Self:
        if len(value) != 32:
            raise KeyRefused(f"an Ed25519 public key has 32 bytes, this has {len(value)}")
        return super().__new__(cls, value)

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read 64 lower-case hex digits; raises KeyRefused on anything else."""
        made = from_hex(text) if isinstance(text, str) else None
        if made is None or len(made) != 32:
            raise KeyRefused(f"expected 64 lower-case hex digits of an Ed25519 key, got {text!r:.80}")
        return bytes.__new__(cls, made)

    def registrable(self) -> Self:
        """This key, if it may be registered.

        Raises:
            KeyRefused: not a canonical encoding of a point of prime order (identity, small-order or mixed-order point).
        """
        if not bindings.crypto_core_ed25519_is_valid_point(self):
            raise KeyRefused(
                f"the key {self.hex()[:16]}… is not a canonical point of prime order; generate one with 'probatum keys new'"
            )
        return self

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether ``signature`` (64 bytes) is this key's strict signature of ``message``."""
        if len(signature) != SIGNATURE_BYTES:
            return False
        signed = signature + message
        # with no place for the message this is crypto_sign_verify_detached, which PyNaCl does not bind (docs/adr/0002)
        return bool(lib.crypto_sign_open(ffi.NULL, ffi.NULL, signed, len(signed), self) == 0)

    @property
    def id(self) -> str:
        """The key id: the SHA-256 of the key. A hint for finding the key, never a reason to count a signature."""
        return "sha256:" + sha256(self).hexdigest()

    __str__ = bytes.hex

    def __repr__(self) -> str:
        return f"PublicKey({self.hex()})"


class PrivateKey:
    """An Ed25519 private key. Its seed leaves it only through :meth:`seed`, and it never prints itself."""

    __slots__ = ("_secret", "id", "public")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != 32:
            raise KeyRefused(f"an Ed25519 seed has 32 bytes, this has {len(seed)}")
        public, self._secret = bindings.crypto_sign_seed_keypair(seed)
        self.public = PublicKey(public)
        self.id = self.public.id

    @classmethod
    def generate(cls) -> PrivateKey:
        """A new key from the operating system's randomness."""
        _, secret = bindings.crypto_sign_keypair()
        return cls(secret[:32])

    def seed(self) -> bytes:
        """The 32 secret bytes, for writing the key file."""
        return self._secret[:32]

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of ``message``; deterministic. Sign envelopes, not raw bytes: see ``signing.dsse``."""
        return bytes(bindings.crypto_sign(message, self._secret)[:SIGNATURE_BYTES])

    def derive(self, purpose: bytes) -> bytes:
        """32 secret bytes that only this key gives for ``purpose``, the same each time (HMAC-SHA-256 under the seed, RFC 2104)."""
        return hmac.digest(self.seed(), b"probatum derive v1\0" + purpose, "sha256")

    def __repr__(self) -> str:
        return f"PrivateKey(public={self.public.hex()[:16]}…)"
