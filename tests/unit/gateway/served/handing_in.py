"""Texts that are handed in, for the tests of verifications."""

from __future__ import annotations

import asyncio
from threading import Event as Gate
from typing import Any

import pytest

from probatum.errors import LedgerError
from probatum.gateway.verifications.routes import PATH
from probatum.ledger.propagation.unit import Unit
from probatum.testing.committee import ScriptedValidator
from probatum.validators.protocol import Validator
from tests.unit.gateway.served.client import Client, as_json, read_events, until
from tests.unit.gateway.served.house import SOURCE, Builder
from tests.unit.gateway.test_verifier import MODELS, TRUE, scripted

BODY = {"text": TRUE, "evidence": [SOURCE]}
RETOLD = ["claim_found", "evidence_bound", "fragment_decided", "certificate", "settled"]
"""The events of one certified claim, as they follow from its bundle."""


class Held:
    """Models that answer once they may."""

    def __init__(self) -> None:
        self.free = Gate()

    def load(self, name: str) -> Validator:
        inner = scripted(name)
        held = self

        class Waits(ScriptedValidator):
            def judge(self, questions: Any) -> Any:
                held.free.wait(20)
                yield from inner.judge(questions)

        return Waits(MODELS[name], {})


async def handed_in(client: Client, **more: Any) -> dict[str, Any]:
    answer = await client.post(PATH, BODY | more)
    assert answer.status == 202, answer.body
    return as_json(answer)


async def history(client: Client, id_: str, last: str = "") -> list[dict[str, Any]]:
    """The events of a verification that is over, behind the one with the id ``last``."""
    return read_events((await client.get(f"{PATH}/{id_}/events", last_event_id=last)).body)


async def settled(client: Client, id_: str) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        while (body := as_json(await client.get(f"{PATH}/{id_}")))["state"] == "provisional":
            await asyncio.sleep(0.005)
        return body

    return await asyncio.wait_for(look(), 20)


def dies_before_it_publishes(patch: pytest.MonkeyPatch, here: Builder) -> None:
    """To the ledgers it is as if the process were killed when the outcome is signed and not yet published."""

    def publish(*_: object) -> bytes:
        raise LedgerError("killed")

    patch.setattr(here.network.ledger, "publish", publish)


def as_a_killed_process_leaves_it(unit: Unit) -> None:
    """To the ledger it is as if process ``one`` were killed between the statement's publishing and the text's settling."""
    unit.connection.exec_driver_sql(
        "UPDATE generations SET state = 'provisional', settled_at = NULL, record_hash = NULL, cert_hash = NULL, certified_at = NULL"
    )
    unit.connection.exec_driver_sql("UPDATE jobs SET ended_at = NULL, owner = 'one', leased_until = 0")


def statements(here: Builder) -> list[Any]:
    """What was published about any text: round and hash."""
    return here.network.ledger._rows("SELECT round_id, hash FROM statements")


async def a_third_of_a_lease(here: Builder) -> None:
    """The time after which a runner looks again, once it sleeps."""
    await until(lambda: here.clock.asleep)
    await here.clock.move(20_000)
    await until(lambda: here.clock.asleep)


async def cut_off(here: Builder, **more: Any) -> dict[str, Any]:
    """Hand in a text to a process that ends before it publishes a statement."""
    async with here.open("one") as house:
        with pytest.MonkeyPatch.context() as patch:
            dies_before_it_publishes(patch, here)
            accepted = await handed_in(house.alice, **more)
            await house.runner.close()
            await house.verifier.close()
    return accepted
