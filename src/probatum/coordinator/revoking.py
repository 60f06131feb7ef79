"""The embedded network withdraws a certificate: its validators sign, the log keeps it, and only then is anyone told."""

from __future__ import annotations

from probatum.consensus.participant import Participant
from probatum.consensus.revocation import Revocation
from probatum.consensus.withdrawal import sign_revocation, slot
from probatum.coordinator.network import Network
from probatum.encoding.digest import Digest
from probatum.errors import LedgerError, SettingsRefused
from probatum.verify.bundle import LogProof, decode_bundle
from probatum.verify.revocation import RevocationFile, VerifiedRevocation, decode_revocation, verify_revocation
from probatum.verify.verifier import VerifiedBundle, verify


def revoke(network: Network, certificate: Digest, reason: str, successor: Digest | None = None) -> VerifiedRevocation:
    """Withdraw a certificate that this network issued. Doing it again changes nothing: the first revocation stays.

    A revocation that a crash cut off after its locks were taken is the one that is signed, whatever reason is given now.

    Args:
        network: the embedded network.
        certificate: its ``cert_hash``.
        reason: why; 1 to 1000 characters.
        successor: the ``record_hash`` that stands in its place, if the text was judged again.

    Returns:
        The revocation in force, verified as any reader would.

    Raises:
        SettingsRefused: this network has no certificate of that hash.
        ConsensusError: the reason cannot be used.
        LedgerError: the ledger cannot be written; nothing was revoked.
    """
    bundle, epoch = issued(network, certificate), network.epoch
    wanted = Revocation(certificate, epoch.network, epoch.number, epoch.digest, reason, successor)
    if (file := network.ledger.revocation(certificate)) is None:
        begun = network.ledger.held(slot(epoch.members[0].id, epoch, certificate))
        signed = [Participant(m.id, network.keys[m.id], epoch, network.ledger) for m in epoch.members]
        statement = sign_revocation(signed, wanted if begun is None else Revocation.decode(begun))

        def made(log: LogProof) -> bytes:
            return RevocationFile(statement=statement, epochs=network.ledger.epochs(), log=log).encode()

        file = network.ledger.revoke(certificate, statement, network.seal, made)
    return _checked(network, file, bundle)


def issued(network: Network, certificate: Digest) -> VerifiedBundle:
    """A certificate that this network issued, verified; raises SettingsRefused.

    A rejection certifies nothing, so there is nothing to withdraw.
    """
    bundle = network.ledger.bundle(certificate)
    verified = None if bundle is None else verify(decode_bundle(bundle), network.trust).verified
    if verified is None or verified.cert_hash is None:
        raise SettingsRefused(f"no certificate {certificate} in the ledger of {network.folder}; nothing was revoked")
    return verified


def _checked(network: Network, file: bytes, bundle: VerifiedBundle) -> VerifiedRevocation:
    check = verify_revocation(decode_revocation(file), network.trust, certificate=bundle)
    if check.verified is None:
        first = check.failures[0]
        raise LedgerError(
            f"the revocation of {bundle.record_hash} does not verify (step {first.number}, {first.title}: {first.detail}); "
            "please report this"
        )
    return check.verified
