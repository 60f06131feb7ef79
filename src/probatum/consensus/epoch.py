"""The epoch: a numbered validator set with its policy and log key (protocol section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Annotated, Final, TypeAlias

from msgspec import Meta

from probatum.consensus.calibration import Calibration, CalibrationForm, Share
from probatum.consensus.model import ModelDescriptor
from probatum.consensus.verdict import Verdict
from probatum.encoding import canonical
from probatum.encoding.digest import Digest
from probatum.encoding.form import Form, Name, Positive, Size, write
from probatum.errors import ConsensusError, SigningError
from probatum.frozen import Value, known, lazy
from probatum.signing.dsse import PAYLOAD_TYPE, Envelope, pae, sign, signers_by_id
from probatum.signing.keys import PrivateKey, PublicKey
from probatum.signing.statement import StatementFormat

KIND: Final = "epoch"
MAX_VALIDATORS: Final = 1024
MAX_STAKE: Final = 2**40  # so that three times the whole stake of the largest set stays far below 2^53
Count: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_VALIDATORS)]


def supermajority(stake: int, whole: int) -> bool:
    """Whether ``stake`` is more than two thirds of ``whole``, in integers."""
    return 3 * stake > 2 * whole


class Threshold(Value, frozen=True):
    """The confidence, in basis points, that one validator's vote for each verdict needs at least; below it, it abstains."""

    validator: str
    supported: int
    refuted: int
    insufficient: int

    def of(self, verdict: Verdict) -> int:
        """What a vote for ``verdict`` needs."""
        return {
            Verdict.SUPPORTED: self.supported,
            Verdict.REFUTED: self.refuted,
            Verdict.INSUFFICIENT: self.insufficient,
        }[verdict]


class ThresholdForm(Form, frozen=True):
    """A threshold as it stands in a policy, under the validator's id."""

    insufficient: Share
    refuted: Share
    supported: Share


class PolicyForm(Form, frozen=True):
    """A policy as it stands in an epoch."""

    ballot_ms: Positive
    claim_ms: Size
    commit: bool
    committee: Count | None
    max_rounds: Annotated[int, Meta(ge=1, le=16)]
    min_families: Count
    outcome_ms: Positive
    thresholds: Annotated[dict[str, ThresholdForm], Meta(max_length=MAX_VALIDATORS)]


class Policy(Value, frozen=True):
    """What an epoch demands of a round.

    Attributes:
        min_families: model families that must agree before a verdict is decided.
        commit: whether ballots are committed to before any is revealed.
        committee: validators per fragment; ``None`` means all.
        ballot_ms: time for ballots, in milliseconds from the opening, whatever the number of claims.
        claim_ms: further time for each claim.
        outcome_ms: time for signatures of the outcome, in milliseconds after that.
        max_rounds: rounds an output may take, escalations included.
        thresholds: confidence under which a validator abstains, in order of ids; a ballot with a vote below it is refused. Whoever
            is not listed has none.
    """

    min_families: int = 2
    commit: bool = False
    committee: int | None = None
    ballot_ms: int = 60_000
    claim_ms: int = 3_000
    outcome_ms: int = 30_000
    max_rounds: int = 1
    thresholds: tuple[Threshold, ...] = ()

    def time_to_vote(self, claims: int) -> int:
        """Milliseconds from the opening until ballots are closed."""
        return self.ballot_ms + claims * self.claim_ms

    @property
    def form(self) -> PolicyForm:
        """The policy as it stands in an epoch."""
        thresholds = {
            one.validator: ThresholdForm(supported=one.supported, refuted=one.refuted, insufficient=one.insufficient)
            for one in self.thresholds
        }
        return PolicyForm(
            ballot_ms=self.ballot_ms,
            claim_ms=self.claim_ms,
            commit=self.commit,
            committee=self.committee,
            max_rounds=self.max_rounds,
            min_families=self.min_families,
            outcome_ms=self.outcome_ms,
            thresholds=thresholds,
        )

    @classmethod
    def of(cls, f: PolicyForm) -> Policy:
        """The policy that was read; one that asks for nothing has no form."""
        thresholds = tuple([Threshold(name, t.supported, t.refuted, t.insufficient) for name, t in sorted(f.thresholds.items())])
        return cls(f.min_families, f.commit, f.committee, f.ballot_ms, f.claim_ms, f.outcome_ms, f.max_rounds, thresholds)


class Member(Form, frozen=True):
    """One validator of an epoch: id, key with proof of possession, operator, stake, model."""

    id: Name
    key: PublicKey
    model: ModelDescriptor
    operator: Name
    possession: bytes
    stake: Annotated[int, Meta(ge=1, le=MAX_STAKE)]


