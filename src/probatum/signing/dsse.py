"""DSSE v1.0.2 envelopes with one or more Ed25519 signatures.

Source: DSSE protocol v1.0.2 (``PAE``, multi-signature verification). The JSON form follows its envelope page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final, TypeVar, cast

from probatum.encoding import merkle
from probatum.encoding.base64 import decode64, encode64
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.errors import EncodingError, SignatureInvalid
from probatum.frozen import field, frozen
from probatum.signing.keys import SIGNATURE_BYTES, PrivateKey, PublicKey

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
T = TypeVar("T")


def pae(payload_type: str, payload: bytes) -> bytes:
    """The Pre-Authentication Encoding: the only bytes that are ever signed."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


@frozen
class SignatureLine:
    """One signature with the id of the key that is said to have made it."""

    keyid: str
    sig: bytes


@frozen
class Envelope:
    """A payload and its signatures, not yet verified."""

    payload: bytes
    signatures: tuple[SignatureLine, ...]
    payload_type: str = PAYLOAD_TYPE
    _signed_bytes: bytes | None = field(default=None, init=False, repr=False, compare=False)
    _digest: Digest | None = field(default=None, init=False, repr=False, compare=False)
    _leaf: Digest | None = field(default=None, init=False, repr=False, compare=False)
    _made: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def signed_bytes(self) -> bytes:
        """The PAE of this envelope."""
        made = self._signed_bytes
        if made is None:
            object.__setattr__(self, "_signed_bytes", made := pae(self.payload_type, self.payload))
        return made

    @property
    def digest(self) -> Digest:
        """SHA-256 of the PAE: independent of who signed. For a certificate this is the ``cert_hash``."""
        made = self._digest
        if made is None:
            object.__setattr__(self, "_digest", made := Digest.of(self.signed_bytes))
        return made

    @property
    def leaf(self) -> Digest:
        """The RFC 6962 leaf hash of the PAE."""
        made = self._leaf
        if made is None:
            object.__setattr__(self, "_leaf", made := merkle.leaf_hash(self.signed_bytes))
        return made

    def once(self, read: Callable[[Envelope], T]) -> T:
        """What ``read`` makes of this envelope, made the first time it is asked for. It depends on nothing else.

        It is no verification: signatures are checked by whoever relies on them. If ``read`` raises, nothing is kept.
        """
        if read not in self._made:
            self._made[read] = read(self)
        return cast("T", self._made[read])

    def to_json(self) -> dict[str, Json]:
        """The envelope as DSSE's JSON object."""
        return {
            "payload": encode64(self.payload),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": line.keyid, "sig": encode64(line.sig)} for line in self.signatures],
        }

    @classmethod
    def from_json(cls, value: Json) -> Envelope:
        """Read DSSE's JSON object, strictly.

        Raises:
            SignatureInvalid: other keys, another payload type, no signature, base64 that is not strict,
                a signature that is not 64 bytes.
        """
        try:
            if not isinstance(value, dict) or value.keys() != {"payload", "payloadType", "signatures"}:
                raise SignatureInvalid("an envelope has exactly payload, payloadType and signatures")
            if value["payloadType"] != PAYLOAD_TYPE:
                raise SignatureInvalid(f"the payload type is {value['payloadType']!r:.60}, expected {PAYLOAD_TYPE}")
            lines = value["signatures"]
            if not isinstance(lines, list) or not lines:
                raise SignatureInvalid("an envelope needs at least one signature")
            return cls(decode64(value["payload"]), tuple([_line(line) for line in lines]))
        except EncodingError as error:
            raise SignatureInvalid(f"envelope: {error}") from None

    def with_signatures(self, lines: Iterable[SignatureLine]) -> Envelope:
        """The same payload with these signatures, in key-id order so that equal sets give equal bytes."""
        made = Envelope(self.payload, tuple(sorted(lines, key=attrgetter("keyid", "sig"))), self.payload_type)
        object.__setattr__(made, "_signed_bytes", self.signed_bytes)
        return made


_LINE: Final = frozenset({"keyid", "sig"})


def _line(value: Json) -> SignatureLine:
    if type(value) is not dict or value.keys() != _LINE or type(value["keyid"]) is not str:
        raise SignatureInvalid("a signature has exactly keyid and sig")
    sig = decode64(value["sig"])
    if len(sig) != SIGNATURE_BYTES:
        raise SignatureInvalid(f"a signature has {SIGNATURE_BYTES} bytes, this has {len(sig)}")
    return SignatureLine(value["keyid"], sig)


def sign(payload: bytes, keys: Sequence[PrivateKey]) -> Envelope:
    """Sign ``payload`` with every key."""
    unsigned = Envelope(payload, ())
    return unsigned.with_signatures([SignatureLine(key.id, key.sign(unsigned.signed_bytes)) for key in keys])


@frozen
class Signers:
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
