"""Attacks on the text: other bytes, spans inside characters, text that nobody looked at."""

from __future__ import annotations

import pytest

from probatum.consensus.ballot import Ballot, verify_ballot
from probatum.consensus.fragment import fragment_root
from probatum.consensus.outcome import decide
from probatum.consensus.request import Request
from probatum.encoding.digest import Digest
from probatum.frozen import replace
from probatum.signing.dsse import sign
from probatum.testing.committee import votes_for
from probatum.verify import Bundle
from tests.unit.verify.attacked import (
    GOOD,
    HERE,
    R0,
    REQUEST,
    S,
    check,
    rebuilt,
    refused,
)

TEXTS = {
    "another-text": b"something else",
    "one-byte-edited": REQUEST.output.replace(b"0", b"1", 1),
    "newline-added": REQUEST.output + b"\n",
    "truncated": REQUEST.output[:-1],
    "empty": b"",
    "byte-order-mark": b"\xef\xbb\xbf" + REQUEST.output,
}


@pytest.mark.parametrize("name", TEXTS)
def test_another_text(name: str) -> None:
    refused(check(GOOD, output=TEXTS[name]), 10, "judged was")


def over(output: bytes, uncovered: int, *spans: tuple[int, int]) -> Bundle:
    """A round about ``output`` with claims at ``spans``, in which everyone signed whatever stands there."""
    records = tuple(replace(R0, index=i, start=start, end=end) for i, (start, end) in enumerate(spans))
    opening = replace(
        REQUEST.opening, output=Digest.of(output), output_bytes=len(output), root=fragment_root(records), count=len(records)
    )
    request = Request(opening, output, records, REQUEST.evidence)
    everyone = [S] * len(records)
    ballots = tuple(
        sign(Ballot(opening, name, votes_for(request, HERE.epoch, name, everyone), 1).encode(), [key])
        for name, key in HERE.keys.items()
    )
    assigned = request.assigned(HERE.epoch)
    verified = [verify_ballot(ballot, opening, HERE.epoch, assigned) for ballot in ballots]
    return rebuilt(request, decide(opening, HERE.epoch, records, assigned, verified, uncovered), ballots)


ACCENTS = "Café is nice. Naïve too.".encode()


def test_a_span_off_a_character_boundary() -> None:
    assert check(over(ACCENTS, 0, (0, len(ACCENTS))), output=ACCENTS).verified is not None
    refused(check(over(ACCENTS, 0, (0, 4), (4, len(ACCENTS))), output=ACCENTS), 10, "byte 4 is inside a character")


def test_text_covered_by_nothing_is_lied_about() -> None:
    """Half the text was hidden from the validators, and the statement says that nothing was."""
    assert check(over(ACCENTS, 12, (0, 14)), output=ACCENTS).verified is not None
    for lie in (0, 1, 11):
        refused(check(over(ACCENTS, lie, (0, 14)), output=ACCENTS), 10, f"the statement says {lie}")
