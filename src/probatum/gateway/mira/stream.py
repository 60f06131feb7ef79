"""The events of one ``POST /verify/v1/stream``, made from the events of the verification behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from probatum.coordinator.verification import Event
from probatum.gateway.answers.sse import named
from probatum.gateway.mira.assessment import Terms, result, unjudged
from probatum.gateway.ports import Verification


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its id, the fact, the claims in it, and the terms of the consensus; ``at`` is when it came (ms since 1970)."""

    id: str
    fact: str
    claims: tuple[str, ...]
    terms: Terms
    at: int

    def opening(self) -> Iterator[bytes]:
        """What is said before any claim is judged."""
        yield named("starting", {"status": "starting"})
        yield named("extracting_claims", {"status": "extracting_claims"})
        yield named("claims_extracted", {"claims": list(self.claims), "count": len(self.claims)})
        yield named("verifying_claims", {"totalClaims": len(self.claims)})

    def completed(self, assessed: Mapping[int, Mapping[str, Any]], addition: Mapping[str, Any]) -> bytes:
        """The whole result; ``addition`` is what that API does not have."""
        value = {
            "requestId": self.id,
            "original_fact": self.fact,
            "results": [result(index, claim, assessed[index]) for index, claim in enumerate(self.claims)],
            "timestamp": datetime.fromtimestamp(self.at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "tokenUsage": {"promptTokens": 0, "completionTokens": 0, "totalTokens": 0},
            "minRequired": self.terms.min_required,
            "probatum": dict(addition),
        }
        return named("completed", value)


async def judged(asked: Asked, verification: Verification, addition: Mapping[str, Any]) -> AsyncGenerator[bytes, None]:
    """The events of a fact that is verified against a corpus."""
    for event in asked.opening():
        yield event
    telling, last = _Telling(asked), dict[str, Any]()
    async for happened in verification.events():
        for event in telling.events(happened):
            yield event
        last = dict(happened.data)
    for event in telling.rest():
        yield event
    hashes = {name: last.get(name) for name in ("state", "cert_hash", "record_hash", "reason")}
    yield asked.completed(telling.assessed, hashes | dict(addition))


async def without_evidence(asked: Asked, reason: str) -> AsyncGenerator[bytes, None]:
    """The events of a fact for whose domain there is nothing to judge it against."""
    for event in asked.opening():
        yield event
    assessed = unjudged(asked.claims)
    for index, one in enumerate(assessed):
        yield named("verifying_claim", {"claimIndex": index, "claim": asked.claims[index]})
        yield named("claim_verified", {"claimIndex": index, **one})
    nothing = {"state": "provisional", "cert_hash": None, "record_hash": None, "reason": reason}
    yield asked.completed(dict(enumerate(assessed)), nothing)


class _Telling:
    """What has been told of each claim so far, by its place in the fact."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._texts: dict[int, str] = {}  # by the number in the verification's events
        self._votes: defaultdict[str, dict[str, str]] = defaultdict(dict)  # by claim
        self._begun: set[int] = set()
        self.assessed: dict[int, Mapping[str, Any]] = {}

    def events(self, event: Event) -> Iterator[bytes]:
        data = event.data
        match event.kind:
            case "claim_found":
                self._texts[data["claim"]] = data["text"]
            case "evidence_bound":
                for index in self._places(self._texts[data["claim"]]):
                    yield from self._begin(index)
            case "vote" if data["verdict"] is not None:
                self._votes[self._texts[data["claim"]]][data["validator"]] = data["verdict"]
            case "fragment_decided" if data["status"] != "not_checkable":
                for place in [place for place in self._places(data["claim"]) if place not in self.assessed][:1]:
                    yield from self._decide(place, data)

    def rest(self) -> Iterator[bytes]:
        """The claims that no round decided."""
        for index in range(len(self._asked.claims)):
            if index not in self.assessed:
                yield from self._decide(index, None)

    def _begin(self, index: int) -> Iterator[bytes]:
        if index not in self._begun:
            self._begun.add(index)
            yield named("verifying_claim", {"claimIndex": index, "claim": self._asked.claims[index]})

    def _decide(self, index: int, fragment: Mapping[str, Any] | None) -> Iterator[bytes]:
        yield from self._begin(index)
        claim = self._asked.claims[index]
        assessed = self.assessed[index] = self._asked.terms.assess(claim, fragment, self._votes[claim])
        yield named("claim_verified", {"claimIndex": index, **assessed})

    def _places(self, claim: str) -> Sequence[int]:
        return [index for index, text in enumerate(self._asked.claims) if text == claim]
