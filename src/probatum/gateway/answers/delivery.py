"""One receiver of one generation: when the text may go out to it, and the record that it did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from probatum.gateway.answers.generation import Generation, Item, Mark, Notice
from probatum.gateway.errors import UNVERIFIED, HttpRefusal
from probatum.gateway.headers import state_headers
from probatum.gateway.options import Options, Scope, Wait
from probatum.gateway.parts import Parts
from probatum.ledger.records import Channel, Release, State

_CERTIFIED: Final = {Scope.COMPLETE: {State.CERTIFIED}, Scope.PARTIAL: {State.CERTIFIED, State.PARTIALLY_CERTIFIED}}


class Gone(Exception):
    """The receiver left before anything went out to it."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who gets the text, and how.

    Attributes:
        name: as the ledger has it; never empty.
        channel: how it leaves.
        callback: where recalls are sent.
        gone: whether the receiver has left.
    """

    name: str
    channel: Channel
    callback: str | None
    gone: Callable[[], Awaitable[bool]]

    def release(self, generation: Generation, at: int) -> Release:
        """The text goes out to this receiver, in the state it is in now; ``at`` in ms since 1970."""
        notice = generation.notice
        cert_hash = notice.settlement.cert_hash if notice.settlement else None
        return Release(generation.id, self.channel, self.name, notice.state, cert_hash, at, self.callback)


class Delivery:
    """Hands one generation to one receiver.

    Args:
        parts: the ports.
        generation: what is handed over.
        receiver: to whom.
        options: what the request asked for.
        stream: whether the text goes out while it grows.
        released: the release is recorded with the generation's beginning.
    """

    def __init__(
        self,
        parts: Parts,
        generation: Generation,
        receiver: Receiver,
        options: Options,
        *,
        stream: bool,
        released: bool = False,
    ) -> None:
        self.parts, self.generation = parts, generation
        self._receiver, self._options, self._stream, self._released = receiver, options, stream, released

    @property
    def held(self) -> bool:
        """Whether the text waits for its certificate."""
        return self._options.wait is Wait.CERTIFICATE

    @property
    def headers(self) -> dict[str, str]:
        """Response headers, as things stand now; a text still to come has no certificate yet."""
        notice = self.generation.notice
        cert_hash = notice.settlement.cert_hash if notice.settlement else None
        return dict(self.generation.headers) | state_headers(notice.state, self.generation.id, cert_hash)

    async def permit(self) -> None:
        """Wait until the text may go out, and record that it does. What was recorded has returned from the ledger.

        Raises:
            HttpRefusal: there is no text, or it waits for a certificate that it did not get (422 ``not_certified``).
            Gone: nobody is there to get it.
        """
        if self._stream and not self.held:
            await self._at_once()
            return
        await self.generation.ended.wait()
        if self.generation.failure is not None:
            raise self.generation.failure
        if self.held:
            await self._certified()
        else:
            await self._settled(self._options.linger_ms or 0)
        if await self._receiver.gone():
            raise Gone
        await self._release()

    async def _at_once(self) -> None:
        """The release is recorded while the upstream thinks, so that the first token waits for no disk.

        It stands even if no token ever comes: the ledger may name a receiver too many, never one too few.
        """
        await self.generation.recorded.wait()
        releasing = None if self._released else asyncio.create_task(self._release())
        try:
            await self.generation.opened.wait()
        finally:
            if releasing is not None:
                await releasing
        if self.generation.failure is not None and not self.generation.transcript.begun:
            raise self.generation.failure

    async def _settled(self, ms: int) -> None:
        try:
            async with asyncio.timeout(ms / 1000):
                await self.generation.settled.wait()
        except TimeoutError:
            pass  # the answer says which state it is in

    async def _certified(self) -> None:
        await self._settled(self.parts.limits.wait_ms)
        if problem := self._problem():
            notice, result = self.generation.notice, self.generation.result
            more = {"state": str(notice.state), "generation": self.generation.id, "report": result and result.report}
            raise HttpRefusal(422, "not_certified", problem, UNVERIFIED, more=more, headers=self.headers)

    def _problem(self) -> str | None:
        """Why the text must not go out to one who asked for a certificate."""
        notice, outside = self.generation.notice, self.generation.transcript.outside
        if notice.state not in _CERTIFIED[self._options.policy.scope]:
            why = f": {notice.reason}" if notice.reason else ""
            return f"the text is {notice.state.replace('_', ' ')}, not certified{why}"
        if outside:
            return f"a certificate covers text only; the answer also holds {' and '.join(sorted(outside))}"
        return None

    async def _release(self) -> None:
        release = self._receiver.release(self.generation, self.parts.clock())
        await self.parts.journal.release(release)
        self.parts.observe("release", release.generation, release.state, release.at)

    async def items(self) -> AsyncIterator[Sequence[Item]]:
        """What is on the tape, as it comes: to the end of the text, and then as long as the request lets the stream linger.

        An empty sequence means that nothing came for a while. A held text brings notices of its present state only.
        """
        position, whole, deadline, time = 0, False, float("inf"), asyncio.get_running_loop().time
        while True:
            pause = min(self.parts.limits.heartbeat_ms / 1000, deadline - time())
            try:
                async with asyncio.timeout(pause):
                    items = await self.generation.tape.read(position)
            except TimeoutError:
                if whole and time() >= deadline:
                    return
                yield ()
                continue
            if not items:
                return
            position += len(items)
            yield self._now(items) if self.held else items
            if not whole and Mark.WHOLE in items:
                whole, deadline = True, time() + self._linger / 1000

    @property
    def _linger(self) -> int:
        given = self._options.linger_ms
        return self.parts.limits.linger_ms if given is None else given

    def _now(self, items: Sequence[Item]) -> Sequence[Item]:
        newest = self.generation.notice
        return [newest if isinstance(item, Notice) else item for item in items]
