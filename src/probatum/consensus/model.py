"""What an epoch says of a validator's model."""

from __future__ import annotations

from probatum.encoding.canonical import Json
from probatum.encoding.digest import Digest
from probatum.encoding.fields import Fields
from probatum.errors import ConsensusError
from probatum.frozen import frozen


@frozen
class ModelDescriptor:
    """Name, family (the unit of diversity that ``min_families`` counts), architecture, training sets, digest of the weights."""

    name: str
    family: str
    architecture: str
    training: tuple[str, ...]
    weights: Digest

    def to_json(self) -> dict[str, Json]:
        """The descriptor as it stands in an epoch."""
        return {
            "architecture": self.architecture,
            "family": self.family,
            "name": self.name,
            "training": list(self.training),
            "weights": str(self.weights),
        }

    @classmethod
    def from_json(cls, value: Json, where: str) -> ModelDescriptor:
        """Read a descriptor; raises ConsensusError naming the field."""
        f = Fields(value, "architecture family name training weights", where, ConsensusError)
        training = f.items("training", 64)
        if not all(type(item) is str and len(item) <= 200 for item in training):
            raise f.fail("training", "names of training sets")
        family = f.text("family", 80)
        if not family:
            raise f.fail("family", "a model family")
        return cls(
            f.text("name", 80), family, f.text("architecture", 200), tuple(str(item) for item in training), f.digest("weights")
        )
