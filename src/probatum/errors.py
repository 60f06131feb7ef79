"""Every error this package raises.

::

    ProbatumError
    ├── EncodingError            bytes that are not what their format says
    │   ├── CanonicalError       JSON that is not canonical (RFC 8785), too deep or too large
    │   └── DigestError          a digest of the wrong form
    ├── SigningError
    │   ├── KeyRefused           a key that must not be registered or cannot be read
    │   └── SignatureInvalid     a signature that does not verify, or an envelope that is malformed
    ├── ConsensusError           a statement, ballot, epoch or round that breaks the protocol's rules
    ├── LogError                 a leaf, proof, tile or checkpoint that does not hold
    ├── BundleError              a bundle or trust file that cannot be read at all
    ├── InputError               what the user handed in cannot be used: says what, where and what to do
    │   ├── OutputRefused        the text to verify
    │   ├── EvidenceRefused      a source document
    │   └── SettingsRefused      a network folder, key file, address or option
    ├── LedgerError              the database cannot be used or would be contradicted
    │   ├── LockConflict         signing would contradict an earlier signature
    │   ├── ContentMissing       a copy of a source is not in the content store
    │   └── ContentDamaged       a copy of a source is not what its digest says
    ├── ValidatorError
    │   └── ValidatorUnavailable a model or endpoint that cannot be loaded or reached
    └── GateDenied               text was required to be certified and is not

A failed *verification* is a result, not an exception: see ``probatum.verify``.
"""

from __future__ import annotations


class ProbatumError(Exception):
    """Base of all errors raised on purpose. The text says what was wrong, where, and what to do."""


class EncodingError(ProbatumError): ...


class CanonicalError(EncodingError): ...


class DigestError(EncodingError): ...


class SigningError(ProbatumError): ...


class KeyRefused(SigningError): ...


class SignatureInvalid(SigningError): ...


class ConsensusError(ProbatumError): ...


class LogError(ProbatumError): ...


class BundleError(ProbatumError): ...


class InputError(ProbatumError): ...


class OutputRefused(InputError): ...


class EvidenceRefused(InputError): ...


class SettingsRefused(InputError): ...


class LedgerError(ProbatumError): ...


class LockConflict(LedgerError): ...


class ValidatorError(ProbatumError): ...


class ValidatorUnavailable(ValidatorError): ...


class GateDenied(ProbatumError): ...
