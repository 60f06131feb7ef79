"""Ballots: one validator's signed votes in one round (protocol section 5, steps 2 and 3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import Meta

from probatum.consensus.assignment import Assignment
from probatum.consensus.epoch import Epoch, Member
from probatum.consensus.opening import Opening
from probatum.consensus.verdict import ABSTENTION, VERDICT_OF, Verdict, letter_of
from probatum.encoding.canonical import MAX_INT
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Size
from probatum.errors import ConsensusError
from probatum.frozen import Value, lazy
from probatum.signing.dsse import Envelope, signers_by_id
from probatum.signing.statement import StatementFormat

KIND: Final = "ballot"
COMMITMENT: Final = "commitment"
NONCE_BYTES: Final = 32
MAX_CONFIDENCE: Final = 10_000
MAX_REASON: Final = 500


class Vote(Value, frozen=True):
    """What a validator says of one fragment: a verdict with its calibrated confidence, or an abstention (``verdict`` is None).

    ``confidence`` is in basis points, 0 to 10000, and 0 in an abstention. ``reason`` is one plain sentence or "".
    """

    index: int
    verdict: Verdict | None
    confidence: int
    reason: str


class EpochName(Form, frozen=True):
    """An epoch as a ballot names it; compared as text."""

    digest: str
    number: int


class BallotForm(Form, frozen=True):
    """What a ballot says: the round it is for, and three lists with an entry for each of the validator's fragments.

    How it names its round is compared as text with how the round is named, and so needs no form of its own.
    """

    cast_at: Size
    confidence: tuple[Annotated[int, Meta(ge=0, le=MAX_CONFIDENCE)], ...]
    epoch: EpochName
    fragments: str
    network: str
    reasons: tuple[Annotated[str, Meta(max_length=MAX_REASON)], ...]
    round: str
    validator: str
    verdicts: str


_FORMAT: Final = StatementFormat(BallotForm, [KIND], "output")


class Ballot(Value, frozen=True):
    """All votes of one validator in one round. ``cast_at`` is its clock in milliseconds since 1970-01-01T00:00Z."""

    opening: Opening
    validator: str
    votes: tuple[Vote, ...]
    cast_at: int

    def encode(self) -> bytes:
        """The canonical payload; raises ConsensusError where a number is out of range, for no reader would take it."""
        if not 0 <= self.cast_at <= MAX_INT:
            raise ConsensusError(f"ballot.cast_at: expected milliseconds from 0 to 2^53-1, got {self.cast_at}; set the clock right")
        for vote in self.votes:
            if not 0 <= vote.confidence <= MAX_CONFIDENCE:
                raise ConsensusError(
                    f"ballot.confidence of fragment {vote.index}: expected 0 to {MAX_CONFIDENCE}, got {vote.confidence}"
                )
        network, number, digest, round_id, fragments = self.opening.named
        form = BallotForm(
            cast_at=self.cast_at,
            confidence=tuple([vote.confidence for vote in self.votes]),
            epoch=EpochName(digest, number),
            fragments=fragments,
            network=network,
            reasons=tuple([vote.reason for vote in self.votes]),
            round=round_id,
            validator=self.validator,
            verdicts="".join([letter_of(vote.verdict) for vote in self.votes]),
        )
        return _FORMAT.encode(KIND, self.opening.output, form)


class VerifiedBallot(Value, frozen=True, dict=True):
    """A ballot whose signature, round, sender and votes were checked. Only :func:`verify_ballot` makes one.

    ``fragments`` are the indexes of those that the member was assigned; ``letters`` (S, R, I, A), ``confidence`` and ``reasons``
    have an entry for each of them, in that order.
    """

    member: Member
    fragments: list[int]
    letters: str
    confidence: tuple[int, ...]
    reasons: tuple[str, ...]
    cast_at: int
    envelope: Envelope

    @lazy
    def votes(self) -> dict[int, Vote]:
        """The whole votes by fragment index; counting needs the letters alone."""
        votes = zip(self.fragments, self.letters, self.confidence, self.reasons, strict=True)
        return {index: Vote(index, VERDICT_OF.get(letter), sure, reason) for index, letter, sure, reason in votes}


class ReceivedBallot(Value, frozen=True):
    """What a ballot says, read from its payload; nothing is verified by that. ``round`` is how it names its round."""

    validator: str
    round: tuple[str, int, str, str, str]
    output: str
    letters: str
    confidence: tuple[int, ...]
    reasons: tuple[str, ...]
    cast_at: int


def read_ballot(envelope: Envelope) -> ReceivedBallot:
    """Read a ballot's payload; raises ConsensusError where it has not the form of one, whatever the round."""
    _, output, f = _FORMAT.decode(envelope.payload)
    letters, confidence = f.verdicts, f.confidence
    if strange := letters.strip("SRIA"):
        raise ConsensusError(f"ballot.verdicts: expected letters S, R, I, A, got {strange!r:.60}")
    if ABSTENTION in letters:
        for place, (letter, sure) in enumerate(zip(letters, confidence, strict=False)):
            if letter == ABSTENTION and sure:
                raise ConsensusError(f"ballot.confidence[{place}]: expected 0 in an abstention, got {sure}")
    named = f.network, f.epoch.number, f.epoch.digest, f.round, f.fragments
    return ReceivedBallot(f.validator, named, output, letters, confidence, f.reasons, f.cast_at)