_POSSESSION: Final = (
    '{"_type":"https://in-toto.io/Statement/v1","predicate":{"id":%s,"network":%s},'
    '"predicateType":"https://probatum.dev/possession/v1","subject":[{"digest":{"sha256":"%s"},"name":"key"}]}'
)


def possession_payload(network: str, member_id: str, key: PublicKey) -> bytes:
    """What a holder signs to prove that a key is its own, for one network and one id."""
    return _possession(network, member_id, key.id)


def _possession(network: str, member_id: str, key_id: str) -> bytes:
    name, of = canonical.quote(member_id), canonical.quote(network)
    return canonical.utf8(_POSSESSION % (name, of, key_id.removeprefix("sha256:")))


def prove_possession(network: str, member_id: str, key: PrivateKey) -> bytes:
    """The signature that stands in :attr:`Member.possession`."""
    return key.sign(pae(PAYLOAD_TYPE, possession_payload(network, member_id, key.public)))


class LogKey(Form, frozen=True):
    """The transparency log of a network: its origin line and its key."""

    key: PublicKey
    origin: Annotated[str, Meta(pattern=r"\A[^\s+]{1,200}\Z")]


class EpochForm(Form, frozen=True):
    """What an epoch's statement says. Its subject is the digest of the validators listed."""

    calibration: CalibrationForm | None
    log: LogKey
    network: Name
    number: Size
    policy: PolicyForm
    previous: Digest | None
    validators: tuple[Member, ...]


_FORMAT: Final = StatementFormat(EpochForm, [KIND], "validators")
_LISTED: Final = b'"validators":['
_AFTER: Final = _FORMAT.after_predicate(KIND) + len("}")


class Epoch(Value, frozen=True, dict=True):
    """A validator set and its rules. Only :meth:`build` and :meth:`decode` make one, and both check every rule."""

    network: str
    number: int
    previous: Digest | None
    members: tuple[Member, ...]
    policy: Policy
    log: LogKey
    calibration: Calibration | None
    payload: bytes

    @lazy
    def digest(self) -> Digest:
        """SHA-256 of the PAE of the payload: how statements name this epoch, and what a verifier pins of the genesis epoch."""
        return Digest.of(pae(PAYLOAD_TYPE, self.payload))

    @lazy
    def by_id(self) -> dict[str, Member]:
        """The members by their ids."""
        return {member.id: member for member in self.members}

    @lazy
    def by_key(self) -> dict[PublicKey, Member]:
        """The members by their keys."""
        return {member.key: member for member in self.members}

    @lazy
    def keys(self) -> dict[str, PublicKey]:
        """The members' keys by their key ids."""
        return {member.key.id: member.key for member in self.members}

    @lazy
    def stake(self) -> int:
        """The whole stake."""
        return sum([member.stake for member in self.members])

    def stake_of(self, keys: Iterable[PublicKey]) -> int:
        """The stake behind a set of keys; a key that is no member's counts nothing."""
        return sum([self.by_key[key].stake for key in set(keys) if key in self.by_key])

    @classmethod
    def build(
        cls,
        network: str,
        number: int,
        previous: Digest | None,
        members: Sequence[Member],
        policy: Policy,
        log: LogKey,
        calibration: Calibration | None = None,
    ) -> Epoch:
        """Make the payload of a new epoch and check it as any reader would, and besides that its keys are points of prime order;
        raises ConsensusError."""
        calibrated = None if calibration is None else calibration.form
        form = EpochForm(calibrated, log, network, number, policy.form, previous, tuple(members))
        epoch = cls.decode(_FORMAT.encode(KIND, Digest.of(write(form.validators)), form))
        try:
            # possession proves too little here: for a key of mixed order one in eight signatures can be made to verify
            for key in (log.key, *epoch.by_key):
                key.registrable()
        except SigningError as error:
            raise ConsensusError(f"epoch: {error}") from None
        return epoch

    @classmethod
    def decode(cls, payload: bytes) -> Epoch:
        """Read and check an epoch's payload; its signatures are another matter (:func:`check_chain`).

        Raises:
            ConsensusError: a field is wrong, the set is empty, an id or key stands twice, possession is not proved (a key that
                is not canonical or of small order proves nothing), or ``min_families`` is more than the set has.
        """
        _, subject, f = _FORMAT.decode(payload)
        # the last field of a canonical predicate; nothing before it can look like that, for a quote inside a string is escaped
        listed = payload[payload.index(_LISTED) + len(_LISTED) - 1 : -_AFTER]
        if subject != sha256(listed).hexdigest():
            raise ConsensusError("epoch: the subject is not the digest of the validators listed")
        epoch = cls(
            network=f.network,
            number=f.number,
            previous=f.previous,
            members=f.validators,
            policy=Policy.of(f.policy),
            log=f.log,
            calibration=None if f.calibration is None else Calibration.of(f.calibration, "epoch.calibration"),
            payload=payload,
        )
        _check_members(epoch)
        return epoch


