"""The transparency log, pure: leaves, stored nodes, tiles, notes, checkpoints, cosignatures, proofs and the witness's rule.

Formats are those of C2SP (tlog-tiles, signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof); hashing is RFC 6962's.
"""
