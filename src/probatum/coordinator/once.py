"""One statement for one piece of work, however often a crash, or a process that takes over, begins it again.

The id of the round is fixed before there is anything to judge: only this network's log key gives it for the work's name. So it is
the same after a restart and in every process, nobody who hands in a text can choose it, and whoever begins again finds what the
ledger has of it: a statement, which is then the result; an open round, which goes on; or one that expired, after which the next
attempt has an id of its own.
"""

from __future__ import annotations

from probatum.consensus.outcome import Status
from probatum.consensus.request import Request
from probatum.coordinator.certify import Certification, Tools, bring_to_end, checked
from probatum.coordinator.network import Network
from probatum.coordinator.preparation import Prepared, open_request
from probatum.errors import LedgerError
from probatum.ledger.sqlite import EXPIRED, FINISHED, FoundRound


def round_of(network: Network, work: str, attempt: int) -> str:
    """The id of a work's round, 32 hex digits; attempts count from 0."""
    return network.log_key.derive(b"round %d of %b" % (attempt, work.encode()))[:16].hex()


def decide_once(network: Network, work: str, output: bytes, prepared: Prepared, job: str, tools: Tools) -> Certification:
    """:func:`certify.decide`, unless a round of this work has a statement or is open already.

    Args:
        network: the embedded network.
        work: names what is to be decided once, such as a generation's id. It always has the same output.
        output: the exact bytes.
        prepared: claims and evidence for a new round; one that is taken up goes on with its own.
        job: see :func:`certify.job_of`.
        tools: models and clocks.

    Raises:
        LedgerError: the ledger cannot be written; nothing was acknowledged.
    """
    if not prepared.claims:
        return Certification(Status.NOTHING_TO_CHECK, output, prepared.records)
    attempt = 0
    while True:
        round_id = round_of(network, work, attempt)
        found = network.ledger.find_round(round_id)
        if found is None:
            request = open_request(network.epoch, output, prepared, network.ledger.head().root, round_id)
            found = _open(network, request, job, tools.clocks.now())
        ended = _through(network, request, tools) if found is None else _go_on(network, found, tools)
        if ended is not None:
            return ended
        attempt += 1


def decided(network: Network, work: str) -> Certification | None:
    """The statement that a round of this work ended with, if one did; nothing is judged, opened or signed.

    Raises:
        LedgerError: the ledger cannot be read, or the statement in it does not verify.
    """
    attempt = 0
    while (found := network.ledger.find_round(round_of(network, work, attempt))) is not None and found.state == EXPIRED:
        attempt += 1
    return _published(network, found)


def _open(network: Network, request: Request, job: str, now: int) -> FoundRound | None:
    """Keep the round as open; if another process did so first, that one's."""
    round_id = request.opening.round_id
    try:
        network.ledger.open_round(round_id, job, now, request.encode())
    except LedgerError:
        if (found := network.ledger.find_round(round_id)) is None:
            raise
        return found
    return None


def _go_on(network: Network, found: FoundRound, tools: Tools) -> Certification | None:
    """What comes of a round that is there already; ``None`` if it has expired, or does so now."""
    if found.state != FINISHED:
        request, spent = Request.decode(found.request), tools.clocks.now() - found.opened_at
        fits = request.opening.epoch_digest == network.epoch.digest
        if found.state != EXPIRED and fits and spent < network.epoch.policy.time_to_vote(request.claims):
            return _through(network, request, tools, spent_ms=spent)
        network.ledger.expire(found.round_id)
    return _published(network, network.ledger.find_round(found.round_id))


def _through(network: Network, request: Request, tools: Tools, *, spent_ms: int = 0) -> Certification | None:
    """Bring an open round to its end; ``None`` if another process let it expire meanwhile."""
    round_id = request.opening.round_id
    try:
        result = bring_to_end(network, request, tools, spent_ms=spent_ms)
    except LedgerError:
        found = network.ledger.find_round(round_id)
        if found is None or found.state != EXPIRED:
            raise
        return None
    if result.status is Status.EXPIRED:  # unless somebody else had more ballots, and a statement of them
        return _published(network, network.ledger.find_round(round_id)) or result
    return result


def _published(network: Network, found: FoundRound | None) -> Certification | None:
    """The statement that ended a round, checked as any reader would."""
    if found is None or found.bundle is None:
        return None
    return checked(network, Request.decode(found.request), found.bundle)
