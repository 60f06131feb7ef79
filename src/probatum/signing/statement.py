"""in-toto Statement v1: what every signed payload is.

Source: in-toto attestation specification, Statement layer v1. One subject, one digest, canonical bytes.
"""

from __future__ import annotations

from typing import Final

from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.errors import ConsensusError, DigestError
from probatum.frozen import frozen

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATES: Final = "https://probatum.dev/"
_KEYS: Final = {"_type", "predicate", "predicateType", "subject"}


@frozen
class Statement:
    """A kind (``ballot``, ``certificate`` ...), the digest it speaks of, and what it says."""

    kind: str
    subject_name: str
    subject: Digest
    predicate: dict[str, Json]

    def encode(self) -> bytes:
        """The canonical payload bytes."""
        return canonical.encode(self.to_json())

    def encode_parts(self) -> bytes:
        """:meth:`encode` for a predicate whose values were checked already; see :func:`canonical.encode_parts`."""
        return canonical.encode_parts(self.to_json())

    def to_json(self) -> dict[str, Json]:
        """The statement as in-toto has it."""
        return {
            "_type": STATEMENT_TYPE,
            "predicate": self.predicate,
            "predicateType": f"{PREDICATES}{self.kind}/v1",
            "subject": [{"digest": {"sha256": self.subject.hex()}, "name": self.subject_name}],
        }

    @classmethod
    def decode(cls, payload: bytes) -> Statement:
        """Read a payload.

        Raises:
            CanonicalError: the bytes are not canonical.
            ConsensusError: not exactly one statement with one subject and a predicate of version 1.
        """
        return cls._read(canonical.decode(payload))

    @classmethod
    def decode_parts(cls, payload: bytes) -> Statement:
        """:meth:`decode` for a reader that takes all of the predicate by exact types; see :func:`canonical.decode_parts`."""
        return cls._read(canonical.decode_parts(payload))

    @classmethod
    def _read(cls, value: Json) -> Statement:
        if type(value) is not dict or value.keys() != _KEYS or value["_type"] != STATEMENT_TYPE:
            raise ConsensusError("the payload is not an in-toto Statement v1")
        kind, predicate = value["predicateType"], value["predicate"]
        if type(kind) is not str or not kind.startswith(PREDICATES) or not kind.endswith("/v1"):
            raise ConsensusError(f"unknown predicateType {kind!r:.80}")
        if type(predicate) is not dict:
            raise ConsensusError("the predicate is not an object")
        name, subject = _subject(value["subject"])
        return cls(kind[len(PREDICATES) : -3], name, subject, predicate)


def _subject(value: Json) -> tuple[str, Digest]:
    one = value[0] if type(value) is list and len(value) == 1 else None
    if type(one) is dict and one.keys() == {"digest", "name"}:
        digest, name = one["digest"], one["name"]
        if type(name) is str and type(digest) is dict and digest.keys() == {"sha256"} and type(digest["sha256"]) is str:
            try:
                return name, Digest.parse("sha256:" + digest["sha256"])
            except DigestError as error:
                raise ConsensusError(f"the subject: {error}") from None
    raise ConsensusError("the statement needs exactly one subject with a name and a sha256 digest")
