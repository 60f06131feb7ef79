"""The bundle: everything an auditor needs in one canonical JSON file (docs/spec/bundle.md).

A *whole* bundle holds all fragments and all ballots. A *proof* bundle holds one surviving claim with its inclusion proof and
reveals no other claim and no ballot. Every byte of either is signed, hashed or fixed by form; the one freedom is which of the
valid signatures of the statement are there, and in what order, which changes neither its hash nor whether it verifies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from probatum.consensus.fragment import MAX_FRAGMENTS, ClaimRecord, FragmentRecord, record_from_json
from probatum.encoding import canonical
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.errors import BundleError, CanonicalError, ConsensusError, DigestError, SignatureInvalid
from probatum.evidence.pack import pack, unpack
from probatum.evidence.record import EvidenceRecord
from probatum.frozen import frozen
from probatum.signing.dsse import Envelope

WHOLE: Final = "probatum-bundle/v1"
PROOF: Final = "probatum-proof/v1"
MAX_BYTES: Final = 256 * 1024 * 1024


@frozen
class LogProof:
    """Where the statement stands in the log: leaf index, inclusion proof, and the signed checkpoint (C2SP note text)."""

    index: int
    proof: tuple[Digest, ...]
    checkpoint: str


@frozen
class Bundle:
    """A whole bundle, received and not yet verified."""

    statement: Envelope
    epochs: tuple[Envelope, ...]
    records: tuple[FragmentRecord, ...]
    evidence: Mapping[Digest, EvidenceRecord]
    ballots: tuple[Envelope, ...]
    log: LogProof

    def encode(self) -> bytes:
        """The canonical bytes of the file."""
        body: dict[str, Json] = {
            **_common(WHOLE, self.statement, self.epochs, self.evidence, self.log),
            "ballots": [envelope.to_json() for envelope in self.ballots],
            "fragments": [canonical.part(record.encode()) for record in self.records],
        }
        return canonical.encode_parts(body)


@frozen
class ProofBundle:
    """One claim with its inclusion proof under the statement's fragment root, received and not yet verified."""

    statement: Envelope
    epochs: tuple[Envelope, ...]
    record: ClaimRecord
    path: tuple[Digest, ...]
    evidence: Mapping[Digest, EvidenceRecord]
    log: LogProof

    def encode(self) -> bytes:
        """The canonical bytes of the file."""
        body: dict[str, Json] = {
            **_common(PROOF, self.statement, self.epochs, self.evidence, self.log),
            "fragment": self.record.to_json(),
            "path": [str(step) for step in self.path],
        }
        return canonical.encode(body)


AnyBundle: TypeAlias = Bundle | ProofBundle


def _common(
    form: str, statement: Envelope, epochs: tuple[Envelope, ...], evidence: Mapping[Digest, EvidenceRecord], log: LogProof
) -> dict[str, Json]:
    records, texts = pack(evidence.values())
    return {
        "epochs": [epoch.to_json() for epoch in epochs],
        "evidence": records,
        "format": form,
        "log": {"checkpoint": log.checkpoint, "index": log.index, "proof": [str(step) for step in log.proof]},
        "statement": statement.to_json(),
        "texts": texts,
    }


def decode_bundle(data: bytes) -> AnyBundle:
    """Read a bundle's bytes; nothing in it is verified yet.

    Raises:
        BundleError: the bytes are not one canonical bundle: cut off, edited in form, unknown format, unused or doubled parts.
    """
    try:
        value = canonical.decode_parts(data, max_bytes=MAX_BYTES)
        form = value.get("format") if isinstance(value, dict) else None
        if form == WHOLE:
            return _whole(Fields(value, "ballots epochs evidence format fragments log statement texts", "bundle", BundleError))
        if form == PROOF:
            return _proof(Fields(value, "epochs evidence format fragment log path statement texts", "bundle", BundleError))
    except CanonicalError as error:
        raise BundleError(f"the bundle cannot be read: {error}; fetch it again") from None
    except (ConsensusError, SignatureInvalid, DigestError) as error:
        raise BundleError(f"the bundle cannot be read: {error}") from None
    raise BundleError(f"not a Probatum bundle: 'format' is {form!r:.40}, expected {WHOLE} or {PROOF}")


def _whole(f: Fields) -> Bundle:
    return Bundle(
        statement=Envelope.from_json(f.value["statement"]),
        epochs=tuple(Envelope.from_json(item) for item in f.items("epochs", 10_000)),
        records=f.each("fragments", record_from_json, MAX_FRAGMENTS),
        evidence=unpack(f.items("evidence", MAX_FRAGMENTS), f.value["texts"]),
        ballots=tuple(Envelope.from_json(item) for item in f.items("ballots", 1024)),
        log=_log(f.value["log"]),
    )


def _proof(f: Fields) -> ProofBundle:
    record = record_from_json(f.value["fragment"], "bundle.fragment")
    if not isinstance(record, ClaimRecord):
        raise BundleError("bundle.fragment: a proof is of a claim")
    return ProofBundle(
        statement=Envelope.from_json(f.value["statement"]),
        epochs=tuple(Envelope.from_json(item) for item in f.items("epochs", 10_000)),
        record=record,
        path=tuple(Digest.parse(step) for step in f.items("path", 64)),
        evidence=unpack(f.items("evidence", MAX_FRAGMENTS), f.value["texts"]),
        log=_log(f.value["log"]),
    )


def _log(value: Json) -> LogProof:
    f = Fields(value, "checkpoint index proof", "bundle.log", BundleError)
    return LogProof(f.integer("index"), tuple(Digest.parse(step) for step in f.items("proof", 64)), f.text("checkpoint"))
