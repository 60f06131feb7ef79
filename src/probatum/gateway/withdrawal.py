"""What the network signed when it withdrew a certificate."""

from __future__ import annotations

from probatum.consensus.revocation import Revocation
from probatum.encoding.digest import Digest
from probatum.ledger.reading import LedgerReader
from probatum.verify.revocation import decode_revocation


def withdrawal(reader: LedgerReader, record: Digest) -> Revocation | None:
    """The revocation of a certificate, from the network's own ledger; blocks, raises LedgerError."""
    file = reader.revocation(record)
    return None if file is None else Revocation.decode(decode_revocation(file).statement.payload)
