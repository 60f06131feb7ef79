"""Refusals over HTTP: one JSON shape for all of them, OpenAI's, with a stable ``code``.

::

    {"error": {"message": "...", "type": "invalid_request_error", "code": "invalid_options", "param": "probatum.wait"}}

``docs/http/errors.md`` lists the codes. What ``message`` says may change; ``code`` and the status do not.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from probatum.errors import EvidenceRefused, LedgerError, ProbatumError
from probatum.gateway.headers import UNKEPT

INVALID: Final = "invalid_request_error"
UPSTREAM: Final = "upstream_error"
SERVER: Final = "server_error"
UNVERIFIED: Final = "verification_error"
RETRY_S: Final = 5  # when to come back to a gateway that is full or stops

_LOG: Final = logging.getLogger("probatum.gateway")


class HttpRefusal(ProbatumError):
    """A request that is answered with an error.

    Args:
        status: HTTP status, 400 to 599.
        code: stable name of the reason.
        message: what was wrong, where, and what to do.
        kind: OpenAI's ``type``.
        param: the field of the request that is meant.
        more: further fields of the error object.
        headers: further response headers.
    """

    def __init__(
        self,
        status: int,
        code: str | None,
        message: str,
        kind: str = INVALID,
        *,
        param: str | None = None,
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.kind, self.param = status, code, kind, param
        self.more, self.headers = dict(more or {}), dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The JSON object that is sent."""
        error = {"message": str(self), "type": self.kind, "code": self.code, "param": self.param}
        return {"error": error | self.more}

    def response(self) -> Response:
        """The whole answer; never to be stored by a cache."""
        headers = UNKEPT | self.headers
        return Response(orjson.dumps(self.body()), self.status, headers, "application/json")


def shutting_down(message: str, *, begun: bool) -> HttpRefusal:
    """The gateway stops; of what was not begun it says when to come back."""
    return HttpRefusal(503, "shutting_down", message, SERVER, headers={} if begun else {"retry-after": str(RETRY_S)})


def as_refusal(error: Exception) -> HttpRefusal:
    """The refusal that an error of this package amounts to; of anything else only the class is told, and the rest logged."""
    if isinstance(error, HttpRefusal):
        return error
    if isinstance(error, EvidenceRefused):
        return HttpRefusal(400, "evidence_refused", str(error), param="probatum.evidence")
    if isinstance(error, LedgerError):
        _LOG.error("the ledger cannot be used: %s", error)
        return HttpRefusal(503, "ledger_unavailable", f"nothing may go out that cannot be recorded: {error}", SERVER)
    _LOG.error("unexpected error", exc_info=error)
    return HttpRefusal(500, "internal_error", f"the gateway failed ({type(error).__name__}); its log says more", SERVER)


async def on_error(request: Request, error: Exception) -> Response:
    """Starlette's handler for everything a handler raises."""
    return as_refusal(error).response()


async def on_http_error(request: Request, error: Exception) -> Response:
    """Starlette's handler for what routing raises: no such path, no such method."""
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).name.lower()
    message = {
        404: f"there is no {request.url.path}",
        405: f"{request.url.path} does not take {request.method}",
    }.get(error.status_code, error.detail)
    return HttpRefusal(error.status_code, code, message, headers=error.headers).response()