def _check_members(epoch: Epoch) -> None:
    if len(epoch.members) > MAX_VALIDATORS:
        raise ConsensusError(f"epoch: {len(epoch.members)} validators; at most {MAX_VALIDATORS} are allowed")
    if not epoch.members:
        raise ConsensusError("epoch: an epoch without validators can decide nothing")
    if (epoch.number == 0) != (epoch.previous is None):
        raise ConsensusError("epoch: exactly the genesis epoch (number 0) has no previous epoch")
    if len(epoch.by_id) != len(epoch.members):
        raise ConsensusError("epoch: one validator id stands twice")
    if len(epoch.by_key) != len(epoch.members):
        raise ConsensusError("epoch: one key stands under two ids; signatures are counted by key")
    if epoch.policy.min_families > len({member.model.family for member in epoch.members}):
        raise ConsensusError("epoch: min_families asks for more model families than the set has")
    if unknown := {one.validator for one in epoch.policy.thresholds} - epoch.by_id.keys():
        raise ConsensusError(f"epoch: thresholds are given for {min(unknown)!r:.70}, which is no validator of the set")
    # all messages first: making and verifying them in turn is slower
    proofs = [
        pae(PAYLOAD_TYPE, _possession(epoch.network, member.id, key_id))
        for key_id, member in zip(epoch.keys, epoch.members, strict=True)
    ]
    for member, message in zip(epoch.members, proofs, strict=True):
        if not member.key.verify(member.possession, message):
            raise ConsensusError(f"epoch: {_why_unproved(member)}")


def _why_unproved(member: Member) -> str:
    try:
        member.key.registrable()
    except SigningError as error:
        return f"validator {member.id}: {error}"
    return f"validator {member.id} does not prove possession of its key"


def sign_epoch(epoch: Epoch, keys: Sequence[PrivateKey]) -> Envelope:
    """The epoch's envelope, signed by its own set and, after genesis, by the set before it."""
    return sign(epoch.payload, keys)


class TrustedEpoch(Value, frozen=True):
    """An epoch that a chain of supermajorities leads to from the pinned genesis. Only :func:`check_chain` makes one."""

    epoch: Epoch
    genesis: Digest


def check_chain(envelopes: Sequence[Envelope], genesis: Digest) -> tuple[TrustedEpoch, ...]:
    """Follow an epoch chain from the pinned genesis digest; no epoch may be skipped.

    Raises:
        ConsensusError: the chain is empty, starts at another genesis, skips or repeats a number, names another previous
            epoch, or an epoch lacks more than two thirds of its own stake or of the stake before it.
    """
    if not envelopes:
        raise ConsensusError("the epoch chain is empty")
    trusted: list[TrustedEpoch] = []
    for envelope in envelopes:
        if not trusted and envelope.digest != genesis:
            raise ConsensusError(f"the chain starts at {envelope.digest}, trusted is {genesis}: a foreign network or epoch")
        epoch = known(Epoch.decode(envelope.payload), digest=envelope.digest)
        _check_step(epoch, envelope, trusted[-1].epoch if trusted else None)
        trusted.append(TrustedEpoch(epoch, genesis))
    return tuple(trusted)


def _check_step(epoch: Epoch, envelope: Envelope, before: Epoch | None) -> None:
    sets = [epoch] if before is None else [before, epoch]
    if before is not None and (epoch.network, epoch.number, epoch.previous) != (before.network, before.number + 1, before.digest):
        raise ConsensusError(f"epoch {epoch.number} does not follow epoch {before.number} of {before.network}")
    who = signers_by_id(envelope, {key_id: key for one in sets for key_id, key in one.keys.items()})
    if who.problems:
        raise ConsensusError(f"epoch {epoch.number}: {who.problems[0]}")
    for one in sets:
        if not supermajority(one.stake_of(who.keys), one.stake):
            raise ConsensusError(
                f"epoch {epoch.number}: signed by {one.stake_of(who.keys)} of {one.stake} stake of epoch {one.number}; "
                "more than two thirds is needed"
            )
