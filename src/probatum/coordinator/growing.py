"""A text under verification while it is being written: each claim is judged as soon as its sentence is complete.

Later text may change what an earlier claim means: its pronoun, its heading, where the sentence really ends. Then its claim text,
context or passages differ, and so it is another question, which is judged anew. What counts at the end is the split of the whole
text, in which every claim is judged on exactly what the fragment records bind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeAlias

from probatum.claims.draft import Claim, Draft
from probatum.coordinator.judging import Answer, Judges
from probatum.coordinator.preparation import PASSAGES_PER_CLAIM, Prepared, Search, bind, check_output
from probatum.evidence.record import Passage
from probatum.validators.protocol import Judgement, Question

Told: TypeAlias = Callable[[str, Mapping[str, Any]], None]
"""Told of each event: its kind and its data. Votes come from the validators' threads."""

_ENDED: Final = re.compile(r"[.!?…。！？:;][)\]\"'”’»*_]*\s|[。！？\n]")
_TAIL: Final = 8  # bytes or characters: more than a full stop and its closing marks


class Remembered:
    """A search that gives the same passages for the same claim however often it is asked."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._found: dict[tuple[str, str], tuple[Passage, ...]] = {}

    def search_many(self, queries: Sequence[tuple[str, str]], k: int = PASSAGES_PER_CLAIM) -> list[tuple[Passage, ...]]:
        """See ``preparation.Search``; ``k`` must be the same every time."""
        if new := list(dict.fromkeys(query for query in queries if query not in self._found)):
            self._found.update(zip(new, self._search.search_many(new, k), strict=True))
        return [self._found[query] for query in queries]


@dataclass(frozen=True, slots=True)
class Asked:
    """A claim that the validators were asked about: its number in the events, the question, their answers by validator id."""

    number: int
    question: Question
    answers: Mapping[str, Future[Answer]]


class GrowingText:
    """Split, bind and ask while the text grows. One caller at a time.

    Args:
        search: where claims find their passages.
        judges: the validators.
        splitter: from output to drafts.
        told: hears what happens.
        early: whether claims are asked before the text is whole; not worth it where splitting is expensive.
    """

    def __init__(
        self,
        search: Search,
        judges: Judges,
        splitter: Callable[[bytes], tuple[Draft, ...]],
        told: Told,
        *,
        early: bool = True,
    ) -> None:
        self._search = Remembered(search)
        self._judges = judges
        self._splitter = splitter
        self._told = told
        self._early = early
        self._text = ""
        self._asked: dict[Question, Asked] = {}

    @property
    def asked(self) -> Mapping[Question, Asked]:
        """Every question that was asked so far."""
        return self._asked

    @property
    def blank(self) -> bool:
        """Whether nothing but white space has come so far."""
        return not self._text.strip()

    def grow(self, text: str) -> None:
        """More of the text."""
        self._text += text
        if self._early and _ENDED.search(self._text, max(0, len(self._text) - len(text) - _TAIL)):
            output = self._text.encode()
            drafts = self._splitter(output)
            self._ask([draft for draft in drafts[: _complete(drafts, output)] if isinstance(draft, Claim)])

    def finish(self) -> tuple[bytes, Prepared]:
        """The whole output, prepared for a round. Every claim of it is asked when this returns; the others are withdrawn.

        Raises:
            OutputRefused: the text cannot be verified: empty, too large, too many fragments.
        """
        output = self._text.encode()
        check_output(output)
        drafts = self._splitter(output)
        prepared = bind(drafts, self._search)
        final = self._ask([draft for draft in drafts if isinstance(draft, Claim)])
        for asked in [asked for question, asked in self._asked.items() if question not in final]:
            self._withdraw(asked)
        return output, prepared

    def give_up(self) -> None:
        """The text broke off: nobody waits for answers any more."""
        for asked in self._asked.values():
            for answer in asked.answers.values():
                answer.cancel()

    def _ask(self, claims: Sequence[Claim]) -> set[Question]:
        found = self._search.search_many([(claim.text, claim.context) for claim in claims])
        questions = [_question(claim, passages) for claim, passages in zip(claims, found, strict=True)]
        for claim, passages, question in zip(claims, found, questions, strict=True):
            if question not in self._asked:
                self._asked[question] = self._put(claim, passages, question)
        return set(questions)

    def _put(self, claim: Claim, passages: Sequence[Passage], question: Question) -> Asked:
        number = len(self._asked) + 1
        self._told("claim_found", {"claim": number, "text": claim.text, "start": claim.start, "end": claim.end})
        where = [{"source": p.source, "sha256": p.source_digest.hex(), "start": p.start, "end": p.end} for p in passages]
        self._told("evidence_bound", {"claim": number, "passages": where})
        asked = Asked(number, question, self._judges.ask(question))
        for validator, answer in asked.answers.items():
            answer.add_done_callback(partial(self._voted, number, validator))
        return asked

    def _withdraw(self, asked: Asked) -> None:
        del self._asked[asked.question]
        for answer in asked.answers.values():
            answer.cancel()
        self._told("claim_withdrawn", {"claim": asked.number, "reason": "later text changed what it says"})

    def _voted(self, number: int, validator: str, done: Future[Answer]) -> None:
        if done.cancelled():
            return
        if (error := done.exception()) is not None:
            data = {"verdict": None, "confidence": 0, "reason": f"no vote: {error}"}
        elif isinstance(answer := done.result(), Judgement):
            data = {"verdict": str(answer.verdict), "confidence": answer.confidence, "reason": answer.reason}
        else:
            data = {"verdict": None, "confidence": 0, "reason": answer.reason}
        self._told("vote", {"claim": number, "validator": validator, **data})


def _question(claim: Claim, passages: Sequence[Passage]) -> Question:
    return Question(claim.text, claim.context, tuple(passage.text for passage in passages))


def _complete(drafts: Sequence[Draft], output: bytes) -> int:
    """How many of the drafts have an end that more text will hardly move: all, but the last only if its sentence has ended."""
    if not drafts:
        return 0
    last = drafts[-1]
    tail = output[max(last.start, last.end - _TAIL) :].decode(errors="ignore")
    return len(drafts) - (_ENDED.search(tail) is None)
