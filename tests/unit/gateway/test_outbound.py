"""Notices go where they may, and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from probatum.errors import EvidenceRefused, SettingsRefused
from probatum.gateway.outside.outbound import Outbound
from probatum.gateway.webhooks.delivery import Unreachable

INSIDE = (
    "http://127.0.0.1/hook",
    "https://169.254.169.254/latest",
    "http://[::1]/",
    "https://inside.example/",
    "file:///etc/passwd",
)


async def found(host: str, port: int) -> Sequence[str]:
    return ["10.0.0.7"] if host.startswith("inside") else ["93.184.216.34"]


@pytest.mark.parametrize("url", INSIDE)
def test_no_notice_and_no_evidence_goes_inside(url: str) -> None:
    outbound = Outbound(resolve=found)
    with pytest.raises(SettingsRefused):
        asyncio.run(outbound.check(url))
    with pytest.raises(Unreachable):
        asyncio.run(outbound.post(url, {}, b"{}"))
    with pytest.raises(EvidenceRefused):
        asyncio.run(outbound.fetch(url))


def test_an_address_outside_is_accepted() -> None:
    asyncio.run(Outbound(resolve=found).check("https://outside.example/hook"))
