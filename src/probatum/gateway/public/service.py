"""What the handlers of this folder share: who calls, where to look, how a hash in a path is read and a statement is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request

from probatum.consensus.outcome import CERTIFICATE
from probatum.encoding.digest import Digest
from probatum.gateway.errors import HttpRefusal
from probatum.gateway.parts import Parts
from probatum.gateway.public.library import Library, Seen

VARY: Final = {"vary": "authorization, x-api-key"}
_HASH: Final = re.compile(r"(?:sha256:)?([0-9a-f]{64})\Z")


@dataclass(frozen=True, slots=True)
class Service:
    """Who calls, and where to look."""

    parts: Parts
    library: Library


def digest_in(request: Request, what: str, parameter: str = "hash") -> Digest:
    """The hash in a request's path; raises HttpRefusal 404 for anything else."""
    given = request.path_params[parameter]
    found = _HASH.match(given)
    if found is None:
        problem = f"{given!r:.100} names no {what}; a hash is 'sha256:' and 64 lower-case hex digits"
        raise HttpRefusal(404, f"{what}_not_found", problem)
    return Digest(bytes.fromhex(found[1]))


def statement_json(seen: Seen, base: str) -> dict[str, Any]:
    """A statement as every resource here tells it; ``base`` is put before paths."""
    record, outcome = seen.statement.record_hash, seen.outcome
    return {
        "record_hash": str(record),
        "cert_hash": str(record) if outcome.kind == CERTIFICATE else None,
        "kind": outcome.kind,
        "scope": str(outcome.scope),
        "status": str(outcome.status),
        "round": seen.statement.round_id,
        "network": outcome.opening.network,
        "epoch": outcome.opening.epoch,
        "revoked": seen.revoked,
        "successor": None if seen.successor is None else str(seen.successor),
        "url": f"{base}/v1/certificates/{record}",
    }
