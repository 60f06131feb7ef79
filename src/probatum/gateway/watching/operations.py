"""Routes for those who run the gateway: ``/healthz``, ``/readyz``, ``/metrics`` and ``/openapi.json``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from probatum.gateway.journal import LedgerJournal
from probatum.gateway.openapi import document
from probatum.gateway.verifier import LiveVerifier
from probatum.gateway.watching.health import Health
from probatum.gateway.watching.metrics import Metrics

LEAST_FREE: Final = 64 * 1024 * 1024  # bytes on the disk: below, new certificates could fail to be written


def routes(health: Health, metrics: Metrics) -> list[Route]:
    """The routes."""
    return [
        Route("/healthz", health.live, methods=["GET"], name="GET /healthz"),
        Route("/readyz", health.ready, methods=["GET"], name="GET /readyz"),
        Route("/metrics", metrics.show, methods=["GET"], name="GET /metrics"),
        Route("/openapi.json", describe, methods=["GET"], name="GET /openapi.json"),
    ]


async def describe(request: Request) -> Response:
    """The OpenAPI document."""
    return Response(orjson.dumps(document()), 200, {"cache-control": "no-cache"}, "application/json")


def checks(verifier: LiveVerifier, ledger: LedgerJournal, folder: Path) -> Health:
    """What must be well for the gateway to do its work."""

    async def models() -> str | None:
        silent = verifier.silent()
        return "; ".join(f"{name}: {why}" for name, why in silent.items()) or None

    async def writable() -> str | None:
        await ledger.write(lambda unit: None)
        return None

    async def disk() -> str | None:
        free = shutil.disk_usage(folder).free
        return None if free >= LEAST_FREE else f"only {free} bytes are free where the network's folder is"

    return Health({"models": models, "ledger": writable, "disk": disk})
