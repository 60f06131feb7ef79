"""The pages show what is really answered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson

from probatum.gateway.webhooks.signing import Secret
from tests.unit.gateway.served.client import as_json, until
from tests.unit.gateway.served.house import SOURCE, Builder, run
from tests.unit.gateway.served.test_mira import FACT, STREAM, from_corpus
from tests.unit.gateway.served.test_recalls import RECALLS, revoked
from tests.unit.gateway.served.test_verifications import PATH
from tests.unit.gateway.test_verifier import FALSE, TRUE

PAGES = Path(__file__).resolve().parents[4] / "docs/http"


def blocks(page: str) -> list[str]:
    """The literal examples of a page."""
    return re.findall(r"```text\n(.*?)```", (PAGES / page).read_text("utf-8"), re.S)


def body(block: str) -> Any:
    """The JSON of an example, whose one line is broken."""
    return orjson.loads(block[block.index("{") :].replace("\n", ""))


def test_the_events_of_a_fact_are_those_on_the_page(here: Builder) -> None:
    here.corpora, here.gather = {"general": "facts"}, from_corpus
    request, shown, refusal = blocks("mira.md")
    assert orjson.loads(request[request.index("{") :]) == FACT

    async def main() -> None:
        async with here.open() as house:
            answer = (await house.alice.post(STREAM, FACT)).body.decode()
            assert answer.startswith(shown + "\nevent: completed\n")
            assert {"error", "message", "code"} == body(refusal).keys()

    run(main)


def test_a_verification_looks_as_on_the_page(here: Builder) -> None:
    request, accepted, events, notice, _ = blocks("verifications.md")
    given = orjson.loads(request[request.index("{") :])
    assert given["text"] == f"{TRUE} {FALSE}"
    assert given["evidence"] == [SOURCE]

    async def main() -> None:
        async with here.open() as house:
            answer = await house.alice.post(PATH, given)
            assert as_json(answer).keys() == body(accepted).keys()
            assert as_json(answer)["webhook"] == body(accepted)["webhook"]
            await until(lambda: house.receivers.sent)
            assert orjson.loads(house.receivers.sent[0][2]).keys() == body(notice).keys()
            assert orjson.loads(house.receivers.sent[0][2])["data"].keys() == body(notice)["data"].keys()
            seen = (await house.alice.get(f"{PATH}/{as_json(answer)['id']}/events")).body.decode()
            for line in events.split("\n"):
                if line.startswith("data: ") and "claim" in line:
                    assert line in seen

    run(main)


def test_the_signature_on_the_page_is_that_of_the_notice_on_the_page() -> None:
    _, accepted, _, notice, _ = blocks("verifications.md")
    headers = dict(line.split(": ", 1) for line in notice.split("\n\n")[0].splitlines())
    content = notice[notice.index("{") :].replace("\n", "").encode()
    secret = Secret.parse(body(accepted)["webhook"]["secret"])
    assert secret.sign(headers["webhook-id"], int(headers["webhook-timestamp"]), content) == headers["webhook-signature"]


def test_a_recall_looks_as_on_the_page(here: Builder) -> None:
    *_, recall = blocks("verifications.md")

    async def main() -> None:
        async with here.open() as house:
            await revoked(house, ("newsroom", None))
            (one,) = as_json(await house.alice.get(RECALLS))["recalls"]
            assert one.keys() == body(recall).keys()

    run(main)
