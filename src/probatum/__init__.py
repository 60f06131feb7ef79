"""Probatum turns generated text into certified text.

Claims are bound to evidence, models vote in a round, a quorum certifies, the log remembers, the gate lets through.
"""

__version__ = "0.1.0"
