"""Check a certificate offline: no server is trusted, no model is loaded, no socket is opened.

verification = verify(decode_bundle(data), Trust.decode(trust_file), output=text)
"""

from probatum.verify.bundle import AnyBundle, Bundle, LogProof, ProofBundle, decode_bundle
from probatum.verify.revocation import RevocationCheck, RevocationFile, VerifiedRevocation, decode_revocation, verify_revocation
from probatum.verify.steps import Check, Standing
from probatum.verify.trust import Trust
from probatum.verify.verifier import Verification, VerifiedBundle, VerifiedClaim, verify

__all__ = [
    "AnyBundle",
    "Bundle",
    "Check",
    "LogProof",
    "ProofBundle",
    "RevocationCheck",
    "RevocationFile",
    "Standing",
    "Trust",
    "Verification",
    "VerifiedBundle",
    "VerifiedClaim",
    "VerifiedRevocation",
    "decode_bundle",
    "decode_revocation",
    "verify",
    "verify_revocation",
]
