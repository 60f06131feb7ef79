"""kill -9 at any moment under load, then start again: nothing acknowledged is lost, nothing is certified that was not whole.

More kills with ``PROBATUM_GATEWAY_KILLS=200``; other moments with ``PROBATUM_SEED``.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest
from sqlalchemy import func, select

from probatum.encoding.digest import Digest
from probatum.ledger.propagation import audit, chain, generations
from probatum.ledger.propagation.chain import Head
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.schema import jobs
from probatum.ledger.reading import LedgerReader
from probatum.verify import decode_bundle, verify
from tests.e2e.gateway.clients import Answer, chat, question
from tests.e2e.gateway.program import DIES, evidence, text
from tests.e2e.gateway.running import Running, gateway, saying, upstream
from tests.e2e.scripted_network import HERE, open_scripted, signed_messages
from tests.e2e.test_kill import slots

KILLS = int(os.environ.get("PROBATUM_GATEWAY_KILLS", "3"))
SEED = int(os.environ.get("PROBATUM_SEED", "1"))
CLIENTS = 6
LONGEST_S = float(os.environ.get("PROBATUM_LONGEST_S", "1.5"))


@dataclass(slots=True)
class World:
    """What applications have seen.

    Attributes:
        numbers: of the questions, each asked once.
        certified: what was acknowledged as certified: the hash by the number.
        accepted: verifications that were answered with 202, by their id: the number.
        ends: what became of them in the end, in words.
        cut: answers that broke off before their last word had come.
    """

    numbers: Iterator[int] = field(default_factory=itertools.count)
    asked: list[int] = field(default_factory=list)
    certified: dict[int, str] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    cut: int = 0

    def number(self) -> int:
        """A new question."""
        self.asked.append(next(self.numbers))
        return self.asked[-1]


async def streams(session: aiohttp.ClientSession, url: str, world: World) -> None:
    """Ask question after question, until the gateway is dead."""
    while True:
        number, answer = world.number(), Answer()
        await chat(session, url, question(number, evidence(number)), answer)
        if answer.verification.get("state") == "certified":
            assert answer.text == text(number), "certified, and so delivered whole before"
            world.certified[number] = answer.verification["cert_hash"]
        if answer.broken:
            world.cut += answer.text != text(number)
            return


async def verifies(session: aiohttp.ClientSession, url: str, world: World) -> None:
    """Hand in text after text, and wait for half of them."""
    try:
        while True:
            number = world.number()
            given = {"text": text(number), "evidence": [{"name": "towers.txt", "text": evidence(number)}]}
            async with session.post(f"{url}/v1/verifications", json=given) as response:
                if response.status == 202:
                    world.accepted[(await response.json())["id"]] = number
            if number % 2:
                await settled(session, url, (await response.json())["id"], world)
    except (aiohttp.ClientError, OSError):
        return


async def settled(session: aiohttp.ClientSession, url: str, verification: str, world: World) -> None:
    """Wait for its end; a certificate is acknowledged by that."""
    async with session.get(f"{url}/v1/verifications/{verification}", headers={"prefer": "wait=50"}) as response:
        body: dict[str, Any] = await response.json()
        assert response.status == 200, body
    world.ends[verification] = f"{body['state']}: {body['reason']}"
    if body["state"] == "certified":
        world.certified[world.accepted[verification]] = body["cert_hash"]


async def load(running: Running, world: World, seconds: float) -> None:
    """Use the gateway, and kill it after a while."""
    async with aiohttp.ClientSession() as session:
        clients = [streams(session, running.url, world) for _ in range(CLIENTS)]
        busy = asyncio.gather(*clients, verifies(session, running.url, world))
        await asyncio.sleep(seconds)
        running.process.kill()
        await busy


async def finish(running: Running, world: World) -> None:
    """Every verification that was accepted comes to its end, whatever happened meanwhile."""
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(settled(session, running.url, one, world) for one in world.accepted))
        for number, cert_hash in world.certified.items():
            async with session.get(f"{running.url}/v1/certificates/{cert_hash}") as response:
                assert response.status == 200, f"seed {SEED}: {cert_hash} was acknowledged and is gone"
                bundle = decode_bundle(await response.read())
            assert verify(bundle, HERE.trust, output=text(number).encode()).verified is not None


def check_ledgers(folder: Path, world: World, head: Head) -> Head:
    """What is on disk, while nobody serves from it."""
    whole = {Digest.of(text(number).encode()) for number in world.asked}
    outputs: list[Digest] = []
    with open_scripted(folder) as network:
        reader = LedgerReader(network.ledger.path)
        for digest in statement_hashes(folder):
            statement = reader.statement(digest)
            assert statement is not None
            assert statement.output in whole, f"seed {SEED}: a statement about a text that was never whole"
            outputs.append(statement.output)
        reader.close()
    assert len(set(outputs)) == len(outputs), f"seed {SEED}: two statements about a text that was asked for once"
    with Database.in_folder(folder) as database, database.read() as connection:
        return audit.check(connection, head)


def statement_hashes(folder: Path) -> list[Digest]:
    """Of every certificate and rejection."""
    with open_scripted(folder) as network:
        return [Digest(row[0]) for row in network.ledger._rows("SELECT hash FROM statements")]


def open_ends(folder: Path) -> int:
    """What has begun and not ended."""
    with Database.in_folder(folder) as database, database.read() as connection:
        undone = connection.execute(select(func.count()).select_from(jobs).where(jobs.c.ended_at.is_(None))).scalar_one()
        return int(undone) + len(generations.unfinished(connection))


def test_kill_under_load_and_serve_again(tmp_path: Path) -> None:
    random, world, head, folder = Random(SEED), World(), chain.START, tmp_path / "net"  # noqa: S311 - moments, no secrets
    with upstream(saying(text, token_ms=3)) as base:
        for _ in range(KILLS):
            with gateway(folder, upstream=base) as running:
                asyncio.run(load(running, world, random.uniform(0, LONGEST_S)))
            head = check_ledgers(folder, world, head)
        with gateway(folder, upstream=base) as running:
            asyncio.run(finish(running, world))
            assert running.stop() == 0
        check_ledgers(folder, world, head)
    assert open_ends(folder) == 0, "no text is still being generated, and no verification is left to be done"
    assert set(world.ends.values()) <= {"certified: None"}, "every text that was accepted is true, and so certified in the end"
    for slot, payloads in slots(signed_messages(folder)).items():
        assert len(payloads) == 1, f"seed {SEED}: two payloads in the slot {slot}"


async def hand_in(url: str, number: int) -> None:
    """Hand in one text; the answer may not come any more."""
    given = {"text": text(number), "evidence": [{"name": "towers.txt", "text": evidence(number)}]}
    with suppress(aiohttp.ClientError, OSError):
        async with aiohttp.ClientSession() as session, session.post(f"{url}/v1/verifications", json=given) as response:
            assert response.status == 202


async def end_of(url: str, verification: str) -> dict[str, Any]:
    """What became of a verification."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url}/v1/verifications/{verification}", headers={"prefer": "wait=50"}) as response,
    ):
        return dict(await response.json())


