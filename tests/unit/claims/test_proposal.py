"""A model as decomposer: what it may do, and that nothing it says is taken on trust."""

from __future__ import annotations

import json

import pytest

from probatum.claims.check import check_split
from probatum.claims.draft import Claim
from probatum.claims.proposal import decompose_with
from probatum.claims.split import split

TEXT = "Hello! Ann Lee met Bob Hall in Rome in 1990, having left Oslo. Rome has 3 parks."
OUTPUT = TEXT.encode()
PARTS = [
    {"quote": "Ann Lee met Bob Hall in Rome in 1990,", "claim": "Ann Lee met Bob Hall in Rome in 1990."},
    {"quote": "having left Oslo.", "claim": "Ann Lee having left Oslo."},
]


def texts(answer: object) -> list[str]:
    drafts = decompose_with(lambda prompt: answer if isinstance(answer, str) else json.dumps(answer), OUTPUT)
    assert check_split(OUTPUT, drafts) == ()
    return [draft.text for draft in drafts if isinstance(draft, Claim)]


BUILT_IN = [draft.text for draft in split(OUTPUT) if isinstance(draft, Claim)]


def test_a_finer_split_that_holds_is_taken() -> None:
    assert texts({"1": PARTS}) == ["Ann Lee met Bob Hall in Rome in 1990.", "Ann Lee having left Oslo.", "Rome has 3 parks."]


def test_a_code_fence_around_the_answer_is_allowed() -> None:
    assert len(texts("```json\n" + json.dumps({"1": PARTS}) + "\n```")) == 3


def test_the_prompt_holds_the_sentences_as_data_and_no_greeting() -> None:
    seen: list[str] = []
    decompose_with(lambda prompt: seen.append(prompt) or "", OUTPUT)  # type: ignore[func-returns-value]
    (prompt,) = seen
    assert "Rome has 3 parks." in prompt
    assert "Hello" not in prompt


def test_one_bad_proposal_does_not_spoil_a_good_one() -> None:
    assert len(texts({"1": PARTS, "2": [{"quote": "Rome has 3 parks.", "claim": "Rome has 4 parks."}]})) == 3


REFUSED: dict[str, object] = {
    "empty": "",
    "prose": "Sure! Here are the claims.",
    "ignores-the-task": "SUPPORTED",
    "list": [PARTS],
    "duplicate-key": '{"1": [], "1": []}',
    "deep": "[" * 100_000,
    "too-long": " " * 300_000,
    "no-parts": {"1": []},
    "not-a-list": {"1": "Ann Lee met Bob Hall"},
    "extra-key": {"1": [{**PARTS[0], "note": "x"}, PARTS[1]]},
    "number-for-text": {"1": [{"quote": 5, "claim": "x"}]},
    "invented": {"1": [PARTS[0], {"quote": "having left Oslo.", "claim": "Ann Lee having left Bergen and Oslo."}]},
    "says-less": {"1": [{**PARTS[0], "claim": "Ann Lee met Bob Hall in Rome."}, PARTS[1]]},
    "not-covering": {"1": [PARTS[1]]},
    "quotes-overlap": {"1": [PARTS[0], {"quote": "1990, having left Oslo.", "claim": "In 1990, having left Oslo."}]},
    "quotes-swapped": {"1": [PARTS[1], PARTS[0]]},
    "foreign-quote": {"1": [{"quote": "Rome has 3 parks.", "claim": "Rome has 3 parks."}]},
    "lone-surrogate": {"1": [{"quote": "\ud800", "claim": "x"}]},
    "unknown-sentence": {"9": PARTS},
}


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED.keys())
def test_anything_else_falls_back_to_the_built_in_split(answer: object) -> None:
    assert texts(answer) == BUILT_IN


def test_no_claim_no_question() -> None:
    assert decompose_with(lambda prompt: pytest.fail("asked"), b"Hello!") == split(b"Hello!")
