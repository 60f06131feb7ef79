"""Offline audits of one bundle against the Ed25519 verifications that such an audit must do, on the very messages.

The limit is nothing but ``crypto_sign_open`` for every possession proof, epoch signature, outcome signature, ballot and the
checkpoint. The audit is ``verify(decode_bundle(data), trust)``: every step on the file's bytes. Nothing is remembered between
audits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from nacl import bindings

from bench.timing import Compared, compare
from probatum.consensus.epoch import Epoch, possession_payload
from probatum.consensus.request import Request
from probatum.consensus.round import Round
from probatum.consensus.verdict import Verdict
from probatum.signing.dsse import PAYLOAD_TYPE, Envelope, pae
from probatum.signing.keys import PublicKey
from probatum.testing.committee import Committee, committee, scripted_request, votes_for
from probatum.tlog.checkpoint import SignedCheckpoint
from probatum.verify import Bundle, Trust, decode_bundle, verify

Signed = tuple[bytes, PublicKey]  # signature and message in one, as libsodium opens it


@dataclass(frozen=True, slots=True)
class Subject:
    """A bundle to audit."""

    epoch: Epoch
    bundle: Bundle
    data: bytes
    trust: Trust


def verdict_of(member: int, fragment: int) -> Verdict | None:
    """A vote of a committee that is not of one mind: most claims hold, one is refuted, single voices dissent or abstain."""
    if fragment == 5:
        return Verdict.REFUTED
    drawn = sha256(b"%d %d" % (member, fragment)).digest()[0]
    return Verdict.INSUFFICIENT if drawn < 16 else None if drawn < 24 else Verdict.SUPPORTED


def subject(validators: int, claims: int = 16) -> Subject:
    """A bundle of a round of ``validators`` on ``claims`` claims and one question, the committee's votes slightly divided."""
    made = committee(validators)
    request = scripted_request(made.epoch, claims, asides=1)
    return certified(made, request)


def certified(made: Committee, request: Request) -> Subject:
    """The bundle of one round on ``request``."""
    round_ = Round(request, made.epoch)
    everyone = made.participants()
    for place, one in enumerate(everyone):
        verdicts = [verdict_of(place, i) for i in range(len(request.records))]
        round_.add_ballot(one.cast(request, votes_for(request, made.epoch, one.id, verdicts), 1_760_000_000_000))
    proposal = round_.propose()
    signed = [round_.add_signature(one.countersign(request, proposal)) for one in everyone][-1]
    assert signed is not None
    log = made.log(signed.envelope)
    bundle = Bundle(signed.envelope, (made.genesis,), request.records, request.evidence, signed.ballots, log)
    return Subject(made.epoch, bundle, bundle.encode(), made.trust)


def signatures(what: Subject) -> tuple[Signed, ...]:
    """Every signature that an audit of the bundle must verify."""
    epoch, checkpoint = what.epoch, SignedCheckpoint.parse(what.bundle.log.checkpoint.encode()).note
    possessions = [(m.possession + pae(PAYLOAD_TYPE, possession_payload(epoch.network, m.id, m.key)), m.key) for m in epoch.members]
    envelopes = [*what.bundle.epochs, what.bundle.statement, *what.bundle.ballots]
    return (
        *possessions,
        *(one for envelope in envelopes for one in _lines(envelope, epoch)),
        (checkpoint.signatures[0].signature + checkpoint.text.encode(), epoch.log.key),
    )


def _lines(envelope: Envelope, epoch: Epoch) -> Iterator[Signed]:
    keys = {key.id: key for key in epoch.by_key}
    for line in envelope.signatures:
        yield line.sig + envelope.signed_bytes, keys[line.keyid]


def opening(signed: Sequence[Signed]) -> Callable[[], None]:
    """The limit: open every signature, and nothing else."""

    def run() -> None:
        for message, key in signed:
            bindings.crypto_sign_open(message, key)

    return run


@dataclass(frozen=True, slots=True)
class Audits:
    """Audits of one bundle against the verifications alone."""

    found: Compared
    signatures: int


def measure(validators: int, claims: int = 16, *, quick: bool = False) -> Audits:
    """Audits of a bundle of ``validators`` on ``claims`` claims."""
    what = subject(validators, claims)
    signed = signatures(what)
    assert len(signed) == 4 * validators + 1

    def audit() -> None:
        if verify(decode_bundle(what.data), what.trust).verified is None:
            raise AssertionError("the bundle does not verify")

    batches, repeats = 8 if quick else 60, max(1, 40 // validators)
    return Audits(compare(opening(signed), audit, batches=batches, repeats=repeats), len(signed))


if __name__ == "__main__":
    for n in (4, 16):
        for claims in (4, 16):
            print(f"n = {n}, {claims} claims: {measure(n, claims).found}")
