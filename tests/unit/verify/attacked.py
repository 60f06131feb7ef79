"""A good bundle to attack, and how an attack must end: at its step, by its title, with its reason."""

from __future__ import annotations

from probatum.consensus.outcome import Outcome
from probatum.consensus.request import Request
from probatum.consensus.verdict import Verdict
from probatum.frozen import replace
from probatum.signing.dsse import Envelope, sign
from probatum.testing.committee import committee, scripted_request
from probatum.verify import Bundle, Standing, Trust, Verification, decode_bundle, verify
from probatum.verify.verifier import TITLES

S, R = Verdict.SUPPORTED, Verdict.REFUTED
HERE = committee(4)
REQUEST = scripted_request(HERE.epoch, 3, asides=1)
SIGNED = HERE.run(REQUEST, [S, R, S, None])
GOOD = HERE.bundle(REQUEST, SIGNED, index=5, size=11)
OUTCOME = SIGNED.outcome
TWIN = committee(4, network="othernet")  # other keys, other network
OTHER = scripted_request(HERE.epoch, 3, asides=1, seed=7)
OTHER_SIGNED = HERE.run(OTHER, [S, R, S, None])
OTHER_BUNDLE = HERE.bundle(OTHER, OTHER_SIGNED, index=5, size=11)
KEYS = list(HERE.keys.values())
R0, R1, R2, R3 = GOOD.records


def check(bundle: Bundle, trust: Trust | None = HERE.trust, output: bytes | None = REQUEST.output) -> Verification:
    """As a reader would: from bytes."""
    received = decode_bundle(bundle.encode())
    return verify(received, trust, output=output)


def refused(result: Verification, step: int, reason: str) -> None:
    assert result.verified is None
    (failure,) = result.failures
    assert (failure.number, failure.title) == (step, TITLES[step - 1]), failure
    assert reason in failure.detail
    assert [one.standing for one in result.checks[step:]] == [Standing.SKIP] * (len(TITLES) - step)
    assert all(f"needs step {step}" in one.detail for one in result.checks[step:])


def resigned(outcome: Outcome, *names: str, **changes: object) -> Bundle:
    """The bundle with another outcome, signed anew (by everyone unless named) and properly logged."""
    envelope = sign(outcome.encode(), [HERE.keys[name] for name in names] if names else KEYS)
    return replace(GOOD, statement=envelope, log=HERE.log(envelope), **changes)  # type: ignore[arg-type]


def rebuilt(request: Request, outcome: Outcome, ballots: tuple[Envelope, ...]) -> Bundle:
    envelope = sign(outcome.encode(), KEYS)
    return Bundle(envelope, HERE.epochs, request.records, request.evidence, ballots, HERE.log(envelope))
