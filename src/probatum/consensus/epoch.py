"""The epoch: a numbered validator set with its policy and log key (protocol section 7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from probatum.consensus.calibration import BASIS_POINTS, Calibration
from probatum.consensus.model import ModelDescriptor
from probatum.consensus.verdict import Verdict
from probatum.encoding import canonical
from probatum.encoding.base64 import decode64, encode64
from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.errors import ConsensusError, EncodingError, ProbatumError, SigningError
from probatum.frozen import field, frozen
from probatum.signing.dsse import PAYLOAD_TYPE, Envelope, pae, sign, signers_by_id
from probatum.signing.keys import PrivateKey, PublicKey
from probatum.signing.statement import Statement

KIND: Final = "epoch"
NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,62}[a-z0-9])?")
MAX_VALIDATORS: Final = 1024
MAX_STAKE: Final = 2**40  # so that three times the whole stake of the largest set stays far below 2^53


def supermajority(stake: int, whole: int) -> bool:
    """Whether ``stake`` is more than two thirds of ``whole``, in integers."""
    return 3 * stake > 2 * whole


@frozen
class Threshold:
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

    def to_json(self) -> dict[str, Json]:
        """As it stands in a policy, under the validator's id."""
        return {"insufficient": self.insufficient, "refuted": self.refuted, "supported": self.supported}

    @classmethod
    def from_json(cls, validator: str, value: Json, where: str) -> Threshold:
        """Read a threshold; raises ConsensusError naming the field."""
        f = Fields(value, "insufficient refuted supported", where, ConsensusError)
        return cls(validator, *(f.integer(key, 0, BASIS_POINTS) for key in ("supported", "refuted", "insufficient")))


@frozen
class Policy:
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

    def to_json(self) -> dict[str, Json]:
        """The policy as it stands in an epoch."""
        return {
            "ballot_ms": self.ballot_ms,
            "claim_ms": self.claim_ms,
            "commit": self.commit,
            "committee": self.committee,
            "max_rounds": self.max_rounds,
            "min_families": self.min_families,
            "outcome_ms": self.outcome_ms,
            "thresholds": {one.validator: one.to_json() for one in self.thresholds},
        }

    @classmethod
    def from_json(cls, value: Json, where: str) -> Policy:
        """Read a policy; a policy that asks for nothing is refused with ConsensusError."""
        f = Fields(value, _POLICY, where, ConsensusError)
        return cls(
            min_families=f.integer("min_families", 1, MAX_VALIDATORS),
            commit=f.boolean("commit"),
            committee=f.optional("committee", lambda key: f.integer(key, 1, MAX_VALIDATORS)),
            ballot_ms=f.integer("ballot_ms", 1),
            claim_ms=f.integer("claim_ms"),
            outcome_ms=f.integer("outcome_ms", 1),
            max_rounds=f.integer("max_rounds", 1, 16),
            thresholds=_thresholds(f),
        )


_POLICY: Final = "ballot_ms claim_ms commit committee max_rounds min_families outcome_ms thresholds"


def _thresholds(policy: Fields) -> tuple[Threshold, ...]:
    listed = policy.value["thresholds"]
    if type(listed) is not dict or len(listed) > MAX_VALIDATORS:
        raise policy.fail("thresholds", "an object with an entry for each validator that has some")
    where = f"{policy.where}.thresholds"
    return tuple(Threshold.from_json(name, listed[name], f"{where}.{name:.64}") for name in sorted(listed))


@frozen
class Member:
    """One validator of an epoch: id, key with proof of possession, operator, stake, model."""

    id: str
    key: PublicKey
    possession: bytes
    operator: str
    stake: int
    model: ModelDescriptor

    def to_json(self) -> dict[str, Json]:
        """The member as it stands in an epoch."""
        return {
            "id": self.id,
            "key": str(self.key),
            "model": self.model.to_json(),
            "operator": self.operator,
            "possession": encode64(self.possession),
            "stake": self.stake,
        }

    @classmethod
    def from_json(cls, value: Json, where: str) -> Member:
        """Read a member; raises ConsensusError naming the field."""
        if type(value) is dict and value.keys() == _MEMBER and (sound := _sound_member(value)) is not None:
            return sound
        f = Fields(value, "id key model operator possession stake", where, ConsensusError)
        try:
            key, possession = PublicKey.parse(f.text("key", 64)), decode64(f.value["possession"])
        except (SigningError, EncodingError) as error:
            raise ConsensusError(f"{where}: {error}") from None
        return cls(
            id=f.match("id", NAME, "a lower-case name"),
            key=key,
            possession=possession,
            operator=f.match("operator", NAME, "a lower-case name"),
            stake=f.integer("stake", 1, MAX_STAKE),
            model=ModelDescriptor.from_json(f.value["model"], f"{where}.model"),
        )


_MEMBER: Final = frozenset({"id", "key", "model", "operator", "possession", "stake"})


