"""The bundle: everything an auditor needs in one canonical JSON file (docs/spec/bundle.md).

A *whole* bundle holds all fragments and all ballots. A *proof* bundle holds one surviving claim with its inclusion proof and
reveals no other claim and no ballot. Every byte of either is signed, hashed or fixed by form; the one freedom is which of the
valid signatures of the statement are there, and in what order, which changes neither its hash nor whether it verifies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NoReturn, TypeAlias

from msgspec import Meta, Raw

from probatum.consensus.epoch import MAX_VALIDATORS
from probatum.consensus.fragment import MAX_FRAGMENTS, ClaimRecord, FragmentRecord, read_record, read_records, record_bytes
from probatum.encoding import canonical
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Reader, Size, write
from probatum.errors import BundleError, CanonicalError, ConsensusError
from probatum.evidence.pack import pack, unpack
from probatum.evidence.record import EvidenceRecord
from probatum.frozen import Value, known, lazy
from probatum.signing.dsse import Envelope

WHOLE: Final = "probatum-bundle/v1"
PROOF: Final = "probatum-proof/v1"
MAX_BYTES: Final = 256 * 1024 * 1024


class LogProof(Form, frozen=True):
    """Where the statement stands in the log: leaf index, inclusion proof, and the signed checkpoint (C2SP note text)."""

    checkpoint: Annotated[str, Meta(max_length=100_000)]
    index: Size
    proof: Annotated[tuple[Digest, ...], Meta(max_length=64)]


Parts: TypeAlias = Annotated[
    tuple[Raw, ...], Meta(max_length=MAX_FRAGMENTS)
]  # records, each read by itself for it is hashed by itself
Epochs: TypeAlias = Annotated[tuple[Envelope, ...], Meta(max_length=10_000)]


class WholeForm(Form, frozen=True):
    """The file of a whole bundle."""

    ballots: Annotated[tuple[Envelope, ...], Meta(max_length=MAX_VALIDATORS)]
    epochs: Epochs
    evidence: Parts
    format: Literal["probatum-bundle/v1"]
    fragments: Parts
    log: LogProof
    statement: Envelope
    texts: dict[str, str]


class ProofForm(Form, frozen=True):
    """The file of a proof bundle."""

    epochs: Epochs
    evidence: Parts
    format: Literal["probatum-proof/v1"]
    fragment: Raw
    log: LogProof
    path: Annotated[tuple[Digest, ...], Meta(max_length=64)]
    statement: Envelope
    texts: dict[str, str]


_read_whole: Final = Reader(WholeForm, "bundle", BundleError, max_bytes=MAX_BYTES)
_read_proof: Final = Reader(ProofForm, "bundle", BundleError, max_bytes=MAX_BYTES)


class Bundle(Value, frozen=True, dict=True):
    """A whole bundle, received and not yet verified."""

    statement: Envelope
    epochs: tuple[Envelope, ...]
    records: tuple[FragmentRecord, ...]
    evidence: Mapping[str, EvidenceRecord]
    ballots: tuple[Envelope, ...]
    log: LogProof

    @lazy
    def leaves(self) -> tuple[bytes, ...]:
        """The canonical bytes of each record: the leaves under the fragment root."""
        return tuple([record_bytes(record) for record in self.records])

    def encode(self) -> bytes:
        """The canonical bytes of the file."""
        parts, texts = pack(self.evidence.values())
        records = tuple([Raw(leaf) for leaf in self.leaves])
        return write(WholeForm(self.ballots, self.epochs, parts, WHOLE, records, self.log, self.statement, texts))


class ProofBundle(Value, frozen=True):
    """One claim with its inclusion proof under the statement's fragment root, received and not yet verified."""

    statement: Envelope
    epochs: tuple[Envelope, ...]
    record: ClaimRecord
    path: tuple[Digest, ...]
    evidence: Mapping[str, EvidenceRecord]
    log: LogProof

    def encode(self) -> bytes:
        """The canonical bytes of the file."""
        parts, texts = pack(self.evidence.values())
        record = Raw(record_bytes(self.record))
        return write(ProofForm(self.epochs, parts, PROOF, record, self.log, self.path, self.statement, texts))


AnyBundle: TypeAlias = Bundle | ProofBundle


def decode_bundle(data: bytes) -> AnyBundle:
    """Read a bundle's bytes; nothing in it is verified yet.

    Raises:
        BundleError: the bytes are not one canonical bundle: cut off, edited in form, unknown format, unused or doubled parts.
    """
    try:
        # in canonical order the first key tells the two forms apart
        return _whole(_read_whole(data)) if data.startswith(b'{"ballots":') else _proof(_read_proof(data))
    except (BundleError, CanonicalError, ConsensusError) as error:
        found = error
    _explain(data, found)


def _whole(form: WholeForm) -> Bundle:
    leaves = tuple(map(bytes, form.fragments))
    bundle = Bundle(
        statement=form.statement,
        epochs=form.epochs,
        records=read_records(leaves, "bundle.fragments"),
        evidence=unpack(form.evidence, form.texts, "bundle"),
        ballots=form.ballots,
        log=form.log,
    )
    return known(bundle, leaves=leaves)  # what was read is what they are


def _proof(form: ProofForm) -> ProofBundle:
    record = read_record(bytes(form.fragment), "bundle.fragment")
    if not isinstance(record, ClaimRecord):
        raise BundleError("bundle.fragment: a proof is of a claim")
    return ProofBundle(
        statement=form.statement,
        epochs=form.epochs,
        record=record,
        path=form.path,
        evidence=unpack(form.evidence, form.texts, "bundle"),
        log=form.log,
    )


def _explain(data: bytes, found: BundleError | CanonicalError | ConsensusError) -> NoReturn:
    """Say what is wrong with bytes that are no bundle: first with the whole, then what was ``found`` in it."""
    try:
        value = canonical.decode(data, max_bytes=MAX_BYTES)
    except CanonicalError as error:
        raise BundleError(f"the bundle cannot be read: {error}; fetch it again") from None
    form = value.get("format") if isinstance(value, dict) else None
    if form not in (WHOLE, PROOF):
        raise BundleError(f"not a Probatum bundle: 'format' is {form!r:.40}, expected {WHOLE} or {PROOF}")
    raise found if isinstance(found, BundleError) else BundleError(f"the bundle cannot be read: {found}")
