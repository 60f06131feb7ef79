"""Talk comes off a claim; what it states stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probatum.validators.chitchat import without_talk


@pytest.mark.parametrize(
    ("claim", "left"),
    [
        ("Yes, they are very popular.", "they are very popular."),
        ("I think that Paris is the capital of France, right?", "Paris is the capital of France."),
        ("Did you know that the league has 32 teams?", "the league has 32 teams."),
        ("That's interesting! Did you know the room is at Iowa?", "the room is at Iowa."),
        ("Elvis was born in 1935. That's a lot!", "Elvis was born in 1935."),
    ],
)
def test_talk_comes_off(claim: str, left: str) -> None:
    assert without_talk(claim) == left


@pytest.mark.parametrize(
    "claim",
    [
        "Paris is the capital of France.",
        "I don't think that it was sold.",
        "I'm not sure but it is on the list.",
        "Is it true that the bridge opened in 1932?",
        "No. 5 is the best known of them.",
        "The company, I think, is big.",
        "yes.",
        "What is it about?",
        "I think not.",
    ],
)
def test_what_states_denies_or_doubts_something_stays(claim: str) -> None:
    assert without_talk(claim) == claim


@given(st.text(max_size=400))
def test_any_text_keeps_its_numbers_and_ends(text: str) -> None:
    left = without_talk(text)
    assert [c for c in left if c.isdigit()] == [c for c in text if c.isdigit()]
    assert len(left) <= len(" ".join(text.split())) + 1
    assert without_talk(left) is not None


def test_a_long_run_of_reactions_is_read_in_linear_time() -> None:
    assert without_talk("so " * 5_000 + "well the bridge opened in 1932") is not None
