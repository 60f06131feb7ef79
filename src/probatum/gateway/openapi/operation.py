"""One operation, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from probatum.gateway.openapi.schemas import Schema, ref

JSON: Final = "application/json"
EVENTS: Final = "text/event-stream"
_NAMES: Final = re.compile(r"{(\w+)}")
_REFUSED: Final = {
    400: "The request cannot be used; `param` names the field.",
    401: "No key, or one that is not known.",
    403: "The key may not do this, or the address is for this machine alone.",
    404: "There is no such thing here, or it is another tenant's.",
    408: "The request's body did not come in time.",
    413: "The request's body is too large.",
    422: "It cannot be certified; the error says why.",
    429: "The key is used too often; `Retry-After` says when to come back.",
    500: "The gateway failed; its log says where.",
    502: "The upstream failed.",
    503: "It cannot be done now; `Retry-After` says when to come back.",
    504: "The upstream took too long.",
}
ALWAYS: Final = (400, 401, 403, 429, 500, 503)
BODY: Final = (408, 413)
UPSTREAM: Final = (404, 409, 422, 502, 504)


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path.

    Attributes:
        method, path: what is asked.
        summary: in a sentence.
        answers: by status: what it means, and the schema by media type; no media type means no body.
        refusals: statuses of errors, beside those that every operation has.
        body: the request's, as JSON.
        query: parameters by name; a name that ends in ``!`` must be given.
        headers: request headers by name.
        error: the name of the schema of errors.
    """

    method: str
    path: str
    summary: str
    answers: Mapping[int, tuple[str, Mapping[str, Schema]]]
    refusals: tuple[int, ...] = ()
    body: Schema | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, Schema] = field(default_factory=dict)
    error: str = "Error"

    def to_json(self) -> dict[str, Any]:
        """As OpenAPI has it."""
        made: dict[str, Any] = {"operationId": self._name(), "summary": self.summary, "responses": self._responses()}
        if parameters := [*self._in_path(), *_parameters("query", self.query), *_parameters("header", self.headers)]:
            made["parameters"] = parameters
        if self.body is not None:
            made["requestBody"] = {"required": True, "content": {JSON: {"schema": self.body}}}
        return made

    def _name(self) -> str:
        words = re.findall(r"[a-z0-9]+", self.path.lower())
        return "_".join([self.method.lower(), *words])

    def _in_path(self) -> list[dict[str, Any]]:
        names = _NAMES.findall(self.path)
        schema = {"type": "string", "minLength": 1}
        return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]

    def _responses(self) -> dict[str, Any]:
        made = {str(status): _answer(*answer) for status, answer in self.answers.items()}
        for status in sorted({*ALWAYS, *self.refusals, *(BODY if self.body is not None else ())} - set(self.answers)):
            made[str(status)] = _answer(_REFUSED.get(status, "The upstream refused."), {JSON: ref(self.error)})
        return made


def _answer(description: str, content: Mapping[str, Schema]) -> dict[str, Any]:
    return {"description": description} | (
        {"content": {kind: {"schema": schema} for kind, schema in content.items()}} if content else {}
    )


def _parameters(where: str, given: Mapping[str, Schema]) -> list[dict[str, Any]]:
    return [
        {"name": name.rstrip("!"), "in": where, "required": name.endswith("!"), "schema": schema} for name, schema in given.items()
    ]
