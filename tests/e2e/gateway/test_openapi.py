"""The OpenAPI document is complete: every route is in it and nothing else. That it is true, a running gateway shows elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Route

from probatum.gateway.entrance.access import Scope
from probatum.gateway.openapi import document
from tests.e2e.gateway.assembled import assembled_routes

DOCUMENT = document()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_every_route_is_in_it_and_it_has_no_other() -> None:
    routes = {
        (method, re.sub(r":path}", "}", route.path))
        for route in assembled_routes()
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert {(method, path) for method, path, _ in operations()} == routes


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from ([value["$ref"]] if "$ref" in value else [])
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_schema_is_used_and_every_reference_leads_somewhere() -> None:
    found = {name.removeprefix("#/components/schemas/") for name in references(DOCUMENT)}
    assert found == DOCUMENT["components"]["schemas"].keys()


def test_operations_have_names_of_their_own() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("method", "path", "operation"), list(operations()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_an_operation_says_what_it_needs(method: str, path: str, operation: dict[str, Any]) -> None:
    needs_a_key = operation.get("security") != []
    assert needs_a_key == (operation.get("x-probatum-scope") in {str(scope) for scope in Scope})
    assert {"400", "401", "403", "429", "500", "503"} <= operation["responses"].keys()
    names = [one["name"] for one in operation.get("parameters", []) if one["in"] == "path"]
    assert names == re.findall(r"{(\w+)}", path)
