"""The verify API of Mira's public reference over our rounds: its events and errors, our verdicts and certificate."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.types import ASGIApp

from probatum.consensus.epoch import Policy
from probatum.consensus.verdict import Verdict
from probatum.coordinator.verification import Evidence
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.mira.assessment import Committee, Terms
from probatum.gateway.mira.routes import MiraErrors
from probatum.gateway.verifier import Material
from probatum.testing.committee import ScriptedValidator, committee
from tests.unit.gateway.served.client import Client, as_json, read_events, until
from tests.unit.gateway.served.house import Builder, run
from tests.unit.gateway.test_verifier import ALSO, EVIDENCE, FALSE, MODELS, TRUE, gather, scripted

STREAM = "/verify/v1/stream"
FACT = {"fact": f"{TRUE} {FALSE}", "domain": "general", "minRequired": 2}


def from_corpus(evidence: Evidence) -> Material:
    return gather(EVIDENCE if evidence.corpus == "facts" else evidence)


async def events_of(client: Client, body: dict[str, Any]) -> list[tuple[str, Any]]:
    answer = await client.post(STREAM, body)
    assert answer.status == 200, answer.body
    return [(event["event"], event["data"]) for event in read_events(answer.body)]


def test_the_stream_has_the_events_of_the_reference_in_order(here: Builder) -> None:
    here.corpora, here.gather = {"general": "facts"}, from_corpus

    async def main() -> None:
        async with here.open() as house:
            events = await events_of(house.alice, FACT)
            assert events[:4] == [
                ("starting", {"status": "starting"}),
                ("extracting_claims", {"status": "extracting_claims"}),
                ("claims_extracted", {"claims": [TRUE, FALSE], "count": 2}),
                ("verifying_claims", {"totalClaims": 2}),
            ]
            begun = [data for name, data in events if name == "verifying_claim"]
            assert begun == [{"claimIndex": 0, "claim": TRUE}, {"claimIndex": 1, "claim": FALSE}]
            verified = [data for name, data in events if name == "claim_verified"]
            models = [model.name for model in MODELS.values()]
            assert verified[0] == {
                "claimIndex": 0,
                "assessment": "TRUE",
                "consensus_answer": "A",
                "model_answers": [{"model": name, "answer": "A"} for name in models],
            }
            assert (verified[1]["assessment"], verified[1]["consensus_answer"]) == ("FALSE", "B")
            assert [name for name, _ in events].count("completed") == 1
            assert events[-1][0] == "completed"

    run(main)


def test_the_whole_result_has_every_claim_and_our_certificate(here: Builder) -> None:
    here.corpora, here.gather = {"general": "facts"}, from_corpus

    async def main() -> None:
        async with here.open() as house:
            _, result = (await events_of(house.alice, {"fact": f"{TRUE} {ALSO}", "minRequired": 3}))[-1]
            assert result["original_fact"] == f"{TRUE} {ALSO}"
            assert result["minRequired"] == 3
            assert [one["assessment"] for one in result["results"]] == ["TRUE", "TRUE"]
            first = result["results"][0]
            assert first["claim"] == TRUE
            assert set(first["original_options"]) == {"A", "B", "C"}
            ours = result["probatum"]
            assert (ours["state"], ours["corpus"]) == ("certified", "facts")
            assert (await house.alice.get(f"/v1/certificates/{ours['cert_hash']}")).status == 200
            seen = as_json(await house.alice.get(f"/v1/verifications/{result['requestId']}"))
            assert (seen["state"], seen["cert_hash"]) == ("certified", ours["cert_hash"])

    run(main)


def test_without_a_corpus_everything_is_insufficient_and_it_says_so(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            events = await events_of(house.alice, FACT | {"domain": "legal"})
            verified = [data for name, data in events if name == "claim_verified"]
            assert [one["assessment"] for one in verified] == ["INSUFFICIENT", "INSUFFICIENT"]
            assert all(one["model_answers"] == [] and one["consensus_answer"] == "" for one in verified)
            ours = events[-1][1]["probatum"]
            assert (ours["state"], ours["cert_hash"]) == ("provisional", None)
            assert "no corpus for the domain legal" in ours["reason"]

    run(main)


def test_a_fact_without_claims_is_completed_with_none(here: Builder) -> None:
    here.corpora, here.gather = {"general": "facts"}, from_corpus

    async def main() -> None:
        async with here.open() as house:
            events = await events_of(house.alice, {"fact": "How are you?"})
            assert ("claims_extracted", {"claims": [], "count": 0}) in events
            assert events[-1][1]["results"] == []
            assert events[-1][1]["probatum"]["state"] == "nothing_to_check"

    run(main)


def test_a_claim_that_the_round_could_not_decide_has_no_consensus(here: Builder) -> None:
    here.corpora, here.gather = {"general": "facts"}, from_corpus
    here.load = lambda name: scripted(name) if name in ("v0", "v1") else ScriptedValidator(MODELS[name], {TRUE: Verdict.REFUTED})

    async def main() -> None:
        async with here.open() as house:
            (verified,) = [data for name, data in await events_of(house.alice, {"fact": TRUE}) if name == "claim_verified"]
            assert (verified["assessment"], verified["consensus_answer"]) == ("NO CONSENSUS", "")
            assert [one["answer"] for one in verified["model_answers"]] == ["A", "A", "B", "B"]

    run(main)


def test_the_same_claim_twice_is_told_twice(here: Builder) -> None:
    here.corpora, here.gather = {"general": "facts"}, from_corpus

    async def main() -> None:
        async with here.open() as house:
            events = await events_of(house.alice, {"fact": f"{TRUE}\n\n{TRUE}"})
            verified = [data for name, data in events if name == "claim_verified"]
            assert sorted(one["claimIndex"] for one in verified) == list(range(events[2][1]["count"]))
            assert {one["assessment"] for one in verified} == {"TRUE"}

    run(main)


FOUR = Committee({f"v{number}": f"model-{number}" for number in range(4)}, 3)


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({}, True),
        ({"minRequired": 2}, True),
        ({"minRequired": 3, "totalModels": 3}, True),
        ({"totalModels": 4}, True),
        ({"totalModels": 5}, False),
        ({"totalModels": 1}, False),
        ({"minRequired": 3, "totalModels": 2}, False),
        ({"minRequired": 1}, False),
        ({"minRequired": 4}, False),
        ({"minRequired": True}, False),
        ({"minRequired": "2"}, False),
        ({"minRequired": 2.5}, False),
        ({"totalModels": "3"}, False),
    ],
)
def test_terms_may_be_stricter_than_the_epoch_and_never_weaker(body: dict[str, Any], fits: bool) -> None:
    if fits:
        assert Terms.read(body, FOUR).min_required == body.get("minRequired", 2)
    else:
        with pytest.raises(HttpRefusal) as refused:
            Terms.read(body, FOUR)
        assert refused.value.param in ("minRequired", "totalModels")


def test_more_models_may_be_required_than_the_epoch_needs() -> None:
    two = Terms(Committee({"v0": "a", "v1": "b", "v2": "c"}, 2), 3)
    votes = {"v0": "SUPPORTED", "v1": "SUPPORTED"}
    assert two.assess("c", {"status": "certified"}, votes)["assessment"] == "NO CONSENSUS"
    assert two.assess("c", {"status": "certified"}, votes | {"v2": "SUPPORTED"})["assessment"] == "TRUE"
    assert two.assess("c", {"status": "certified"}, votes | {"v2": "REFUTED"})["assessment"] == "NO CONSENSUS"


@pytest.mark.parametrize(("members", "families", "needed"), [(4, 2, 3), (3, 2, 3), (1, 1, 1), (7, 2, 5), (4, 4, 4)])
def test_how_many_validators_decide_follows_from_the_epoch(members: int, families: int, needed: int) -> None:
    made = Committee.of(committee(members, policy=Policy(min_families=families)).epoch)
    assert (len(made.models), made.needed) == (members, needed)


@pytest.mark.parametrize(
    ("body", "status", "phrase"),
    [
        (b"{", 400, "Bad Request"),
        ({}, 400, "Bad Request"),
        ({"fact": ""}, 400, "Bad Request"),
        ({"fact": 7}, 400, "Bad Request"),
        ({"fact": TRUE, "domain": "medical"}, 400, "Bad Request"),
        ({"fact": TRUE, "minRequired": 5}, 400, "Bad Request"),
        ({"fact": TRUE, "totalModels": 50}, 400, "Bad Request"),
    ],
)
def test_refusals_have_the_form_of_that_api(here: Builder, body: Any, status: int, phrase: str) -> None:
    async def main() -> None:
        async with here.open() as house:
            answer = await Client(MiraErrors(house.app)).post(STREAM, body)
            assert answer.status == status
            assert as_json(answer)["error"] == phrase
            assert set(as_json(answer)) == {"error", "message", "code"}
            assert answer.headers["content-length"] == str(len(answer.body))

    run(main)


def test_refusals_of_whatever_stands_in_front_have_that_form_too() -> None:
    async def refusing(scope: Any, receive: Any, send: Any) -> None:
        refusal = HttpRefusal(429, "rate_limit_exceeded", "too many", headers={"retry-after": "5"})
        await refusal.response()(scope, receive, send)

    async def main() -> None:
        app: ASGIApp = MiraErrors(refusing)
        answer = await Client(app).post(STREAM, {})
        assert as_json(answer) == {"error": "Rate Limit Exceeded", "message": "too many", "code": "rate_limit_exceeded"}
        assert answer.headers["retry-after"] == "5"
        other = await Client(app).get("/v1/models")
        assert as_json(other)["error"]["code"] == "rate_limit_exceeded"

    run(main)


def test_a_wrong_key_is_refused_in_that_form_and_health_needs_none(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            app = MiraErrors(house.app)
            assert as_json(await Client(app, "wrong").post(STREAM, FACT))["error"] == "Unauthorized"
            health = await Client(app, None).get("/verify/v1/health")
            assert (health.status, as_json(health)) == (200, {"status": "ok"})
            assert as_json(await Client(app).get("/verify/v1/nothing"))["error"] == "Not Found"

    run(main)


def test_a_client_that_leaves_does_not_stop_the_verification(here: Builder) -> None:
    here.corpora, here.gather = {"general": "facts"}, from_corpus

    async def main() -> None:
        async with here.open() as house:
            async with house.alice.stream(STREAM, "POST", FACT):
                pass
            await until(lambda: not house.runner.running)
            with here.database.read() as connection:
                states = connection.exec_driver_sql("SELECT state FROM generations").scalars().all()
            assert states in ([], ["partially_certified"])

    run(main)


def test_markup_in_a_fact_stays_json(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            answer = await house.alice.post(
                STREAM, {"fact": "The <img src=x onerror=alert(1)> tower is 3 m tall.\n\nevent: completed\ndata: {}"}
            )
            assert answer.headers["content-type"].startswith("text/event-stream")
            events = read_events(answer.body)
            assert [event["event"] for event in events].count("completed") == 1

    run(main)
