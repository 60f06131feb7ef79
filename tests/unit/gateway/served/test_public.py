"""Certificates, rounds, outputs and fragments by hash: who may see them, and what caches may do with them."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from typing import Any

import orjson
import pytest
from starlette.requests import Request

from probatum.encoding.digest import Digest
from probatum.gateway.public.resource import has_already
from probatum.ledger.fragment_index import FILE
from probatum.ledger.propagation import generations
from probatum.ledger.propagation.texts import Text
from probatum.ledger.records import Generation
from probatum.verify.bundle import decode_bundle
from probatum.verify.verifier import verify
from tests.unit.gateway.served.client import Client, as_json
from tests.unit.gateway.served.house import Builder, House, run
from tests.unit.gateway.served.test_verifications import handed_in, settled
from tests.unit.gateway.test_verifier import FALSE, TRUE


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
