"""The composition root: from settings to the one ASGI app that is served."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from probatum.errors import SettingsRefused
from probatum.gateway.answers.local_model import LocalModel
from probatum.gateway.answers.upstream import HttpUpstream, Upstream, UpstreamSettings
from probatum.gateway.answers.upstreams import NoUpstream, OneModel
from probatum.gateway.app import create_app
from probatum.gateway.entrance.auth import Authentication, Doorkeeper, Key, identify
from probatum.gateway.entrance.keys import LedgerKeys
from probatum.gateway.entrance.limits import Bounds, Limits
from probatum.gateway.feed import Feeding
from probatum.gateway.mira import routes as mira
from probatum.gateway.mira.assessment import Committee
from probatum.gateway.parking import Parking
from probatum.gateway.parts import Limits as PartLimits
from probatum.gateway.parts import Parts, now_ms
from probatum.gateway.propagation import routes as propagation
from probatum.gateway.public import log
from probatum.gateway.public import routes as public
from probatum.gateway.public.service import Service as PublicService
from probatum.gateway.serving.machinery import Ground, Machinery
from probatum.gateway.serving.settings import ServeSettings
from probatum.gateway.verifications import routes as verifications
from probatum.gateway.watching import operations
from probatum.gateway.watching.metrics import Metrics
from probatum.gateway.watching.observing import Observing, both
from probatum.gateway.watching.tracing import Tracing
from probatum.ledger.propagation import api_keys
from probatum.ledger.propagation.database import Database


class Gateway:
    """A gateway, put together. Made and used on one event loop.

    Attributes:
        app: what is served.
        source: where answers come from, in words; ``None`` without an upstream.
        machinery: what is behind it.

    Args:
        settings: what the operator wants.
        ground: what it stands on.

    Raises:
        SettingsRefused: the upstream cannot be used.
        EvidenceRefused: there is no such corpus.
    """

    def __init__(self, settings: ServeSettings, ground: Ground) -> None:
        self._settings = settings
        upstream = upstream_of(settings)
        self.source = source_of(settings, upstream)
        self._keyed = needs_keys(settings, ground.database)
        self.machinery = Machinery(settings, ground)
        self._metrics, self._tracing = Metrics(), Tracing()
        self._doorkeeper = Doorkeeper(
            self._find if self._keyed else None,
            now_ms,
            public=bool(settings.public_certificates),
            loopback=settings.loopback and not settings.no_auth,
        )
        self._keys = LedgerKeys(self.machinery.ledger, self._doorkeeper.rates, now_ms)
        parts = self._parts(upstream)
        inner = create_app(parts, self._routes(parts, ground))
        self.routes: list[BaseRoute] = inner.routes
        self._drain: Callable[[], Awaitable[None]] = inner.state.drain
        self._limits = Limits(Authentication(inner, self._doorkeeper), _bounds(settings))
        self._metrics.watch("open_streams", "Answers that are open now.", lambda: self._limits.open)
        self._metrics.watch("verifications", "Verifications that run now.", lambda: self.machinery.runner.running)
        self.app: ASGIApp = Observing(mira.MiraErrors(self._limits), self._metrics, self._tracing)

    @property
    def admission(self) -> str:
        """Who is let in, in a sentence for the operator."""
        if self._keyed:
            return "whoever has an API key is let in"
        if self._settings.no_auth:
            return "warning: everyone who can reach this address is let in (--no-auth)"
        return "only this machine is let in, without a key; make keys with 'probatum apikeys new'"

    async def open(self) -> int:
        """Load the models and begin to work; how many texts broke off when the last process ended."""
        await self._keys.start()
        return await self.machinery.open(self._keys.run())

    async def stop(self) -> None:
        """Begin no answer any more, end feeds, and let answers end that are under way. Connections are still open."""
        self._limits.stop()
        await self._drain()

    async def close(self) -> bool:
        """End everything, after the last connection; whether every verification ended, or some are left to the next process."""
        await self._keys.keep()
        ended = await self.machinery.close(self._settings.grace_ms)
        self._tracing.close()
        return ended

    async def _find(self, secret: str) -> Key | None:
        return await self._keys.find(secret)

    def _parts(self, upstream: Upstream) -> Parts:
        behind, settings = self.machinery, self._settings
        return Parts(
            journal=behind.ledger,
            directory=behind.directory,
            verifier=Parking(behind.register, behind.runner),
            upstream=upstream,
            identify=identify,
            fetch=behind.outbound.fetch,
            corpus_version=self._corpus_version,
            limits=_limits(settings),
            clock=now_ms,
            public_url=settings.public_url.rstrip("/"),
            observe=both(self._metrics, self._tracing),
            corpus=settings.corpus,
        )

    async def _corpus_version(self, tenant: str, corpus: str) -> str:
        found = await asyncio.to_thread(self.machinery.corpora.newest, corpus)
        return str(found.version.digest)

    def _routes(self, parts: Parts, ground: Ground) -> list[BaseRoute]:
        behind = self.machinery
        feeding = Feeding(behind.timing, parts.limits.heartbeat_ms, parts.limits.stall_ms)
        health = operations.checks(behind.verifier, behind.ledger, ground.network.folder)
        return [
            *verifications.routes(verifications.Service(parts, behind.runner, behind.viewer, feeding)),
            *propagation.routes(propagation.Service(parts, behind.ledger, behind.endpoints, behind.telling, feeding)),
            *public.routes(PublicService(parts, behind.library)),
            *log.routes(behind.reader),
            *mira.routes(self._mira(parts, ground, feeding)),
            *operations.routes(health, self._metrics),
        ]

    def _mira(self, parts: Parts, ground: Ground, feeding: Feeding) -> mira.Service:
        corpus, committee = self._settings.corpus, Committee.of(ground.network.epoch)
        corpora = {} if corpus is None else dict.fromkeys(mira.DOMAINS, corpus)
        return mira.Service(parts, self.machinery.runner, committee, ground.tools.splitter, corpora, feeding)


def upstream_of(settings: ServeSettings) -> Upstream:
    """The model's server that the settings name, or the local model, loaded; raises SettingsRefused."""
    if settings.upstream is None:
        return NoUpstream()
    if settings.local_model:
        return LocalModel.load(settings.upstream)
    key = None
    if settings.upstream_key_env is not None and not (key := os.environ.get(settings.upstream_key_env)):
        raise SettingsRefused(f"the variable {settings.upstream_key_env} is to hold the upstream's key, and is not set")
    upstream = HttpUpstream(UpstreamSettings(settings.upstream, key))
    return upstream if settings.model is None else OneModel(upstream, settings.model)


