"""The test vector of the DSSE protocol, v1.0.2."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from probatum.encoding import canonical
from probatum.encoding.base64 import decode64
from probatum.errors import SignatureInvalid
from probatum.signing.dsse import Envelope, pae

PAGE = Path(__file__).parents[3] / "shared" / "vectors" / "dsse" / "protocol.md"
pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason=f"the DSSE protocol page is not at {PAGE}")


def block(after: str) -> str:
    """The code block that follows a line of the page."""
    found = re.search(re.escape(after) + r"\n\n```\w+\n(.*?)\n```", PAGE.read_text(), re.DOTALL)
    assert found, f"the page has no block after {after!r}"
    return found[1]


def test_pae() -> None:
    assert pae(block("PAYLOAD_TYPE:"), block("SERIALIZED_BODY:").encode()) == block("PAE:").encode()


def test_envelope() -> None:
    """The published envelope carries another payload type, an ECDSA signature and no key id: ours refuses it as a whole."""
    value = json.loads(block("Result (using the recommended [JSON envelope](envelope.md)):"))
    assert decode64(value["payload"]) == block("SERIALIZED_BODY:").encode()
    assert value["payloadType"] == block("PAYLOAD_TYPE:")
    assert len(decode64(value["signatures"][0]["sig"])) == 64
    with pytest.raises(SignatureInvalid, match=r"payloadType: .*'http://example\.com/HelloWorld'"):
        Envelope.decode(canonical.encode(value))
