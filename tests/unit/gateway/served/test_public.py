"""Certificates, rounds, outputs and fragments by hash: who may see them, and what caches may do with them."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from typing import Any

import orjson
import pytest
from starlette.requests import Request

from probatum.consensus.fragment import fragment_id
from probatum.consensus.verdict import Verdict
from probatum.coordinator.certify import Tools, certify
from probatum.coordinator.reverifying import Again, Reverified, reverify
from probatum.coordinator.revoking import revoke
from probatum.encoding.digest import Digest
from probatum.evidence.readers import read_source
from probatum.gate import GatePolicy, decide
from probatum.gateway.propagation.revoking import take_over
from probatum.gateway.public.resource import has_already
from probatum.ledger.fragment_index import FILE
from probatum.ledger.propagation import generations, recalls
from probatum.ledger.propagation.texts import Text
from probatum.ledger.records import Channel, Generation, Release, State
from probatum.testing.committee import ScriptedValidator
from probatum.verify.bundle import decode_bundle
from probatum.verify.revocation import decode_revocation, verify_revocation
from probatum.verify.verifier import verify
from tests.unit.gateway.served.client import Client, as_json
from tests.unit.gateway.served.house import SOURCE, Builder, House, run
from tests.unit.gateway.served.test_verifications import handed_in, settled
from tests.unit.gateway.test_verifier import ALSO, FALSE, MODELS, TRUE


async def certified(house: House, text: str = TRUE) -> dict[str, Any]:
    return await settled(house.alice, (await handed_in(house.alice, text=text))["id"])


def everything(client: Client, end: dict[str, Any]) -> list[str]:
    """The paths under which this verification's results stand."""
    fragment = end["report"]["fragments"][0]["id"]
    return [
        f"/v1/certificates/{end['record_hash']}",
        f"/v1/rounds/{end['report']['round']['id']}",
        f"/v1/outputs/{end['output']}",
        f"/v1/fragments/{fragment}",
        f"/v1/fragments/{fragment}/proof",
    ]


