"""Committees, requests and rounds made from a seed, without models or I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias

from probatum.consensus.ballot import Vote
from probatum.consensus.calibration import Calibration
from probatum.consensus.epoch import Epoch, LogKey, Member, Policy, prove_possession, sign_epoch
from probatum.consensus.fragment import ClaimRecord, FragmentRecord, NotCheckableRecord, fragment_root
from probatum.consensus.model import ModelDescriptor
from probatum.consensus.opening import Opening
from probatum.consensus.participant import Participant, Slot
from probatum.consensus.request import Request
from probatum.consensus.revocation import Revocation
from probatum.consensus.round import Round, SignedOutcome
from probatum.consensus.verdict import Verdict
from probatum.consensus.withdrawal import sign_revocation
from probatum.encoding import merkle
from probatum.encoding.digest import Digest
from probatum.evidence.record import EvidenceRecord, Passage
from probatum.frozen import replace
from probatum.signing.dsse import Envelope
from probatum.signing.keys import PrivateKey
from probatum.tlog.checkpoint import Checkpoint
from probatum.tlog.leaf import LogEntry
from probatum.validators.protocol import Abstention, Judgement, Question
from probatum.verify.bundle import Bundle, LogProof
from probatum.verify.revocation import RevocationFile
from probatum.verify.trust import Trust

Verdicts: TypeAlias = "Sequence[Verdict | None] | Mapping[str, Sequence[Verdict | None]]"


def fixed_key(name: str) -> PrivateKey:
    """A key that everyone can make again from its name."""
    return PrivateKey(sha256(b"probatum testing key " + name.encode()).digest())


@dataclass(slots=True)
class MemoryLocks:
    """One-signature locks in a dictionary; keep the object across a simulated crash as a disk would."""

    bound: dict[Slot, bytes] = field(default_factory=dict)

    def hold(self, slot: Slot, payload: bytes) -> bytes:
        """See ``consensus.participant.Locks``."""
        return self.bound.setdefault(slot, payload)

    def hold_all(self, bindings: Sequence[tuple[Slot, bytes]]) -> list[bytes]:
        """See ``consensus.participant.Locks``."""
        return [self.hold(slot, payload) for slot, payload in bindings]

    def held(self, slot: Slot) -> bytes | None:
        """See ``consensus.participant.Locks``."""
        return self.bound.get(slot)


@dataclass(frozen=True, slots=True)
class Committee:
    """An epoch with every key at hand."""

    epoch: Epoch
    keys: Mapping[str, PrivateKey]
    log_key: PrivateKey
    genesis: Envelope
    later: tuple[Envelope, ...] = ()

    @property
    def epochs(self) -> tuple[Envelope, ...]:
        """The chain from genesis to this epoch."""
        return (self.genesis, *self.later)

    @property
    def trust(self) -> Trust:
        """The trust file's content."""
        return Trust(self.epoch.network, self.genesis.digest)

    def participants(self, locks: MemoryLocks | None = None) -> tuple[Participant, ...]:
        """A participant for each member, all on the same locks."""
        shared = MemoryLocks() if locks is None else locks
        return tuple(Participant(m.id, self.keys[m.id], self.epoch, shared) for m in self.epoch.members)

    def log(self, statement: Envelope, *, index: int = 0, size: int = 1) -> LogProof:
        """A log of ``size`` leaves that holds this statement at ``index``; the others are leaves of no meaning."""
        leaves = [merkle.leaf_hash(b"leaf %d" % i) for i in range(size)]
        leaves[index] = LogEntry(statement.payload).leaf_hash
        note = Checkpoint(self.epoch.log.origin, size, merkle.root(leaves)).sign(self.log_key).encode().decode()
        return LogProof(note, index, merkle.inclusion_proof(leaves, index))

    def run(self, request: Request, verdicts: Verdicts, *, now: int = 1) -> SignedOutcome:
        """One round in which everyone votes ``verdicts`` (see :func:`votes_for`), by member id if they differ, and signs."""
        round_, participants = Round(request, self.epoch), self.participants()
        for one in participants:
            mine = verdicts[one.id] if isinstance(verdicts, Mapping) else verdicts
            round_.add_ballot(one.cast(request, votes_for(request, self.epoch, one.id, mine), now))
        proposal = round_.propose()
        for one in participants:
            round_.add_signature(one.countersign(request, proposal))
        signed = round_.finish()
        assert signed is not None, "everyone signed"
        return signed

    def bundle(self, request: Request, signed: SignedOutcome, *, index: int = 0, size: int = 1) -> Bundle:
        """The whole bundle of an outcome, in a log as :meth:`log` makes it."""
        log = self.log(signed.envelope, index=index, size=size)
        return Bundle(signed.envelope, self.epochs, request.records, request.evidence, signed.ballots, log)

    def revoke(
        self, certificate: Digest, reason: str, *, successor: Digest | None = None, index: int = 0, size: int = 1
    ) -> RevocationFile:
        """A revocation that every member signs, in a log as :meth:`log` makes it."""
        epoch = self.epoch
        said = Revocation(certificate, epoch.network, epoch.number, epoch.digest, reason, successor)
        statement = sign_revocation(self.participants(), said)
        return RevocationFile(statement=statement, epochs=self.epochs, log=self.log(statement, index=index, size=size))

    def succeed(self, members: Sequence[Member] | None = None, *, policy: Policy | None = None) -> Committee:
        """The committee of the next epoch, signed by both sets; with the same members and policy unless others are given."""
        before, chosen = self.epoch, policy or self.epoch.policy
        number, same = before.number + 1, before.calibration
        epoch = Epoch.build(before.network, number, before.digest, members or before.members, chosen, before.log, same)
        envelope = sign_epoch(epoch, list(self.keys.values()))
        return replace(self, epoch=epoch, later=(*self.later, envelope))


