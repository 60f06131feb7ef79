"""Every single byte of a bundle edited, in several ways: an audit must never say valid.

Each byte of a small bundle is edited twice; with ``PROBATUM_EXHAUSTIVE=1``, every bit of every byte is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from random import Random

import pytest

from probatum.consensus.epoch import Policy
from probatum.consensus.verdict import Verdict
from probatum.errors import BundleError
from probatum.testing.committee import committee, scripted_request
from probatum.verify import Trust, decode_bundle, verify
from probatum.verify.disclose import disclose

SMALL = committee(1, policy=Policy(min_families=1))
SMALL_REQUEST = scripted_request(SMALL.epoch, 1, asides=1)
SMALL_BUNDLE = SMALL.bundle(SMALL_REQUEST, SMALL.run(SMALL_REQUEST, [Verdict.SUPPORTED, None]), index=1, size=3)
LARGE = committee(4)
LARGE_REQUEST = scripted_request(LARGE.epoch, 3, asides=1)
LARGE_BUNDLE = LARGE.bundle(LARGE_REQUEST, LARGE.run(LARGE_REQUEST, [Verdict.SUPPORTED] * 4), index=3, size=7)

FILES = {
    "whole": (SMALL_BUNDLE.encode(), SMALL.trust, SMALL_REQUEST.output),
    "proof": (disclose(SMALL_BUNDLE, 0).encode(), SMALL.trust, SMALL_REQUEST.output),
}
LARGER = {
    "whole": (LARGE_BUNDLE.encode(), LARGE.trust, LARGE_REQUEST.output),
    "proof": (disclose(LARGE_BUNDLE, 1).encode(), LARGE.trust, LARGE_REQUEST.output),
}


def survivors(
    data: bytes, trust: Trust, outputs: tuple[bytes | None, ...], edits: Iterable[tuple[int, int]]
) -> list[tuple[int, int, bytes]]:
    """The edits after which an audit still says valid, for one of the outputs given (``None`` gives none, which asks least)."""
    found = []
    edited = bytearray(data)
    for at, mask in edits:
        edited[at] ^= mask
        try:
            bundle = decode_bundle(bytes(edited))
        except BundleError:
            pass
        else:
            if any(verify(bundle, trust, output=given).verified is not None for given in outputs):
                found.append((at, mask, data[max(0, at - 30) : at + 30]))
        edited[at] ^= mask
    return found


PASSES = range(8) if os.environ.get("PROBATUM_EXHAUSTIVE") else (0, 4)


@pytest.mark.parametrize("turn", PASSES)
@pytest.mark.parametrize("name", FILES)
def test_every_byte_of_a_small_bundle(name: str, turn: int) -> None:
    """In each pass byte i gets the mask 1 << (i + turn) % 8: eight passes are every bit of every byte."""
    data, trust, output = FILES[name]
    assert verify(decode_bundle(data), trust, output=output).verified is not None
    assert survivors(data, trust, (None,), ((at, 1 << (at + turn) % 8) for at in range(len(data)))) == []


@pytest.mark.parametrize("name", LARGER)
def test_drawn_bytes_of_a_larger_bundle(name: str) -> None:
    data, trust, output = LARGER[name]
    assert verify(decode_bundle(data), trust, output=output).verified is not None
    random = Random(name)  # noqa: S311 - seeded edits, no secrets
    edits = [(random.randrange(len(data)), random.randrange(1, 256)) for _ in range(1000)]
    assert survivors(data, trust, (None, output), edits) == []


@pytest.mark.parametrize("name", LARGER)
def test_a_byte_removed_or_doubled(name: str) -> None:
    data, trust, _ = LARGER[name]
    for at in range(0, len(data), 29):
        for edited in (data[:at] + data[at + 1 :], data[: at + 1] + data[at:]):
            try:
                assert verify(decode_bundle(edited), trust).verified is None
            except BundleError:
                continue
