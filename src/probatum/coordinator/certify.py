"""The main job: an output and its sources go in; a certificate, a rejection or an explicit failure comes out."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from probatum.claims.draft import Draft
from probatum.claims.split import split
from probatum.consensus.fragment import FragmentRecord
from probatum.consensus.outcome import Status
from probatum.consensus.request import Request
from probatum.coordinator.events import Observer, RoundOpened, SourcesRead
from probatum.coordinator.network import Network
from probatum.coordinator.preparation import Prepared, bind, check_output, open_request
from probatum.coordinator.rounds import Clocks, Load, run_round
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError
from probatum.evidence.corpus import CorpusIndex
from probatum.evidence.passages import cut
from probatum.evidence.readers import Source
from probatum.evidence.record import Passage
from probatum.evidence.retrieval import Embedder, Index, Retriever, Together
from probatum.verify.bundle import decode_bundle
from probatum.verify.verifier import VerifiedBundle, verify

SYSTEM_CLOCKS: Final = Clocks(now=lambda: time.time_ns() // 1_000_000, ticks=lambda: time.monotonic_ns() // 1_000_000)


@dataclass(frozen=True, slots=True)
class Certification:
    """What became of an output.

    Attributes:
        status: in a word.
        output: the exact bytes.
        records: the fragments found.
        request: what was judged; ``None`` if there was nothing to check.
        bundle: the bundle's bytes; ``None`` unless the round ended.
        verified: the same bundle, verified as any reader would.
    """

    status: Status
    output: bytes
    records: tuple[FragmentRecord, ...]
    request: Request | None = None
    bundle: bytes | None = None
    verified: VerifiedBundle | None = None


@dataclass(frozen=True, slots=True)
class Tools:
    """What the coordinator needs from outside: models by validator id, the embedder for retrieval, a splitter, and clocks."""

    load: Load
    embedder: Embedder | None
    splitter: Callable[[bytes], tuple[Draft, ...]] = split
    clocks: Clocks = SYSTEM_CLOCKS


def certify(
    network: Network,
    output: bytes,
    sources: Sequence[Source],
    tools: Tools,
    observe: Observer = lambda _: None,
    corpus: CorpusIndex | None = None,
) -> Certification:
    """Verify ``output`` against ``sources``, a corpus of this network, or both, in one round of the embedded network.

    A round of the same job that a crash cut off is taken up where it was: no acknowledged ballot is lost, nothing is signed twice.

    Raises:
        OutputRefused: the output cannot be verified (empty, too large, not text).
        LedgerError: the ledger cannot be written; nothing was acknowledged.
    """
    check_output(output)
    against = [*(source.copy_digest for source in sources), *([corpus.version.digest] if corpus else [])]
    job, now = job_of(network, output, against), tools.clocks.now()
    kept = _resume(network, job, now)
    if kept is not None:
        request, opened_at, ballots = kept
        observe(RoundOpened(request, ballots))
        return bring_to_end(network, request, tools, observe, spent_ms=now - opened_at)
    prepared = _prepare(output, sources, corpus, tools, observe)
    for source in sources if prepared.claims else ():
        network.sources.put(source.copy)  # before the round, so that a restart finds both
    return decide(network, output, prepared, job, tools, observe)


def decide(
    network: Network, output: bytes, prepared: Prepared, job: str, tools: Tools, observe: Observer = lambda _: None
) -> Certification:
    """Open a round on what is prepared and bring it to its end. Copies of the sources are in the content store already.

    Raises:
        LedgerError: the ledger cannot be written; nothing was acknowledged.
    """
    if not prepared.claims:
        return Certification(Status.NOTHING_TO_CHECK, output, prepared.records)
    request = open_request(network.epoch, output, prepared, network.ledger.head().root, secrets.token_hex(16))
    network.ledger.open_round(request.opening.round_id, job, tools.clocks.now(), request.encode())
    observe(RoundOpened(request))
    return bring_to_end(network, request, tools, observe)


def job_of(network: Network, output: bytes, evidence: Iterable[Digest]) -> str:
    """The name of the work, by which a restart finds its round again: epoch, output, and digests of what it is judged against."""
    return str(Digest.of(b"".join((network.epoch.digest, Digest.of(output), *sorted(evidence)))))


def _prepare(output: bytes, sources: Sequence[Source], corpus: CorpusIndex | None, tools: Tools, observe: Observer) -> Prepared:
    """Find the claims, index the sources, bind the claims to passages."""
    drafts = tools.splitter(output)
    passages = [passage for source in sources for passage in cut(source)]
    documents, more = (len(corpus.version.documents), corpus.passages) if corpus else (0, 0)
    observe(SourcesRead(len(sources) + documents, len(passages) + more))
    return bind(drafts, evidence_index(passages, corpus, tools.embedder))


def evidence_index(passages: Sequence[Passage], corpus: CorpusIndex | None, embedder: Embedder | None) -> Retriever:
    """What claims' passages are looked for in: passages at hand, a corpus, or both; raises EvidenceRefused if there is neither."""
    if corpus is None:
        return Index(passages, embedder)
    return Together(Index(passages, embedder), corpus) if passages else corpus


def bring_to_end(
    network: Network, request: Request, tools: Tools, observe: Observer = lambda _: None, *, spent_ms: int = 0
) -> Certification:
    """Run a round that the ledger holds as open.

    Args:
        network: the embedded network.
        request: what is judged.
        tools: models and clocks.
        observe: told of every event.
        spent_ms: time that the round took before a restart.

    Raises:
        LedgerError: the ledger cannot be written; nothing was acknowledged.
    """
    bundle = run_round(network, request, tools.load, tools.clocks, observe, spent_ms=spent_ms)
    if bundle is None:
        return Certification(Status.EXPIRED, request.output, request.records, request)
    return checked(network, request, bundle)


def _resume(network: Network, job: str, now: int) -> tuple[Request, int, int] | None:
    """The open round of this job, if there is one whose time has not run out."""
    kept = network.ledger.find_open(job)
    if kept is None:
        return None
    request = Request.decode(kept.request)
    if now - kept.opened_at < network.epoch.policy.time_to_vote(request.claims):
        return request, kept.opened_at, len(kept.ballots)
    network.ledger.expire(kept.round_id)
    return None


def checked(network: Network, request: Request, data: bytes) -> Certification:
    """Our own bundle, checked as any reader would before anyone is told of it; raises LedgerError if it does not verify."""
    verification = verify(decode_bundle(data), network.trust, output=request.output)
    verified = verification.verified
    if verified is None:
        first = verification.failures[0]
        raise LedgerError(
            f"the bundle of round {request.opening.round_id} does not verify "
            f"(step {first.number}, {first.title}: {first.detail}); please report this"
        )
    return Certification(verified.outcome.status, request.output, request.records, request, data, verified)