def committee(
    size: int = 4,
    *,
    stakes: Sequence[int] = (),
    families: int | None = None,
    policy: Policy | None = None,
    network: str = "testnet",
    calibration: Calibration | None = None,
) -> Committee:
    """An epoch of ``size`` members ``v0``, ``v1`` ... of equal stake unless ``stakes`` says otherwise, over ``families``."""
    keys = {f"v{i}": fixed_key(f"{network} v{i}") for i in range(size)}
    members = [
        Member(
            id=name,
            key=key.public,
            possession=prove_possession(network, name, key),
            operator=f"operator-{i}",
            stake=stakes[i] if stakes else 1,
            model=_model(i % (families or size)),
        )
        for i, (name, key) in enumerate(keys.items())
    ]
    log_key = fixed_key(f"{network} log")
    chosen = policy or Policy(min_families=min(2, families or size))
    epoch = Epoch.build(network, 0, None, members, chosen, LogKey(log_key.public, f"{network}/log"), calibration)
    return Committee(epoch, keys, log_key, sign_epoch(epoch, list(keys.values())))


def _model(family: int) -> ModelDescriptor:
    return ModelDescriptor(
        name=f"scripted-{family}",
        family=f"family-{family}",
        architecture="scripted",
        training=("none",),
        weights=Digest.of(b"scripted %d" % family),
    )


def scripted_request(epoch: Epoch, claims: int = 4, *, asides: int = 0, seed: int = 0) -> Request:
    """A request with ``claims`` claims and ``asides`` fragments that are not checkable, every byte of it a function of ``seed``."""
    pieces = [f"Claim number {i} of text {seed} holds." for i in range(claims)] + ["How are you?"] * asides
    output = " ".join(pieces).encode()
    source = f"Claims 0 to {claims} of text {seed} hold.".encode()
    evidence = EvidenceRecord(
        (Passage("facts.txt", Digest.of(source), Digest.of(source), "text/1", 0, len(source), source.decode(), "scripted"),)
    )
    records: list[FragmentRecord] = []
    start = 0
    for i, piece in enumerate(pieces):
        salt, end = sha256(b"salt %d %d" % (seed, i)).hexdigest()[:32], start + len(piece)
        where = {"index": i, "start": start, "end": end}
        claim = ClaimRecord(claim=piece, context="", evidence=str(evidence.hash), salt=salt, **where)
        records.append(claim if i < claims else NotCheckableRecord(reason="question", salt=salt, **where))
        start = end + 1
    opening = Opening(
        network=epoch.network,
        epoch=epoch.number,
        epoch_digest=epoch.digest,
        round_id=sha256(b"round %d" % seed).hexdigest()[:32],
        output=Digest.of(output),
        output_bytes=len(output),
        root=fragment_root(records),
        count=len(records),
        beacon=Digest.of(b"beacon %d" % seed) if epoch.policy.committee else None,
    )
    return Request(opening, output, tuple(records), {str(evidence.hash): evidence})


def votes_for(request: Request, epoch: Epoch, member_id: str, verdicts: Sequence[Verdict | None]) -> tuple[Vote, ...]:
    """The votes of a member on its assigned fragments; ``verdicts`` is by fragment index, ``None`` abstains."""
    mine = request.assigned(epoch).fragments_of(epoch.by_id[member_id])
    return tuple(Vote(i, verdicts[i], 9000 if verdicts[i] else 0, "" if verdicts[i] else "scripted") for i in mine)


@dataclass(frozen=True, slots=True)
class ScriptedValidator:
    """A validator that looks its answers up: by claim text, else ``otherwise``."""

    descriptor: ModelDescriptor
    script: Mapping[str, Verdict | None] = field(default_factory=dict)
    otherwise: Verdict | None = Verdict.SUPPORTED

    def judge(self, questions: Sequence[Question]) -> Iterator[Judgement | Abstention]:
        """One answer per question; ``None`` in the script abstains."""
        for question in questions:
            verdict = self.script.get(question.claim, self.otherwise)
            yield Abstention("scripted") if verdict is None else Judgement(verdict, 9900, "scripted")
