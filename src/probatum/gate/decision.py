"""(text, bundle, policy, trust) -> Decision. No I/O, no clock: the caller says what time it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from probatum.consensus.outcome import FragmentVerdict, Scope
from probatum.consensus.request import assignments
from probatum.consensus.verdict import Verdict
from probatum.encoding.digest import Digest
from probatum.errors import BundleError, ProbatumError
from probatum.frozen import Value
from probatum.signing.statement import Statement
from probatum.verify.bundle import Bundle, decode_bundle
from probatum.verify.revocation import decode_revocation, verify_revocation
from probatum.verify.trust import Trust
from probatum.verify.verifier import VerifiedBundle, verify

WHOLE: Final = 10_000  # basis points


class GatePolicy(Value, frozen=True):
    """What a consumer demands beyond a certificate that verifies. The defaults are strict where strictness costs nothing.

    Attributes:
        scope: ``COMPLETE``: the text is a whole output in which every claim survived. ``PARTIAL``: it may also be the exact text of
            one surviving claim.
        min_margin: least share of the assigned stake behind every surviving claim, in basis points; 0 asks for no more than the
            protocol's two thirds.
        min_families: least number of model families behind every surviving claim.
        max_age_ms: greatest age in milliseconds, from the median of the ballots' clocks; ``None`` for any age.
        min_coverage: least share of the output's bytes inside surviving claims, in basis points.
    """

    scope: Scope = Scope.COMPLETE
    min_margin: int = 0
    min_families: int = 2
    max_age_ms: int | None = None
    min_coverage: int = 0

    def __post_init__(self) -> None:
        if self.scope is Scope.NONE:
            raise ValueError("a gate with scope NONE would ask for nothing; use COMPLETE or PARTIAL")
        if not (0 <= self.min_margin <= WHOLE and 0 <= self.min_coverage <= WHOLE and self.min_families >= 1):
            raise ValueError("shares are basis points from 0 to 10000, and min_families is at least 1")


class Reason(Value, frozen=True):
    """One reason for denying: a stable code, and a sentence."""

    code: str
    text: str


class Allowed(Value, frozen=True):
    """The text may pass: it is what the certificate certifies."""

    cert_hash: Digest
    network: str
    epoch: int


class Denied(Value, frozen=True):
    """The text may not pass; every reason that was found, at least one."""

    reasons: tuple[Reason, ...]

    def __str__(self) -> str:
        return "; ".join(f"{reason.text} [{reason.code}]" for reason in self.reasons)


Decision: TypeAlias = Allowed | Denied


def decide(
    text: str | bytes,
    bundle: bytes | None,
    policy: GatePolicy,
    trust: Trust | None,
    *,
    now: int | None = None,
    revocations: Sequence[bytes] = (),
) -> Decision:
    """Whether ``text`` may pass as certified.

    Args:
        text: exactly what is about to be shown or used; a ``str`` is taken as UTF-8.
        bundle: the bundle's bytes; ``None`` when there is none yet, which denies.
        policy: what is demanded.
        trust: the pinned genesis; ``None`` denies.
        now: milliseconds since 1970; needed where the policy limits the age.
        revocations: revocation files, of whatever certificates. One of this certificate denies, and so does one that cannot be
            read. The gate fetches none: whoever wants revocations respected hands them in.
    """
    if bundle is None:
        return Denied((Reason("no-certificate", "there is no certificate yet: the text is provisional"),))
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        received = decode_bundle(bundle)
    except BundleError as error:
        return Denied((Reason("unreadable-bundle", str(error)),))
    whole = isinstance(received, Bundle) and Digest.of(data) == _claimed_output(received)
    verification = verify(received, trust, output=data if whole else None)
    verified = verification.verified
    if verified is None:
        first = verification.failures[0]
        return Denied((Reason("not-verified", f"verification step {first.number}, {first.title}: {first.detail}"),))
    if verified.cert_hash is None:
        return Denied((Reason("no-certificate", f"the round ended without a certificate: {verified.outcome.status}"),))
    reasons = (
        *_scope(data, verified, policy),
        *_round(verified, policy),
        *_age(verified, policy, now),
        *_revoked(verified, trust, revocations),
    )
    return Denied(reasons) if reasons else Allowed(verified.cert_hash, verified.epoch.network, verified.epoch.number)


def _claimed_output(bundle: Bundle) -> Digest | None:
    """The output that an unverified bundle says it is about; ``None`` if that cannot be read."""
    try:
        return Statement.decode(bundle.statement.payload).subject
    except ProbatumError:
        return None


def _scope(data: bytes, verified: VerifiedBundle, policy: GatePolicy) -> Iterator[Reason]:
    if Digest.of(data) == verified.outcome.opening.output:
        if verified.outcome.scope is not Scope.COMPLETE:
            yield Reason("scope", "only some claims of this output survived; the text as a whole is not certified")
    elif not any(claim.cert_hash and claim.record.claim.encode() == data for claim in verified.claims):
        yield Reason("wrong-text", "the text is neither the certified output, byte for byte, nor one of its surviving claims")
    elif policy.scope is Scope.COMPLETE:
        yield Reason("scope", "the text is one surviving claim; the policy asks for a whole output")


def _round(verified: VerifiedBundle, policy: GatePolicy) -> Iterator[Reason]:
    coverage = verified.outcome.coverage
    if coverage.certified * WHOLE < policy.min_coverage * coverage.total:
        yield Reason(
            "coverage",
            f"{coverage.certified} of {coverage.total} bytes are certified; the policy asks for {policy.min_coverage / 100} %",
        )
    floor = verified.epoch.policy.min_families
    if not verified.ballots:
        if policy.min_margin or policy.min_families > floor:
            yield Reason("no-ballots", "a proof shows no ballots, so margin and families cannot be measured; use the whole bundle")
        return
    margin, families = _weakest(verified)
    if margin < policy.min_margin:
        yield Reason(
            "margin",
            f"the weakest claim has {margin / 100} % of the assigned stake behind it; "
            f"the policy asks for {policy.min_margin / 100} %",
        )
    if families < policy.min_families:
        yield Reason(
            "families", f"the weakest claim has {families} model families behind it; the policy asks for {policy.min_families}"
        )


def _weakest(verified: VerifiedBundle) -> tuple[int, int]:
    """Least share of stake (basis points) and least number of families behind any surviving claim."""
    records = [claim.record for claim in verified.claims if claim.verdict is FragmentVerdict.SUPPORTED]
    margins, families = [], []
    for record, assigned in zip(records, assignments(verified.outcome.opening, records, verified.epoch).members, strict=True):
        for_it = {
            b.member.id for b in verified.ballots if record.index in b.votes and b.votes[record.index].verdict is Verdict.SUPPORTED
        }
        agreeing = [member for member in assigned if member.id in for_it]
        margins.append(sum(m.stake for m in agreeing) * WHOLE // sum(m.stake for m in assigned))
        families.append(len({m.model.family for m in agreeing}))
    return min(margins), min(families)


def _age(verified: VerifiedBundle, policy: GatePolicy, now: int | None) -> Iterator[Reason]:
    if policy.max_age_ms is None:
        return
    if now is None or not verified.ballots:
        yield Reason("age-unknown", "the policy limits the age, but the time now or the ballots were not given")
        return
    clocks = sorted(ballot.cast_at for ballot in verified.ballots)
    age = now - clocks[(len(clocks) - 1) // 2]  # the lower median; importing ``statistics`` would cost more than the whole gate
    if not 0 <= age + 60_000 <= policy.max_age_ms + 60_000:  # a minute of grace for clocks that are ahead
        yield Reason("age", f"the ballots were cast {age / 1000:.0f} s ago; the policy allows {policy.max_age_ms / 1000:.0f} s")


def _revoked(verified: VerifiedBundle, trust: Trust | None, revocations: Sequence[bytes]) -> Iterator[Reason]:
    """A revocation of another certificate is passed over; one that is of this one, as it says, must be checked before it is."""
    for data in revocations:
        try:
            file = decode_revocation(data)
        except BundleError as error:
            yield Reason("unreadable-revocation", str(error))
            continue
        if file.certificate not in (verified.cert_hash, None):
            continue
        check = verify_revocation(file, trust, certificate=verified)
        if check.verified is None:
            first = check.failures[0]
            text = f"a revocation that was handed in does not verify: step {first.number}, {first.title}: {first.detail}"
            yield Reason("unverified-revocation", text)
        else:
            yield Reason("revoked", f"the certificate was revoked: {check.verified.revocation.reason}")
