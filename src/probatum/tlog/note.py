"""Signed notes (c2sp.org/signed-note): a text, an empty line, and one signature line per key.

A parsed ``Note`` is not verified: its text is trusted only as far as ``signed_by`` finds signatures by known keys. A key is
known by name, algorithm and its 32 bytes; signatures by unknown keys are ignored, and one bad signature by a known key
refuses the whole note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import ClassVar, Final, Self, TypeVar

from probatum.encoding.base64 import decode64, encode64
from probatum.errors import EncodingError, KeyRefused, LogError
from probatum.frozen import Value, replace
from probatum.signing.keys import PrivateKey, PublicKey
from probatum.tlog.text import check_text, parse_base64, parse_utf8

MAX_BYTES: Final = 1_000_000
MAX_SIGNATURES: Final = 64  # the specification asks for at least 16

_NOT_IN_A_NAME: Final = re.compile(r"[\s+\x00-\x1f\ud800-\udfff]")
_VKEY: Final = re.compile(r"([^+]*)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]*)\Z")


class NoteKey(Value, frozen=True):
    """A key that signs notes with plain Ed25519 (type 0x01).

    Raises:
        KeyRefused: the name is empty or holds a space, a plus or a control character.
    """

    ALGORITHM: ClassVar[int] = 0x01

    name: str
    public: PublicKey

    def __post_init__(self) -> None:
        if fault := name_fault(self.name):
            raise KeyRefused(f"{self.name!r:.80} cannot name a key: {fault}")

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read ``<name>+<key id in hex>+<base64 of type and key>``.

        Raises:
            KeyRefused: not that form, another algorithm, a key id that is not this key's, or a key that may not be registered.
        """
        match = _VKEY.match(vkey)
        if not match:
            raise KeyRefused(f"{vkey!r:.120} is not a verifier key <name>+<8 hex digits>+<base64>")
        try:
            material = decode64(match[3])
        except EncodingError as error:
            raise KeyRefused(f"the verifier key of {match[1]!r:.80}: {error}") from None
        if material[:1] != bytes([cls.ALGORITHM]):
            raise KeyRefused(f"the verifier key of {match[1]!r:.80} has the type 0x{material[:1].hex()}, not 0x{cls.ALGORITHM:02x}")
        key = cls(match[1], PublicKey(material[1:]).registrable())
        if key.id.hex() != match[2]:
            raise KeyRefused(f"the verifier key of {match[1]!r:.80} says the key id {match[2]}; its key has {key.id.hex()}")
        return key

    @property
    def id(self) -> bytes:
        """Four bytes that, with the name, find this key's signature lines. They identify; they do not authenticate."""
        return sha256(self.name.encode() + b"\n" + bytes([self.ALGORITHM]) + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        """The textual form that ``parse`` reads."""
        return f"{self.name}+{self.id.hex()}+{encode64(bytes([self.ALGORITHM]) + self.public)}"

    def accepts(self, text: str, signature: bytes) -> bool:
        """Whether ``signature`` is this key's signature of the note ``text``."""
        return self.public.verify(signature, text.encode())


AnyKey = TypeVar("AnyKey", bound=NoteKey)


class NoteSignature(Value, frozen=True):
    """One signature line, not yet verified.

    Raises:
        LogError: the name cannot stand in a line, the key id is not four bytes, or there is no signature.
    """

    name: str
    key_id: bytes
    signature: bytes

    def __post_init__(self) -> None:
        if fault := name_fault(self.name):
            raise LogError(f"a signature line by {self.name!r:.80}: {fault}")
        if len(self.key_id) != 4 or not self.signature:
            raise LogError(f"a signature line by {self.name!r:.80} needs a key id of 4 bytes and a signature after it")

    @classmethod
    def parse(cls, line: str) -> NoteSignature:
        """Read ``— <name> <base64>``, without the newline."""
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—":
            raise LogError(f"{line!r:.80} is not a signature line '— <name> <base64>'")
        data = parse_base64(parts[2], f"the signature line by {parts[1]!r:.80}")
        return cls(parts[1], data[:4], data[4:])

    @property
    def line(self) -> str:
        """The line, without the newline."""
        return f"— {self.name} {encode64(self.key_id + self.signature)}"


class Note(Value, frozen=True):
    """A text that ends in a newline, and its signature lines. Not verified.

    Raises:
        LogError: a text that does not end in a newline or holds control characters, or no or too many signatures.
    """

    text: str
    signatures: tuple[NoteSignature, ...]

    def __post_init__(self) -> None:
        check_text(self.text, "the note's text")
        if not self.text.endswith("\n"):
            raise LogError("the note's text does not end in a newline")
        if not 1 <= len(self.signatures) <= MAX_SIGNATURES:
            raise LogError(f"a note has 1 to {MAX_SIGNATURES} signatures, this one {len(self.signatures)}")

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Read a note; the last empty line separates the text from the signatures."""
        whole = parse_utf8(data, "the note", max_bytes=MAX_BYTES)
        text, separator, block = whole.rpartition("\n\n")
        if not separator or not block.endswith("\n"):
            raise LogError("not a signed note: a text, an empty line, and signature lines that each end in a newline")
        return cls(text + "\n", tuple(NoteSignature.parse(line) for line in block[:-1].split("\n")))

    def encode(self) -> bytes:
        """The note's bytes."""
        return "".join([self.text, "\n", *(signature.line + "\n" for signature in self.signatures)]).encode()

    def signed_by(self, keys: Sequence[AnyKey]) -> tuple[tuple[AnyKey, NoteSignature], ...]:
        """Each signature by one of ``keys``, in the note's order, all verified; lines by other keys are ignored.

        Raises:
            LogError: no keys are given, two of them share name and id, or a signature by one of them does not verify.
        """
        known = _by_line(keys)
        found = [(known[line.name, line.key_id], line) for line in self.signatures if (line.name, line.key_id) in known]
        for key, line in found:
            if not key.accepts(self.text, line.signature):
                raise LogError(f"the signature by {key.name} (key id {key.id.hex()}) does not verify: reject the whole note")
        return tuple(found)

    def with_signatures(self, *lines: NoteSignature) -> Note:
        """The note with more signature lines; a line that is there already is not repeated."""
        return replace(self, signatures=tuple(dict.fromkeys((*self.signatures, *lines))))


def sign(text: str, name: str, private: PrivateKey) -> NoteSignature:
    """The Ed25519 (0x01) signature line of ``text``."""
    return NoteSignature(name, NoteKey(name, private.public).id, private.sign(text.encode()))


def name_fault(name: str) -> str | None:
    """Why ``name`` cannot be a key name, or None: it is non-empty and has no Unicode space, plus or control character."""
    if not name:
        return "it is empty"
    bad = _NOT_IN_A_NAME.search(name)
    return None if bad is None else f"it holds U+{ord(bad[0]):04X}"


def _by_line(keys: Sequence[AnyKey]) -> dict[tuple[str, bytes], AnyKey]:
    if not keys:
        raise LogError("no keys to verify the note with: nothing can be trusted")
    known = {(key.name, key.id): key for key in keys}
    if len(known) != len(set(keys)):
        raise LogError("two different keys share a name and a key id: rename one of them")
    return known
