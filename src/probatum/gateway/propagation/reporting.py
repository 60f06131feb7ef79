"""``POST /v1/releases``: an application says that it copied a text, or passed it on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection

from probatum.encoding.digest import Digest
from probatum.errors import DigestError
from probatum.gateway.errors import HttpRefusal
from probatum.ledger.propagation import generations, lookups, releases
from probatum.ledger.propagation.generations import Standing
from probatum.ledger.propagation.unit import Unit
from probatum.ledger.records import Channel, Release, State

REPORTED: Final = (Channel.COPY, Channel.FORWARD, Channel.EXPORT, Channel.WEBHOOK, Channel.BADGE)
"""The others are what the gateway itself gives out; it records those."""

MAX_RECEIVER: Final = 256
_NAMES: Final = ("generation", "text", "cert_hash")
_FIELDS: Final = (*_NAMES, "channel", "receiver", "callback")
_GENERATION: Final = re.compile(r"gen_[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class Reported:
    """What an application reports: which text, by one of three names; how it left; to whom; where to tell of a recall."""

    generation: str | None
    output: Digest | None
    cert_hash: Digest | None
    channel: Channel
    receiver: str
    callback: object


def read_release(body: dict[str, Any]) -> Reported:
    """Read the body of a request; raises HttpRefusal 400, and ``param`` names the field."""
    if odd := sorted(body.keys() - set(_FIELDS)):
        raise _invalid(f"{odd[0]:.40} is not known; known are {', '.join(_FIELDS)}", odd[0])
    named = [name for name in _NAMES if body.get(name) is not None]
    if len(named) != 1 or not isinstance(body[named[0]], str):
        raise _invalid(f"give exactly one of {', '.join(_NAMES)}, as text", "generation")
    channel, receiver = body.get("channel"), body.get("receiver")
    if not isinstance(channel, str) or channel not in set(REPORTED):
        raise _invalid(f"channel must be one of {', '.join(REPORTED)}", "channel")
    if not isinstance(receiver, str) or not receiver.strip() or len(receiver) > MAX_RECEIVER:
        raise _invalid(f"receiver must be text of 1 to {MAX_RECEIVER} characters: who has the text now", "receiver")
    return Reported(*_named(named[0], body[named[0]]), Channel(channel), receiver, body.get("callback"))


def report_release(unit: Unit, given: Reported, tenant: str, at: int) -> dict[str, Any]:
    """Record it, in the state in which the text is at this moment; raises HttpRefusal 404 where the tenant has no such text."""
    standing = _find(unit.connection, given, tenant)
    if standing is None:
        raise HttpRefusal(404, "generation_not_found", "this tenant has no such text; hand it in to POST /v1/verifications first")
    cert = standing.cert_hash if standing.state in (State.CERTIFIED, State.PARTIALLY_CERTIFIED) else None
    callback = given.callback if isinstance(given.callback, str) else None
    release = Release(standing.generation.id, given.channel, given.receiver, standing.state, cert, at, callback)
    seq = releases.record(unit, release)
    return {
        "object": "release",
        "seq": seq,
        "generation": release.generation,
        "channel": str(release.channel),
        "receiver": release.receiver,
        "state": str(release.state),
        "cert_hash": None if cert is None else str(cert),
        "at": at,
    }


def _named(name: str, value: str) -> tuple[str | None, Digest | None, Digest | None]:
    if name == "generation" and _GENERATION.match(value):
        return value, None, None
    try:
        if name == "cert_hash":
            return None, None, Digest.parse(value)
        if name == "text":
            return None, Digest.of(value.encode()), None
    except (DigestError, UnicodeEncodeError):
        pass
    raise _invalid(f"{value!r:.100} is no {name}", name)


def _find(connection: Connection, given: Reported, tenant: str) -> Standing | None:
    """The text that is meant; of several with the same bytes the newest."""
    if given.generation is not None:
        found = generations.find(connection, given.generation)
        return found if found is not None and found.generation.tenant == tenant else None
    if given.output is not None:
        several = lookups.of_output(connection, given.output)
    else:
        assert given.cert_hash is not None
        several = lookups.of_record(connection, given.cert_hash)
    return next((one for one in several if one.generation.tenant == tenant), None)


def _invalid(message: str, param: str) -> HttpRefusal:
    return HttpRefusal(400, "invalid_request", message, param=param)
