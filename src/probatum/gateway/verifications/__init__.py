"""Verify anything: a text and its evidence are handed in, recorded, judged, and the end is told to whoever asked for it."""
