"""``/healthz``: the process answers. ``/readyz``: it can do its work, and if not, what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

import orjson
from starlette.requests import Request
from starlette.responses import Response

from probatum.gateway.headers import UNKEPT

Check: TypeAlias = Callable[[], Awaitable[str | None]]
"""Says what is wrong, or ``None``."""

PATIENCE_S: Final = 5.0


class Health:
    """What to look at before saying that all is well.

    Args:
        checks: by name; each is asked anew every time and given five seconds.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = dict(checks)

    async def live(self, request: Request) -> Response:
        """``GET /healthz``: always 200, at once."""
        return _answer(200, {"status": "ok"})

    async def ready(self, request: Request) -> Response:
        """``GET /readyz``: 200, or 503 with the names of what is not ready and why."""
        problems = await asyncio.gather(*(_ask(check) for check in self._checks.values()))
        found = {name: problem or "ok" for name, problem in zip(self._checks, problems, strict=True)}
        well = not any(problems)
        return _answer(200 if well else 503, {"status": "ok" if well else "not ready", "checks": found})


async def _ask(check: Check) -> str | None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await check()
    except Exception as error:  # whatever goes wrong in a check is what the check reports
        return f"the check failed ({type(error).__name__})"


def _answer(status: int, body: object) -> Response:
    return Response(orjson.dumps(body), status, UNKEPT, "application/json")
