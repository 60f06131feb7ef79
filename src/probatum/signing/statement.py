"""in-toto Statement v1: what every signed payload is.

Source: in-toto attestation specification, Statement layer v1. One subject, one digest, canonical bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Generic, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Reader, write
from probatum.errors import ConsensusError, DigestError
from probatum.frozen import Value

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATES: Final = "https://probatum.dev/"
_KEYS: Final = {"_type", "predicate", "predicateType", "subject"}
P = TypeVar("P", bound=Form)
Hex32: TypeAlias = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class Statement(Value, frozen=True):
    """A kind (``ballot``, ``certificate`` ...), the digest it speaks of, and what it says."""

    kind: str
    subject_name: str
    subject: Digest
    predicate: dict[str, Json]

    def encode(self) -> bytes:
        """The canonical payload bytes."""
        return canonical.encode(self.to_json())

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
        value = canonical.decode(payload)
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


class Hashes(Form, frozen=True):
    """The one digest of a subject, as in-toto has it: hex without a prefix."""

    sha256: Hex32


class Subject(Form, frozen=True):
    """What a statement speaks of."""

    digest: Hashes
    name: str


class StatementForm(Form, Generic[P], frozen=True):
    """A statement whose predicate has the form ``P``."""

    statement_type: Literal["https://in-toto.io/Statement/v1"] = msgspec.field(name="_type")
    predicate: P
    predicate_type: str = msgspec.field(name="predicateType")
    subject: tuple[Subject]


class StatementFormat(Generic[P]):
    """The statements of one kind, or of several whose predicates are alike.

    Args:
        predicate: the form of the predicate.
        kinds: the kinds.
        subject_name: what the subject is called in all of them.
    """

    __slots__ = ("_kinds", "_predicate", "_read", "_subject_name", "_types")

    def __init__(self, predicate: type[P], kinds: Sequence[str], subject_name: str) -> None:
        self._predicate, self._subject_name = predicate, subject_name
        self._types = {kind: f"{PREDICATES}{kind}/v1" for kind in kinds}
        self._kinds = {name: kind for kind, name in self._types.items()}
        self._read = Reader(StatementForm[predicate], kinds[0], ConsensusError, inside=".predicate")  # type: ignore[valid-type]

    def decode(self, payload: bytes) -> tuple[str, str, P]:
        """The kind, the subject's SHA-256 in hex, and the predicate.

        Raises:
            CanonicalError: the bytes are not canonical.
            ConsensusError: another kind of statement or of subject, or a field that has not its form.
        """
        try:
            form = self._read(payload)
        except ConsensusError:
            self._expect(Statement.decode(payload).kind)  # of another kind, it has other fields
            raise
        kind = self._kinds.get(form.predicate_type)
        if kind is None:
            self._expect(Statement.decode(payload).kind)
            raise AssertionError("the kind has one name")
        subject = form.subject[0]
        if subject.name != self._subject_name:
            raise ConsensusError(f"{kind}: it speaks of {subject.name!r:.40}, not of {self._subject_name}")
        return kind, subject.digest.sha256, form.predicate

    def encode(self, kind: str, subject: Digest, predicate: P) -> bytes:
        """The canonical payload."""
        about = Subject(Hashes(subject.hex()), self._subject_name)
        return write(StatementForm(STATEMENT_TYPE, predicate, self._types[kind], (about,)))

    def after_predicate(self, kind: str) -> int:
        """How many bytes of a canonical payload follow its predicate."""
        subject = f'[{{"digest":{{"sha256":"{bytes(32).hex()}"}},"name":"{self._subject_name}"}}]'
        return len(f',"predicateType":"{self._types[kind]}","subject":{subject}}}')

    def _expect(self, kind: str) -> None:
        if kind not in self._types:
            raise ConsensusError(f"expected {' or '.join(map(_a, self._types))}, got {_a(kind)}")


def _a(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "aeiou" else f"a {kind}"
