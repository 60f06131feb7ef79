"""The OpenAPI document is true: ``schemathesis`` asks a running gateway what the document allows, and what it forbids.

More requests for each operation with ``PROBATUM_EXAMPLES=200``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from probatum.gateway.openapi import document
from probatum.testing.upstream import FakeUpstream
from tests.e2e.gateway.assembled import add_key
from tests.e2e.gateway.running import Running, gateway, upstream
from tests.e2e.scripted_network import open_scripted

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")

EXAMPLES = int(os.environ.get("PROBATUM_EXAMPLES", "6"))
ENDLESS = {"/v1/recalls/stream"}
MEANING = {"/v1/chat/completions", "/v1/responses", "/v1/verifications", "/v1/trace", "/v1/releases", "/verify/v1/stream"}
"""Where a request of the right form may still be refused for what it says: evidence that nothing can be read from, a wrong hash."""

OPERATIONS = [(method.upper(), path) for path, methods in document()["paths"].items() for method in methods if path not in ENDLESS]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, str]]:
    """A gateway with an upstream, and a key that may do everything."""
    from probatum.ledger.propagation.database import Database

    folder = tmp_path_factory.mktemp("served") / "net"
    folder.mkdir()
    with open_scripted(folder), Database.in_folder(folder) as database:
        secret = add_key(database, "tester")
    with upstream(FakeUpstream()) as base, gateway(folder, upstream=base) as process:
        yield process, secret


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[f"{method} {path}" for method, path in OPERATIONS])
def test_a_running_gateway_does_what_the_document_says(running: tuple[Running, str], method: str, path: str) -> None:
    process, secret = running
    schema = schemathesis.openapi.from_dict(document())
    schema.config.update(base_url=process.url)
    operation = schema[path][method]
    excluded = [checks.positive_data_acceptance] if path in MEANING else []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of([operation.as_strategy(generation_mode=mode) for mode in schemathesis.GenerationMode]))
    def ask(case) -> None:  # type: ignore[no-untyped-def]
        case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, timeout=60, excluded_checks=excluded)

    ask()
