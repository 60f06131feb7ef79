"""Trained weights that ship with the package; data only. ``manifest.json`` has the SHA-256 of every file."""
