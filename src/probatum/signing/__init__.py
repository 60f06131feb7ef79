"""Strict Ed25519 keys, DSSE envelopes and in-toto statements. Nothing is ever signed raw."""
