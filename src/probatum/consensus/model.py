"""What an epoch says of a validator's model."""

from __future__ import annotations

from dataclasses import dataclass

from probatum.encoding.digest import Digest


@dataclass(frozen=True, slots=True)
class ModelDescriptor:
    """Name, family (the unit of diversity that ``min_families`` counts), architecture, training sets, digest of the weights."""

    name: str
    family: str
    architecture: str
    training: tuple[str, ...]
    weights: Digest
