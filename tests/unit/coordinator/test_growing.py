"""Claims are judged while the text grows; what counts at the end is the split of the whole text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probatum.claims.split import split
from probatum.consensus.fragment import ClaimRecord
from probatum.coordinator.growing import GrowingText
from probatum.coordinator.judging import Judges
from probatum.coordinator.preparation import bind
from probatum.errors import OutputRefused
from probatum.evidence.passages import cut
from probatum.evidence.readers import read_source
from probatum.evidence.retrieval import Index
from probatum.frozen import replace
from probatum.testing.committee import ScriptedValidator, committee
from probatum.validators.protocol import Question

MODEL = committee(1).epoch.members[0].model
SOURCE = read_source("towers.md", b"# Towers\n\nThe Eiffel Tower is 330 metres tall. It was finished in 1889.\n")
TEXT = """# Towers

The Eiffel Tower is 330 m tall. It was finished in 1889! Is it not beautiful? Dr. Berg measured it in 2.5 hours.

| tower | height |
|---|---|
| Eiffel | 330 m |

- It stands in Paris;
- it is made of iron, and it weighs 10,100 tonnes.
エッフェル塔はパリにある。高さは330メートルである。
"""


@dataclass(frozen=True, slots=True)
class Seen:
    growing: GrowingText
    events: list[tuple[str, Mapping[str, Any]]]

    def claims(self, kind: str) -> list[int]:
        return [data["claim"] for what, data in self.events if what == kind]


def growing() -> Seen:
    events: list[tuple[str, Mapping[str, Any]]] = []
    judges = Judges(["v0"], lambda name: ScriptedValidator(MODEL))
    index = Index(list(cut(SOURCE)), None)
    return Seen(GrowingText(index, judges, split, lambda kind, data: events.append((kind, data))), events)


def settle(seen: Seen) -> None:
    for asked in seen.growing.asked.values():
        for answer in asked.answers.values():
            answer.result()


def test_a_claim_is_asked_once_its_sentence_has_ended() -> None:
    seen = growing()
    seen.growing.grow("The Eiffel Tower is 330")
    seen.growing.grow(" m tall.")
    assert seen.claims("claim_found") == []  # it might go on: 330 m tall.5
    seen.growing.grow(" It")
    assert [question.claim for question in seen.growing.asked] == ["The Eiffel Tower is 330 m tall."]
    seen.growing.grow(" was finished. ")
    assert seen.claims("claim_found") == [1, 2]


def test_a_claim_whose_meaning_later_text_changes_is_judged_again() -> None:
    seen = growing()
    seen.growing.grow("The tower is tall.\n")
    assert [asked.question.claim for asked in seen.growing.asked.values()] == ["The tower is tall."]
    seen.growing.grow("=====\n\nIt stands in Paris.\n")  # so the line was a heading
    seen.growing.finish()
    settle(seen)
    assert "The tower is tall." not in {asked.question.claim for asked in seen.growing.asked.values()}
    assert seen.claims("claim_withdrawn") == [1]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, len(TEXT)), max_size=20))
def test_however_it_arrives_the_end_is_the_split_of_the_whole(cuts: list[int]) -> None:
    seen = growing()
    edges = [0, *sorted(cuts), len(TEXT)]
    for start, end in pairwise(edges):
        seen.growing.grow(TEXT[start:end])
    output, prepared = seen.growing.finish()
    assert output == TEXT.encode()
    whole = bind(split(output), Index(list(cut(SOURCE)), None))
    salt = bytes(16)
    assert [replace(one, salt=salt) for one in prepared.records] == [replace(one, salt=salt) for one in whole.records]
    asked = set(seen.growing.asked)
    for record in prepared.records:
        if isinstance(record, ClaimRecord):
            passages = tuple(passage.text for passage in prepared.evidence[record.evidence].passages)
            asked.remove(Question(record.claim, record.context, passages))
    assert not asked  # nothing else is left to wait for
    settle(seen)


def test_the_same_claim_twice_is_asked_once() -> None:
    seen = growing()
    seen.growing.grow("The Eiffel Tower is 330 m tall. The Eiffel Tower is 330 m tall. ")
    _, prepared = seen.growing.finish()
    settle(seen)
    assert prepared.claims == 2
    assert len(seen.growing.asked) <= 2


def test_without_early_judging_nothing_is_asked_before_the_end() -> None:
    calls: list[bytes] = []

    def counted(output: bytes) -> tuple[Any, ...]:
        calls.append(output)
        return split(output)

    judges = Judges(["v0"], lambda name: ScriptedValidator(MODEL))
    late = GrowingText(Index(list(cut(SOURCE)), None), judges, counted, lambda kind, data: None, early=False)
    late.grow("One is here. Two is here. ")
    assert not calls
    late.finish()
    assert len(calls) == 1


def test_votes_are_told_and_silence_has_a_reason() -> None:
    events: list[tuple[str, Mapping[str, Any]]] = []

    class Broken:
        descriptor = MODEL

        def judge(self, questions: Sequence[Question]) -> Iterator[Any]:
            raise RuntimeError("out of memory")

    text = GrowingText(
        Index(list(cut(SOURCE)), None), Judges(["v0"], lambda name: Broken()), split, lambda kind, data: events.append((kind, data))
    )
    text.grow("The Eiffel Tower is 330 m tall.")
    text.finish()
    for asked in text.asked.values():
        assert isinstance(asked.answers["v0"].exception(), RuntimeError)
    votes = [data for kind, data in events if kind == "vote"]
    assert votes == [{"claim": 1, "validator": "v0", "verdict": None, "confidence": 0, "reason": "no vote: out of memory"}]


def test_an_empty_text_is_refused_at_the_end() -> None:
    with pytest.raises(OutputRefused, match="empty"):
        growing().growing.finish()
