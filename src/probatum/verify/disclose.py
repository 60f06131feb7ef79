"""Take one surviving claim out of a whole bundle, so that it can be shown without the others."""

from __future__ import annotations

from probatum.consensus.fragment import ClaimRecord, record_bytes
from probatum.consensus.outcome import FragmentVerdict, Outcome
from probatum.encoding import merkle
from probatum.errors import BundleError
from probatum.verify.bundle import Bundle, ProofBundle


def disclose(bundle: Bundle, index: int) -> ProofBundle:
    """The proof of fragment ``index``: its record, its evidence, its path under the certified root. No other record, no ballot.

    Raises:
        BundleError: there is no such fragment, it is not a claim, it did not survive, or the records do not fit the statement.
        ConsensusError: the bundle's statement cannot be read.
    """
    outcome = Outcome.decode(bundle.statement.payload)
    if not 0 <= index < min(len(bundle.records), len(outcome.verdicts)):
        raise BundleError(f"there is no fragment {index}; this bundle has 0 to {len(bundle.records) - 1}")
    record, verdict = bundle.records[index], outcome.verdicts[index]
    if not isinstance(record, ClaimRecord) or verdict is not FragmentVerdict.SUPPORTED:
        raise BundleError(f"fragment {index} did not survive ({verdict}); only a surviving claim can be proved")
    if record.evidence not in bundle.evidence:
        raise BundleError(f"the evidence of fragment {index} is missing from the bundle; audit it")
    path = merkle.inclusion_proof([merkle.leaf_hash(record_bytes(one)) for one in bundle.records], index)
    evidence = {record.evidence: bundle.evidence[record.evidence]}
    return ProofBundle(bundle.statement, bundle.epochs, record, path, evidence, bundle.log)
