"""What withdrawn certificates are shown as, and what stands in their place."""

from __future__ import annotations

from typing import Any

from probatum.consensus.fragment import fragment_id
from probatum.consensus.verdict import Verdict
from probatum.coordinator.certify import Tools, certify
from probatum.coordinator.reverifying import Again, Reverified, reverify
from probatum.coordinator.revoking import revoke
from probatum.encoding.digest import Digest
from probatum.evidence.readers import read_source
from probatum.gate import GatePolicy, decide
from probatum.gateway.propagation.revoking import take_over
from probatum.ledger.propagation import generations, recalls
from probatum.ledger.records import Channel, Release, State
from probatum.testing.committee import ScriptedValidator
from probatum.verify.bundle import decode_bundle
from probatum.verify.revocation import decode_revocation, verify_revocation
from probatum.verify.verifier import verify
from tests.unit.gateway.served.client import Client, as_json
from tests.unit.gateway.served.house import SOURCE, Builder, House, run
from tests.unit.gateway.served.test_public import certified
from tests.unit.gateway.test_verifier import ALSO, MODELS, TRUE


def test_a_revoked_certificate_says_so_everywhere_but_in_its_own_bytes(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            record = Digest.parse(end["cert_hash"])
            await house.ledger.write(lambda unit: generations.revoke(unit, record, "new evidence", house.clock.now()))
            output = await house.alice.get(f"/v1/outputs/{end['output']}", if_none_match=f'"{end["cert_hash"]}"')
            assert (output.status, as_json(output)["state"], as_json(output)["cert_hash"]) == (200, "revoked", None)
            assert output.headers["cache-control"] == "no-store"
            fragment = as_json(await house.alice.get(f"/v1/fragments/{end['report']['fragments'][0]['id']}"))
            assert (fragment["cert_hash"], fragment["statement"]["revoked"]) == (None, "new evidence")
            round_ = as_json(await house.alice.get(f"/v1/rounds/{end['report']['round']['id']}"))
            assert round_["statement"]["revoked"] == "new evidence"
            assert (await house.alice.get(f"/v1/certificates/{end['cert_hash']}")).status == 200
            now = as_json(await house.alice.get(f"/v1/verifications/{end['id']}"))
            said = [now["report"], *now["report"]["fragments"]]
            assert (now["state"], [one["cert_hash"] for one in said]) == ("revoked", [None] * len(said))
            assert now["report"]["record_hash"] == end["record_hash"]
            assert [one["votes"] for one in said[1:]] == [one["votes"] for one in end["report"]["fragments"]]

    run(main)


def judged_again(house: House, end: dict[str, Any], *refuted: str) -> Reverified:
    """As ``probatum reverify`` does, beside the gateway: a round of its own, which no generation is about."""
    now = Tools(lambda name: ScriptedValidator(MODELS[name], dict.fromkeys(refuted, Verdict.REFUTED)), None)
    sources = [read_source(SOURCE["name"], SOURCE["text"].encode())]
    return reverify(house.network, Digest.parse(end["record_hash"]), lambda output: certify(house.network, output, sources, now))


def successors(end: dict[str, Any], done: Reverified) -> list[str]:
    """The paths under which what stands in a certificate's place is found."""
    after = done.after.verified
    assert after is not None
    return [f"/v1/certificates/{after.record_hash}", f"/v1/rounds/{after.outcome.opening.round_id}"] + [
        f"/v1/fragments/{fragment_id(claim.record)}" for claim in after.claims
    ]


def test_what_stands_in_a_certificates_place_is_seen_by_whose_text_it_is_and_by_nobody_else(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house, f"{TRUE} {ALSO}")
            done = judged_again(house, end, TRUE)
            assert done.fate is Again.SUPERSEDED
            for path in successors(end, done):
                assert (await house.alice.get(path)).status == 200, path
                assert (await house.bob.get(path)).status == (await house.nobody.get(path)).status == 404, path
            old, new = as_json(await house.alice.get(f"/v1/outputs/{end['output']}"))["statements"]
            assert (old["successor"], new["successor"]) == (new["record_hash"], None)
            assert "judged again" in old["revoked"]
            assert (await house.bob.get(f"/v1/outputs/{end['output']}")).status == 404
            house.public.add("alice")
            assert (await house.nobody.get(successors(end, done)[0])).status == 200

    run(main)


def test_a_successor_that_is_superseded_in_turn_leads_back_to_the_same_owner(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house, f"{TRUE} {ALSO}")
            first = judged_again(house, end, TRUE).after.verified
            assert first is not None
            second = judged_again(house, {"record_hash": str(first.record_hash)}, TRUE, ALSO)
            assert second.fate is Again.SUPERSEDED
            for path in successors(end, second):
                assert (await house.alice.get(path)).status == 200, path
                assert (await house.bob.get(path)).status == 404, path

    run(main)


def test_a_statement_beside_a_text_that_takes_no_certificates_place_stays_the_command_lines_own(here: Builder) -> None:
    """Who has the same text must not see what somebody else had judged against evidence of his own."""

    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            done = judged_again(house, end)
            assert done.fate is Again.STANDS
            for path in successors(end, done):
                assert (await house.alice.get(path)).status == 404, path
                assert (await Client(house.app, "local").get(path)).status == 200, path

    run(main)


def test_a_certificate_says_where_its_revocation_would_be_and_its_own_bytes_never_change(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            path = f"/v1/certificates/{end['cert_hash']}"
            before = await house.alice.get(path)
            assert before.headers["link"] == f'<https://gw{path}/revocation>; rel="https://probatum.dev/rel/revocation"'
            none = await house.alice.get(f"{path}/revocation")
            assert (none.status, none.code, none.headers["cache-control"]) == (404, "revocation_not_found", "no-store")
            revoke(house.network, Digest.parse(end["cert_hash"]), "new evidence")
            after = await house.alice.get(path)
            assert (after.body, after.headers["etag"]) == (before.body, before.headers["etag"])
            answer = await house.alice.get(f"{path}/revocation")
            assert answer.status == 200
            assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
            issued = verify(decode_bundle(after.body), house.network.trust).verified
            check = verify_revocation(decode_revocation(answer.body), house.network.trust, certificate=issued)
            assert check.verified is not None
            assert check.verified.revocation.reason == "new evidence"
            assert decide(TRUE, after.body, GatePolicy(), house.network.trust, revocations=[answer.body]) != decide(
                TRUE, after.body, GatePolicy(), house.network.trust
            )
            for stranger in (house.bob, house.nobody):
                assert (await stranger.get(f"{path}/revocation")).code == "certificate_not_found"

    run(main)


def test_a_revocation_is_shown_before_the_propagation_ledger_knows_it_and_then_taken_over(here: Builder) -> None:
    """Revoked by a command that could not reach the propagation ledger, or was killed before it did."""

    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            record = Digest.parse(end["cert_hash"])
            told = Release(end["generation"], Channel.COPY, "reader", State.CERTIFIED, record, house.clock.now())
            await house.ledger.release(told)
            revoke(house.network, record, "new evidence")
            round_ = as_json(await house.alice.get(f"/v1/rounds/{end['report']['round']['id']}"))
            assert round_["statement"]["revoked"] == "new evidence"
            early = as_json(await house.alice.get(f"/v1/outputs/{end['output']}"))
            assert (early["state"], early["cert_hash"]) == ("revoked", None)
            assert {one["state"] for one in early["generations"]} == {"revoked"}
            assert await take_over(house.reader, house.ledger, house.clock.now()) == 1
            assert await take_over(house.reader, house.ledger, house.clock.now()) == 1  # again changes nothing
            assert await take_over(house.reader, house.ledger, house.clock.now(), after=1) == 1
            output = as_json(await house.alice.get(f"/v1/outputs/{end['output']}"))
            assert (output["state"], output["cert_hash"]) == ("revoked", None)
            due = await house.ledger.read(lambda connection: recalls.feed(connection, "alice", after=0))
            assert [(one.receiver, one.state) for one in due] == [("reader", State.REVOKED)]

    run(main)
