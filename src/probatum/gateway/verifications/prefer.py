"""``Prefer: wait=N`` (RFC 7240, section 4.3): how long a client is ready to wait for the answer."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request

_WAIT: Final = re.compile(r'\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;.*)?\Z', re.IGNORECASE)


def waiting(request: Request, most_s: int) -> int | None:
    """Seconds to wait, at most ``most_s``; None if the client has no such wish. Anything else in ``Prefer`` is ignored.

    Of several wishes the first counts (section 2 of the RFC).
    """
    for line in request.headers.getlist("prefer"):
        for preference in line.split(","):
            if found := _WAIT.match(preference):
                return min(int(found[1]), most_s)
    return None