def only_job(folder: Path) -> str:
    """The verification that was handed in."""
    with Database.in_folder(folder) as database, database.read() as connection:
        return str(connection.execute(select(jobs.c.id)).scalar_one())


def serve_and_die(folder: Path) -> None:
    """Start a gateway that settles what it finds, and dies there: before it listens, or soon after."""
    codes: list[int] = []
    with suppress(AssertionError), gateway(folder) as running:
        codes.append(running.process.wait(60))
    assert codes in ([], [-9]), "it was to die"


def test_killed_between_the_two_ledgers_again_and_again_there_is_one_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "net"
    monkeypatch.setenv(DIES, "1")
    with gateway(folder) as running:
        asyncio.run(hand_in(running.url, 0))
        assert running.process.wait(60) == -9
    published, verification = statement_hashes(folder), only_job(folder)
    assert len(published) == 1, "killed after the statement was published"
    serve_and_die(folder)
    assert statement_hashes(folder) == published
    monkeypatch.delenv(DIES)
    with gateway(folder) as running:
        end = asyncio.run(end_of(running.url, verification))
        assert (end["state"], end["cert_hash"]) == ("certified", str(published[0]))
        assert end["report"]["cert_hash"] == str(published[0])
        assert running.stop() == 0
    assert statement_hashes(folder) == published
    assert open_ends(folder) == 0
