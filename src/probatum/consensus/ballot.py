"""Ballots: one validator's signed votes in one round (protocol section 5, steps 2 and 3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, cast

from probatum.consensus.assignment import fragments_of
from probatum.consensus.epoch import NAME, Epoch, Member
from probatum.consensus.opening import ROUND_ID, Opening
from probatum.consensus.verdict import Verdict
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.errors import ConsensusError
from probatum.frozen import field, frozen
from probatum.signing.dsse import Envelope, signers_by_id
from probatum.signing.statement import Statement

KIND: Final = "ballot"
COMMITMENT: Final = "commitment"
NONCE_BYTES: Final = 32
_FIELDS: Final = "cast_at confidence epoch fragments network reasons round validator verdicts"
MAX_CONFIDENCE: Final = 10_000
MAX_REASON: Final = 500
_VERDICTS: Final = re.compile(r"[SRIA]*")


@frozen
class Vote:
    """What a validator says of one fragment: a verdict with its calibrated confidence, or an abstention (``verdict`` is None).

    ``confidence`` is in basis points, 0 to 10000, and 0 in an abstention. ``reason`` is one plain sentence or "".
    """

    index: int
    verdict: Verdict | None
    confidence: int
    reason: str


_LETTERS: Final = {"S": Verdict.SUPPORTED, "R": Verdict.REFUTED, "I": Verdict.INSUFFICIENT, "A": None}
_LETTER_OF: Final = {verdict: letter for letter, verdict in _LETTERS.items()}


@frozen
class Ballot:
    """All votes of one validator in one round. ``cast_at`` is its clock in milliseconds since 1970-01-01T00:00Z."""

    opening: Opening
    validator: str
    votes: tuple[Vote, ...]
    cast_at: int

    def encode(self) -> bytes:
        """The canonical payload."""
        predicate: dict[str, Json] = {
            "cast_at": self.cast_at,
            "confidence": [vote.confidence for vote in self.votes],
            **self.opening.named,
            "reasons": [vote.reason for vote in self.votes],
            "validator": self.validator,
            "verdicts": "".join(_LETTER_OF[vote.verdict] for vote in self.votes),
        }
        return Statement(KIND, "output", self.opening.output, predicate).encode()


@frozen
class VerifiedBallot:
    """A ballot whose signature, round, sender and votes were checked. Only :func:`verify_ballot` makes one.

    ``verdicts`` has one entry for each fragment that the member was assigned, by its index; ``None`` is an abstention.
    """

    member: Member
    verdicts: dict[int, Verdict | None]
    confidence: list[int] = field(repr=False)
    reasons: list[str] = field(repr=False)
    cast_at: int
    envelope: Envelope = field(repr=False)
    _votes: dict[int, Vote] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def votes(self) -> dict[int, Vote]:
        """The whole votes by fragment index, made on first use: counting needs the verdicts alone."""
        made = self._votes
        if made is None:
            votes = zip(self.verdicts.items(), self.confidence, self.reasons, strict=True)
            made = {index: Vote(index, verdict, confidence, reason) for (index, verdict), confidence, reason in votes}
            object.__setattr__(self, "_votes", made)
        return made


@frozen
class ReceivedBallot:
    """What a ballot says, read from its payload; nothing is verified by that. ``round`` is how it names its round."""

    validator: str
    round: dict[str, Json]
    output: Digest
    verdicts: list[Verdict | None]
    confidence: list[int]
    reasons: list[str]
    cast_at: int


def read_ballot(envelope: Envelope) -> ReceivedBallot:
    """Read a ballot's payload; raises ConsensusError where it has not the form of one, whatever the round."""
    statement = Statement.decode_parts(envelope.payload)
    if statement.kind != KIND:
        raise ConsensusError(f"expected a ballot, got a {statement.kind}")
    f = Fields(statement.predicate, _FIELDS, "ballot", ConsensusError)
    validator = f.match("validator", NAME, "a validator id")
    named = {key: f.value[key] for key in ("epoch", "fragments", "network", "round")}
    letters, confidence, reasons = _read_votes(f, f"ballot of {validator}")
    if statement.subject_name != "output":
        raise ConsensusError(f"ballot of {validator}: cast for another network, epoch, round or thing than an output")
    verdicts = [*map(_LETTERS.__getitem__, letters)]
    return ReceivedBallot(validator, named, statement.subject, verdicts, confidence, reasons, f.integer("cast_at"))


def verify_ballot(envelope: Envelope, opening: Opening, epoch: Epoch, assigned: Sequence[Sequence[Member]]) -> VerifiedBallot:
    """Check one ballot against the round it is meant for. Its payload is read once for each envelope; its signature, and all that
    depends on the round, is checked at every call.

    Raises:
        ConsensusError: not exactly one valid signature by the named member, another round, epoch, output or fragment root, or votes
            that are not exactly the fragments this member was assigned, in order, or less sure than the policy demands.
    """
    said = envelope.once(read_ballot)
    member = _sender(said.validator, envelope, epoch)
    if (
        said.round != opening.named
        or type(said.round["epoch"]["number"]) is not int  # type: ignore[index, call-overload] # Python takes true for 1
        or said.output != opening.output
    ):
        raise ConsensusError(f"ballot of {member.id}: cast for another network, epoch, round, output or set of fragments")
    expected = fragments_of(member, epoch, assigned)
    if not len(said.verdicts) == len(said.confidence) == len(said.reasons) == len(expected):
        raise ConsensusError(f"ballot of {member.id}: expected votes for exactly its {len(expected)} assigned fragments")
    verdicts = dict(zip(expected, said.verdicts, strict=True))
    _check_sure(member, epoch, verdicts, said.confidence)
    return VerifiedBallot(member, verdicts, said.confidence, said.reasons, said.cast_at, envelope)


