"""Exit codes. They are part of the contract: scripts rely on them."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from probatum.consensus.outcome import Status


class Exit(IntEnum):
    """What the process returns."""

    OK = 0  # certified; valid; done
    NOT_VALID = 1  # audit: a step failed
    USAGE = 2  # bad usage or input; unreadable bundle
    PARTIAL = 3  # partially certified
    NOT_CERTIFIED = 4  # rejected, undecided or nothing to check
    UNAVAILABLE = 5  # expired, or validators unavailable
    REVOKED = 6  # audit: the certificate is valid and was withdrawn
    INTERRUPTED = 130
    READER_GONE = 141  # whoever read our output closed it before we knew how the command ends


OF_STATUS: Final = {
    Status.CERTIFIED: Exit.OK,
    Status.PARTIALLY_CERTIFIED: Exit.PARTIAL,
    Status.REJECTED: Exit.NOT_CERTIFIED,
    Status.UNDECIDED: Exit.NOT_CERTIFIED,
    Status.NOTHING_TO_CHECK: Exit.NOT_CERTIFIED,
    Status.EXPIRED: Exit.UNAVAILABLE,
}
