"""The document: information, security, paths, schemas."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from probatum import __version__
from probatum.gateway.entrance.access import needed
from probatum.gateway.openapi import paths
from probatum.gateway.openapi.operation import Operation
from probatum.gateway.openapi.schemas import schemas

_ABOUT: Final = (
    "Streams a model's answers at once, marked provisional, certifies them meanwhile, and says of everything which of the two "
    "it is. Every refusal is a JSON error with a stable `code`."
)
_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "x-api-key"},
}


@cache
def document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Probatum gateway", "version": __version__, "description": _ABOUT, "license": {"name": "Apache-2.0"}},
        "security": [{"bearer": []}, {"header": []}],
        "paths": _paths(),
        "components": {"schemas": schemas(), "securitySchemes": _SCHEMES},
    }


def _paths() -> dict[str, Any]:
    made: dict[str, dict[str, Any]] = {}
    for operation in paths.OPERATIONS:
        made.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return made


def _described(operation: Operation) -> dict[str, Any]:
    scope = needed(operation.method, operation.path, public=False)
    security: dict[str, Any] = {"security": []} if scope is None else {"x-probatum-scope": str(scope)}
    return operation.to_json() | security
