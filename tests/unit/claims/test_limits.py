"""Input that is empty, broken or huge."""

from __future__ import annotations

import time

import pytest

from probatum.claims.check import check_split
from probatum.claims.split import split
from probatum.errors import OutputRefused

SECONDS = 20.0  # CPU time; what is guarded against is quadratic time, which would take minutes


@pytest.mark.parametrize("output", [b"", b" \r\n\t", b"\xef\xbb\xbf", b"***\n---\n", "…。—🎉".encode()])
def test_nothing_to_say(output: bytes) -> None:
    assert split(output) == ()


REFUSED = {
    "invalid-utf8": (b"abc \xff", "byte 4"),
    "truncated-character": (b"abc \xe6\x9d", "byte 4"),
    "surrogate": (b"\xed\xa0\x80", "byte 0"),
    "nul": ("é\x00".encode(), "byte 2"),
    "escape": (b"ab\x1b[0m", "byte 2"),
    "png": (b"\x89PNG\r\n\x1a\n\x00", "byte 0"),
}


@pytest.mark.parametrize(("output", "where"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(output: bytes, where: str) -> None:
    with pytest.raises(OutputRefused, match=where):
        split(output)


def test_an_unknown_media_type_is_refused() -> None:
    with pytest.raises(OutputRefused, match="text/html"):
        split(b"a", media_type="text/html")


N = 100_000
HUGE = {
    "words": "word " * (N // 5),
    "no-space": "a" * N,
    "one-sentence-of-clauses": "Paris is big and was built in 1900 " * (N // 34),
    "commas": "a, " * (N // 3),
    "initials": "A. B. " * (N // 6),
    "dotted": "a." * (N // 2),
    "chinese": "中" * N,
    "digits": "1" * N,
    "open-brackets": "[" * N,
    "half-links": "[a](" * (N // 4),
    "stars": "**a *b _c " * (N // 10),
    "star-run": "*" * N + "a",
    "backticks": "".join("`" * (i % 50 + 1) + " " for i in range(N // 25)),
    "open-quotes": "“" * N + "a",
    "open-tags": "<a " * (N // 3),
    "open-comments": "<!--" * (N // 4) + "a",
    "ampersands": "&a" * (N // 2),
    "quote-depth": ">" * N + "a",
    "list-depth": "- " * 2000 + "a",
    "pipes": "|a" * (N // 2),
    "spaces": "a" + " " * N + "b",
    "newlines": "\n" * N + "a",
    "backslashes": "\\" * N + "a",
    "hyphens": "a-" * (N // 2),
    "combining": "a\u0301" * (N // 2),
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_time_is_linear_in_one_long_sentence(text: str) -> None:
    output = text.encode()
    started = time.process_time()
    drafts = split(output)
    problems = check_split(output, drafts)
    assert time.process_time() - started < SECONDS
    assert not [problem for problem in problems if problem.code in ("uncovered", "out-of-order", "off-boundary")]


def test_five_megabytes_are_split() -> None:
    paragraph = "Ada Lovelace was born in London in 1815. The first program (see above) has 42 lines.\n\n"
    output = (paragraph * (5_000_000 // len(paragraph))).encode()
    started = time.process_time()
    assert len(split(output)) == 2 * (5_000_000 // len(paragraph))
    assert time.process_time() - started < 3 * SECONDS