def verify_ballot(envelope: Envelope, opening: Opening, epoch: Epoch, assigned: Assignment) -> VerifiedBallot:
    """:func:`verify_ballots` for one."""
    return verify_ballots([envelope], opening, epoch, assigned)[0]


def verify_ballots(
    envelopes: Sequence[Envelope], opening: Opening, epoch: Epoch, assigned: Assignment
) -> tuple[VerifiedBallot, ...]:
    """Check ballots against the round they are meant for. Payloads are read once for each envelope; signatures, and all that
    depends on the round, are checked at every call. All are read, then all signatures are verified: in turn would be slower.

    Raises:
        ConsensusError: not exactly one valid signature by the named member, another round, epoch, output or fragment root, or votes
            that are not exactly the fragments this member was assigned, in order, or less sure than the policy demands.
    """
    said = [envelope.once(read_ballot) for envelope in envelopes]
    members = [_sender(one.validator, envelope, epoch) for one, envelope in zip(said, envelopes, strict=True)]
    named, output = opening.named, opening.output.hex()
    verified: list[VerifiedBallot] = []
    for member, one, envelope in zip(members, said, envelopes, strict=True):
        if one.round != named or one.output != output:
            raise ConsensusError(f"ballot of {member.id}: cast for another network, epoch, round, output or set of fragments")
        expected = assigned.fragments_of(member)
        if not len(one.letters) == len(one.confidence) == len(one.reasons) == len(expected):
            raise ConsensusError(f"ballot of {member.id}: expected votes for exactly its {len(expected)} assigned fragments")
        if epoch.policy.thresholds:
            _check_sure(member, epoch, expected, one)
        verified.append(VerifiedBallot(member, expected, one.letters, one.confidence, one.reasons, one.cast_at, envelope))
    return tuple(verified)


def _check_sure(member: Member, epoch: Epoch, fragments: Sequence[int], said: ReceivedBallot) -> None:
    """Refuse a vote that is less sure than the policy demands of this member: it had to abstain."""
    threshold = next((one for one in epoch.policy.thresholds if one.validator == member.id), None)
    if threshold is None:
        return
    for index, letter, sure in zip(fragments, said.letters, said.confidence, strict=True):
        if (verdict := VERDICT_OF.get(letter)) is not None and sure < (least := threshold.of(verdict)):
            raise ConsensusError(
                f"ballot of {member.id}: {verdict} for fragment {index} at {sure} basis points; the policy asks for {least}"
            )


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


class CommitmentForm(Form, frozen=True):
    """What a commitment says."""

    commitment: Digest
    epoch: EpochName
    network: str
    round: str
    validator: str


_COMMITMENT: Final = StatementFormat(CommitmentForm, [COMMITMENT], "output")


def commitment_payload(opening: Opening, validator: str, commitment: Digest) -> bytes:
    """The payload that a validator signs before any vote is shown."""
    network, number, digest, round_id, _ = opening.named
    form = CommitmentForm(commitment, EpochName(digest, number), network, round_id, validator)
    return _COMMITMENT.encode(COMMITMENT, opening.output, form)


def verify_commitment(envelope: Envelope, opening: Opening, epoch: Epoch) -> tuple[Member, Digest]:
    """Who committed to what in this round; raises ConsensusError when the commitment is not one."""
    _, _, said = _COMMITMENT.decode(envelope.payload)
    member = _sender(said.validator, envelope, epoch)
    if envelope.payload != commitment_payload(opening, member.id, said.commitment):
        raise ConsensusError(f"commitment of {member.id}: made for another round")
    return member, said.commitment


class Equivocation(Value, frozen=True):
    """Two different payloads by one key in one slot: a proof that anyone can check."""

    member: Member
    first: Envelope
    second: Envelope
