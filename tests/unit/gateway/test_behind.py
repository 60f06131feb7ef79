"""What the HTTP side stands on: evidence made searchable, names of responses, uses of keys, texts that broke off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from probatum.coordinator.verification import Evidence
from probatum.encoding.digest import Digest
from probatum.errors import EvidenceRefused, LedgerError, SettingsRefused
from probatum.evidence.content_store import ContentStore
from probatum.evidence.corpus import Corpus
from probatum.evidence.retrieval import Floats
from probatum.gateway.answers.upstreams import NoUpstream, OneModel
from probatum.gateway.directory import LedgerDirectory
from probatum.gateway.entrance.keys import LedgerKeys
from probatum.gateway.entrance.rates import DAY_MS, Rates
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.gathering import HELD, Corpora, Gathering
from probatum.gateway.journal import LedgerJournal
from probatum.gateway.parking import break_off
from probatum.gateway.serving.machinery import WEBHOOK_KEY, webhook_key
from probatum.ledger.propagation import generations, responses
from probatum.ledger.propagation.database import Database
from probatum.ledger.propagation.writer import Writer
from probatum.ledger.records import Generation, Settlement, State

ASKED = Digest.of(b"asked")


class Alike:
    """An embedder to which all texts are alike."""

    def embed(self, texts: Sequence[str]) -> Floats:
        vectors = np.zeros((len(texts), 8), np.float32)
        vectors[:, 0] = 1
        return vectors


@pytest.fixture
def gathering(tmp_path: Path) -> Gathering:
    return Gathering(ContentStore(tmp_path / "sources"), Corpora(tmp_path, Alike()), Alike())


def sources(*texts: str) -> Evidence:
    return Evidence(tuple((f"{number}.txt", text.encode()) for number, text in enumerate(texts)))


def found(gathering: Gathering, evidence: Evidence, claim: str) -> list[str]:
    return [passage.text for passage in gathering(evidence).search.search_many([(claim, "")], 3)[0]]


def test_sources_are_kept_before_anything_is_judged(gathering: Gathering) -> None:
    material = gathering(sources("Towers are tall."))
    assert material.digests == (Digest.of(b"Towers are tall."),)
    assert gathering.store.get(material.digests[0]) == b"Towers are tall."


def test_the_same_evidence_is_read_once(gathering: Gathering) -> None:
    assert gathering(sources("a b c")) is gathering(sources("a b c"))
    for number in range(HELD + 5):
        gathering(sources(f"text {number}"))
    assert len(gathering._held) == HELD


def test_the_same_content_under_another_name_is_other_evidence(gathering: Gathering) -> None:
    other = Evidence((("other.txt", b"a b c"),))
    assert gathering(other) is not gathering(sources("a b c"))


@pytest.mark.parametrize(
    ("evidence", "problem"),
    [
        (Evidence(), "no evidence was given"),
        (Evidence((("a.exe", b"x"),)), "unsupported type"),
        (Evidence(corpus="nothing"), "no corpus nothing"),
        (Evidence(corpus="../etc"), "cannot be called"),
    ],
)
def test_what_cannot_be_used_is_refused(gathering: Gathering, evidence: Evidence, problem: str) -> None:
    with pytest.raises(EvidenceRefused, match=problem):
        gathering(evidence)


def test_a_corpus_is_opened_once_and_anew_when_it_has_changed(tmp_path: Path, gathering: Gathering) -> None:
    source = tmp_path / "towers.txt"
    source.write_text("The tower is made of iron.")
    Corpus(tmp_path, "towers").add([source], Alike())
    first = gathering(Evidence(corpus="towers"))
    assert gathering(Evidence(corpus="towers")).search is first.search
    source.write_text("The tower is made of brass and gold.")
    Corpus(tmp_path, "towers").add([source], Alike())
    second = gathering(Evidence(corpus="towers"))
    assert second.digests != first.digests, "so that a kept answer is not given for the new version"
    assert found(gathering, Evidence(corpus="towers"), "brass") == ["The tower is made of brass and gold."]


def test_sources_come_before_a_corpus_and_leave_it_room(tmp_path: Path, gathering: Gathering) -> None:
    source = tmp_path / "towers.txt"
    source.write_text("The tower is made of iron.")
    Corpus(tmp_path, "towers").add([source], Alike())
    both = Evidence((("own.txt", b"The tower is made of wood."),), "towers")
    assert found(gathering, both, "The tower is made of iron.") == ["The tower is made of wood.", "The tower is made of iron."]
    assert len(gathering(both).digests) == 2


Work = Callable[[LedgerJournal], Coroutine[Any, Any, Any]]


def with_ledger(tmp_path: Path, work: Work) -> Any:
    with Database(f"sqlite:///{tmp_path / 'gateway.sqlite3'}", sync=False) as database, Writer(database) as writer:
        return asyncio.run(work(LedgerJournal(database, writer, lambda: 1)))


def begun(number: int, tenant: str = "acme", at: int = 0) -> Generation:
    return Generation(f"gen_{number:032x}", tenant, ASKED, "m", at or number)


async def remember(ledger: LedgerJournal, generation: str, name: str, verification: str | None) -> None:
    await ledger.write(partial(responses.remember, generation=generation, name=name, verification=verification))


def test_a_response_id_finds_its_newest_generation_of_the_tenant(tmp_path: Path) -> None:
    async def story(ledger: LedgerJournal) -> None:
        directory = LedgerDirectory(ledger)
        for generation in (begun(1), begun(2), begun(3, "other")):
            await ledger.begin(generation)
            await remember(ledger, generation.id, "chatcmpl-1", f"ver_{generation.id[4:]}")
        await remember(ledger, begun(2).id, "another", None)
        standing = await directory.standing("acme", "chatcmpl-1")
        assert standing is not None
        assert (standing.generation, standing.verification) == (begun(2).id, f"ver_{begun(2).id[4:]}")
        assert await directory.standing("acme", begun(3).id) is None
        assert await directory.standing("nobody", "chatcmpl-1") is None
        assert await directory.standing("acme", "another") is None, "the first name stays"
        with pytest.raises(LedgerError, match="there is no generation"):
            await remember(ledger, "gen_x", "y", None)

    with_ledger(tmp_path, story)


def test_a_revoked_certificate_is_not_given_as_one(tmp_path: Path) -> None:
    cert = Digest.of(b"cert")

    async def story(ledger: LedgerJournal) -> None:
        await ledger.begin(begun(1))
        await ledger.finish(begun(1).id, "Text.", complete=True, at=2)
        await ledger.settle(begun(1).id, Settlement(State.CERTIFIED, cert, cert, 3))
        before = await LedgerDirectory(ledger).standing("acme", begun(1).id)
        await ledger.write(lambda unit: generations.revoke(unit, cert, "wrong", 4))
        after = await LedgerDirectory(ledger).standing("acme", begun(1).id)
        assert before is not None
        assert after is not None
        assert (before.cert_hash, after.cert_hash, after.state) == (cert, None, State.REVOKED)

    with_ledger(tmp_path, story)


def test_uses_of_keys_outlive_the_process_and_add_up(tmp_path: Path) -> None:
    async def one_process(ledger: LedgerJournal) -> bool:
        rates = Rates()
        keys = LedgerKeys(ledger, rates, lambda: DAY_MS)
        await keys.start()
        refused = [rates.use("k", None, 5, DAY_MS) is not None for _ in range(2)]
        await keys.keep()
        await keys.keep()
        return any(refused)

    assert [with_ledger(tmp_path, one_process) for _ in range(3)] == [False, False, True]


def test_texts_whose_process_ended_are_incomplete_and_others_are_left_alone(tmp_path: Path) -> None:
    async def story(ledger: LedgerJournal) -> None:
        for generation in (begun(1, at=10), begun(2, at=20), begun(3, at=30)):
            await ledger.begin(generation)
        await ledger.finish(begun(1).id, "Whole.", complete=True, at=11)
        assert await break_off(ledger, before=30, at=40) == 1
        states = [await ledger.read(partial(generations.find, generation=begun(number).id)) for number in (1, 2, 3)]
        assert [one and one.state for one in states] == [State.PROVISIONAL, State.INCOMPLETE, State.GENERATING]

    with_ledger(tmp_path, story)


def test_the_key_for_webhooks_is_made_once(tmp_path: Path) -> None:
    key = webhook_key(tmp_path)
    assert len(key) == 32
    assert webhook_key(tmp_path) == key
    assert (tmp_path / WEBHOOK_KEY).stat().st_mode & 0o077 == 0
    (tmp_path / WEBHOOK_KEY).write_text("short")
    with pytest.raises(SettingsRefused, match="cannot be read as a key"):
        webhook_key(tmp_path)


class Echo:
    """An upstream that remembers what it was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, bytes | None]] = []
        self.closed = False

    async def send(self, method: str, path: str, body: bytes | None = None) -> Any:
        self.sent.append((method, path, body))

    async def close(self) -> None:
        self.closed = True


def test_one_model_answers_for_all() -> None:
    async def story() -> None:
        echo = Echo()
        one = OneModel(echo, "small")
        await one.send("POST", "/chat/completions", b'{"model":"gpt-9","messages":[]}')
        await one.send("GET", "/models")
        await one.close()
        assert [orjson.loads(body) if body else None for _, _, body in echo.sent] == [{"model": "small", "messages": []}, None]
        assert echo.closed

    asyncio.run(story())


def test_without_an_upstream_the_refusal_says_so() -> None:
    with pytest.raises(HttpRefusal, match="started without --upstream") as refused:
        asyncio.run(NoUpstream().send("POST", "/chat/completions", b"{}"))
    assert (refused.value.status, refused.value.code) == (503, "no_upstream")
