"""The ``openai`` npm package and the Vercel AI SDK, run by Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.clients.conftest import JS_FOLDER, TEXT, Server

HERE = Path(__file__).parent
INSTALL = "Node or the JavaScript clients are not installed here; './check clients' runs them where npm is on the PATH"


@pytest.fixture(scope="module")
def got(gateway: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What every client got, by name."""
    node = shutil.which("node")
    if node is None or not (JS_FOLDER / "node_modules").is_dir():
        pytest.skip(INSTALL)
    place = tmp_path_factory.mktemp("clients")
    shutil.copy(HERE / "clients.mjs", place)
    (place / "node_modules").symlink_to(JS_FOLDER.resolve() / "node_modules")
    command = [node, str(place / "clients.mjs"), gateway.v1]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - our own script
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


STOPPED = {"text": TEXT, "errors": [], "finish": "stop"}
EXPECTED = {
    "npmStream": {"text": TEXT, "state": "certified"},
    "npmHelper": {"text": TEXT},
    "npmWhole": {"text": TEXT, "state": "certified"},
    "npmRefused": {"status": 422, "code": "not_certified"},
    "npmCut": {"text": "Voyager 1 was ", "code": "upstream_cut"},
    "npmResponse": {"text": TEXT, "state": "certified"},
    "npmEvents": {"text": TEXT, "state": "certified"},
    "npmRawEvents": {"text": TEXT, "state": "certified"},
    "vercelHeld": {"status": 422, "code": "not_certified"},
    "vercelChat": {"text": TEXT, "tokens": True, "state": "provisional"},
    "vercelChatStream": STOPPED,
    "vercelResponses": {"text": TEXT, "tokens": True, "state": "provisional"},
    "vercelResponsesStream": STOPPED,
    "vercelCompatible": {"text": TEXT, "tokens": True, "state": "provisional"},
    "vercelCompatibleStream": STOPPED,
    "vercelCut": {"text": "Voyager 1 was ", "errors": ["the upstream broke off: ClientPayloadError"], "finish": None},
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_javascript_client(got: Any, name: str) -> None:
    assert got[name] == EXPECTED[name]
