"""One answer being generated, in a task of its own: whoever asked may leave, it is still recorded and its round still ends."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

import orjson

from probatum.coordinator.verification import Evidence, Result
from probatum.gateway.answers.sse import data
from probatum.gateway.answers.tape import Tape
from probatum.gateway.answers.upstream import garbage
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.openai.transcript import Transcript, as_chunks
from probatum.gateway.ports import CachedAnswer, CacheKey
from probatum.ledger.records import Generation as Record
from probatum.ledger.records import Settlement, State


@dataclass(frozen=True, slots=True)
class Notice:
    """The state of a text at one moment; ``fragment`` where one was decided just now."""

    state: State
    settlement: Settlement | None = None
    reason: str | None = None
    fragment: Mapping[str, Any] | None = None


class Mark(Enum):
    """Places on a tape."""

    WHOLE = auto()  # the upstream's last byte is before this


Item: TypeAlias = bytes | Notice | Mark


@dataclass(frozen=True, slots=True)
class Ask:
    """What an upstream is asked, and what its answer is judged against.

    Attributes:
        key: names the question: tenant, request and evidence, epoch.
        model: as the request names it.
        body: the request as it is sent.
        stream: whether it asks for a stream.
        usage: whether it asks for token counts at the stream's end.
        evidence: sources and corpus.
        unjudged: why the text cannot be judged, if so.
    """

    key: CacheKey
    model: str
    body: bytes
    stream: bool
    usage: bool
    evidence: Evidence
    unjudged: str | None = None


class Generation:
    """An answer as its receivers see it, from the first byte to the settlement.

    Attributes:
        record: its entry in the ledger.
        tape: the upstream's events as they came, and notices between them.
        transcript: what was said.
        headers: the upstream's response headers that are passed on.
        notice: the newest.
        result: what came out of the verification, once it ended.
        verification: id of the verification, if there is one.
        failure: why the text broke off.
        recorded: it is in the ledger, or will never be.
        opened: the first event is on the tape, or none will ever be.
        ended: no more text comes.
        settled: nothing more happens.
    """

    def __init__(self, record: Record) -> None:
        self.record = record
        self.tape: Tape[Item] = Tape()
        self.transcript = Transcript()
        self._completion = b""
        self.headers: Mapping[str, str] = {}
        self.notice = Notice(State.GENERATING)
        self.result: Result | None = None
        self.verification: str | None = None
        self.failure: HttpRefusal | None = None
        self.recorded, self.opened = asyncio.Event(), asyncio.Event()
        self.ended, self.settled = asyncio.Event(), asyncio.Event()

    @classmethod
    def new(cls, ask: Ask, at: int) -> Generation:
        """One that is to be made."""
        return cls(Record(f"gen_{secrets.token_hex(16)}", ask.key.tenant, ask.key.request, ask.model, at))

    @classmethod
    def replay(cls, ask: Ask, cached: CachedAnswer) -> Generation:
        """One that was made and certified before."""
        generation = cls(Record(cached.generation, ask.key.tenant, ask.key.request, ask.model, cached.settlement.at))
        generation.notice = Notice(cached.settlement.state, cached.settlement)
        generation.take_completion(cached.response, usage=ask.usage)
        generation.settle(Result(cached.settlement))
        return generation

    @property
    def id(self) -> str:
        """``gen_`` and 32 hex digits."""
        return self.record.id

    @property
    def completion(self) -> bytes:
        """The whole answer as a ``chat.completion`` object: as it came, or made from the chunks it came in."""
        return self._completion or orjson.dumps(self.transcript.as_completion())

    def open(self, notice: Notice) -> None:
        """The first event is on the tape."""
        self.tell(notice)
        self.opened.set()

    def tell(self, notice: Notice) -> None:
        """Put a notice on the tape."""
        if notice.fragment is None:
            self.notice = notice
        self.tape.append(notice)

    def take_completion(self, body: bytes, *, usage: bool) -> str:
        """Take in a whole answer, which receivers of streams get as chunks; returns its text. Raises HttpRefusal for garbage."""
        try:
            completion = orjson.loads(body)
        except orjson.JSONDecodeError:
            raise garbage("it is not JSON") from None
        text = self.transcript.completion(completion)
        self._completion = body
        first, *rest = [data(chunk) for chunk in as_chunks(completion, usage=usage)]
        self.tape.append(first)
        self.open(self.notice)
        self.tape.append(*rest)
        return text

    def end(self, notice: Notice, failure: HttpRefusal | None = None) -> None:
        """No more text comes."""
        self.failure = failure
        if failure is not None:
            self.tell(notice)
            self.tape.append(data(failure.body()), Mark.WHOLE)
        else:
            self.tape.append(Mark.WHOLE)
            self.tell(notice)
        for event in (self.recorded, self.opened, self.ended):
            event.set()

    def settle(self, result: Result | None) -> None:
        """Nothing more happens."""
        if not self.ended.is_set():  # a replay: it never was under way
            self.tape.append(Mark.WHOLE)
            self.recorded.set()
            self.ended.set()
        if result is not None:
            self.result = result
            self.tell(Notice(result.settlement.state, result.settlement, result.reason or self.transcript.uncovered))
        self.tape.close()
        self.settled.set()