def _sound_member(value: dict[str, Json]) -> Member | None:
    """The member of an object with the right keys, or ``None`` if a field is wrong: then :meth:`Member.from_json` says which."""
    name, key, operator, stake = value["id"], value["key"], value["operator"], value["stake"]
    if not (
        type(name) is type(operator) is type(key) is str
        and NAME.fullmatch(name)
        and NAME.fullmatch(operator)
        and type(stake) is int
        and 1 <= stake <= MAX_STAKE
    ):
        return None
    try:
        possession = decode64(value["possession"])
        return Member(name, PublicKey.parse(key), possession, operator, stake, ModelDescriptor.from_json(value["model"], ""))
    except ProbatumError:
        return None


def possession_payload(network: str, member_id: str, key: PublicKey) -> bytes:
    """What a holder signs to prove that a key is its own, for one network and one id."""
    return Statement("possession", "key", Digest.of(key), {"id": member_id, "network": network}).encode_parts()


def prove_possession(network: str, member_id: str, key: PrivateKey) -> bytes:
    """The signature that stands in :attr:`Member.possession`."""
    return key.sign(pae(PAYLOAD_TYPE, possession_payload(network, member_id, key.public)))


@frozen
class LogKey:
    """The transparency log of a network: its origin line and its key."""

    origin: str
    key: PublicKey


@frozen
class Epoch:
    """A validator set and its rules. Only :meth:`build` and :meth:`decode` make one, and both check every rule.

    ``digest`` is SHA-256 of the PAE of the epoch's payload, by which other statements name this epoch; the genesis epoch's digest
    is what a verifier pins. ``keys`` are the members' keys by their ids.
    """

    network: str
    number: int
    previous: Digest | None
    members: tuple[Member, ...]
    policy: Policy
    log: LogKey
    calibration: Calibration | None
    payload: bytes = field(repr=False)
    digest: Digest = field(repr=False, compare=False)
    by_id: dict[str, Member] = field(repr=False, compare=False)
    by_key: dict[PublicKey, Member] = field(repr=False, compare=False)
    keys: dict[str, PublicKey] = field(repr=False, compare=False)

    @property
    def stake(self) -> int:
        """The whole stake."""
        return sum(member.stake for member in self.members)

    def stake_of(self, keys: Iterable[PublicKey]) -> int:
        """The stake behind a set of keys; a key that is no member's counts nothing."""
        return sum(self.by_key[key].stake for key in set(keys) if key in self.by_key)

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
        listed: list[Json] = [member.to_json() for member in members]
        predicate: dict[str, Json] = {
            "calibration": None if calibration is None else calibration.to_json(),
            "log": {"key": str(log.key), "origin": log.origin},
            "network": network,
            "number": number,
            "policy": policy.to_json(),
            "previous": None if previous is None else str(previous),
            "validators": listed,
        }
        epoch = cls.decode(Statement(KIND, "validators", Digest.of(canonical.encode(listed)), predicate).encode())
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
        statement = Statement.decode_parts(payload)
        if statement.kind != KIND:
            raise ConsensusError(f"expected an epoch, got a {statement.kind}")
        f = Fields(statement.predicate, "calibration log network number policy previous validators", "epoch", ConsensusError)
        if statement.subject_name != "validators" or statement.subject != Digest.of(canonical.encode_parts(f.value["validators"])):
            raise ConsensusError("epoch: the subject is not the digest of the validators listed")
        members = f.each("validators", Member.from_json, MAX_VALIDATORS)
        epoch = cls(
            network=f.match("network", NAME, "a lower-case name"),
            number=f.integer("number"),
            previous=f.optional("previous", f.digest),
            members=members,
            policy=Policy.from_json(f.value["policy"], "epoch.policy"),
            log=_log_key(f.value["log"]),
            calibration=f.optional("calibration", lambda key: Calibration.from_json(f.value[key], "epoch.calibration")),
            payload=payload,
            digest=Digest.of(pae(PAYLOAD_TYPE, payload)),
            by_id={member.id: member for member in members},
            by_key={member.key: member for member in members},
            keys={member.key.id: member.key for member in members},
        )
        _check_members(epoch)
        return epoch


def _log_key(value: Json) -> LogKey:
    f = Fields(value, "key origin", "epoch.log", ConsensusError)
    try:
        return LogKey(
            f.match("origin", re.compile(r"[^\s+]{1,200}"), "an origin without spaces or '+'"), PublicKey.parse(f.text("key", 64))
        )
    except SigningError as error:
        raise ConsensusError(f"epoch.log: {error}") from None


def _check_members(epoch: Epoch) -> None:
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
    for member in epoch.members:
        message = pae(PAYLOAD_TYPE, possession_payload(epoch.network, member.id, member.key))
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


@frozen
class TrustedEpoch:
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
        epoch = Epoch.decode(envelope.payload)
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
