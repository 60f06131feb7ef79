"""Any JSON in place of any part of what is received: an error of this package or a failed step, never another exception."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from probatum.consensus.ballot import verify_ballot
from probatum.consensus.epoch import Epoch
from probatum.consensus.outcome import Outcome
from probatum.consensus.request import Request
from probatum.consensus.verdict import Verdict
from probatum.encoding import canonical
from probatum.encoding.canonical import MAX_INT, Json
from probatum.encoding.digest import Digest
from probatum.errors import BundleError, ProbatumError
from probatum.gate import Allowed, GatePolicy, decide
from probatum.signing.dsse import sign
from probatum.testing.committee import committee, scripted_request
from probatum.verify import Bundle, decode_bundle, verify
from probatum.verify.disclose import disclose

HERE = committee(2)
REQUEST = scripted_request(HERE.epoch, 2, asides=1)
SIGNED = HERE.run(REQUEST, [Verdict.SUPPORTED] * 3)
BUNDLE = HERE.bundle(REQUEST, SIGNED, index=1, size=3)
KEYS = list(HERE.keys.values())

ODD: st.SearchStrategy[Json] = st.one_of(
    st.sampled_from(
        [None, True, False, 0, 1, -1, MAX_INT, -MAX_INT, "", "0", "sha256:", "\x00", "é", [], {}, [[]], [None], {"": None}]
    ),
    st.sampled_from([str(Digest.of(b"x")), "ab" * 32, "ab" * 16, "v0", "testnet", "AAAA", "S", "x" * 70]),
    st.integers(-3, 3),
    st.text(max_size=4),
)


def places(value: Json, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every part of a value."""
    yield at
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*at, index))


@st.composite
def mangled(draw: st.DrawFn, original: bytes) -> bytes:
    """The canonical value with one or two parts exchanged, doubled or taken out; canonical again."""
    value = canonical.decode(original)
    for _ in range(draw(st.integers(1, 2))):
        way = draw(st.sampled_from(list(places(value))))
        value = _mangle(draw, value, way)
    return canonical.encode(value)


def _mangle(draw: st.DrawFn, value: Json, way: tuple[str | int, ...]) -> Json:
    if not way:
        return draw(ODD)
    value = copy.deepcopy(value)
    at: Json = value
    for step in way[:-1]:
        at = at[step]  # type: ignore[index,call-overload]
    match draw(st.integers(0, 9)), at:
        case 0, dict() | list():
            del at[way[-1]]  # type: ignore[arg-type]
        case 1, list():
            at.append(copy.deepcopy(at[way[-1]]))  # type: ignore[call-overload]
        case 2, dict():
            at[draw(st.sampled_from(["extra", "", "index", "claim"]))] = draw(ODD)
        case _:
            at[way[-1]] = draw(ODD)  # type: ignore[index,call-overload]
    return value


def audit(data: bytes) -> None:
    """Read and verify as a reader and as a gate would."""
    try:
        bundle = decode_bundle(data)
    except BundleError:
        pass
    else:
        result = verify(bundle, HERE.trust, output=REQUEST.output)
        assert (result.verified is None) is bool(result.failures)
        if isinstance(bundle, Bundle):
            with suppress(ProbatumError):
                disclose(bundle, 0)
    decision = decide(REQUEST.output, data, GatePolicy(), HERE.trust)
    if isinstance(decision, Allowed):
        assert decision.cert_hash == SIGNED.envelope.digest


@settings(max_examples=150, deadline=None)
@given(mangled(BUNDLE.encode()))
def test_bundle(data: bytes) -> None:
    audit(data)


@settings(max_examples=100, deadline=None)
@given(mangled(disclose(BUNDLE, 0).encode()))
def test_proof(data: bytes) -> None:
    audit(data)


@settings(max_examples=150, deadline=None)
@given(mangled(SIGNED.envelope.payload))
def test_statement_that_everyone_signed(payload: bytes) -> None:
    """Signatures are right, so every step is reached."""
    body = canonical.decode(BUNDLE.encode())
    assert isinstance(body, dict)
    body["statement"] = canonical.decode(sign(payload, KEYS).encode())
    audit(canonical.encode(body))
    try:
        outcome = Outcome.decode(payload)
    except ProbatumError:
        return
    assert outcome.encode() == payload, "one reading, one writing"


@settings(max_examples=100, deadline=None)
@given(mangled(HERE.epoch.payload))
def test_epoch(payload: bytes) -> None:
    try:
        epoch = Epoch.decode(payload)
    except ProbatumError:
        return
    again = Epoch.build(epoch.network, epoch.number, epoch.previous, epoch.members, epoch.policy, epoch.log)
    assert again.payload == payload, "one reading, one writing"


@settings(max_examples=150, deadline=None)
@given(mangled(SIGNED.ballots[0].payload))
def test_ballot(payload: bytes) -> None:
    assigned = REQUEST.assigned(HERE.epoch)
    try:
        ballot = verify_ballot(sign(payload, [HERE.keys["v0"]]), REQUEST.opening, HERE.epoch, assigned)
    except ProbatumError:
        return
    assert ballot.member.id == "v0"
    assert list(ballot.votes) == [0, 1]


@settings(max_examples=100, deadline=None)
@given(mangled(REQUEST.encode()))
def test_request(data: bytes) -> None:
    try:
        request = Request.decode(data)
    except ProbatumError:
        return
    assert request.encode() == data, "one reading, one writing"