def source_of(settings: ServeSettings, upstream: Upstream) -> str | None:
    """Where answers come from, in words for the operator."""
    if isinstance(upstream, LocalModel):
        return f"the local model {upstream.found.name} ({upstream.found.digest}) in {upstream.found.path}"
    return None if settings.upstream is None else settings.upstream + (f", model {settings.model}" if settings.model else "")


def needs_keys(settings: ServeSettings, database: Database) -> bool:
    """Whether callers need an API key: always, but with ``no_auth``, and on this machine alone as long as there is no key.

    Raises:
        SettingsRefused: the address can be reached from elsewhere, and there is no key.
    """
    if settings.no_auth:
        return False
    with database.read() as connection:
        exists = any(key.disabled_at is None for key in api_keys.all_keys(connection))
    if not exists and not settings.loopback:
        raise SettingsRefused(
            f"others can reach {settings.host}, and there is no API key; make one with 'probatum apikeys new', "
            "or let everyone in with --no-auth"
        )
    return exists


def _bounds(settings: ServeSettings) -> Bounds:
    return Bounds(settings.max_body_bytes, settings.body_ms, settings.stall_ms, settings.max_streams)


def _limits(settings: ServeSettings) -> PartLimits:
    """What the handlers keep to. ``gateway.entrance.limits`` drops slow readers first, by cutting the connection."""
    return PartLimits(
        request_bytes=settings.max_body_bytes,
        generations=settings.max_streams,
        linger_ms=settings.linger_ms,
        stall_ms=2 * settings.stall_ms,
        shutdown_ms=settings.grace_ms,
    )
