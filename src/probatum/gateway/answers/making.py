"""The task that makes a generation: asks the upstream, records what it says, and has it verified."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import aclosing, suppress
from typing import Final

import orjson

from probatum.coordinator.verification import Result
from probatum.errors import LedgerError
from probatum.gateway.answers.generation import Ask, Generation, Notice
from probatum.gateway.answers.sse import Splitter, TooLong, payload
from probatum.gateway.answers.upstream import Reply, answer, cut, garbage, passed_headers, pieces, too_slow, whole
from probatum.gateway.errors import UPSTREAM, HttpRefusal, as_refusal, shutting_down
from probatum.gateway.openai.transcript import Transcript
from probatum.gateway.parts import Parts
from probatum.gateway.ports import Naming, Verification
from probatum.ledger.records import Release, Settlement, State

PATH: Final = "/chat/completions"
_LOG: Final = logging.getLogger("probatum.gateway")
_FRAGMENT: Final = ("id", "start", "end", "status", "cert_hash")


class Making:
    """The task that makes one generation.

    Args:
        parts: the ports.
        ask: what to ask.
        generation: receives what comes.
        release: to whoever asked, recorded with the beginning; ``None`` if that comes later.
    """

    def __init__(self, parts: Parts, ask: Ask, generation: Generation, release: Release | None = None) -> None:
        self._parts, self._ask, self._generation, self._release = parts, ask, generation, release
        self._verification: Verification | None = None
        self._watching: asyncio.Task[Result] | None = None
        self._recorded = False

    async def run(self) -> None:
        """From the question to the settlement. Raises only CancelledError; what went wrong is in the generation."""
        beginning = asyncio.create_task(self._begin())
        failure: HttpRefusal | None = None
        try:
            async with asyncio.timeout(self._parts.timeouts.total / 1000):
                await self._generate(beginning)
        except TimeoutError:
            failure = too_slow("end its answer", self._parts.timeouts.total)
        except asyncio.CancelledError:
            beginning.cancel()
            failure = shutting_down("the gateway stopped before the text was whole", begun=True)
        except Exception as error:
            failure = as_refusal(error)
        await asyncio.wait({beginning})
        with suppress(asyncio.CancelledError):
            beginning.exception()  # seen: it is the failure, unless an earlier one is
        await self._end(failure)
        result = None
        try:
            result = await self._result()
        finally:
            self._generation.settle(result)

    async def _begin(self) -> None:
        """Record the generation, then start to verify it; both while the upstream thinks."""
        await self._parts.journal.begin(self._generation.record, self._release)
        self._recorded = True
        self._generation.recorded.set()
        self._observe("began")
        if self._release is not None:
            self._observe("release", self._release.state)
        if self._ask.unjudged is None:
            self._verification = await self._parts.verifier.start(self._generation.id, self._ask.evidence)
            self._generation.verification = self._verification.id
            self._watching = asyncio.create_task(self._watch(self._verification))

    async def _generate(self, beginning: asyncio.Task[None]) -> None:
        async with answer(self._parts.upstream, self._parts.timeouts, PATH, self._ask.body) as reply:
            await asyncio.shield(beginning)
            self._generation.headers = passed_headers(reply)
            kind = reply.headers.get("content-type", "")
            if self._ask.stream and not kind.startswith("application/json"):
                await self._stream(reply)
            else:
                await self._complete(reply)

    async def _complete(self, reply: Reply) -> None:
        body = await whole(reply, self._parts.timeouts, self._parts.limits.answer_bytes)
        self._generation.notice = Notice(State.GENERATING, reason=self._ask.unjudged)
        self._feed(self._generation.take_completion(body, usage=self._ask.usage))
        self._observe("first_token")

    async def _stream(self, reply: Reply) -> None:
        splitter, size = Splitter(self._parts.limits.event_bytes), 0
        async with aclosing(pieces(reply, self._parts.timeouts)) as stream:
            async for piece in stream:
                size += len(piece)
                if size > self._parts.limits.answer_bytes:
                    raise garbage(f"it has more than {self._parts.limits.answer_bytes} bytes")
                self._take(_split(splitter, piece))
                if self._generation.transcript.done:
                    break
            else:
                self._rest(splitter)
        if not self._generation.transcript.begun:
            raise garbage("a stream without chunks")

    def _rest(self, splitter: Splitter) -> None:
        """The stream ended without ``[DONE]``: that is an end only if a finish reason came."""
        with suppress(HttpRefusal):
            self._take(_split(splitter, b"\n\n"))  # some servers leave out the last empty line
        if not self._generation.transcript.whole:
            raise cut("its stream ended before the answer did")

    def _take(self, events: Sequence[bytes]) -> None:
        """Put the upstream's events on the tape as they are, but nothing from ``[DONE]`` or an error on."""
        transcript, passed, texts, failure = self._generation.transcript, 0, [], None
        for event in events:
            try:
                text = _read(event, transcript)
            except HttpRefusal as refusal:
                failure = refusal
                break
            if transcript.done:
                break
            texts.append(text)
            passed += 1
        self._pass_on(events[:passed])
        self._feed("".join(texts))
        if failure is not None:
            raise failure

    def _pass_on(self, events: Sequence[bytes]) -> None:
        generation = self._generation
        if not generation.opened.is_set() and generation.transcript.begun:
            first = next(number for number, event in enumerate(events, 1) if payload(event) is not None)
            generation.tape.append(b"".join(events[:first]))
            generation.open(Notice(State.GENERATING, reason=self._ask.unjudged))
            self._observe("first_token")
            events = events[first:]
        if events:
            generation.tape.append(b"".join(events))

    def _feed(self, text: str) -> None:
        if self._verification is not None and text:
            self._verification.feed(text)

    async def _watch(self, verification: Verification) -> Result:
        async for event in verification.events():
            if event.kind == "fragment_decided":
                fragment = {name: event.data.get(name) for name in _FRAGMENT}
                self._generation.tell(Notice(self._generation.notice.state, fragment=fragment))
        return await verification.result()

    async def _end(self, failure: HttpRefusal | None) -> None:
        """Record the text; only then may it be certified."""
        generation = self._generation
        try:
            if self._recorded:
                await self._finish(complete=failure is None)
        except Exception as error:
            failure = failure or as_refusal(error)
        if failure is None:
            generation.end(Notice(State.PROVISIONAL, reason=self._ask.unjudged or generation.transcript.uncovered))
        else:
            generation.end(Notice(State.INCOMPLETE, reason=str(failure)), failure)
        self._observe("last_token" if failure is None else "broken")
        if self._verification is not None:
            self._verification.finish() if failure is None else self._verification.abandon(str(failure))

    async def _finish(self, *, complete: bool) -> None:
        generation = self._generation
        at, said = self._parts.clock(), generation.transcript
        naming = Naming(said.id, generation.verification) if said.id else None
        await self._parts.journal.finish(generation.id, said.text, complete=complete, at=at, naming=naming)

    async def _result(self) -> Result | None:
        """What came out, once it did; a certified answer is in the cache then."""
        if self._watching is None:
            return None
        try:
            result = await self._watching
        except Exception as error:
            result = Result(Settlement(State.PROVISIONAL, None, None, self._parts.clock()), reason=str(as_refusal(error)))
        if self._generation.failure is not None:
            return None
        if result.settlement.state is State.CERTIFIED and self._generation.transcript.plain:
            await self._keep()
        self._observe("settled", result.settlement.state)
        return result

    async def _keep(self) -> None:
        try:
            await self._parts.journal.keep(self._ask.key, self._generation.id, self._generation.completion)
        except LedgerError as error:
            _LOG.warning("%s is certified, but not in the cache: %s", self._generation.id, error)

    def _observe(self, what: str, state: State | None = None) -> None:
        self._parts.observe(what, self._generation.id, state or self._generation.notice.state, self._parts.clock())


def _split(splitter: Splitter, piece: bytes) -> list[bytes]:
    try:
        return splitter.feed(piece)
    except TooLong as error:
        raise garbage(str(error)) from None


def _read(event: bytes, transcript: Transcript) -> str:
    """The text that an event adds; raises HttpRefusal for an error and for garbage."""
    content = payload(event)
    if content is None:
        return ""
    if content.startswith(b"[DONE]"):
        transcript.done = True
        return ""
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise garbage(f"an event that is not JSON: {content[:80]!r}") from None
    if isinstance(value, dict) and value.get("error"):
        raise _reported(value["error"])
    return transcript.chunk(value)


def _reported(error: object) -> HttpRefusal:
    """An error that the upstream tells in mid-stream."""
    fields = dict(error) if isinstance(error, dict) else {"message": str(error)}
    message = str(fields.pop("message", None) or "the upstream reported an error")
    kind, code, param = fields.pop("type", None), fields.pop("code", None), fields.pop("param", None)
    return HttpRefusal(502, "upstream_error" if code is None else code, message, kind or UPSTREAM, param=param, more=fields)
