"""What validators are given to judge, and the checks of it that need no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, cast

from probatum.consensus.assignment import assign
from probatum.consensus.epoch import Epoch, Member
from probatum.consensus.fragment import (
    MAX_FRAGMENTS,
    ClaimRecord,
    FragmentRecord,
    check_boundaries,
    check_spans,
    fragment_root,
    record_from_json,
    uncovered_bytes,
)
from probatum.consensus.opening import Opening
from probatum.encoding import canonical
from probatum.encoding.base64 import decode64, encode64
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.errors import ConsensusError
from probatum.evidence.pack import pack, unpack
from probatum.evidence.record import EvidenceRecord
from probatum.frozen import field, frozen

MAX_BYTES = 256 * 1024 * 1024
T = TypeVar("T")


def assignments(opening: Opening, records: Sequence[FragmentRecord], epoch: Epoch) -> tuple[tuple[Member, ...], ...]:
    """The members assigned to each fragment; none to one that holds nothing to check."""
    return tuple(
        assign(epoch, opening.round_id, opening.beacon, record.index) if isinstance(record, ClaimRecord) else ()
        for record in records
    )


def _count_claims(request: Request) -> int:
    return sum(isinstance(record, ClaimRecord) for record in request.records)


def _uncovered(request: Request) -> int:
    return uncovered_bytes(((record.start, record.end) for record in request.records), request.output)


@frozen
class Request:
    """One round's material: opening, output bytes, fragment records, and the evidence each claim is judged against."""

    opening: Opening
    output: bytes = field(repr=False)
    records: tuple[FragmentRecord, ...] = field(repr=False)
    evidence: Mapping[Digest, EvidenceRecord] = field(repr=False)
    _made: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)
    _assigned: tuple[Epoch, tuple[tuple[Member, ...], ...]] | None = field(default=None, init=False, repr=False, compare=False)

    def once(self, make: Callable[[Request], T]) -> T:
        """What ``make`` gives for this request, made the first time it is asked for. It depends on nothing else.

        If ``make`` raises, nothing is kept.
        """
        if make not in self._made:
            self._made[make] = make(self)
        return cast("T", self._made[make])

    @property
    def claims(self) -> int:
        """How many of the fragments are claims."""
        return self.once(_count_claims)

    @property
    def uncovered(self) -> int:
        """Bytes of the output that no fragment covers and that hold letters or digits."""
        return self.once(_uncovered)

    def assigned(self, epoch: Epoch) -> tuple[tuple[Member, ...], ...]:
        """The members assigned to each fragment; kept for the epoch that was asked for last."""
        made = self._assigned
        if made is None or made[0] is not epoch:
            made = epoch, assignments(self.opening, self.records, epoch)
            object.__setattr__(self, "_assigned", made)
        return made[1]

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
        if len(self.records) != opening.count or fragment_root(self.records) != opening.root:
            raise ConsensusError("the fragment records do not hash to the round's root")
        if not self.claims:
            raise ConsensusError("no claim among the fragments; nothing to check gets no certificate")
        check_spans(self.records, opening.output_bytes)
        check_boundaries(self.records, self.output)

    def encode(self) -> bytes:
        """Canonical bytes, for keeping a round across a restart."""
        evidence, texts = pack(self.evidence.values())
        return canonical.encode_parts(
            {
                "evidence": evidence,
                "fragments": [canonical.part(record.encode()) for record in self.records],
                "opening": self.opening.to_json(),
                "output": encode64(self.output),
                "texts": texts,
            }
        )

    @classmethod
    def decode(cls, data: bytes) -> Request:
        """Read what :meth:`encode` gave and check it; raises ProbatumError naming what is wrong."""
        f = Fields(
            canonical.decode(data, max_bytes=MAX_BYTES), "evidence fragments opening output texts", "request", ConsensusError
        )
        output = decode64(f.value["output"])
        request = cls(
            opening=Opening.from_json(f.value["opening"], Digest.of(output), "request.opening"),
            output=output,
            records=f.each("fragments", record_from_json, MAX_FRAGMENTS),
            evidence=unpack(f.items("evidence", MAX_FRAGMENTS), f.value["texts"]),
        )
        request.check()
        return request

    def evidence_of(self, record: ClaimRecord) -> EvidenceRecord | None:
        """The evidence of a claim, if it was handed over and really hashes to what the record binds."""
        held = self.evidence.get(record.evidence)
        return held if held is not None and held.hash == record.evidence else None
