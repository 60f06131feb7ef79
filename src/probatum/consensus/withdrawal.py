"""A validator's side of a revocation: in an epoch it withdraws a certificate once, and for one reason."""

from __future__ import annotations

from collections.abc import Sequence

from probatum.consensus.epoch import Epoch
from probatum.consensus.participant import Participant, Slot, Step
from probatum.consensus.revocation import Revocation
from probatum.encoding.digest import Digest
from probatum.errors import ConsensusError, LockConflict
from probatum.signing.dsse import Envelope, sign


def slot(validator: str, epoch: Epoch, certificate: Digest) -> Slot:
    """Where a validator's signature under a revocation is locked: the certificate stands in place of a round."""
    return Slot(validator, epoch.network, epoch.number, certificate.hex(), Step.REVOCATION)


def sign_revocation(participants: Sequence[Participant], revocation: Revocation) -> Envelope:
    """The revocation signed by validators that share their locks: all locks are taken in one step, then each signs.

    Raises:
        ConsensusError: the revocation is not of the participants' epoch, or there is no participant.
        LockConflict: one of them has signed another revocation of this certificate in this epoch.
    """
    if not participants:
        raise ConsensusError("a revocation that nobody signs withdraws nothing")
    payload = revocation.encode()
    for one in participants:
        revocation.check_epoch(one.epoch)
    bindings = [(slot(one.id, one.epoch, revocation.certificate), payload) for one in participants]
    for (where, _), held in zip(bindings, participants[0].locks.hold_all(bindings), strict=True):
        if held != payload:
            raise LockConflict(
                f"{where.validator} has signed another revocation of {revocation.certificate} in epoch {where.epoch}"
            )
    return sign(payload, [one.key for one in participants])
