"""What validators are given to judge, and the checks of it that need no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final, TypeAlias, TypeVar, cast

from msgspec import Meta, Raw

from probatum.consensus.assignment import Assignment, all_judge_all, assign
from probatum.consensus.epoch import Epoch
from probatum.consensus.fragment import (
    MAX_FRAGMENTS,
    ClaimRecord,
    FragmentRecord,
    check_boundaries,
    check_spans,
    read_records,
    record_bytes,
    uncovered_bytes,
)
from probatum.consensus.opening import Opening, OpeningForm
from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Reader, write
from probatum.errors import ConsensusError
from probatum.evidence.pack import pack, unpack
from probatum.evidence.record import EvidenceRecord
from probatum.frozen import Value, known, lazy

MAX_BYTES: Final = 256 * 1024 * 1024
T = TypeVar("T")


def assignments(opening: Opening, records: Sequence[FragmentRecord], epoch: Epoch) -> Assignment:
    """Who judges which of the fragments."""
    if all_judge_all(epoch):
        claims = [index for index, record in enumerate(records) if type(record) is ClaimRecord]
        assigned = Assignment(tuple([epoch.members if type(record) is ClaimRecord else () for record in records]))
        return known(assigned, groups=((epoch.members, claims),)) if claims else assigned
    draw = partial(assign, epoch, opening.round_id, opening.beacon)
    return Assignment(tuple([draw(record.index) if type(record) is ClaimRecord else () for record in records]))


def _count_claims(request: Request) -> int:
    return sum(isinstance(record, ClaimRecord) for record in request.records)


def _uncovered(request: Request) -> int:
    return uncovered_bytes(((record.start, record.end) for record in request.records), request.output)


Parts: TypeAlias = Annotated[tuple[Raw, ...], Meta(max_length=MAX_FRAGMENTS)]


class _RequestForm(Form, frozen=True):
    evidence: Parts
    fragments: Parts
    opening: OpeningForm
    output: bytes
    texts: dict[str, str]


_read: Final = Reader(_RequestForm, "request", ConsensusError, max_bytes=MAX_BYTES)


class Request(Value, frozen=True, dict=True):
    """One round's material: opening, output bytes, fragment records, and the evidence each claim is judged against."""

    opening: Opening
    output: bytes
    records: tuple[FragmentRecord, ...]
    evidence: Mapping[str, EvidenceRecord]

    @lazy
    def _made(self) -> dict[object, Any]:
        return {}

    def once(self, make: Callable[[Request], T]) -> T:
        """What ``make`` gives for this request, made the first time it is asked for. It depends on nothing else.

        If ``make`` raises, nothing is kept.
        """
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])

    @lazy
    def leaves(self) -> tuple[bytes, ...]:
        """The canonical bytes of each record: the leaves under the fragment root."""
        return tuple([record_bytes(record) for record in self.records])

    @property
    def claims(self) -> int:
        """How many of the fragments are claims."""
        return self.once(_count_claims)

    @property
    def uncovered(self) -> int:
        """Bytes of the output that no fragment covers and that hold letters or digits."""
        return self.once(_uncovered)

    def assigned(self, epoch: Epoch) -> Assignment:
        """Who judges which of the fragments; kept for the epoch that was asked for last."""
        before: tuple[Epoch, Assignment] | None = self._made.get(assignments)
        if before is None or before[0] is not epoch:
            before = self._made[assignments] = epoch, assignments(self.opening, self.records, epoch)
        return before[1]

    def check(self) -> None:
        """Recompute everything that the opening binds; once for each object.

        Raises:
            ConsensusError: output, records or spans do not match the opening, or there is no claim.
        """
        self.once(Request._check)

    def _check(self) -> None:
        opening = self.opening
        if Digest.of(self.output) != opening.output or len(self.output) != opening.output_bytes:
            raise ConsensusError("the output is not the one that the round was opened for")
        if len(self.records) != opening.count or merkle.root_of(self.leaves) != opening.root:
            raise ConsensusError("the fragment records do not hash to the round's root")
        if not self.claims:
            raise ConsensusError("no claim among the fragments; nothing to check gets no certificate")
        check_spans(self.records, opening.output_bytes)
        check_boundaries(self.records, self.output)

    def encode(self) -> bytes:
        """Canonical bytes, for keeping a round across a restart."""
        evidence, texts = pack(self.evidence.values())
        records = tuple([Raw(leaf) for leaf in self.leaves])
        return write(_RequestForm(evidence, records, self.opening.form, self.output, texts))

    @classmethod
    def decode(cls, data: bytes) -> Request:
        """Read what :meth:`encode` gave and check it; raises ProbatumError naming what is wrong."""
        f = _read(data)
        request = cls(
            opening=Opening.of(f.opening, Digest.of(f.output)),
            output=f.output,
            records=read_records([bytes(one) for one in f.fragments], "request.fragments"),
            evidence=unpack(f.evidence, f.texts, "request"),
        )
        request.check()
        return request

    def evidence_of(self, record: ClaimRecord) -> EvidenceRecord | None:
        """The evidence of a claim, if it was handed over and really hashes to what the record binds."""
        held = self.evidence.get(record.evidence)
        return held if held is not None and str(held.hash) == record.evidence else None