def _read_votes(f: Fields, where: str) -> tuple[str, list[int], list[str]]:
    """The three lists of a ballot: verdicts' letters, confidences, reasons. Whether they are complete, the round decides."""
    letters, confidences, reasons = f.match("verdicts", _VERDICTS, "letters S, R, I, A"), f.items("confidence"), f.items("reasons")
    if not _sound(letters, confidences, reasons):
        for place, (letter, confidence) in enumerate(zip(letters, confidences, strict=False)):
            if type(confidence) is not int or not 0 <= confidence <= (MAX_CONFIDENCE if letter != "A" else 0):
                raise ConsensusError(
                    f"{where}: confidence {confidence!r:.20} of vote {place} is not 0 to 10000, or 0 in an abstention"
                )
        raise ConsensusError(f"{where}: a reason is not text of at most {MAX_REASON} characters")
    return letters, cast("list[int]", confidences), cast("list[str]", reasons)


def _check_sure(member: Member, epoch: Epoch, verdicts: dict[int, Verdict | None], confidence: list[int]) -> None:
    """Refuse a vote that is less sure than the policy demands of this member: it had to abstain."""
    threshold = next((one for one in epoch.policy.thresholds if one.validator == member.id), None)
    if threshold is None:
        return
    for (index, verdict), sure in zip(verdicts.items(), confidence, strict=True):
        if verdict is not None and sure < (least := threshold.of(verdict)):
            raise ConsensusError(
                f"ballot of {member.id}: {verdict} for fragment {index} at {sure} basis points; the policy asks for {least}"
            )


def _sound(letters: str, confidences: list[Json], reasons: list[Json]) -> bool:
    """Whether the three lists hold what they may; if not, the caller finds out where."""
    if not set(map(type, confidences)) <= {int} or not set(map(type, reasons)) <= {str}:
        return False
    numbers, texts = cast("list[int]", confidences), cast("list[str]", reasons)
    if numbers and not 0 <= min(numbers) <= max(numbers) <= MAX_CONFIDENCE:
        return False
    if texts and max(map(len, texts)) > MAX_REASON:
        return False
    return "A" not in letters or not any(number for letter, number in zip(letters, numbers, strict=False) if letter == "A")


def _sender(validator: str, envelope: Envelope, epoch: Epoch) -> Member:
    member = epoch.by_id.get(validator)
    if member is None:
        raise ConsensusError(f"ballot: no validator {validator!r:.70} in epoch {epoch.number}")
    lines = envelope.signatures
    if len(lines) == 1 and epoch.keys.get(lines[0].keyid) == member.key and member.key.verify(lines[0].sig, envelope.signed_bytes):
        return member
    who = signers_by_id(envelope, {member.key.id: member.key})  # says what is wrong
    if who.problems or who.keys != {member.key}:
        raise ConsensusError(f"ballot of {member.id}: {who.problems[0] if who.problems else 'not signed'}")
    return member


def commitment_digest(ballot: Envelope, nonce: bytes) -> Digest:
    """What a commitment binds: SHA-256 of a 32-byte nonce followed by the ballot's digest."""
    if len(nonce) != NONCE_BYTES:
        raise ConsensusError(f"a nonce has {NONCE_BYTES} bytes, this has {len(nonce)}")
    return Digest.of(nonce + ballot.digest)


def commitment_payload(opening: Opening, validator: str, commitment: Digest) -> bytes:
    """The payload that a validator signs before any vote is shown."""
    predicate: dict[str, Json] = {
        "commitment": str(commitment),
        "epoch": {"digest": str(opening.epoch_digest), "number": opening.epoch},
        "network": opening.network,
        "round": opening.round_id,
        "validator": validator,
    }
    return Statement(COMMITMENT, "output", opening.output, predicate).encode()


def verify_commitment(envelope: Envelope, opening: Opening, epoch: Epoch) -> tuple[Member, Digest]:
    """Who committed to what in this round; raises ConsensusError when the commitment is not one."""
    statement = Statement.decode(envelope.payload)
    if statement.kind != COMMITMENT:
        raise ConsensusError(f"expected a commitment, got a {statement.kind}")
    f = Fields(statement.predicate, "commitment epoch network round validator", "commitment", ConsensusError)
    f.match("round", ROUND_ID, "32 hex digits")
    member = _sender(f.match("validator", NAME, "a validator id"), envelope, epoch)
    commitment = f.digest("commitment")
    if envelope.payload != commitment_payload(opening, member.id, commitment):
        raise ConsensusError(f"commitment of {member.id}: made for another round")
    return member, commitment


@frozen
class Equivocation:
    """Two different payloads by one key in one slot: a proof that anyone can check."""

    member: Member
    first: Envelope
    second: Envelope
