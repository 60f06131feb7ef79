"""DSSE v1.0.2 envelopes with one or more Ed25519 signatures.

Source: DSSE protocol v1.0.2 (``PAE``, multi-signature verification). The JSON form follows its envelope page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Annotated, Final, Literal, TypeVar, cast

import msgspec
from msgspec import Meta

from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Reader, write
from probatum.errors import SignatureInvalid
from probatum.frozen import Value, lazy
from probatum.signing.keys import SIGNATURE_BYTES, PrivateKey, PublicKey

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
T = TypeVar("T")


def pae(payload_type: str, payload: bytes) -> bytes:
    """The Pre-Authentication Encoding: the only bytes that are ever signed."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


class SignatureLine(Form, frozen=True):
    """One signature with the id of the key that is said to have made it."""

    keyid: str
    sig: Annotated[bytes, Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]


class Envelope(Form, frozen=True, dict=True, gc=True, kw_only=True):
    """A payload and its signatures, not yet verified: DSSE's JSON object."""

    payload: bytes
    payload_type: Literal["application/vnd.in-toto+json"] = msgspec.field(
        name="payloadType", default="application/vnd.in-toto+json"
    )
    signatures: Annotated[tuple[SignatureLine, ...], Meta(min_length=1)]

    @lazy
    def signed_bytes(self) -> bytes:
        """The PAE of this envelope."""
        return pae(self.payload_type, self.payload)

    @lazy
    def digest(self) -> Digest:
        """SHA-256 of the PAE: independent of who signed. For a certificate this is the ``cert_hash``."""
        return Digest.of(self.signed_bytes)

    @lazy
    def leaf(self) -> Digest:
        """The RFC 6962 leaf hash of the PAE."""
        return merkle.leaf_hash(self.signed_bytes)

    @lazy
    def _made(self) -> dict[object, object]:
        return {}

    def once(self, read: Callable[[Envelope], T]) -> T:
        """What ``read`` makes of this envelope, made the first time it is asked for. It depends on nothing else.

        It is no verification: signatures are checked by whoever relies on them. If ``read`` raises, nothing is kept.
        """
        if read not in self._made:
            self._made[read] = read(self)
        return cast("T", self._made[read])

    def encode(self) -> bytes:
        """Its canonical bytes."""
        return write(self)

    @classmethod
    def decode(cls, data: bytes) -> Envelope:
        """Read DSSE's JSON object, strictly.

        Raises:
            CanonicalError: not canonical JSON.
            SignatureInvalid: other keys, another payload type, no signature, base64 that is not strict,
                a signature that is not 64 bytes.
        """
        return _read(data)

    def with_signatures(self, lines: Iterable[SignatureLine]) -> Envelope:
        """The same payload with these signatures, in key-id order so that equal sets give equal bytes."""
        return Envelope(payload=self.payload, signatures=tuple(sorted(lines, key=attrgetter("keyid", "sig"))))


_read: Final = Reader(Envelope, "envelope", SignatureInvalid)


def sign(payload: bytes, keys: Sequence[PrivateKey]) -> Envelope:
    """Sign ``payload`` with every key."""
    unsigned = Envelope(payload=payload, signatures=())
    return unsigned.with_signatures([SignatureLine(key.id, key.sign(unsigned.signed_bytes)) for key in keys])


class Signers(Value, frozen=True):
    """Who really signed an envelope. Counted by key; every line that adds nothing is named."""

    keys: frozenset[PublicKey]
    problems: tuple[str, ...]


def signers(envelope: Envelope, known: Iterable[PublicKey]) -> Signers:
    """Check every signature of ``envelope`` against the ``known`` keys.

    A line by an unknown key, a second line by one key, and a line that does not verify count for nothing; ``problems`` names them.
    """
    return signers_by_id(envelope, {key.id: key for key in known})


def signers_by_id(envelope: Envelope, known: Mapping[str, PublicKey]) -> Signers:
    """:func:`signers` for whoever holds the keys by their ids already."""
    message = envelope.signed_bytes
    found: set[PublicKey] = set()
    problems: list[str] = []
    for line in envelope.signatures:
        key = known.get(line.keyid)
        if key is None:
            problems.append(f"signature by an unknown key {line.keyid[:23]}")
        elif key in found:
            problems.append(f"the key {line.keyid[:23]} signed twice")
        elif not key.verify(line.sig, message):
            problems.append(f"the signature by {line.keyid[:23]} does not verify")
        else:
            found.add(key)
    return Signers(frozenset(found), tuple(problems))
