"""A certified text judged again, against what is known now: its certificate stands, or a new statement takes its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from probatum.consensus.fragment import ClaimRecord
from probatum.consensus.outcome import AGAINST, FragmentVerdict
from probatum.consensus.request import Request
from probatum.coordinator.certify import Certification
from probatum.coordinator.network import Network
from probatum.coordinator.revoking import issued, revoke
from probatum.encoding.digest import Digest
from probatum.errors import SettingsRefused
from probatum.verify.revocation import VerifiedRevocation
from probatum.verify.verifier import VerifiedBundle

Judge: TypeAlias = Callable[[bytes], Certification]
"""Judges a text in a round of its own, as :func:`certify.certify` does."""


class Again(StrEnum):
    """What became of a certificate whose text was judged again."""

    STANDS = "stands"  # every claim that it certified survived again
    SUPERSEDED = "superseded"  # a claim that it certified was decided against
    OPEN = "open"  # neither: too little was decided, so nothing changes


@dataclass(frozen=True, slots=True)
class Reverified:
    """How a certificate fared.

    Attributes:
        fate: in a word.
        before: what it certified.
        after: what came of the new round.
        lost: numbers of the claims that it certified and that were decided against now.
        revocation: that withdraws it, if it was superseded.
    """

    fate: Again
    before: VerifiedBundle
    after: Certification
    lost: tuple[int, ...] = ()
    revocation: VerifiedRevocation | None = None


def reverify(network: Network, certificate: Digest, judge: Judge) -> Reverified:
    """Judge a certificate's text again; if a claim that survived then is decided against now, withdraw the certificate.

    The new statement is in the log either way, and is the revocation's ``successor``.

    Args:
        network: the embedded network.
        certificate: its ``cert_hash``.
        judge: brings the text through a new round, against whatever it is to be judged by now.

    Raises:
        SettingsRefused: this network has no certificate of that hash, or it was revoked already.
        LedgerError: the ledger cannot be written.
    """
    before = issued(network, certificate)
    if network.ledger.revocation(certificate) is not None:
        raise SettingsRefused(f"{certificate} was revoked before; hand its text to 'probatum verify' to judge it anew")
    kept = network.ledger.find_round(before.outcome.opening.round_id)
    assert kept is not None  # the statement refers to it
    after = judge(Request.decode(kept.request).output)
    found = {claim.record.index: _now(claim.record, after) for claim in before.claims if claim.cert_hash is not None}
    lost = tuple(index for index, verdicts in found.items() if AGAINST & verdicts)
    if lost and after.verified is not None:
        reason = f"judged again: {len(lost)} of {len(found)} claims that were certified do not stand any more"
        gone = revoke(network, certificate, reason, after.verified.record_hash)
        return Reverified(Again.SUPERSEDED, before, after, lost, gone)
    stands = all(verdicts == {FragmentVerdict.SUPPORTED} for verdicts in found.values())
    return Reverified(Again.STANDS if stands else Again.OPEN, before, after)


def _now(record: ClaimRecord, after: Certification) -> set[FragmentVerdict]:
    """What the new round found of the bytes of a claim; texts may be split otherwise than before."""
    if after.verified is None:
        return set()
    claims = (claim for claim in after.verified.claims if claim.record.start < record.end and record.start < claim.record.end)
    return {claim.verdict for claim in claims}
