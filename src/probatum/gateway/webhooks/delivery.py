"""Bring one message to one address, at least once: attempts on a schedule until it is taken, refused for good, or given up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, Protocol

import orjson

from probatum.errors import ProbatumError
from probatum.gateway.timing import Timing
from probatum.gateway.webhooks.schedule import Schedule
from probatum.gateway.webhooks.signing import Secret

MAX_RETRY_AFTER: Final = 24 * 3600  # seconds: an address cannot put itself off for ever
_AGENT: Final = "probatum-webhooks/1"


class Unreachable(ProbatumError):
    """No answer came: no connection, a time-out, an answer that is not HTTP, or an address that may not be reached."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered: the HTTP status, and after how many seconds it wants to be asked again."""

    status: int
    retry_after: int | None = None


class Post(Protocol):
    """Sends one POST request. It follows no redirect, takes 30 s at most, and reaches no inside address."""

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises Unreachable."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a message goes, and what it is signed with."""

    url: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class Message:
    """One event, the same at every attempt.

    Attributes:
        id: stable, so that a receiver knows a message that it has seen; holds no full stop.
        type: words with full stops between them.
        at: when the event was, in ms since 1970.
        data: JSON.
    """

    id: str
    type: str
    at: int
    data: Mapping[str, Any]

    @property
    def body(self) -> bytes:
        """The bytes that are signed and sent."""
        timestamp = datetime.fromtimestamp(self.at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return orjson.dumps({"type": self.type, "timestamp": timestamp, "data": dict(self.data)})


class Ended(StrEnum):
    """How a delivery ended."""

    TAKEN = "taken"  # the receiver answered 2xx
    GONE = "gone"  # it answered 410: it wants no more
    GIVEN_UP = "given up"  # every attempt failed


class Deliverer:
    """Sends messages.

    Args:
        post: the HTTP client.
        schedule: when attempts are made.
        timing: clock and waiting.
    """

    def __init__(self, post: Post, timing: Timing, schedule: Schedule | None = None) -> None:
        self._post, self._timing, self.schedule = post, timing, schedule or Schedule()

    async def deliver(self, message: Message, endpoint: Endpoint, patience_ms: int) -> Ended | int:
        """The attempts that are due now or within ``patience_ms`` of one another, until one ends it.

        Returns:
            How it ended; or when the next attempt is due, in ms since 1970. Call it again then: the time tells what was tried.
        """
        earliest = 0
        for when in self.schedule.left(message.id, message.at, self._timing.now()):
            due = max(when, earliest)
            if due - self._timing.now() > patience_ms:
                return due
            await self._timing.until(due)
            answer = await self.attempt(message, endpoint)
            if (ended := verdict(answer)) is not None:
                return ended
            if answer is not None and answer.retry_after is not None:
                earliest = self._timing.now() + 1000 * min(answer.retry_after, MAX_RETRY_AFTER)
        return Ended.GIVEN_UP

    async def attempt(self, message: Message, endpoint: Endpoint) -> Answer | None:
        """One attempt; None if no answer came."""
        body, seconds = message.body, self._timing.now() // 1000
        headers = {
            "content-type": "application/json",
            "user-agent": _AGENT,
            "webhook-id": message.id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": endpoint.secret.sign(message.id, seconds, body),
        }
        try:
            return await self._post(endpoint.url, headers, body)
        except Unreachable:
            return None


def verdict(answer: Answer | None) -> Ended | None:
    """Whether an answer ends the delivery. A redirect does not: it is not followed, and counts as a failure."""
    if answer is None:
        return None
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return Ended.TAKEN
    return Ended.GONE if answer.status == HTTPStatus.GONE else None
