"""The coordinator on the event loop: real rounds, a real ledger, scripted models."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Gate
from typing import Any

import pytest

from probatum.claims.split import split
from probatum.consensus.epoch import Policy
from probatum.consensus.model import ModelDescriptor
from probatum.consensus.verdict import Verdict
from probatum.coordinator.certify import Tools
from probatum.coordinator.network import Network
from probatum.coordinator.verification import Evidence, Result
from probatum.errors import EvidenceRefused, LedgerError, ValidatorUnavailable
from probatum.evidence.passages import cut
from probatum.evidence.readers import read_source
from probatum.evidence.retrieval import Index
from probatum.gateway.ports import Verification
from probatum.gateway.verifier import LiveVerifier, Material
from probatum.ledger.records import Settlement, State
from probatum.testing.committee import ScriptedValidator, committee
from probatum.testing.embedded import embedded
from probatum.validators.protocol import Judgement, Question, Validator
from probatum.verify.bundle import decode_bundle
from probatum.verify.verifier import verify
from tests.unit.gateway.journal import MemoryJournal

HERE = committee(4, policy=Policy(min_families=2, ballot_ms=3_600_000))
EVIDENCE = Evidence((("towers.txt", b"The Eiffel Tower is 330 metres tall. It was finished in 1889."),))
TRUE = "The Eiffel Tower is 330 m tall."
ALSO = "The Eiffel Tower was finished in 1889."
FALSE = "The Eiffel Tower is made of wood."
MODELS = {member.id: member.model for member in HERE.epoch.members}


def gather(evidence: Evidence) -> Material:
    if not evidence.sources:
        raise EvidenceRefused("no evidence was given")
    sources = [read_source(name, data) for name, data in evidence.sources]
    return Material(Index([p for s in sources for p in cut(s)], None), tuple(s.copy_digest for s in sources))


def scripted(name: str) -> Validator:
    return ScriptedValidator(MODELS[name], {FALSE: Verdict.REFUTED})


@dataclass(frozen=True, slots=True)
class Bench:
    verifier: LiveVerifier
    network: Network
    journal: MemoryJournal

    def run(self, job: Callable[[LiveVerifier], Awaitable[Any]]) -> Any:
        async def whole() -> Any:
            try:
                return await job(self.verifier)
            finally:
                await self.verifier.close()

        return asyncio.run(whole())


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    with embedded(HERE, tmp_path, sync=False) as made:
        yield made


def bench(network: Network, load: Callable[[str], Validator] = scripted, journal: MemoryJournal | None = None) -> Bench:
    kept = journal or MemoryJournal()
    return Bench(LiveVerifier(network, Tools(load, None, split), gather, kept), network, kept)


async def verified(verifier: LiveVerifier, *parts: str) -> tuple[Verification, Result]:
    verification = await verifier.start("gen_1", EVIDENCE)
    for part in parts:
        verification.feed(part)
        await asyncio.sleep(0)
    verification.finish()
    return verification, await verification.result()


def test_a_text_that_holds_is_certified_and_its_bundle_verifies(network: Network) -> None:
    at = bench(network)
    verification, result = at.run(lambda v: verified(v, TRUE + " ", ALSO))
    assert verification.state is State.CERTIFIED
    settlement = at.journal.settled["gen_1"]
    assert settlement == result.settlement
    assert settlement.cert_hash is not None
    bundle = network.ledger.bundle(settlement.cert_hash)
    assert bundle is not None
    checked = verify(decode_bundle(bundle), network.trust, output=f"{TRUE} {ALSO}".encode())
    assert checked.verified is not None
    assert checked.verified.cert_hash == settlement.cert_hash


def test_a_text_of_which_some_claims_fell_has_no_cert_hash_of_its_own(network: Network) -> None:
    _, result = bench(network).run(lambda v: verified(v, f"{TRUE} {FALSE}"))
    assert result.settlement.state is State.PARTIALLY_CERTIFIED
    assert result.settlement.cert_hash is None
    assert result.report is not None
    assert [one["status"] for one in result.report["fragments"]] == ["certified", "refuted"]
    assert result.report["fragments"][0]["cert_hash"] == str(result.settlement.record_hash)


def test_events_come_in_order_and_can_be_read_late_or_from_the_middle(network: Network) -> None:
    async def job(verifier: LiveVerifier) -> tuple[list[Any], list[Any]]:
        verification, _ = await verified(verifier, TRUE + " ", FALSE)
        everything = [event async for event in verification.events()]
        return everything, [event async for event in verification.events(after=len(everything) - 2)]

    everything, tail = bench(network).run(job)
    assert [event.number for event in everything] == list(range(1, len(everything) + 1))
    assert tail == everything[-2:]
    kinds = [event.kind for event in everything]
    assert kinds[:2] == ["claim_found", "evidence_bound"]
    assert kinds.count("vote") == 2 * len(HERE.epoch.members)
    assert kinds[-3:] == ["fragment_decided", "certificate", "settled"]
    assert everything[-2].data == {"record_hash": everything[-1].data["record_hash"], "cert_hash": None}
    assert everything[-1].data["state"] == "partially_certified"


def test_claims_are_judged_before_the_text_is_whole(network: Network) -> None:
    async def job(verifier: LiveVerifier) -> list[str]:
        verification = await verifier.start("gen_1", EVIDENCE)
        verification.feed(f"{TRUE} And then")
        seen = []
        async for event in verification.events():
            seen.append(event.kind)
            if seen.count("vote") == len(HERE.epoch.members):
                break
        assert verification.state is State.GENERATING
        verification.feed(" it was finished in 1889.")
        verification.finish()
        await verification.result()
        return seen

    assert "vote" in bench(network).run(job)


def test_a_text_that_broke_off_is_never_certified(network: Network) -> None:
    async def job(verifier: LiveVerifier) -> Result:
        verification = await verifier.start("gen_1", EVIDENCE)
        verification.feed(f"{TRUE} And th")
        verification.abandon("the upstream closed the connection")
        verification.feed("is comes too late.")
        verification.finish()
        return await verification.result()

    at = bench(network)
    result = at.run(job)
    assert result.settlement.state is State.INCOMPLETE
    assert result.reason == "the upstream closed the connection"
    assert at.network.ledger.head().size == 1  # the epoch; no statement


def test_a_validator_that_cannot_be_loaded_is_silent_and_three_certify(network: Network) -> None:
    def load(name: str) -> Validator:
        if name == "v3":
            raise ValidatorUnavailable("no weights")
        return scripted(name)

    _, result = bench(network, load).run(lambda v: verified(v, TRUE))
    assert result.settlement.state is State.CERTIFIED
    assert [one["voted"] for one in result.report["validators"]] == [True, True, True, False]


def test_a_model_that_hangs_does_not_hold_the_certificate(tmp_path: Path, network: Network) -> None:
    forever = Gate()

    class Hangs:
        descriptor: ModelDescriptor = MODELS["v0"]

        def judge(self, questions: Sequence[Question]) -> Iterator[Judgement]:
            forever.wait()
            yield Judgement(Verdict.SUPPORTED, 1, "")

    quick = committee(4, policy=Policy(min_families=2, ballot_ms=1, claim_ms=1))
    folder = tmp_path / "quick"
    folder.mkdir()
    with embedded(quick, folder, sync=False) as hasty:
        _, result = bench(hasty, lambda name: Hangs() if name == "v0" else scripted(name)).run(lambda v: verified(v, TRUE))
    forever.set()
    assert result.settlement.state in {State.CERTIFIED, State.UNDECIDED}  # v0 never voted, whatever the others managed in 2 ms
    assert result.settlement.state is not State.PROVISIONAL


def test_a_question_alone_has_nothing_to_check(network: Network) -> None:
    _, result = bench(network).run(lambda v: verified(v, "How are you?"))
    assert result.settlement.state is State.NOTHING_TO_CHECK
    assert result.settlement.record_hash is None


def test_an_empty_text_has_nothing_to_check(network: Network) -> None:
    at = bench(network)
    _, result = at.run(lambda v: verified(v, " \n"))
    assert result.settlement.state is State.NOTHING_TO_CHECK
    assert at.journal.settled["gen_1"] == result.settlement


def test_a_text_that_cannot_be_verified_stays_provisional_and_says_why(network: Network) -> None:
    at = bench(network)
    _, result = at.run(lambda v: verified(v, f"{TRUE} \0 is no text."))
    assert result.settlement.state is State.PROVISIONAL
    assert "binary" in str(result.reason)
    assert not at.journal.settled


def test_evidence_that_cannot_be_used_is_refused_at_the_start(network: Network) -> None:
    with pytest.raises(EvidenceRefused, match="no evidence"):
        bench(network).run(lambda v: v.start("gen_1", Evidence()))


def test_a_settlement_that_is_not_written_is_not_told(network: Network) -> None:
    class FullDisk(MemoryJournal):
        async def settle(self, generation: str, settlement: Settlement) -> None:
            raise LedgerError("nothing was written (disk full)")

    _, result = bench(network, journal=FullDisk()).run(lambda v: verified(v, TRUE))
    assert result.settlement.state is State.PROVISIONAL
    assert result.settlement.cert_hash is None
    assert "disk full" in str(result.reason)


def test_many_texts_at_once_share_the_desks(network: Network) -> None:
    async def job(verifier: LiveVerifier) -> Sequence[Result]:
        async def one(number: int) -> Result:
            verification = await verifier.start(f"gen_{number}", EVIDENCE)
            verification.feed(f"{TRUE} Text {number} is here.")
            verification.finish()
            return await verification.result()

        return await asyncio.gather(*(one(number) for number in range(20)))

    results: Sequence[Result] = bench(network).run(job)
    hashes: Mapping[Any, int] = {result.settlement.cert_hash: 1 for result in results}
    assert len(hashes) == 20
    assert None not in hashes
