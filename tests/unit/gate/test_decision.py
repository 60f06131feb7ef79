"""The gate: one test for each thing a policy can ask, and one for each way to come with too little."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from probatum.consensus.epoch import Policy
from probatum.consensus.fragment import ClaimRecord
from probatum.consensus.outcome import Scope
from probatum.consensus.verdict import Verdict
from probatum.frozen import replace
from probatum.gate import Allowed, Decision, Denied, GatePolicy, decide
from probatum.testing.committee import Committee, Verdicts, committee, scripted_request
from probatum.verify import Bundle, Trust
from probatum.verify.disclose import disclose

S, R = Verdict.SUPPORTED, Verdict.REFUTED
HERE = committee(4)
REQUEST = scripted_request(HERE.epoch, 3)
TEXT = REQUEST.output.decode()
CAST_AT = 1_700_000_000_000


def bundle(verdicts: Verdicts, where: Committee = HERE) -> Bundle:
    request = scripted_request(where.epoch, 3)
    return where.bundle(request, where.run(request, verdicts, now=CAST_AT))


ALL = bundle([S, S, S])
SOME = bundle([S, R, S])
NONE = bundle([R, R, R])
DATA = ALL.encode()


def claim(index: int) -> str:
    record = REQUEST.records[index]
    assert isinstance(record, ClaimRecord)
    return record.claim


def gate(
    text: str | bytes = TEXT,
    data: bytes | None = DATA,
    policy: GatePolicy | None = None,
    trust: Trust | None = HERE.trust,
    *,
    now: int | None = None,
    revocations: Sequence[bytes] = (),
) -> Decision:
    return decide(text, data, policy or GatePolicy(), trust, now=now, revocations=revocations)


def codes(decision: Decision) -> list[str]:
    assert isinstance(decision, Denied)
    assert decision.reasons
    assert all(f"[{reason.code}]" in str(decision) for reason in decision.reasons)
    return [reason.code for reason in decision.reasons]


def test_allowed() -> None:
    assert gate() == Allowed(ALL.statement.digest, "testnet", 0)
    assert gate(TEXT.encode()) == gate()


# -- fails closed -----------------------------------------------------------------------------------------------------------


def test_no_certificate() -> None:
    assert codes(gate(data=None)) == ["no-certificate"]


def test_a_rejection_is_no_certificate() -> None:
    assert codes(gate(data=NONE.encode())) == ["no-certificate"]


def test_no_trust() -> None:
    assert codes(gate(trust=None)) == ["not-verified"]


def test_another_networks_trust() -> None:
    assert codes(gate(trust=committee(4, network="othernet").trust)) == ["not-verified"]


UNREADABLE = {"empty": b"", "not-a-bundle": b"{}", "cut-off": DATA[:-1], "binary": bytes(range(256)), "deep": b"[" * 100_000}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable(name: str) -> None:
    assert codes(gate(data=UNREADABLE[name])) == ["unreadable-bundle"]


def test_too_few_signatures() -> None:
    weak = replace(ALL, statement=replace(ALL.statement, signatures=ALL.statement.signatures[:2]))
    decision = gate(data=weak.encode())
    assert codes(decision) == ["not-verified"]
    assert "step 4, quorum of signatures" in str(decision)


def test_a_statement_that_is_no_statement() -> None:
    broken = replace(ALL, statement=replace(ALL.statement, payload=b"{}"))
    assert codes(gate(data=broken.encode())) == ["not-verified"]


WRONG = {
    "another-text": "Something else.",
    "empty": "",
    "newline-added": TEXT + "\n",
    "letter-case": TEXT.upper(),
    "look-alike": TEXT.replace("C", "С", 1),
    "not-utf-8": b"\xff",
    "lone-surrogate": "\ud800",
    "two-claims": f"{claim(0)} {claim(1)}",
    "part-of-a-claim": claim(0)[:-1],
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("scope", [Scope.COMPLETE, Scope.PARTIAL])
def test_wrong_text(name: str, scope: Scope) -> None:
    assert codes(gate(WRONG[name], policy=GatePolicy(scope))) == ["wrong-text"]


# -- scope ------------------------------------------------------------------------------------------------------------------


def test_a_whole_text_of_which_only_some_survived_never_passes() -> None:
    for scope in (Scope.COMPLETE, Scope.PARTIAL):
        assert codes(gate(data=SOME.encode(), policy=GatePolicy(scope))) == ["scope"]


def test_one_surviving_claim_passes_only_where_partial_is_asked_for() -> None:
    for data in (DATA, SOME.encode(), disclose(SOME, 0).encode()):
        assert codes(gate(claim(0), data)) == ["scope"]
        assert isinstance(gate(claim(0), data, GatePolicy(Scope.PARTIAL)), Allowed)


def test_a_claim_that_failed_never_passes() -> None:
    assert codes(gate(claim(1), SOME.encode(), GatePolicy(Scope.PARTIAL))) == ["wrong-text"]


def test_a_proof_lets_only_its_own_claim_through() -> None:
    proof = disclose(SOME, 0).encode()
    assert codes(gate(claim(2), proof, GatePolicy(Scope.PARTIAL))) == ["wrong-text"]


# -- margin and families ----------------------------------------------------------------------------------------------------

DISSENT = bundle({"v0": [S, S, S], "v1": [S, S, S], "v2": [S, S, S], "v3": [S, R, None]})


@pytest.mark.parametrize(("margin", "passes"), [(0, True), (7500, True), (7501, False), (10_000, False)])
def test_margin(margin: int, passes: bool) -> None:
    decision = gate(data=DISSENT.encode(), policy=GatePolicy(min_margin=margin))
    assert isinstance(decision, Allowed) if passes else codes(decision) == ["margin"]


def test_a_full_margin() -> None:
    assert isinstance(gate(policy=GatePolicy(min_margin=10_000)), Allowed)


@pytest.mark.parametrize(("families", "passes"), [(1, True), (3, True), (4, False)])
def test_families(families: int, passes: bool) -> None:
    decision = gate(data=DISSENT.encode(), policy=GatePolicy(min_families=families))
    assert isinstance(decision, Allowed) if passes else codes(decision) == ["families"]


def test_many_validators_of_few_families() -> None:
    few = committee(4, families=2)
    request = scripted_request(few.epoch, 3)
    data = few.bundle(request, few.run(request, [S, S, S])).encode()
    assert isinstance(gate(data=data, trust=few.trust), Allowed)
    assert codes(gate(data=data, trust=few.trust, policy=GatePolicy(min_families=3))) == ["families"]


def test_a_network_of_one_family_is_below_the_default() -> None:
    one = committee(3, families=1, policy=Policy(min_families=1))
    data = bundle([S, S, S], one).encode()
    assert codes(gate(data=data, trust=one.trust)) == ["families"]
    assert isinstance(gate(data=data, trust=one.trust, policy=GatePolicy(min_families=1)), Allowed)


def test_a_proof_shows_no_votes_to_measure() -> None:
    proof, partial = disclose(ALL, 0).encode(), Scope.PARTIAL
    assert codes(gate(claim(0), proof, GatePolicy(partial, min_margin=1))) == ["no-ballots"]
    assert codes(gate(claim(0), proof, GatePolicy(partial, min_families=3))) == ["no-ballots"]
    assert isinstance(gate(claim(0), proof, GatePolicy(partial, min_families=2)), Allowed), "the epoch's own floor suffices"


# -- coverage and age -------------------------------------------------------------------------------------------------------


def test_coverage() -> None:
    asides = scripted_request(HERE.epoch, 1, asides=3)
    data = HERE.bundle(asides, HERE.run(asides, [S, None, None, None])).encode()
    claims = asides.records[0].end * 10_000 // len(asides.output)
    text = asides.output.decode()
    assert isinstance(gate(text, data, GatePolicy(min_coverage=claims)), Allowed)
    assert codes(gate(text, data, GatePolicy(min_coverage=claims + 1))) == ["coverage"]


AGES = {  # now - cast_at, with max_age_ms = 1000; clocks that are ahead get a minute
    "just-cast": (0, True),
    "at-the-limit": (1000, True),
    "too-old": (1001, False),
    "cast-in-a-minute": (-60_000, True),
    "cast-in-the-future": (-60_001, False),
}


@pytest.mark.parametrize("name", AGES)
def test_age(name: str) -> None:
    since, passes = AGES[name]
    decision = gate(policy=GatePolicy(max_age_ms=1000), now=CAST_AT + since)
    assert isinstance(decision, Allowed) if passes else codes(decision) == ["age"]


def test_age_without_a_clock() -> None:
    assert codes(gate(policy=GatePolicy(max_age_ms=1000))) == ["age-unknown"]


def test_age_of_a_proof() -> None:
    policy = GatePolicy(Scope.PARTIAL, max_age_ms=1000)
    assert codes(gate(claim(0), disclose(ALL, 0).encode(), policy, now=CAST_AT)) == ["age-unknown"]


def test_every_reason_is_given() -> None:
    policy = GatePolicy(min_margin=10_000, min_families=4, max_age_ms=1, min_coverage=10_000)
    decision = gate(claim(0), DISSENT.encode(), policy, now=CAST_AT + 10_000)
    assert codes(decision) == ["scope", "coverage", "margin", "families", "age"]


POLICIES: dict[str, dict[str, object]] = {
    "scope-none": {"scope": Scope.NONE},
    "margin-negative": {"min_margin": -1},
    "margin-above-all": {"min_margin": 10_001},
    "coverage-above-all": {"min_coverage": 10_001},
    "no-family": {"min_families": 0},
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_that_asks_for_nothing_or_nonsense(name: str) -> None:
    with pytest.raises(ValueError, match=r"scope|basis points"):
        GatePolicy(**POLICIES[name])  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [True, "x", b"", 0])
def test_a_decision_is_told_by_its_type(value: object) -> None:
    """Denied is a plain object: whoever writes ``if decision`` is answered the same for both, so the types must be asked."""
    assert not isinstance(gate(data=None), Allowed)
    assert gate(data=None) != value


def test_a_revocation_of_this_certificate_denies_and_says_why() -> None:
    revocation = HERE.revoke(ALL.statement.digest, "the source was withdrawn").encode()
    decision = gate(revocations=[revocation])
    assert codes(decision) == ["revoked"]
    assert "the source was withdrawn" in str(decision)


def test_a_revocation_of_another_certificate_is_passed_over() -> None:
    other = HERE.revoke(SOME.statement.digest, "wrong").encode()
    foreign = committee(4, network="othernet").revoke(SOME.statement.digest, "wrong").encode()
    assert isinstance(gate(revocations=[other, foreign]), Allowed)


def test_a_revocation_that_cannot_be_read_or_does_not_verify_denies() -> None:
    """A file that was damaged on its way may have been the one of this certificate."""
    good = HERE.revoke(ALL.statement.digest, "wrong")
    foreign = committee(4, network="othernet").revoke(ALL.statement.digest, "wrong").encode()
    cut = replace(good, statement=replace(good.statement, signatures=good.statement.signatures[:2])).encode()
    found = codes(gate(revocations=[good.encode()[:-1], foreign, cut]))
    assert found == ["unreadable-revocation", "unverified-revocation", "unverified-revocation"]


def test_a_proof_of_a_claim_is_withdrawn_with_its_certificate() -> None:
    revocation = HERE.revoke(SOME.statement.digest, "wrong").encode()
    data, policy = disclose(SOME, 0).encode(), GatePolicy(scope=Scope.PARTIAL)
    assert isinstance(gate(claim(0), data, policy), Allowed)
    assert codes(gate(claim(0), data, policy, revocations=[revocation])) == ["revoked"]
