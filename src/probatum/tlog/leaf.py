"""Log entries: the DSSE PAE bytes of a statement that everyone must be able to see.

An entry is exactly the bytes that were signed, so its SHA-256 is the statement's ``cert_hash`` or ``record_hash`` and its
RFC 6962 leaf hash proves that the log holds it. Signatures are outside it: the same statement is always the same leaf.
"""

from __future__ import annotations

from typing import Final

from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.errors import LogError, ProbatumError
from probatum.frozen import Value
from probatum.signing.dsse import PAYLOAD_TYPE, pae
from probatum.signing.statement import Statement

KINDS: Final = frozenset({"certificate", "rejection", "epoch", "equivocation", "revocation"})
MAX_ENTRY: Final = 0xFFFF  # tlog-tiles: an entry bundle counts an entry's bytes in a uint16

_PREFIX: Final = pae(PAYLOAD_TYPE, b"")[:-2]


class LogEntry(Value, frozen=True):
    """The entry of one statement. Made from a payload or from the bytes a log gave out; both are parsed strictly.

    Raises:
        LogError: the payload is no canonical statement of a kind that is logged, or the entry is larger than 65535 bytes.
    """

    payload: bytes

    def __post_init__(self) -> None:
        _check(self.statement().kind, self.data)

    @classmethod
    def parse(cls, data: bytes) -> LogEntry:
        """Read an entry's bytes; raises LogError unless they are the PAE of a statement that may be logged."""
        _, space, payload = data.removeprefix(_PREFIX).partition(b" ")
        if not data.startswith(_PREFIX) or not space or data != pae(PAYLOAD_TYPE, payload):
            raise LogError(f"the log entry does not start {_PREFIX.decode()}<length> with its exact length, but {data[:60]!r}")
        return cls(payload)

    @property
    def data(self) -> bytes:
        """The entry's bytes: the PAE of the payload."""
        return pae(PAYLOAD_TYPE, self.payload)

    @property
    def digest(self) -> Digest:
        """The statement's ``cert_hash`` or ``record_hash``: SHA-256 of the entry."""
        return Digest.of(self.data)

    @property
    def leaf_hash(self) -> Digest:
        """The RFC 6962 leaf hash of the entry."""
        return merkle.leaf_hash(self.data)

    def statement(self) -> Statement:
        """What the entry says."""
        try:
            return Statement.decode(self.payload)
        except ProbatumError as error:
            raise LogError(f"the log entry is not a statement: {error}") from None


def leaf_of(kind: str, data: bytes) -> Digest:
    """The RFC 6962 leaf hash of an entry whose statement was read already: of this ``kind``, with this PAE.

    Raises:
        LogError: a kind that is not logged, or an entry larger than 65535 bytes.
    """
    _check(kind, data)
    return merkle.leaf_hash(data)


def _check(kind: str, data: bytes) -> None:
    if kind not in KINDS:
        raise LogError(f"a {kind} is not logged; the log holds {', '.join(sorted(KINDS))}")
    if len(data) > MAX_ENTRY:
        raise LogError(f"the {kind} makes an entry of {len(data)} bytes; a log entry has at most {MAX_ENTRY}")