def test_a_certificate_is_the_bundle_itself_and_never_changes(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            path = f"/v1/certificates/{end['cert_hash']}"
            answer = await house.alice.get(path)
            assert answer.body == house.network.ledger.bundle(Digest.parse(end["cert_hash"]))
            verified = verify(decode_bundle(answer.body), house.network.trust, output=TRUE.encode()).verified
            assert verified is not None
            assert str(verified.cert_hash) == end["cert_hash"]
            assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
            assert answer.headers["etag"] == f'"{end["cert_hash"]}"'
            name, _, value = answer.headers["repr-digest"].partition("=")
            assert (name, b64decode(value.strip(":"))) == ("sha-256", sha256(answer.body).digest())
            again = await house.alice.get(path, if_none_match=answer.headers["etag"])
            assert (again.status, again.body) == (304, b"")
            assert again.headers["etag"] == answer.headers["etag"]

    run(main)


def test_public_certificates_may_be_kept_by_shared_caches(here: Builder) -> None:
    here.public.add("alice")

    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            answer = await house.nobody.get(f"/v1/certificates/{end['cert_hash']}")
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert "vary" not in answer.headers

    run(main)


def test_only_the_tenant_sees_its_own_unless_it_makes_them_public(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            for path in everything(house.alice, end):
                assert (await house.alice.get(path)).status == 200, path
                unknown = (await house.bob.get(path.replace("sha256:", "sha256:")[:-1] + "0")).status
                assert (await house.bob.get(path)).status == unknown == 404, path
                assert (await house.nobody.get(path)).status == 404, path
            house.public.add("alice")
            for path in everything(house.alice, end):
                assert (await house.bob.get(path)).status == 200, path
                assert (await house.nobody.get(path)).status == 200, path

    run(main)


def test_a_stranger_who_may_see_a_certificate_does_not_see_whose_generations_it_is_about(here: Builder) -> None:
    here.public.add("alice")

    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            path = f"/v1/outputs/{end['output']}"
            assert as_json(await house.alice.get(path))["generations"] == [{"id": end["generation"], "state": "certified"}]
            assert as_json(await house.bob.get(path))["generations"] == []

    run(main)


@pytest.mark.parametrize(
    "name",
    ["", "x", "sha256:", "sha256:" + 64 * "A", 63 * "a", 65 * "a", "..%2F..", "../../etc/passwd", "md5:" + 32 * "a", 64 * "é"],
)
@pytest.mark.parametrize("kind", ["certificates", "rounds", "outputs", "fragments"])
def test_names_that_are_no_hashes_name_nothing(here: Builder, kind: str, name: str) -> None:
    async def main() -> None:
        async with here.open() as house:
            answer = await house.alice.get(f"/v1/{kind}/{name}")
            assert answer.status == 404
            assert answer.headers.get("cache-control") == "no-store"

    run(main)


def test_a_certified_output_is_asked_about_again_before_each_use(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            for name in (end["output"], f"sha256:{end['output']}"):
                answer = await house.alice.get(f"/v1/outputs/{name}")
                assert answer.headers["cache-control"] == "no-cache"
                assert answer.headers["etag"] == f'"{end["cert_hash"]}"'
                assert answer.headers["probatum-state"] == "certified"
                assert answer.headers["probatum-cert-hash"] == end["cert_hash"]
                assert TRUE not in answer.body.decode()
                (statement,) = as_json(answer)["statements"]
                assert statement["record_hash"] == statement["cert_hash"] == end["cert_hash"]
                assert statement["url"].endswith(f"/v1/certificates/{end['cert_hash']}")
            assert (await house.alice.get(f"/v1/outputs/{end['output']}", if_none_match=f'W/"{end["cert_hash"]}"')).status == 304

    run(main)


@pytest.mark.parametrize(("text", "state"), [(FALSE, "rejected"), (f"{TRUE} {FALSE}", "partially_certified")])
def test_an_output_that_is_not_certified_as_a_whole_is_kept_by_no_cache(here: Builder, text: str, state: str) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house, text)
            answer = await house.alice.get(f"/v1/outputs/{end['output']}", if_none_match="*")
            assert (answer.status, as_json(answer)["state"], as_json(answer)["cert_hash"]) == (200, state, None)
            assert answer.headers["cache-control"] == "no-store"
            assert "etag" not in answer.headers
            assert "probatum-cert-hash" not in answer.headers

    run(main)


def test_a_provisional_output_is_known_to_its_tenant_and_kept_by_no_cache(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            one = Generation("gen_" + 32 * "1", "alice", Digest.of(b"ask"), "m", 1)
            await house.ledger.begin(one)
            await house.ledger.finish(one.id, "Not judged.", complete=True, at=2)
            path = f"/v1/outputs/{Text.of('Not judged.').digest}"
            answer = await house.alice.get(path)
            assert (as_json(answer)["state"], answer.headers["cache-control"]) == ("provisional", "no-store")
            assert (await house.bob.get(path)).status == 404

    run(main)


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


def test_every_state_has_a_url_that_names_it_and_the_plain_one_only_leads_there(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            base, record = f"/v1/outputs/{end['output']}", end["cert_hash"]

            async def leads(path: str) -> str:
                answer = await house.alice.get_here(path, if_none_match="*")
                assert (answer.status, answer.headers["cache-control"]) == (303, "no-store"), path
                assert as_json(answer) == {"object": "see_other", "url": answer.headers["location"]}, "not a word on the state"
                assert "etag" not in answer.headers
                return answer.headers["location"].removeprefix("https://gw")

            for path in (base, f"{base}/provisional", f"{base}/revoked", f"{base}/certified/sha256:{64 * '0'}"):
                assert await leads(path) == f"{base}/certified/{record}"
            assert (await house.alice.get_here(f"{base}/certified/{record}", if_none_match=f'"{record}"')).status == 304
            for path in (f"{base}/certified", f"{base}/nonsense", f"{base}/certified/x"):
                assert (await house.alice.get_here(path)).status == 404, path
            await house.ledger.write(lambda unit: generations.revoke(unit, Digest.parse(record), "new evidence", house.clock.now()))
            for path in (base, f"{base}/certified/{record}", f"{base}/provisional"):
                assert await leads(path) == f"{base}/revoked"

    run(main)


def test_a_round_tells_its_state_and_its_statement(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            answer = await house.alice.get(f"/v1/rounds/{end['report']['round']['id']}")
            body = as_json(answer)
            assert (body["state"], body["output"]) == ("finished", end["output"])
            assert body["statement"]["cert_hash"] == end["cert_hash"]
            assert answer.headers["cache-control"] == "no-cache"

    run(main)


def test_a_surviving_claim_has_a_proof_that_shows_no_other(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house, f"{TRUE} {FALSE}")
            true, false = (fragment["id"] for fragment in end["report"]["fragments"])
            body = as_json(await house.alice.get(f"/v1/fragments/{true}"))
            assert (body["status"], body["cert_hash"]) == ("certified", end["record_hash"])
            proof = await house.alice.get(body["proof_url"].removeprefix("https://gw"))
            verified = verify(decode_bundle(proof.body), house.network.trust).verified
            assert verified is not None
            assert [claim.record.claim for claim in verified.claims] == [TRUE]
            assert FALSE.encode() not in proof.body
            fell = as_json(await house.alice.get(f"/v1/fragments/{false}"))
            assert (fell["status"], fell["cert_hash"], fell["proof_url"]) == ("refuted", None, None)
            assert (await house.alice.get(f"/v1/fragments/{false}/proof")).code == "proof_not_found"

    run(main)


def test_the_index_of_fragments_can_be_thrown_away(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            path = f"/v1/fragments/{end['report']['fragments'][0]['id']}"
            before = (await house.alice.get(path)).body
        for name in (FILE, FILE + "-wal", FILE + "-shm"):
            (here.folder / name).unlink(missing_ok=True)
        (here.folder / FILE).write_bytes(b"rubbish, not a database at all" * 100)
        async with here.open() as house:
            assert (await house.alice.get(path)).body == before
            assert house.index.catch_up() == 0

    run(main)


def test_what_the_command_line_certified_in_the_same_folder_belongs_to_the_local_tenant(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house)
            with here.database.write() as unit:
                unit.connection.exec_driver_sql("UPDATE generations SET record_hash = NULL, cert_hash = NULL, output = NULL")
            path = f"/v1/certificates/{end['cert_hash']}"
            assert (await house.alice.get(path)).status == 404
            assert (await Client(house.app, "local").get(path)).status == 200
            assert as_json(await Client(house.app, "local").get(f"/v1/outputs/{end['output']}"))["state"] == "certified"

    run(main)


def test_markup_in_claims_is_never_shown_as_a_page(here: Builder) -> None:
    async def main() -> None:
        async with here.open() as house:
            end = await certified(house, f"{TRUE} Is <script>alert(1)</script> fine?")
            assert "<script>" in orjson.dumps(end["report"]).decode()
            for path in everything(house.alice, end):
                answer = await house.alice.get(path, accept="text/html")
                if answer.status == 200:
                    assert answer.headers["content-type"] == "application/json"
                    assert answer.headers["x-content-type-options"] == "nosniff"
                    assert "default-src 'none'" in answer.headers["content-security-policy"]

    run(main)


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ('"t"', True),
        ('W/"t"', True),
        ('"a", "t"', True),
        ("*", True),
        ("t", False),
        ('"tt"', False),
        ("", False),
        ('"a","b"', False),
    ],
)
def test_if_none_match_is_compared_weakly(header: str, known: bool) -> None:
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [(b"if-none-match", header.encode())]})
    assert has_already(request, "t") is known
