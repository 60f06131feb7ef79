"""Everything a handler needs, handed in: the ports behind the gateway, its limits and its clock. Tests hand in fakes."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request

from probatum.encoding.digest import Digest
from probatum.gateway.answers.upstream import Timeouts, Upstream
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.ports import Journal, Verifier
from probatum.ledger.records import State


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request.

    Attributes:
        tenant: whose texts are read and written.
        receiver: who gets the text, as precisely as is known; never empty.
        callback: where recalls are sent.
    """

    tenant: str
    receiver: str
    callback: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a generation stands, as the ledger has it."""

    generation: str
    state: State
    record_hash: Digest | None
    cert_hash: Digest | None
    verification: str | None
    at: int


class Directory(Protocol):
    """Finds generations by name, for clients that drop fields and headers they do not know."""

    async def standing(self, tenant: str, name: str) -> Standing | None:
        """Of the generation with this id, or the newest with this response id; None where the tenant has none."""


class Moment(Protocol):
    """Told as it happens, for metrics: ``began``, ``first_token``, ``last_token``, ``broken``, ``settled`` or ``release``."""

    def __call__(self, what: str, generation: str, state: State, at: int) -> None:
        """``at`` in ms since 1970. Must return at once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may take; sizes in bytes, times in milliseconds.

    Attributes:
        request_bytes: body of a request, evidence included.
        answer_bytes: body of an upstream's answer. It is held in memory once while it has receivers.
        event_bytes: one event of an upstream's stream.
        generations: answers made at one time.
        linger_ms: how long a stream is held open after its last token to bring the certificate, where the request does not say.
        wait_ms: how long a text that waits for its certificate is held back at most.
        heartbeat_ms: silence after which a stream gets a comment, so that proxies keep it.
        stall_ms: how long a receiver may read nothing before it is given up.
        shutdown_ms: how long running answers may go on when the gateway stops.
    """

    request_bytes: int = 8 * 1024 * 1024
    answer_bytes: int = 8 * 1024 * 1024
    event_bytes: int = 1024 * 1024
    generations: int = 2000
    linger_ms: int = 10_000
    wait_ms: int = 600_000
    heartbeat_ms: int = 15_000
    stall_ms: int = 60_000
    shutdown_ms: int = 30_000


def now_ms() -> int:
    """The system's clock: ms since 1970."""
    return time.time_ns() // 1_000_000


def silent(what: str, generation: str, state: State, at: int) -> None:
    """A :class:`Moment` that tells nobody."""


async def anyone(request: Request) -> Caller:
    """Everybody is the tenant ``local``, told apart by address; for a gateway without keys."""
    return Caller("local", f"ip:{request.client.host}" if request.client else "unknown")


async def no_fetching(url: str) -> tuple[str, bytes]:
    """Refuses evidence by URL."""
    raise HttpRefusal(
        400,
        "evidence_url_unsupported",
        f"this gateway fetches no evidence; send the content of {url:.200}",
        param="probatum.evidence",
    )


async def unversioned(tenant: str, corpus: str) -> str:
    """Corpora that never change."""
    return ""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the app is made of.

    Attributes:
        journal, directory: the propagation ledger.
        verifier: the coordinator.
        upstream, timeouts: the model's server.
        identify: says who calls; raises HttpRefusal 401, 403 or 429.
        fetch: brings evidence by URL: file name and content; raises EvidenceRefused. It must not reach inside addresses.
        corpus_version: changes with a corpus, so that an answer certified under an older version is not served from the cache.
        limits: sizes and times.
        clock: ms since 1970.
        public_url: put before the paths of URLs that are given out; empty for paths only.
        observe: told as things happen.
        corpus: what a text is judged against if its request brings no evidence and names no corpus.
    """

    journal: Journal
    directory: Directory
    verifier: Verifier
    upstream: Upstream
    timeouts: Timeouts = field(default_factory=Timeouts)
    identify: Callable[[Request], Awaitable[Caller]] = anyone
    fetch: Callable[[str], Awaitable[tuple[str, bytes]]] = no_fetching
    corpus_version: Callable[[str, str], Awaitable[str]] = unversioned
    limits: Limits = Limits()
    clock: Callable[[], int] = now_ms
    public_url: str = ""
    observe: Moment = silent
    corpus: str | None = None
